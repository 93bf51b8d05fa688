"""A task, and the states that it can be in. Which state may follow which stands in `core.transitions`."""

import enum
from datetime import datetime

import msgspec

from core.model.category import Category as Category  # noqa: PLC0414 - for those who need both
from core.model.decision import Finding, Verdict
from core.model.ids import ApprovalId, BuildId, ChatId, DraftId, ProjectName, TaskId, UserId


class Priority(enum.Enum):
    """How much a task matters to the owner."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    BACKLOG = "BACKLOG"

    weight: int
    """The impact in the score: 5 for CRITICAL down to 1 for BACKLOG."""

    def __init__(self, _: str) -> None:
        self.weight = 5 - len(type(self).__members__)


class Source(enum.Enum):
    """Who put the task into the queue."""

    OWNER = "owner"
    PATTERN = "pattern"
    SELF_IMPROVER = "self-improver"
    WEEKEND = "weekend"
    IMPORT = "import"
    SAMPLE = "sample"


class Pushed(msgspec.Struct, frozen=True, kw_only=True, tag_field="push", tag="pushed"):
    """The remote repository has it."""

    remote: str
    at: datetime


class NotPushed(msgspec.Struct, frozen=True, kw_only=True, tag_field="push", tag="not pushed"):
    """It should be in the remote repository, and is not there yet; the reason is a sentence for the owner."""

    reason: str
    at: datetime


Push = Pushed | NotPushed


class Unmerged(msgspec.Struct, frozen=True, kw_only=True, tag_field="delivery", tag="unmerged"):
    """The result waits on its branch for the owner's word."""

    push: Push | None = None
    """Of the branch; None when nobody wanted it pushed. The same below, where it is of the base branch."""
    findings: tuple[Finding, ...] = ()
    """What a person should see before it is merged."""
    question: ApprovalId | None = None
    """Whether it may be merged, where the rules want that asked."""
    by_itself: bool = False
    """It is to be merged without asking: the settings and the rules allow it."""
    remark: str = ""
    """Why it could not be merged without asking."""


class Merged(msgspec.Struct, frozen=True, kw_only=True, tag_field="delivery", tag="merged"):
    """The result is in the base branch."""

    commit: str
    """The full id of the merge commit."""
    at: datetime
    by: UserId | None
    """Who pressed Merge; None from the command line."""
    by_itself: bool = False
    """Nobody pressed: the settings and the rules allowed it."""
    checkout_behind: bool = False
    """The owner's checkout had uncommitted work, so its files were left as they were."""
    push: Push | None = None


class RolledBack(msgspec.Struct, frozen=True, kw_only=True, tag_field="delivery", tag="rolled back"):
    """The result was merged, and a later commit in the base branch takes it back."""

    commit: str
    """The full id of the commit that takes it back."""
    merge: str
    """The full id of the merge commit; its second parent is the result as it was."""
    at: datetime
    by: UserId | None
    """Who pressed Rollback; None from the command line."""
    checkout_behind: bool = False
    """As for `Merged`."""
    push: Push | None = None


class Discarded(msgspec.Struct, frozen=True, kw_only=True, tag_field="delivery", tag="discarded"):
    """The branch is gone; a git bundle with its commits lies in `trash/`."""

    bundle: str
    at: datetime
    by: UserId | None
    findings: tuple[Finding, ...] = ()
    """As for `Unmerged`: it may be restored."""
    purged_at: datetime | None = None
    """When the bundle was deleted for its age; the result can't be restored any more."""


Delivery = Unmerged | Merged | RolledBack | Discarded


class NeedsApproval(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="needs approval"):
    """Nothing happens until a person answers the approval."""

    approval: ApprovalId


class Queued(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="queued"):
    """May be built as soon as a window, a slot and its dependencies allow."""

    since: datetime
    not_before: datetime | None = None
    """It is tried again after something that may pass by itself, or is `held`."""
    held: str = ""
    """What it waits for until then, in words that follow its id; empty: it is tried again."""


class Running(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="in progress"):
    """A build works on it."""

    build: BuildId
    since: datetime


class Completed(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="completed"):
    """A build ended with a result on its branch; `Build.state` holds the proof."""

    build: BuildId
    at: datetime
    delivery: Delivery


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="failed"):
    """The build ended without a result that can be used."""

    build: BuildId
    at: datetime
    reason: str


class Rejected(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="rejected"):
    """A person answered the approval with no."""

    at: datetime
    by: UserId | None


class Cancelled(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="cancelled"):
    """A person took it out of the queue or stopped its build."""

    at: datetime
    by: UserId | None
    build: BuildId | None = None


class Split(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="split"):
    """It is built as its phases, and never itself; who waits for it waits for all of them."""

    at: datetime
    by: UserId | None
    phases: tuple[TaskId, ...]


class DoneByHand(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="done by hand"):
    """A person has done it, without a build."""

    at: datetime
    by: UserId | None


TaskState = NeedsApproval | Queued | Running | Completed | Failed | Rejected | Cancelled | Split | DoneByHand


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work for a coding agent."""

    id: TaskId
    title: str
    description: str = ""
    hours: float
    """The owner's estimate."""
    category: Category
    priority: Priority
    depends: tuple[TaskId, ...] = ()
    tags: tuple[str, ...] = ()
    project: ProjectName | None = None
    agent: str | None = None
    """Name of the engine; None lets the settings decide."""
    command: str | None = None
    """For the `shell` engine: the command that does the work."""
    verify: str | None = None
    """Overrides the project's verification command."""
    source: Source = Source.OWNER
    chat: ChatId | None = None
    """Where it was asked for, and where its news goes; None: to every owner."""
    start_now: bool = False
    """The owner wants it built as soon as a slot is free, whatever the time of day."""
    wanted_until: datetime | None = None
    """Up to then the owner wants it in the autonomous time, before others and whatever else would keep it waiting."""
    network: bool = True
    """Whether its build may use the network."""
    confined: bool = False
    """Rather not built at all than without walls around it."""
    retries: int = 0
    """How often it was tried again by itself since the owner last asked for it."""
    decided: Verdict | None = None
    """What the rules said about it, the strictest answer so far; None: before they were asked."""
    modified: bool = False
    """A person has changed it since it was added."""
    request: str | None = None
    """Idempotency key of the request that made it: Telegram delivers a message again if the bot dies at that moment."""
    created_at: datetime
    approved_at: datetime | None = None
    state: TaskState


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A task card that the owner is still filling in."""

    id: DraftId
    chat: ChatId
    title: str
    description: str = ""
    hours: float = 1.0
    category: Category
    priority: Priority = Priority.MEDIUM
    project: ProjectName | None = None
    agent: str | None = None
    command: str | None = None
    verify: str | None = None
    depends: tuple[TaskId, ...] = ()
    tags: tuple[str, ...] = ()
    network: bool = True
    confined: bool = False
    created_at: datetime
    request: str | None = None
    """Idempotency key, as in `Task`."""
    task: TaskId | None = None
    """Set when it was added: a second press then answers with the task."""
