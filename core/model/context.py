"""What the owner is doing, and how we know."""

import enum
from datetime import datetime

import msgspec

from core.model.ids import UserId


class Context(enum.Enum):
    """What the owner is doing."""

    GYM = "GYM"
    WORK = "WORK"
    SLEEPING = "SLEEPING"
    AVAILABLE = "AVAILABLE"
    UNKNOWN = "UNKNOWN"


class Evidence(enum.Enum):
    """How we know; the value is how it is told."""

    OVERRIDE = "you said so"
    PLACE = "where you are"
    ACTIVITY = "you are writing to me"
    SCHEDULE = "your weekly schedule"


class Override(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="override"):
    """The owner said what they are doing."""

    context: Context
    since: datetime
    until: datetime
    by: UserId | None = None


class Position(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="position"):
    """Where the owner was seen last; degrees north and east."""

    latitude: float
    longitude: float
    at: datetime
    until: datetime
    """How long it is believed."""
    live: bool = False
    """It is followed: every step of the owner's brings another one."""


class Activity(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="activity"):
    """The owner wrote, or pressed a button."""

    at: datetime


class Noted(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="noted"):
    """The last context that was noted as a transition."""

    context: Context
    evidence: Evidence
    since: datetime


Fact = Override | Position | Activity | Noted


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place that the owner has named."""

    name: str
    context: Context
    """What the owner does there."""
    latitude: float
    longitude: float
    metres: float = 150.0
    """So near counts as being there."""


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time with one context."""

    start: datetime
    end: datetime
    context: Context
    evidence: Evidence


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner is doing at a moment."""

    context: Context
    evidence: Evidence
    why: str
    """In plain words."""
    until: datetime
    """When that changes, as far as anybody can tell."""
