"""Has pictures drawn by a child process, so that the bot does not keep the memory that drawing takes."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from weakref import WeakKeyDictionary

import msgspec
import structlog

from core.runtime.environment import allowed
from core.runtime.local_environment import python_environment
from handlers.views.pictures import Picture

log = structlog.get_logger("pictures")

LIMIT = 20.0
"""Seconds; the first drawing on a machine looks through all its fonts."""
DRAWING = (sys.executable, "-P", "-m", "handlers.views.drawing")
_PNG = b"\x89PNG\r\n\x1a\n"
_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def drawn(picture: Picture, *, command: Sequence[str] = DRAWING, limit: float = LIMIT) -> bytes | None:
    """The picture as PNG, or None, with a line in the log, when it could not be drawn within `limit` seconds.

    One is drawn at a time; waiting for another does not count.
    """
    async with _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        try:
            png = await _run(command, msgspec.json.encode(picture), limit)
        except (OSError, ValueError, _NotDrawn) as error:
            log.warning("picture not drawn", kind=type(picture).__name__, error=str(error))
            return None
    return png


class _NotDrawn(Exception):
    """The child gave no picture."""


async def _run(command: Sequence[str], given: bytes, limit: float) -> bytes:
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    try:
        out, complaints = await asyncio.wait_for(child.communicate(given), limit)
    except TimeoutError:
        raise _NotDrawn(f"not ready after {limit:g} s") from None
    finally:
        if child.returncode is None:
            # Also when the bot is stopped meanwhile; the group, since the library asks another program for the fonts.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    if child.returncode or not out.startswith(_PNG):
        last = complaints.decode(errors="replace").strip().rpartition("\n")[2]
        raise _NotDrawn(f"exit status {child.returncode}: {last[:300]}")
    return out


def environment() -> dict[str, str]:
    """What the child is told: nothing secret."""
    # One thread: the library's algebra would start one for each core, with a stack each, for nothing.
    own = {"MPLCONFIGDIR": str(cache_folder()), "OPENBLAS_NUM_THREADS": "1"}
    return python_environment(allowed(os.environ)) | own


def cache_folder() -> Path:
    """Where the list of fonts is kept for the next drawing; also keeps the user's own style out of the pictures.

    Below the user's cache if that can be written, else one of this process, removed when it ends.
    """
    given = os.environ.get("XDG_CACHE_HOME")
    with contextlib.suppress(OSError, RuntimeError):
        folder = (Path(given) if given else Path.home() / ".cache") / "jarvis-pictures"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return Path(_temporary_folder().name)


@cache
def _temporary_folder() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="jarvis-pictures-")
