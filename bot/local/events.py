"""What the core tells its listeners, such as the open web pages, the moment it happens."""

import msgspec

from bot.local.models import StoredMessage


class MessageAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A new message stands in a chat."""

    chat: int
    message: StoredMessage


class MessageEdited(msgspec.Struct, frozen=True, kw_only=True):
    """A message changed in place: its text, keyboard, file, poll or reactions."""

    chat: int
    message: StoredMessage


class MessagesDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """Messages are gone."""

    chat: int
    message_ids: tuple[int, ...]


class PressAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """The bot answered a button press; without text only the spinner stops."""

    press: str
    text: str | None
    show_alert: bool
    url: str | None = None


class CommandsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The command menu is another one now."""


class Typing(msgspec.Struct, frozen=True, kw_only=True):
    """The bot shows a chat action."""

    chat: int
    action: str


class PollingChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A bot began or ended to wait for updates."""

    online: bool


Event = MessageAdded | MessageEdited | MessagesDeleted | PressAnswered | CommandsChanged | Typing | PollingChanged
