"""What is or will be wrong with the machine, and what was done about it."""

import enum
from datetime import datetime

import msgspec

from core.model.ids import ProblemId, RepairId


class Severity(enum.Enum):
    """How bad a problem is; the order is that of importance."""

    CRITICAL = "critical"
    """Work stops, or soon will: told at once."""
    HIGH = "high"
    """The limit is reached, or within a day."""
    MEDIUM = "medium"
    """Within a week."""
    LOW = "low"
    """Within a month."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """When a limit is reached."""

    limit: float
    day: float
    """That it is reached within a day, 0..1; then within a week, a month."""
    week: float
    month: float
    night: float = 0.0
    """By the end of the night that goes on or comes next."""
    expected_at: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One per cause; updated as long as it lasts."""

    id: ProblemId
    series: str
    """What is measured, as in the history of measurements."""
    severity: Severity
    value: float
    """As last measured, in the unit of the series."""
    outlook: Outlook
    evidence: str
    prediction: str
    fix: str
    """What can be done about it; empty: nothing by itself."""
    found_at: datetime
    seen_at: datetime
    """When it was last confirmed."""
    resolved_at: datetime | None = None


class FixKind(enum.Enum):
    """What is done about a problem."""

    TRASH = "trash"
    """A log that was not written to for long goes to the trash, compressed."""
    ROTATE = "rotate"
    """What a large log holds is set aside beside it, compressed."""
    VACUUM = "vacuum"
    """The free pages of an SQLite database are given back."""
    PACK = "pack"
    """A log of our own that is not written to any more is compressed where it is; it is read as before."""


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be done."""

    kind: FixKind
    root: str
    """The folder of the settings that allows it, or our home folder; absolute, links resolved."""
    path: str
    """The file, relative to the root."""
    frees: int
    """Bytes on the disk, as far as can be told before."""


class RepairState(enum.Enum):
    """How far a fix is."""

    BEGUN = "begun"
    """Recorded, not known to be finished; after a crash, what it kept is still known."""
    DONE = "done"
    FAILED = "failed"
    """Nothing was changed."""
    RESTORED = "restored"
    PURGED = "purged"
    """It can't be taken back any more."""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """A fix that was done."""

    id: RepairId
    fix: Fix
    at: datetime
    state: RepairState
    kept: str
    """The file that brings it back; empty for a fix that needs none."""
    freed: int = 0
    """Bytes on the disk, measured."""
    detail: str = ""
    """Why it failed, or where it was restored to."""
    stamp: str = ""
    """How the file looked after: it is restored only if it is still so."""
