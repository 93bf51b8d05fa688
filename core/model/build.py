"""A build: one attempt of one agent at one task, in its own git worktree.

The build process writes `Progress` and `BuildResult` as JSON into `runs/<build id>/`; the engines read them from there,
so a build needs nothing of the bot while it runs.
"""

import enum
from datetime import datetime

import msgspec

from core.model.agent import Trouble, Usage
from core.model.ids import BuildId, ProjectName, TaskId, UserId


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """How to start an agent, ready for use. Exactly one of `shell` and `argv` is set."""

    name: str
    shell: str | None = None
    """A command line for `/bin/sh -c`: the task's own command."""
    argv: tuple[str, ...] | None = None
    """A command template; `{prompt_file}`, `{worktree}` and `{home}` are filled in. Without `{prompt_file}` the prompt
    comes by standard input."""
    reader: str = "plain"
    """Which of `core.agent_events.READERS` understands its output."""
    must_close: bool = False
    """It has done its work only if it says so itself; its exit code is no evidence."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables with fixed values, none of them secret."""
    keys: tuple[str, ...] = ()
    """Names of the variables with its secrets, which are passed on from the environment of the build process."""
    logins: tuple[str, ...] = ()
    """Paths below the owner's home folder: copied into the private one where they exist."""
    files: tuple[tuple[str, str], ...] = ()
    """Paths below the private home folder, and what is written there before the start."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """When a build is ended from outside. Times in seconds; None: no limit."""

    wall: float
    """For the agent."""
    idle: float
    """For the agent, without doing or saying anything; that it tries again to reach its model is none of both."""
    verify: float
    """For each run of the verification command."""
    grace: float = 5.0
    """Between SIGTERM and SIGKILL."""
    cpu: float | None = None
    """Processor time of the agent with all its descendants, the ended ones included."""
    memory: int | None = None
    """Bytes that all processes of a run hold together."""
    processes: int | None = None
    """At the same time, in one run."""
    disk: int | None = None
    """Bytes in the places that a run may write to, all together."""
    dollars: float | None = None
    """For the agent, as far as it tells what it spends."""
    tokens: int | None = None


class Level(enum.Enum):
    """What keeps the programs of a build in their place."""

    AUTO = "auto"
    """The best that works where the build runs; no build without any."""
    NONE = "none"
    LANDLOCK = "landlock"
    BUBBLEWRAP = "bubblewrap"


class Confinement(msgspec.Struct, frozen=True, kw_only=True):
    """What the programs of a build may touch, besides the folders of the run itself."""

    level: Level = Level.NONE
    required: bool = False
    """Rather no build at all than one that is not confined."""
    writable: tuple[str, ...] = ()
    """Further folders that may be written to."""
    hidden: tuple[str, ...] = ()
    """Files and folders that can't be read."""
    network: bool = True


class BuildSpec(msgspec.Struct, frozen=True, kw_only=True):
    """All that the build process has to know; written to `runs/<id>/spec.json` before it starts."""

    id: BuildId
    task: TaskId
    title: str
    repository: str
    """Absolute path of the owner's checkout."""
    base: str
    """Branch to start from and to merge into."""
    onto: tuple[str, ...] = ()
    """Branches with results that this build needs and that are not in the base yet: it starts from all of them."""
    branch: str
    worktree: str
    """Absolute path; made by the build process."""
    engine: Engine
    prompt: str
    verify: str | None
    limits: Limits
    environment: tuple[str, ...] = ()
    """Names of further variables that the agent may see, besides PATH, HOME and the like."""
    confinement: Confinement = Confinement()
    zone: str = "UTC"
    """The owner's time zone, in which agents may speak of times of day."""
    author: str = "Jarvis <jarvis@localhost>"
    """Author and committer of its commit, as `Name <mail>`."""


class Phase(enum.Enum):
    """What the build process is doing."""

    PREPARING = "preparing"
    BASELINE = "running the checks before the change"
    WORKING = "working"
    COMMITTING = "committing"
    VERIFYING = "proving the result"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Contents of `status.json`, rewritten whenever something changes."""

    phase: Phase
    since: datetime
    pid: int
    started: float
    """Start time of the build process in seconds since the epoch as the kernel tells it: with the pid its identity."""
    last_line: str = ""
    """What the agent did last, or the last line that it printed."""
    output_bytes: int = 0
    usage: Usage | None = None


class TestCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a test runner said of itself."""

    __test__ = False

    passed: int
    failed: int
    skipped: int = 0


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the verification command in a fresh checkout."""

    command: str
    passed: bool
    exit_code: int | None
    """None when it was ended at its time limit."""
    seconds: float
    tests: TestCounts | None = None
    tail: str = ""


class DiffStat(msgspec.Struct, frozen=True, kw_only=True):
    """Size of a change."""

    files: int
    insertions: int
    deletions: int


class Proven(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="proven"):
    """The verification passes in a fresh checkout of the result."""


class Unverified(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="unverified"):
    """There is a change, but no verification command to prove it with."""


class AlreadyRed(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="already red"):
    """The verification failed before the change too, and the change made it no worse."""


class Broke(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="broke"):
    """The verification fails with the change, and it did not fail like that before."""


class Empty(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="empty"):
    """The agent ended without changing a file."""


class AgentFailed(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="agent failed"):
    """The agent could not be started, or ended with an error."""

    exit_code: int | None
    detail: str = ""


class TimedOut(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="timed out"):
    """The agent was ended at its wall or idle limit."""

    limit: float
    """Seconds."""
    idle: bool


class Resource(enum.Enum):
    """What a build has a limited amount of; the value is how it is named to the owner."""

    MEMORY = "memory"
    PROCESSES = "processes"
    CPU = "processor time"
    DISK = "disk space"
    DOLLARS = "dollars"
    TOKENS = "tokens"


class OverLimit(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="over limit"):
    """It was ended since it took more than its share."""

    resource: Resource
    limit: float
    """In bytes, processes, seconds, dollars or tokens."""
    phase: Phase = Phase.WORKING


class AgentTroubled(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="agent troubled"):
    """The agent itself says that it could not do its work."""

    trouble: Trouble
    detail: str = ""
    resets_at: datetime | None = None
    """When a usage limit ends, if that is known."""


class Stopped(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="stopped"):
    """A person pressed Stop."""


class NotPrepared(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="not prepared"):
    """No worktree could be made (base branch gone, no repository): a sentence for the owner."""

    detail: str


class Abandoned(msgspec.Struct, frozen=True, kw_only=True, tag_field="outcome", tag="abandoned"):
    """The build process vanished without a result: the machine went down, or it was killed."""


Outcome = (
    Proven
    | Unverified
    | AlreadyRed
    | Broke
    | Empty
    | AgentFailed
    | AgentTroubled
    | TimedOut
    | OverLimit
    | Stopped
    | NotPrepared
    | Abandoned
)


class BuildResult(msgspec.Struct, frozen=True, kw_only=True):
    """Contents of `result.json`: written once, atomically, as the last act of the build process."""

    outcome: Outcome
    base_commit: str | None = None
    commit: str | None = None
    """Tip of the branch; kept for most failures too, so that nothing an agent did is lost."""
    diff: DiffStat | None = None
    before: Verification | None = None
    after: Verification | None = None
    started_at: datetime
    ended_at: datetime
    tail: str = ""
    """The last lines of the agent's output."""
    usage: Usage | None = None
    """What the agent spent on a model, where it tells that."""
    peak_memory: int | None = None
    """Bytes, of the agent with all its descendants."""
    cpu_seconds: float | None = None


class Findings(msgspec.Struct, kw_only=True):
    """What a build process knows so far; filled in phase by phase, so that an early end loses nothing."""

    worked: bool = False
    """The agent has ended."""
    failure: Outcome | None = None
    """Why the agent did not do its work; None while it may have."""
    base_commit: str | None = None
    commit: str | None = None
    diff: DiffStat | None = None
    before: Verification | None = None
    after: Verification | None = None
    tail: str = ""
    usage: Usage | None = None
    peak_memory: int | None = None
    cpu_seconds: float | None = None


class MergeDone(msgspec.Struct, frozen=True, kw_only=True):
    """What a merge or a rollback did."""

    commit: str
    """Full id of the commit that it made."""
    parent: str
    """What the base branch pointed to before."""
    checkout_updated: bool | None
    """True: the owner's checkout shows the merge; False: it has uncommitted work and was left alone; None: no
    checkout is on that branch."""


class Active(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="active"):
    """Recorded as started; `runs/<id>/` tells how far it is."""

    stop_requested_by: UserId | None = None
    stop_requested: bool = False
    requeue: str = ""
    """It is stopped to make room, for this reason, and goes back into the queue."""
    launches: int = 1
    """How often the build process was started; it is started again only if its agent had not begun."""


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="ended"):
    """Its result was collected."""

    result: BuildResult
    requeued: str = ""
    """It was stopped to make room, for this reason, and its task went back into the queue."""


BuildState = Active | Ended


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """The record of one attempt."""

    id: BuildId
    task: TaskId
    project: ProjectName
    hours: float
    """The owner's estimate at the start."""
    expected: float | None = None
    """Hours that such builds took before, for that estimate."""
    spec: BuildSpec
    started_at: datetime
    state: BuildState
