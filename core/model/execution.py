"""How a build stands, as the executor that runs it tells."""

import msgspec

from core.model.build import BuildResult, Progress


class NotStarted(msgspec.Struct, frozen=True, kw_only=True, tag_field="status", tag="not started"):
    """It may be submitted: its agent has not begun, and nothing works on it."""


class Alive(msgspec.Struct, frozen=True, kw_only=True, tag_field="status", tag="alive"):
    """Something works on it."""

    progress: Progress | None = None
    """None before it has said anything."""


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag_field="status", tag="finished"):
    """There is a result."""

    result: BuildResult


class Lost(msgspec.Struct, frozen=True, kw_only=True, tag_field="status", tag="lost"):
    """Its agent had begun, there is no result, and nothing works on it any more."""

    resumable: bool
    """The agent had ended: submitted again, the build goes on with what the agent left."""


Status = NotStarted | Alive | Finished | Lost


class LogPart(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of what an agent said."""

    data: bytes
    offset: int
    """Where the piece begins."""
    size: int
    """Bytes that there are by now; a log that was shortened meanwhile is smaller than before."""


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What an executor can take."""

    slots: int | None = None
    """Builds at the same time; None: as many as the settings say."""
    reason: str | None = None
    """Why it can take none, as a sentence for the owner."""
    confined: bool = True
    """Whether builds are kept in their place."""
    detail: str = ""
    """How they are, in a few words."""
