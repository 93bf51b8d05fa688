"""A line of the record of what was done, by whom and why."""

from datetime import datetime

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Recorded with the change that it tells of; it is moved to its log afterwards, so that a crash loses nothing."""

    number: int
    """Rises by one with each line, over all logs: what is in a log already is not written twice."""
    log: str
    """Name of the log below `logs/`."""
    at: datetime
    entry: dict[str, str | int | float | bool | list[str] | dict[str, float] | None]
    """The line itself."""
    memory: str = ""
    """A plain sentence for `memory/YYYY-MM-DD.md`, if nobody asked for what was done; else empty."""
