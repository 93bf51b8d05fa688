"""A git repository that Jarvis may work in."""

from datetime import datetime

import msgspec

from core.model.ids import ProjectName


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """Registered by the owner; its checkout is never touched by a build."""

    name: ProjectName
    path: str
    """Absolute path of the checkout."""
    base: str
    """Branch to start from and to merge into."""
    verify: str | None
    """Shell command that exits with 0 when the project is in order."""
    agent: str | None = None
    added_at: datetime
