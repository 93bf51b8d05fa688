"""Everything the local Telegram knows, changed only by applying records."""

from collections import deque
from collections.abc import Iterator

from bot.local.models import Chat, JsonDict, StoredFile, StoredMessage, User
from bot.local.records import (
    ChatKnown,
    CommandsSet,
    FileKept,
    MessagesRemoved,
    MessageStored,
    Numbers,
    PollTally,
    PressClosed,
    PressMade,
    Record,
    TextSet,
    UpdateQueued,
    UpdatesChosen,
    UpdatesConfirmed,
    UserBlocked,
    UserKnown,
)

MAX_HISTORY = 2000
FIRST_UPDATE = 100_000_000


class State:
    """Chats, histories, waiting updates, files, menus, presses and polls."""

    def __init__(self) -> None:
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.blocked: set[int] = set()
        self.histories: dict[int, dict[int, StoredMessage]] = {}
        self.updates: deque[UpdateQueued] = deque()
        self.allowed: frozenset[str] = frozenset()
        self.files: dict[str, StoredFile] = {}
        self.commands: dict[tuple[str, str], list[JsonDict]] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.presses: dict[str, PressMade] = {}
        self.polls: dict[str, PollTally] = {}
        self.last_update = FIRST_UPDATE
        self.last_message = 0
        self.last_by_chat: dict[int, int] = {}

    def apply(self, record: Record) -> None:
        """Make one fact true."""
        match record:
            case MessageStored():
                self._store(record.chat, record.message)
            case UpdateQueued():
                self.updates.append(record)
                self.last_update = max(self.last_update, record.update_id)
            case UpdatesConfirmed():
                while self.updates and self.updates[0].update_id < record.below:
                    self.updates.popleft()
            case MessagesRemoved():
                history = self.histories.get(record.chat, {})
                for number in record.message_ids:
                    history.pop(number, None)
            case PressMade():
                self.presses[record.query] = record
            case PressClosed():
                self.presses.pop(record.query, None)
            case PollTally():
                self.polls[record.poll] = record
            case _:
                self._apply_rare(record)

    def _apply_rare(self, record: Record) -> None:
        match record:
            case UserKnown():
                self.users[record.user.id] = record.user
            case ChatKnown():
                self.chats[record.chat.id] = record.chat
            case UserBlocked():
                (self.blocked.add if record.blocked else self.blocked.discard)(record.user)
            case UpdatesChosen():
                self.allowed = frozenset(record.kinds)
            case FileKept():
                self.files[record.file.file_id] = record.file
            case CommandsSet(commands=None):
                self.commands.pop((record.scope, record.language), None)
            case CommandsSet():
                self.commands[record.scope, record.language] = record.commands or []
            case TextSet():
                self.texts[record.field, record.language] = record.text
            case Numbers():
                self.last_update = max(self.last_update, record.update_id)
                self.last_message = max(self.last_message, record.message_id)
                self.last_by_chat.update(record.by_chat)

    def _store(self, chat: int, message: StoredMessage) -> None:
        history = self.histories.setdefault(chat, {})
        number = message.message_id
        history[number] = message
        if len(history) > MAX_HISTORY:
            del history[next(iter(history))]
        if self._counts_alone(chat):
            self.last_by_chat[chat] = max(self.last_by_chat.get(chat, 0), number)
        else:
            self.last_message = max(self.last_message, number)

    def _counts_alone(self, chat: int) -> bool:
        """Supergroups number their messages themselves; all other chats share one counter."""
        known = self.chats.get(chat)
        return known is not None and known.type == "supergroup"

    def next_message_id(self, chat: int) -> int:
        """The number that the chat's next message gets."""
        return (self.last_by_chat.get(chat, 0) if self._counts_alone(chat) else self.last_message) + 1

    def records(self) -> Iterator[Record]:
        """The fewest records that make this state again."""
        yield Numbers(update_id=self.last_update, message_id=self.last_message, by_chat=dict(self.last_by_chat))
        yield UpdatesChosen(kinds=sorted(self.allowed))
        yield from (UserKnown(user=user) for user in self.users.values())
        yield from (ChatKnown(chat=chat) for chat in self.chats.values())
        yield from (UserBlocked(user=user, blocked=True) for user in self.blocked)
        yield from (FileKept(file=file) for file in self.files.values())
        for (scope, language), commands in self.commands.items():
            yield CommandsSet(scope=scope, language=language, commands=commands)
        for (field, language), text in self.texts.items():
            yield TextSet(field=field, language=language, text=text)
        for chat, history in self.histories.items():
            yield from (MessageStored(chat=chat, message=message) for message in history.values())
        yield from self.presses.values()
        yield from self.polls.values()
        yield from self.updates
