"""Routines of the owner: what was asked for and when, what was learned from it, and what is done about it."""

from datetime import datetime

import msgspec

from core.model.category import Category
from core.model.ids import PatternId, ProjectName, TaskId


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered of one type of request."""

    type: str
    """`command:brief`, the key of a free text, or a name that another program gave."""
    at: tuple[int, ...]
    """Seconds since 1970 UTC, in order."""
    sources: dict[str, int]
    """How often who or what it came from."""
    example: str = ""
    """The latest wording of a free text, without dates."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A template of the task that does what is usually asked for."""

    title: str
    prompt: str = ""
    command: str | None = None
    verify: str | None = None
    project: ProjectName | None = None
    agent: str | None = None
    hours: float = 1.0
    category: Category = Category.RESEARCH


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence to come."""

    at: datetime
    confidence: float
    """Probability that it happens within an hour of `at`, lowered by what was found useless before."""
    band: str
    """`low`, `medium` or `high`."""


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One expected occurrence for which something was done."""

    at: datetime
    """As it was expected then."""
    task: TaskId | None = None
    """Built ahead of it."""
    handed_over_at: datetime | None = None
    useful: bool | None = None
    """What the owner said about it."""


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """A routine that was learned: a type of request that comes again."""

    id: PatternId
    type: str
    since: datetime
    """When it was first seen to be a routine."""
    enabled: bool = False
    """It may be done ahead by itself."""
    never: bool = False
    """The owner does not want to be asked about it."""
    action: Action | None = None
    expected: tuple[Expected, ...] = ()
    """What is to come as far as anybody has computed it, soonest first."""
    forgotten_at: datetime | None = None
    """Since when nothing is expected any more."""
    suggested_at: datetime | None = None
    """It is suggested once, ever."""
    suggested_for: datetime | None = None
    """The occurrence that was meant."""
    accepted: bool | None = None
    """The answer."""
    useful: int = 0
    useless: int = 0
    """Of what was handed over, as the owner said, since it was enabled."""
    occurrences: tuple[Occurrence, ...] = ()
    """The latest."""
