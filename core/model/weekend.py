"""A weekend: what was offered for it, who voted for what, which project was chosen, and what became of it."""

import enum
from datetime import datetime

import msgspec

from core.model.ids import ChatId, TaskId, UserId, WeekendId


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a project that is built and proven by itself."""

    title: str
    hours: float
    """The estimate; those of all phases sum to the project's."""
    task: TaskId | None = None
    """The task that does it; None as long as nobody has chosen the project."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A project that was offered, as it stood then."""

    task: TaskId
    title: str
    hours: float
    """That are to be built: of a project that was begun, the hours that are left."""
    score: float
    reason: str
    """Why it is offered, in plain words."""
    phases: tuple[Phase, ...]
    created_at: datetime
    carried: bool = False
    """It was begun on an earlier weekend; the phases are what is left."""


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants built; only the latest of each person is kept."""

    person: UserId
    task: TaskId
    at: datetime


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A native poll of Telegram's that shows the same options; its answers count as votes."""

    id: str
    chat: ChatId
    message: int
    options: tuple[TaskId, ...]
    """In the order in which the poll shows them."""
    closed_at: datetime | None = None
    """When Telegram was told that the vote is over."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="asked"):
    """The vote is open."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="chosen"):
    """A project was chosen, and split into tasks."""

    task: TaskId
    title: str
    by: UserId | None
    """Who chose it alone; None: the vote, or the command line."""
    voted: bool
    """Whether the vote decided."""
    at: datetime
    phases: tuple[Phase, ...]
    ended_at: datetime | None = None
    """When it was stopped, or nothing was left of it; from then on another one may be chosen."""


class Nothing(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="nothing"):
    """No project is built."""

    at: datetime
    why: str
    """A sentence for the owner."""


class Rest(enum.Enum):
    """What becomes of the phases that a weekend has left."""

    CONTINUE = "continue"
    """They are built in the week."""
    NEXT = "next"
    """They wait for the next weekend."""
    DROP = "drop"
    """They are cancelled."""


class Summarised(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="summarised"):
    """The weekend is over; what is left waits for the next one unless somebody says otherwise."""

    chosen: Chosen
    at: datetime
    rest: Rest | None = None
    """The answer to what shall become of the rest."""
    by: UserId | None = None
    """Whose answer; None from the command line."""


WeekendState = Asked | Chosen | Nothing | Summarised


class Weekend(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the plan."""

    id: WeekendId
    options: tuple[Option, ...] = ()
    votes: tuple[Vote, ...] = ()
    polls: tuple[Poll, ...] = ()
    asked_at: datetime
    """When the vote was opened, or the owners were asked about it."""
    round: int = 0
    """How often it was asked in the private chats: on Friday, and once more when nobody has voted."""
    closes_at: datetime
    started_at: datetime | None = None
    """When the phases were let go."""
    again: tuple[Option, ...] = ()
    """What is offered since the project has ended."""
    earlier: tuple[Chosen, ...] = ()
    """Projects that ended on this weekend before the present one was chosen."""
    state: WeekendState
