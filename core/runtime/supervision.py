"""Runs one program under limits: its output into a log, and at its end, however it comes, no process is left."""

import contextlib
import enum
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.runtime.output_log import OutputLog
from core.runtime.process_tree import MARKER, die_with_parent, end_all, members, reap

_TICK = 0.25
_STOP_LOOKUP = 0.1
_DRAIN_SECONDS = 1.0
_PIECE = 256 * 1024


class Cause(enum.Enum):
    """Why a program ended."""

    EXITED = "exited"
    WALL = "wall limit"
    IDLE = "idle limit"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a program ended."""

    cause: Cause
    exit_code: int | None
    """None unless it ended by itself; negative: the number of the signal that ended it."""
    seconds: float
    survivors: int
    """Processes that could not even be killed."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """When to end a program from outside. All in seconds."""

    wall: float
    idle: float | None = None
    """Without a byte of output."""
    grace: float = 5.0
    """Between SIGTERM and SIGKILL."""


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """What all programs of one run have in common."""

    folder: Path
    """The run folder; marks the processes of the run."""
    environment: Mapping[str, str]
    adopted: bool
    """The calling process is a child subreaper, has one thread, and starts nothing else meanwhile."""
    stop_requested: Callable[[], bool] = lambda: False
    beat: Callable[[OutputLog], None] = lambda log: None
    """Called several times a second while the program runs."""
    wake: int | None = None
    """A file descriptor that becomes readable when `stop_requested` should be asked at once."""

    def run(
        self,
        argv: list[str],
        log: OutputLog,
        bounds: Bounds,
        *,
        cwd: Path,
        stdin: Path = Path(os.devnull),
        further: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run the program to its end and return how it came. `further` variables are for this program only.

        Raises OSError when it can't be started.
        """
        begun = time.monotonic()
        with stdin.open("rb") as source:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env={**self.environment, **(further or {}), MARKER: str(self.folder)},
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Safe here only: a process with one thread. Where there are more, `adopted` is false.
                preexec_fn=die_with_parent if self.adopted else None,  # noqa: PLW1509
            )
        with _Pipe(process, log) as pipe:
            try:
                cause = self._watch(process, pipe, bounds)
            finally:
                survivors = end_all(lambda: self._members(process), bounds.grace, pipe.read_for)
            pipe.drain()
        self.beat(log)
        exit_code = process.poll() if cause is Cause.EXITED else None
        return Ended(cause=cause, exit_code=exit_code, seconds=time.monotonic() - begun, survivors=survivors)

    def _members(self, process: subprocess.Popen[bytes]) -> list[psutil.Process]:
        process.poll()
        return members(process.pid, self.folder, adopted=self.adopted)

    def _watch(self, process: subprocess.Popen[bytes], pipe: "_Pipe", bounds: Bounds) -> Cause:
        """Read its output until it ends or must end."""
        begun = time.monotonic()
        looked = 0.0
        with _exit_notice(process) as notice, contextlib.ExitStack() as stack:
            for handle in (notice, self.wake):
                if handle is not None:
                    pipe.also_wake_on(handle, stack)
            while process.poll() is None:
                now = time.monotonic()
                if now - begun >= bounds.wall:
                    return Cause.WALL
                if bounds.idle is not None and now - max(begun, pipe.last_output) >= bounds.idle:
                    return Cause.IDLE
                if now - looked >= _STOP_LOOKUP:
                    looked = now
                    if self.stop_requested():
                        return Cause.STOPPED
                    self.beat(pipe.log)
                    if self.adopted:
                        reap(except_for=process.pid)
                pipe.read_once(min(_TICK, max(0.001, begun + bounds.wall - now)))
        return Cause.EXITED


class _Pipe:
    """The output of the program: standard output and standard error together."""

    def __init__(self, process: subprocess.Popen[bytes], log: OutputLog) -> None:
        assert process.stdout is not None
        self._file = process.stdout
        self._handle = self._file.fileno()
        os.set_blocking(self._handle, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._handle, selectors.EVENT_READ)
        self._open = True
        self.log = log
        self.last_output = 0.0

    def __enter__(self) -> "_Pipe":
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        self._file.close()

    def also_wake_on(self, handle: int, stack: contextlib.ExitStack) -> None:
        """Let `read_once` return early when that descriptor is readable, as long as the stack lasts."""
        self._selector.register(handle, selectors.EVENT_READ)
        stack.callback(self._selector.unregister, handle)

    def read_once(self, seconds: float) -> None:
        """Wait that long at most, and read what there is."""
        for key, _ in self._selector.select(seconds):
            if key.fd == self._handle:
                self._take()
            else:
                _empty(key.fd)

    def read_for(self, seconds: float) -> None:
        """Go on reading for that time, so that a program which says its last words isn't held up."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not self._open:
                time.sleep(left)
            else:
                self.read_once(left)

    def drain(self) -> None:
        """Read what is left in the pipe; a process that escaped and keeps it open doesn't hold us up for long."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while self._open and time.monotonic() < deadline:
            self.read_once(0.05)

    def _take(self) -> None:
        try:
            data = os.read(self._handle, _PIECE)
        except BlockingIOError:
            return
        if data:
            self.last_output = time.monotonic()
            self.log.write(data)
        else:
            self._selector.unregister(self._handle)
            self._open = False


@contextlib.contextmanager
def _exit_notice(process: subprocess.Popen[bytes]) -> Iterator[int | None]:
    """A descriptor that is readable when the process has ended, where the system has such a thing."""
    if sys.platform != "linux":
        yield None
        return
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _empty(handle: int) -> None:
    """Take the bytes out of a wake-up pipe; a process handle has none."""
    with contextlib.suppress(OSError):
        os.read(handle, 1024)
