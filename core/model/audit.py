"""A line of the record of what was done, by whom and why."""

from datetime import datetime
from typing import Any

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Recorded with the change that it tells of; it is moved to its log afterwards, so that a crash loses nothing."""

    number: int
    """Rises by one with each line, over all logs: what is in a log already is not written twice."""
    log: str
    """Name of the log below `logs/`."""
    at: datetime
    entry: dict[str, Any]
    """The line itself: plain JSON."""
    memory: str = ""
    """A plain sentence for `memory/YYYY-MM-DD.md`, if nobody asked for what was done; else empty."""
