"""What the buttons of weekends say; part of `handlers.callbacks.Press`."""

import enum

import msgspec

from core.model.ids import TaskId, WeekendId


class VoteWeekend(msgspec.Struct, frozen=True, array_like=True, tag="vote"):
    """A vote for a weekend's project."""

    weekend: WeekendId
    task: TaskId


class ChooseWeekend(msgspec.Struct, frozen=True, array_like=True, tag="project"):
    """Choose a weekend's project at once."""

    weekend: WeekendId
    task: TaskId


class WeekendVerb(enum.Enum):
    """What to do with a weekend; the last three with what it has left."""

    POLL = "poll"
    START = "start"
    STOP = "stop"
    CONTINUE = "continue"
    NEXT = "next"
    DROP = "drop"


class OnWeekend(msgspec.Struct, frozen=True, array_like=True, tag="weekend"):
    """A verb on a weekend."""

    verb: WeekendVerb
    weekend: WeekendId


class FinishPhase(msgspec.Struct, frozen=True, array_like=True, tag="phase"):
    """Mark a phase of a weekend's project as done by hand."""

    task: TaskId
