"""Who may command the bot, and where they read it."""

from datetime import datetime

import msgspec

from core.model.ids import ChatId, UserId


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """A person who claimed the bot with the one-time code, or is named in the settings."""

    id: UserId
    name: str
    since: datetime


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A private chat in which news is delivered."""

    id: ChatId
    owner: UserId
    since: datetime
