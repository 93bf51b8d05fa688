"""Who may command the bot, where they read it, and what they want to hear of."""

import enum
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


class Kind(enum.Enum):
    """Of news, as people tell them apart."""

    ESCALATIONS = "escalations"
    QUESTIONS = "questions"
    BUILDS = "builds"
    BUDGET = "budget"
    SUGGESTIONS = "suggestions"
    WEEKEND = "weekend"
    SYSTEM = "system"
    DAILY = "daily"


class Mode(enum.Enum):
    """How news comes."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What comes into a chat, and how."""

    chat: ChatId
    modes: dict[Kind, Mode]
    """What is not named is ON."""
    sound_at_night: bool = False
    """The quiet hours do not hold here."""
