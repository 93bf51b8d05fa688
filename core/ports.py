"""What the engines need from outside, as Protocols. Adapters live in `storage`, `core.runtime` and `bot`."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from core.model.agent import UsageLimit
from core.model.approval import Approval
from core.model.audit import Line
from core.model.build import Build, BuildResult, BuildSpec, MergeDone
from core.model.context import Fact, Place
from core.model.day import Day
from core.model.decision import Rule
from core.model.execution import Capacity, LogPart, Status
from core.model.ids import BuildId
from core.model.improvement import Correction, Improvement, Lesson, Measurement, Question
from core.model.metrics import Sample
from core.model.notification import Notification
from core.model.pattern import Moments, Pattern
from core.model.pause import Pause
from core.model.people import Chat, ChatSettings, Owner
from core.model.problem import Problem, Repair
from core.model.project import Project
from core.model.session import JobRecord, Session, Throttle
from core.model.task import Draft, Task
from core.model.trust import Suggestion
from core.model.weekend import Weekend

Row = TypeVar("Row")

Clock = Callable[[], datetime]
"""Returns the present moment as an aware UTC datetime."""


SecretScan = Callable[[str, Sequence[tuple[int, str]]], list[tuple[int, str]]]
"""Takes a path and the lines that were added there, by number; returns those that hold a secret, with its kind."""


class Table(Protocol[Row]):
    """Rows of one type under string keys (ids that are numbers are written in decimal).

    Rows are frozen: change one by putting a changed copy. Reads work at any time and see the own writes of the open
    transaction; `put` and `remove` outside of a transaction raise RuntimeError.
    """

    def get(self, key: str) -> Row | None:
        """The row, or None."""

    def all(self) -> list[Row]:
        """All rows, in the order in which their keys were first put."""

    def put(self, key: str, row: Row) -> None:
        """Insert, or replace what stands under the key."""

    def remove(self, key: str) -> None:
        """Delete; nothing happens when there is no such row."""


class Store(Protocol):
    """The durable state. Everything that one use case changes goes into one transaction: all of it, or nothing."""

    @property
    def tasks(self) -> Table[Task]:
        """By task id."""

    @property
    def drafts(self) -> Table[Draft]:
        """By draft id."""

    @property
    def builds(self) -> Table[Build]:
        """By build id."""

    @property
    def limits(self) -> Table[UsageLimit]:
        """Usage limits of engines, by engine."""

    @property
    def approvals(self) -> Table[Approval]:
        """By approval id."""

    @property
    def audit(self) -> Table[Line]:
        """Lines that are not in their logs yet, by number."""

    @property
    def rules(self) -> Table[Rule]:
        """What the owner said about categories, by rule id."""

    @property
    def pauses(self) -> Table[Pause]:
        """By project; `` (empty) is everything."""

    @property
    def suggestions(self) -> Table[Suggestion]:
        """Changes of the rules that were suggested, by suggestion id."""

    @property
    def moments(self) -> Table[Moments]:
        """When the owner asked for what, by type of the request."""

    @property
    def patterns(self) -> Table[Pattern]:
        """By pattern id."""

    @property
    def contexts(self) -> Table[Fact]:
        """What is known of the owner's doings, by kind of fact."""

    @property
    def places(self) -> Table[Place]:
        """By name."""

    @property
    def sessions(self) -> Table[Session]:
        """Nights and working days, by id."""

    @property
    def throttle(self) -> Table[Throttle]:
        """One row, `now`, as long as the machine has too little room."""

    @property
    def timetable(self) -> Table[JobRecord]:
        """By name of the job."""

    @property
    def preferences(self) -> Table[str]:
        """Settings that were changed in the chat, as text, by name."""

    @property
    def weekends(self) -> Table[Weekend]:
        """By weekend id: the date of the Saturday."""

    @property
    def measurements(self) -> Table[Measurement]:
        """By local date and operation: `2026-11-25 chat /week`."""

    @property
    def corrections(self) -> Table[Correction]:
        """By correction id."""

    @property
    def questions(self) -> Table[Question]:
        """By key."""

    @property
    def lessons(self) -> Table[Lesson]:
        """By lesson id."""

    @property
    def improvements(self) -> Table[Improvement]:
        """Weaknesses of Jarvis itself, and what was done about them, by improvement id."""

    @property
    def archived_tasks(self) -> Table[Task]:
        """Tasks that were finished long ago, by task id."""

    @property
    def archived_builds(self) -> Table[Build]:
        """Their builds, by build id."""

    @property
    def archived_approvals(self) -> Table[Approval]:
        """The questions about them."""

    @property
    def projects(self) -> Table[Project]:
        """By name."""

    @property
    def owners(self) -> Table[Owner]:
        """By user id."""

    @property
    def chats(self) -> Table[Chat]:
        """By chat id."""

    @property
    def chat_settings(self) -> Table[ChatSettings]:
        """By chat id."""

    @property
    def notifications(self) -> Table[Notification]:
        """By notification id."""

    @property
    def metrics(self) -> Table[Sample]:
        """By their moment, oldest first."""

    @property
    def problems(self) -> Table[Problem]:
        """By problem id; resolved ones for a while."""

    @property
    def repairs(self) -> Table[Repair]:
        """What was done about problems, by repair id."""

    @property
    def days(self) -> Table[Day]:
        """How long somebody was there to work, by local date: `2026-11-25`."""

    @property
    def marks(self) -> Table[datetime]:
        """When something last happened, by name: `brief`, `summary`, ..."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, durable when the block is left; nested blocks join the outer one.

        An exception leaves the tables as they were before. Other processes wait meanwhile, so the block must be short
        and must not await. Raises StoreUnavailable when the change can't be written.
        """

    def number(self, sequence: str) -> int:
        """The next number of a sequence, starting at 1; never given twice. Inside a transaction only."""


class Executor(Protocol):
    """Runs builds somewhere, each by a supervisor that outlives us. Every call may be repeated without harm.

    A build id names task and attempt, so it is the idempotency key of the attempt.
    """

    def submit(self, spec: BuildSpec) -> None:
        """Start the build, or go on with one that was lost, unless something works on it or it has a result.

        Raises Refused when it can't be started.
        """

    def status(self, build: BuildId) -> Status:
        """How it stands. `Lost` stays so until somebody submits it again or gives it up."""

    def log(self, build: BuildId, offset: int = 0, most: int = 1_000_000) -> LogPart:
        """What its agent has said from that byte on, up to `most` bytes; a negative offset counts from the end."""

    def cancel(self, build: BuildId) -> None:
        """Ask it to end its agent with all descendants; returns at once. One that is submitted later ends at once.

        Raises StoreUnavailable when the wish can't be passed on; the build goes on then.
        """

    def sweep(self, build: BuildId) -> None:
        """End what a lost build left behind, and remove its worktrees; its commits stay. Nothing while it is alive.

        Raises Refused when that can't be done; nothing unsaved is lost then.
        """

    def reattach(self, active: Collection[BuildId]) -> None:
        """For our start: find the builds that go on, and remove what others have left that are not `active`."""

    def capacity(self) -> Capacity:
        """What it can take now."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """An agent program on this machine."""

    path: str
    """Absolute."""
    version: str = ""
    """Empty when it does not tell, or nobody asked."""


class Programs(Protocol):
    """The agent programs on this machine."""

    def find(self, program: str) -> Program | None:
        """The program of that name; None when it is not on the PATH. Fast: it is not executed."""

    def version(self, program: str) -> str:
        """What it says of its version: one line; empty when it says nothing. It is executed, with a time limit."""

    def is_logged_in(self, files: Iterable[str]) -> bool:
        """Whether one of these files is there, below the owner's home folder."""

    def has_key(self, names: Iterable[str]) -> bool:
        """Whether one of these variables is set for agents."""


class Workspaces(Protocol):
    """Git, for whole operations. None of them touches uncommitted work."""

    def check(self, path: Path) -> Path:
        """The root of the repository that `path` lies in. Raises Refused when there is none."""

    def current_branch(self, path: Path) -> str | None:
        """The branch that is checked out; None when detached."""

    def has_branch(self, path: Path, branch: str) -> bool:
        """Whether the local branch exists and has a commit."""

    def merge(self, spec: BuildSpec, message: str, work: str | None = None) -> MergeDone:
        """Merge the build's branch into its base; if that has happened already, say so again, also without the branch.

        A merge is known by the trailer `Jarvis-Run` in its message, and by `work`, the commit that the build ended
        with. Raises Conflict when it doesn't merge cleanly or a branch is gone; nothing has changed then.
        """

    def drop_merged(self, spec: BuildSpec) -> bool:
        """Delete the build's branch if the base has all of it and nobody has it checked out; whether it is gone now.

        Raises Refused when git can't do it.
        """

    def rollback(self, spec: BuildSpec, merge: str, work: str | None, message: str) -> MergeDone:
        """Take back what `merge` brought into the base, by a commit on top; if that has happened already, say so again.

        The message ends with trailers; `Jarvis-Reverts: <merge>` is added to them. Raises Conflict when it can't be
        taken back cleanly, or is no merge of this work alone; nothing has changed then.
        """

    def update_checkout(self, spec: BuildSpec, commit: str) -> None:
        """Bring the files of a checkout that was left behind by a merge up to date, keeping uncommitted work.

        Raises Conflict when a file with uncommitted work is concerned; nothing has changed then.
        """

    def diff(self, spec: BuildSpec, result: BuildResult, bundle: Path | None = None) -> str:
        """The change of the build as a unified diff; its commits may be in a bundle only. Raises Refused when they are
        gone."""

    def discard(self, spec: BuildSpec, trash: Path) -> Path:
        """Put the branch as a bundle into `trash` and delete it; returns the bundle. Again: the same bundle."""

    def restore(self, spec: BuildSpec, bundle: Path) -> str:
        """Bring the branch back from the bundle; returns its commit. Again: the same.

        Raises Conflict when there is another branch of that name or the repository is gone, Refused when the bundle is
        gone or can't be used; nothing has changed then.
        """

    def forget(self, bundle: Path, trash: Path) -> None:
        """Delete a bundle that `discard` has put into `trash`, if it is there. Raises Refused for any other file."""

    def push(self, spec: BuildSpec, branch: str, remote: str) -> None:
        """Push a branch of the repository to the one of the same name, never by force; within a minute.

        Raises Refused with the reason when the remote does not have it then.
        """


class Records(Protocol):
    """Append-only logs below `JARVIS_HOME/logs`, one JSON object a line, and the memory of each day.

    Who writes must be alone meanwhile. What is written is durable when the call returns; StoreUnavailable is raised
    when it can't be written.
    """

    def write(self, log: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add lines to the log of that file name. Their numbers `n` rise; those that are in it already are left out."""

    def remember(self, day: str, sentences: Sequence[tuple[int, str]]) -> None:
        """Add numbered sentences to the memory of a day (as `2026-03-03`); those that are in it already are left
        out."""

    def report(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a report of that file name, whole; one that is there is replaced."""

    def read(self, log: str) -> Iterable[dict[str, Any]]:
        """All lines, oldest first; unreadable lines are skipped."""
