"""What the owner set for the engines; the process reads it from the environment once, at start."""

import enum
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo


class PushMode(enum.Enum):
    """What is pushed to the remote repository, unasked."""

    NEVER = "never"
    BRANCH = "branch"
    """The branch of each result that can be used."""
    MERGE = "merge"
    """The base branch, after each merge and rollback."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Numbers and choices of the engines; each can be set in `.env`."""

    home: Path
    zone: ZoneInfo
    max_builds: int = 3
    build_hours: float = 8.0
    """Wall limit of one build."""
    idle_minutes: float = 30.0
    """Limit without a byte of output."""
    verify_minutes: float = 30.0
    """Limit of one run of the verification command."""
    agent_command: tuple[str, ...] | None = None
    """Template of the coding agent for tasks without a command of their own."""
    agent_environment: tuple[str, ...] = ()
    """Names of variables that agents may see besides the ordinary ones (their keys)."""
    approval_days: float = 7.0
    cost_limit: float = 10.0
    """Dollars; a task that names a higher cost is escalated."""
    git_author: str = "Jarvis <jarvis@localhost>"
    """Author and committer of the commits that are made for the owner, as `Name <mail>`."""
    push: PushMode = PushMode.NEVER
    push_remote: str = "origin"
    """Name of the remote in each repository."""
    trash_days: float = 30.0
    """How long a discarded result can be restored."""
