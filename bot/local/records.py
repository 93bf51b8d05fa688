"""The facts that the state is made of; each is also one line of the journal."""

import msgspec

from bot.local.models import Chat, JsonDict, StoredFile, StoredMessage, User


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is"):
    """Base of all facts: their kind stands in the field `is`."""


class UserKnown(_Record, frozen=True, tag="user"):
    """A person exists, or has new names."""

    user: User


class ChatKnown(_Record, frozen=True, tag="chat"):
    """A chat exists, or has other members, another title or another pinned message."""

    chat: Chat


class UserBlocked(_Record, frozen=True, tag="blocked"):
    """A person blocked the bot, or let it in again."""

    user: int
    blocked: bool


class MessageStored(_Record, frozen=True, tag="message"):
    """A message is new, or replaces the one of the same number."""

    chat: int
    message: StoredMessage


class MessagesRemoved(_Record, frozen=True, tag="removed"):
    """Messages were deleted."""

    chat: int
    message_ids: list[int]


class UpdateQueued(_Record, frozen=True, tag="update"):
    """An update waits for the bot; `at` is in Unix seconds."""

    update_id: int
    at: int
    kind: str
    content: JsonDict

    def to_json(self) -> JsonDict:
        """The `Update` object."""
        return {"update_id": self.update_id, self.kind: self.content}


class UpdatesConfirmed(_Record, frozen=True, tag="confirmed"):
    """The bot has everything below this number."""

    below: int


class UpdatesChosen(_Record, frozen=True, tag="allowed"):
    """Which kinds of update the bot asked for; empty for Telegram's default."""

    kinds: list[str]


class FileKept(_Record, frozen=True, tag="file"):
    """A file was stored."""

    file: StoredFile


class CommandsSet(_Record, frozen=True, tag="commands"):
    """The command menu of a scope and language; None deletes it."""

    scope: str
    language: str
    commands: list[JsonDict] | None


class TextSet(_Record, frozen=True, tag="text"):
    """A profile text of the bot (name, description, short description) in a language."""

    field: str
    language: str
    text: str


class PressMade(_Record, frozen=True, tag="press"):
    """A person pressed a button; `press` is the number that the page gave it, `at` Unix seconds."""

    query: str
    press: str
    at: int


class PressClosed(_Record, frozen=True, tag="answered"):
    """The press was answered, or is too old."""

    query: str


class PollTally(_Record, frozen=True, tag="poll"):
    """Where a poll stands, who voted for what, and when it closes by itself (Unix seconds)."""

    poll: str
    chat: int
    message_id: int
    votes: dict[int, list[int]] = {}
    closes: int | None = None


class Numbers(_Record, frozen=True, tag="numbers"):
    """The highest numbers given so far; written when the journal is compacted."""

    update_id: int
    message_id: int
    by_chat: dict[int, int]


Record = (
    UserKnown
    | ChatKnown
    | UserBlocked
    | MessageStored
    | MessagesRemoved
    | UpdateQueued
    | UpdatesConfirmed
    | UpdatesChosen
    | FileKept
    | CommandsSet
    | TextSet
    | PressMade
    | PressClosed
    | PollTally
    | Numbers
)
