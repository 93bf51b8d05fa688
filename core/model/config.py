"""What the owner set for the engines; the process reads it from the environment once, at start."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from core.model.build import Level
from core.model.decision import Rule
from core.model.routine import Routine, Span
from core.model.task import Category


class PushMode(enum.Enum):
    """What is pushed to the remote repository, unasked."""

    NEVER = "never"
    BRANCH = "branch"
    """The branch of each result that can be used."""
    MERGE = "merge"
    """The base branch, after each merge and rollback."""


@dataclass(frozen=True, kw_only=True)
class AgentTemplate:
    """An agent of the owner's: a program with its arguments, where `{prompt_file}` and `{worktree}` are filled in."""

    name: str
    argv: tuple[str, ...]


@dataclass(kw_only=True)
class Config:
    """Numbers and choices of the engines; each can be set in `.env`.

    All engines share one. What the owner changes in the chat is put into it while they work (`core.preferences`);
    nothing else changes it.
    """

    home: Path
    zone: ZoneInfo
    routine: Routine = field(default_factory=Routine)
    max_builds: int = 3
    plan_effort: float = 1.0
    """Share of the usual search for a better plan; not a setting of the owner's."""
    build_hours: float = 8.0
    """Wall limit of one build."""
    idle_minutes: float = 30.0
    """Limit without a byte of output."""
    verify_minutes: float = 30.0
    """Limit of one run of the verification command."""
    cpu_hours: float = 16.0
    """Processor time of one build, all its processes together."""
    memory_gb: float = 4.0
    """Of one build, in 10^9 bytes."""
    max_processes: int = 500
    """Of one build, at the same time."""
    disk_gb: float = 10.0
    """That one build may fill, in 10^9 bytes."""
    build_dollars: float = 5.0
    """Hard limit of one build, as far as its agent tells what it spends; 0: none."""
    night_dollars: float = 20.0
    """Of all builds from noon to noon; 0: none."""
    build_tokens: int = 0
    night_tokens: int = 0
    night_hours: float = 60.0
    """Of all builds from noon to noon, each with its own hours; 0: none."""
    retry_minutes: float = 10.0
    """Pause before something that may pass by itself is tried again."""
    confinement: Level = Level.AUTO
    writable_paths: tuple[Path, ...] = ()
    """Further folders that builds may write to."""
    hidden_paths: tuple[Path, ...] = ()
    """What builds can't read, besides the home folder of Jarvis."""
    agent_templates: tuple[AgentTemplate, ...] = ()
    """Agents besides the known ones."""
    agents: tuple[str, ...] = ()
    """Engines in the order of preference; empty: the templates, then the known ones."""
    agent_by_category: Mapping[Category, str] = field(default_factory=dict)
    """Which engine is tried first for a category."""
    agent_arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further arguments for a known engine."""
    agent_environment: tuple[str, ...] = ()
    """Names of variables that agents may see besides the ordinary ones (their keys)."""
    rules: tuple[Rule, ...] = ()
    """What the owner says about categories; what is said in the chat later comes before it."""
    sensitive_paths: tuple[str, ...] = ()
    """Globs of files of which a person should see every change, besides the known ones."""
    auto_merge: bool = False
    """Merge without asking what is proven, if its category runs by itself and nothing in the change needs a look."""
    disk_limit: float = 80.0
    """Percent of the disk with the home folder; over it, nothing new starts."""
    memory_limit: float = 80.0
    """Percent of the memory; likewise."""
    swap_limit: float = 80.0
    """Percent of the swap space; a problem when it is reached for long."""
    load_limit: float = 4.0
    """Processes that want to run, per processor; likewise."""
    watch_paths: tuple[Path, ...] = ()
    """Folders whose disks are watched besides that of the home folder."""
    log_roots: tuple[Path, ...] = ()
    """Folders with logs that may be put away and rotated."""
    database_roots: tuple[Path, ...] = ()
    """Folders with SQLite databases that may be vacuumed."""
    log_limit: float = 1000.0
    """10^6 bytes of logs below one root; a problem when it is reached."""
    database_limit: float = 5000.0
    """10^6 bytes of databases below one root; likewise."""
    quiet_hours: Span | None = None
    """Local times between which messages come without a sound, escalations excepted; None: while the owner sleeps."""
    quiet_nights: bool = True
    """False: messages always have a sound."""
    approval_days: float = 7.0
    cost_limit: float = 10.0
    """Dollars; a task that names a higher cost is escalated."""
    git_author: str = "Jarvis <jarvis@localhost>"
    """Author and committer of the commits that are made for the owner, as `Name <mail>`."""
    own_project: str = ""
    """The registered project that is Jarvis's own repository; empty: none is."""
    push: PushMode = PushMode.NEVER
    push_remote: str = "origin"
    """Name of the remote in each repository."""
    trash_days: float = 30.0
    """How long a discarded result can be restored."""

    @property
    def quiet(self) -> Span | None:
        """The quiet hours as they are now; None: never."""
        return (self.quiet_hours or self.routine.sleep) if self.quiet_nights else None
