"""A stretch of autonomous work as a durable record: what of it is done, so that a crash at any point does no harm."""

import enum
from datetime import datetime

import msgspec

from core.model.ids import BuildId, SessionId, UserId


class SessionKind(enum.Enum):
    """Which window it belongs to."""

    OVERNIGHT = "overnight"
    WORK = "work hours"
    GYM = "gym"
    BY_HAND = "by hand"
    """Somebody started it outside the nights."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One night, one working day, one training. A moment is set when that phase is done."""

    id: SessionId
    kind: SessionKind
    start: datetime
    """When its window begins, which may be before it was opened."""
    end: datetime
    opened_at: datetime
    by: UserId | None = None
    by_hand: bool = False
    scanned_at: datetime | None = None
    """The machine was looked at."""
    prepared_at: datetime | None = None
    """What could be repaired is repaired, what is expected is prepared."""
    planned_at: datetime | None = None
    """The plan is made; builds start from here on."""
    checked_at: datetime | None = None
    """The last look at the running builds."""
    checks: int = 0
    reported_at: datetime | None = None
    stopped_at: datetime | None = None
    """A person has ended it early: nothing starts any more until its end."""
    stopped_by: UserId | None = None
    closed_at: datetime | None = None


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The last time at which a job of the timetable was due, and what became of that."""

    name: str
    due: datetime
    done_at: datetime | None = None
    """None: it was missed, or that was before the installation."""
    missed: tuple[datetime, ...] = ()
    """The last times at which it could not be done, nor made up for."""
    kept: datetime | None = None
    """The last time that was not missed."""
    ahead: datetime | None = None
    """A time that it was done at by a clock that has been set back far since."""


class Throttle(msgspec.Struct, frozen=True, kw_only=True):
    """The machine has too little room: nothing new starts until that is over."""

    since: datetime
    reason: str
    """In plain words, with the figures."""
    worst: float
    """Percentage points over a limit, at most."""
    acted_at: datetime | None = None
    """When a build was stopped for it last."""
    stopped: BuildId | None = None
    """That build."""
