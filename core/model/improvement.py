"""What Jarvis measures of itself, what it was told it did wrong, and what it makes of that."""

import datetime as dt
import enum
from datetime import datetime

import msgspec

from core.model.ids import CorrectionId, ImprovementId, LessonId, ProjectName, TaskId, UserId


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, as counts in buckets of `core.latency`; two of them can be merged."""

    buckets: tuple[tuple[int, int], ...] = ()
    """Bucket and count, by bucket."""
    longest: float = 0.0
    """Milliseconds, as measured."""


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """Failures of one kind."""

    kind: str
    """The message without what differs each time, such as numbers."""
    count: int
    message: str
    """Of the last one."""
    at: datetime
    """When that was."""


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """Of one operation on one local day."""

    operation: str
    day: dt.date
    latency: Histogram = Histogram()
    inside: str = ""
    """The operation within it that took most of the time when it was slow last."""
    failures: tuple[Failures, ...] = ()


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the owner said was wrong."""

    id: CorrectionId
    text: str
    project: ProjectName | None
    at: datetime
    by: UserId | None = None
    task: TaskId | None = None
    """Whose result it was about."""
    lesson: LessonId | None = None
    """What it became."""
    answered_at: datetime | None = None
    """When somebody said what becomes of it; without a lesson: nothing."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was asked, perhaps several times."""

    key: str
    moments: tuple[datetime, ...]


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What builds have to keep to."""

    id: LessonId
    text: str
    project: ProjectName | None
    """None: everywhere."""
    since: datetime
    by: UserId | None = None
    correction: CorrectionId | None = None
    """What it was learned from; None: somebody wrote it down as a lesson."""


class Weakness(enum.Enum):
    """What may be wrong."""

    SLOW = "slow"
    UNRELIABLE = "unreliable"
    KNOWLEDGE_GAP = "knowledge gap"
    REPEATED_QUESTION = "repeated question"


class Remedy(enum.Enum):
    """What can be done about it."""

    CACHE = "cache"
    ERROR_HANDLING = "error handling"
    DOCS = "docs"
    AUTOMATION = "automation"


class Severity(enum.IntEnum):
    """How much it matters."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How something stands, over some days."""

    days: int
    count: int = 0
    """Measurements of latency."""
    p50: float | None = None
    """Milliseconds; None without a measurement."""
    p95: float | None = None
    failures: int = 0
    mentions: int = 0
    """Corrections or questions."""


class Open(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="open"):
    """Nobody has said anything to it, or said “not now” some time ago."""


class Postponed(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="postponed"):
    """Not now."""

    until: datetime


class Declined(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="declined"):
    """Never."""

    at: datetime
    by: UserId | None


class Acted(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="acted"):
    """Something was done about it."""

    at: datetime
    by: UserId | None
    """None: the command line, or nobody (`by_itself`)."""
    before: Figures
    task: TaskId | None = None
    """What shall mend it; None: a cache was switched on."""
    by_itself: bool = False


class Resolved(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="resolved"):
    """It is gone by itself; it is open again when it comes back."""

    at: datetime


ImprovementState = Open | Postponed | Declined | Acted | Resolved


class Improvement(msgspec.Struct, frozen=True, kw_only=True):
    """A weakness, and what can be done about it. One for each weakness, kept up to date."""

    id: ImprovementId
    weakness: Weakness
    subject: str
    """An operation, an API, a project or a question."""
    remedy: Remedy
    evidence: str
    """A sentence with the numbers."""
    severity: Severity
    effort: float
    """Hours; 0: it is a switch."""
    found_at: datetime
    state: ImprovementState
    shown_at: datetime | None = None
    """When it was suggested unasked: once, ever."""


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What an improvement has brought."""

    before: Figures
    after: Figures | None
    """Of the whole days since it was in force; None: it is not, or not yet for a day."""
    since: datetime | None = None
    """When it came into force."""
