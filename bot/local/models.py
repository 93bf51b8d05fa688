"""Plain records of the local Bot API: people, chats, uploads, answers and what happens between them."""

from datetime import datetime
from typing import Any, Literal

import msgspec

JsonDict = dict[str, Any]
"""A JSON object as the Bot API sends and receives it."""

ChatKind = Literal["private", "group", "supergroup"]


class User(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person or the bot, with the field names of the Bot API."""

    id: int
    first_name: str
    is_bot: bool = False
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None

    def to_json(self) -> JsonDict:
        """The `User` object of the Bot API."""
        named: JsonDict = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for key in ("last_name", "username", "language_code"):
            if (value := getattr(self, key)) is not None:
                named[key] = value
        return named


class Chat(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A conversation: a private chat has its person's id, groups have negative ids."""

    id: int
    type: ChatKind
    title: str | None = None
    user: User | None = None
    members: dict[int, str] = {}
    """User id to `ChatMember` status; people who left are kept as `left` or `kicked`."""
    forum: bool = False
    pinned: int | None = None

    def to_json(self) -> JsonDict:
        """The short `Chat` object that stands in every message."""
        short: JsonDict = {"id": self.id, "type": self.type}
        if self.title is not None:
            short["title"] = self.title
        if self.user is not None:
            short["first_name"] = self.user.first_name
            for key in ("last_name", "username"):
                if (value := getattr(self.user, key)) is not None:
                    short[key] = value
        if self.forum:
            short["is_forum"] = True
        return short

    @property
    def name(self) -> str:
        """What a chat list shows."""
        return self.title or (self.user.first_name if self.user else str(self.id))


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it arrived in a multipart request."""

    name: str
    content: bytes
    mime: str = "application/octet-stream"


class StoredFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one stored file; `path` is the `file_path` that getFile tells."""

    file_id: str
    unique_id: str
    name: str
    mime: str
    size: int
    path: str
    width: int | None = None
    height: int | None = None


class StoredMessage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message in a chat's history."""

    body: JsonDict
    """The `Message` object as bots see it."""
    keyboard: JsonDict | None = None
    """A reply keyboard, its removal or a forced reply: sent by bots, never told back to them."""
    reaction: str | None = None
    """The emoji with which the bot reacted."""
    silent: bool = False
    """It came without a sound."""

    @property
    def message_id(self) -> int:
        """Its number within the chat."""
        return int(self.body["message_id"])


class ApiResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one Bot API call."""

    ok: bool
    result: Any = None
    error_code: int | None = None
    description: str | None = None
    parameters: JsonDict | None = None

    @property
    def status(self) -> int:
        """The HTTP status that goes with it."""
        return self.error_code or 200

    def to_bytes(self) -> bytes:
        """The JSON body, as Telegram sends it."""
        if self.ok:
            return msgspec.json.encode({"ok": True, "result": self.result})
        body: JsonDict = {"ok": False, "error_code": self.error_code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return msgspec.json.encode(body)


class ApiError(Exception):
    """A call was refused; carries Telegram's code and words."""

    def __init__(self, code: int, description: str, parameters: JsonDict | None = None):
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def to_result(self) -> ApiResult:
        """The answer that tells the bot about it."""
        return ApiResult(ok=False, error_code=self.code, description=self.description, parameters=self.parameters)


def bad_request(words: str) -> ApiError:
    """Error 400 in Telegram's form; `words` start after "Bad Request: "."""
    return ApiError(400, f"Bad Request: {words}")


def timestamp(moment: datetime) -> int:
    """Unix seconds of an aware moment, as the Bot API writes dates."""
    return int(moment.timestamp())


class PersonError(ValueError):
    """A person tried what the chat does not allow; the text is made for showing."""
