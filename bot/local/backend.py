"""The ground that methods and people stand on: state, journal, files, clock, listeners and updates."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.local.events import Event, PollingChanged
from bot.local.filestore import FileStore
from bot.local.journal import Journal
from bot.local.models import ApiError, Chat, JsonDict, StoredMessage, User, bad_request, timestamp
from bot.local.params import Params
from bot.local.pollers import PollerSlot
from bot.local.records import ChatKnown, Record, UpdateQueued, UserKnown
from bot.local.state import State

Listener = Callable[[Event], None]
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class Backend:
    """Owns the state; every change goes through `commit`, every news through `emit`."""

    def __init__(self, bot: User, visitor: User, clock: Callable[[], datetime], path: Path | None):
        self.bot = bot
        self.visitor = visitor
        self.clock = clock
        self.state = State()
        self.files = FileStore(None if path is None else path.with_name(path.name + ".files"))
        self.pollers = PollerSlot(lambda online: self.emit(PollingChanged(online=online)))
        self.reads_all_group_messages = False
        self._listeners: list[Listener] = []
        self.journal = None if path is None else Journal(path)
        if self.journal is not None:
            for record in self.journal.load():
                self.state.apply(record)
            self.journal.rewrite(self.state.records())
        self.add_user(visitor)

    def now(self) -> int:
        """The injected clock's time, in Unix seconds."""
        return timestamp(self.clock())

    def commit(self, *records: Record) -> None:
        """Make facts true and durable; they survive the end of this process."""
        if self.journal is not None:
            self.journal.append(records)
        for record in records:
            self.state.apply(record)
        if self.journal is not None and self.journal.bloated:
            self.journal.rewrite(self.state.records())

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of every event from now on; returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def emit(self, event: Event) -> None:
        """Tell all listeners."""
        for listener in tuple(self._listeners):
            listener(event)

    def deliver(self, kind: str, content: JsonDict) -> None:
        """Queue an update for the bot, if it asked for this kind, and wake it."""
        allowed = self.state.allowed
        if kind not in allowed if allowed else kind in _NOT_BY_DEFAULT:
            return
        number = self.state.last_update + 1
        self.commit(UpdateQueued(update_id=number, at=self.now(), kind=kind, content=content))
        self.pollers.notify()

    def add_user(self, user: User) -> Chat:
        """Make a person known, with a private chat with the bot."""
        if self.state.users.get(user.id) != user:
            chat = Chat(id=user.id, type="private", user=user)
            self.commit(UserKnown(user=user), ChatKnown(chat=chat))
        return self.state.chats[user.id]

    def find_chat(self, params: Params) -> Chat:
        """The chat that `chat_id` names; raises `ApiError` in Telegram's words."""
        given = params.text("chat_id").strip()
        if not given:
            raise bad_request("chat_id is empty")
        chat = self.state.chats.get(params.integer("chat_id"))
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def writable_chat(self, params: Params) -> Chat:
        """The chat, if the bot may write to it."""
        chat = self.find_chat(params)
        if chat.type == "private":
            if chat.id in self.state.blocked:
                raise ApiError(403, "Forbidden: bot was blocked by the user")
            return chat
        match chat.members.get(self.bot.id, "left"):
            case "kicked":
                raise ApiError(403, f"Forbidden: bot was kicked from the {chat.type} chat")
            case "left":
                raise ApiError(403, f"Forbidden: bot is not a member of the {chat.type} chat")
        return chat

    def find_message(self, chat: int, message_id: int) -> StoredMessage | None:
        """A message of a chat's history, or None."""
        return self.state.histories.get(chat, {}).get(message_id)

    def close(self) -> None:
        """Let go of the journal."""
        if self.journal is not None:
            self.journal.close()
