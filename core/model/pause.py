"""A pause of all autonomous work, or of a project's."""

from datetime import datetime

import msgspec

from core.model.ids import ProjectName, UserId


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing starts by itself until somebody resumes it."""

    project: ProjectName | None = None
    """None: everything."""
    by: UserId | None = None
    """None: from the command line."""
    since: datetime
