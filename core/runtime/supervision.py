"""Runs one program under limits: its output into a log, and at its end, however it comes, no process is left."""

import contextlib
import enum
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from core.model.build import Level, Limits, Resource
from core.runtime.confinement import Walls, confined
from core.runtime.gauge import Exceeded, Gauge
from core.runtime.output_log import OutputLog
from core.runtime.output_pipe import OutputPipe
from core.runtime.process_limit import ProcessLimit, group_name, limited
from core.runtime.process_tree import MARKER, die_with_parent, end_all, members, reap
from core.runtime.secrecy import hide_from_neighbours

_TICK = 0.25
_STOP_LOOKUP = 0.1
_GAUGE_SECONDS = 0.3
_CLOSING_SECONDS = 3.0
"""How long a program may go on after it has said its last word."""
_NICENESS = 5
_LIKELY_VICTIM = "500"
"""For the kernel's choice of whom to end when memory runs out (see proc_pid_oom_score_adj(5))."""
_FILE_TOO_LARGE = (-signal.SIGXFSZ, 128 + signal.SIGXFSZ)
"""Exit codes of a program, or of the shell that it ran in, that wrote a file over the limit."""


class Cause(enum.Enum):
    """Why a program ended."""

    EXITED = "exited"
    CLOSED = "closed"
    """It had said its last word, and was ended."""
    WALL = "wall limit"
    IDLE = "idle limit"
    LIMIT = "another limit"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a program ended."""

    cause: Cause
    exit_code: int | None
    """None unless it ended by itself; negative: the number of the signal that ended it."""
    exceeded: Exceeded | None = None
    """The limit, for LIMIT."""
    seconds: float
    survivors: int
    """Processes that could not even be killed."""
    peak_memory: int
    """Bytes."""
    cpu_seconds: float


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """When to end a program from outside. Times in seconds."""

    wall: float
    idle: float | None = None
    """Without a sign of work: without progress for the listener, or without a byte of output if there is none."""
    grace: float = 5.0
    """Between SIGTERM and SIGKILL."""
    limits: Limits | None = None
    """For memory, processes, processor time and disk."""


class Listener(Protocol):
    """Understands the output of a program while it runs."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""

    @property
    def progress(self) -> int:
        """Grows as long as it does something."""

    @property
    def closed(self) -> bool:
        """Whether it has said its last word."""

    @property
    def spent_too_much(self) -> Exceeded | None:
        """The budget that it has exceeded."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, and where."""

    argv: list[str]
    cwd: Path
    walls: Walls
    stdin: Path = Path(os.devnull)
    further: Mapping[str, str] | None = None
    """Variables for this program only."""


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
    seen: Callable[[Sequence[psutil.Process]], None] = lambda processes: None
    """Called with the living processes of the run, every now and then."""
    wake: int | None = None
    """A file descriptor that becomes readable when `stop_requested` should be asked at once."""

    def run(self, program: Program, log: OutputLog, bounds: Bounds, listener: Listener | None = None) -> Ended:
        """Run the program to its end and return how it came. Raises OSError when it can't be started."""
        limits = bounds.limits or Limits(wall=bounds.wall, idle=bounds.wall, verify=bounds.wall)
        with limited(limits.processes, group_name(self.folder)) as few:
            return self._run(program, log, bounds, limits, few, listener)

    def _run(
        self,
        program: Program,
        log: OutputLog,
        bounds: Bounds,
        limits: Limits,
        few: ProcessLimit,
        listener: Listener | None,
    ) -> Ended:
        begun = time.monotonic()
        gauge = Gauge(limits=limits, places=program.walls.own)
        process = self._start(program, limits, few)
        # The process tree of bubblewrap ends as a whole when its first process does.
        heads = (process.pid,) if program.walls.level is Level.BUBBLEWRAP else ()
        with OutputPipe(process, log, listener.feed if listener else None) as pipe:
            watch = _Watch(self, process, pipe, bounds, gauge, few, listener)
            try:
                cause = watch.until_over()
            finally:
                survivors = end_all(lambda: self._members(process), bounds.grace, pipe.read_for, heads=heads)
            pipe.drain()
        self.beat(log)
        gauge.look_back()
        exit_code = process.poll() if cause is Cause.EXITED else None
        if exit_code in _FILE_TOO_LARGE and limits.disk is not None:
            watch.exceeded = Exceeded(resource=Resource.DISK, limit=limits.disk)
        elif exit_code and few.was_reached():  # it gave up before anybody looked
            watch.exceeded = Exceeded(resource=Resource.PROCESSES, limit=limits.processes or 0)
        return Ended(
            cause=cause,
            exit_code=exit_code,
            exceeded=watch.exceeded,
            seconds=time.monotonic() - begun,
            survivors=survivors,
            peak_memory=gauge.peak_memory,
            cpu_seconds=gauge.cpu_seconds,
        )

    def _start(self, program: Program, limits: Limits, few: ProcessLimit) -> subprocess.Popen[bytes]:
        with confined(program.walls, program.argv) as (argv, prepare), program.stdin.open("rb") as source:
            return subprocess.Popen(
                argv,
                cwd=program.cwd,
                env={**self.environment, **(program.further or {}), MARKER: str(self.folder)},
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Not with several threads: then what it does may wait for a lock for ever. `adopted` is false there.
                preexec_fn=lambda: self._begin(limits, few.join, prepare),  # noqa: PLW1509
            )

    def _begin(self, limits: Limits, join: Callable[[], None], prepare: Callable[[], None]) -> None:
        """In the new process."""
        if self.adopted:
            die_with_parent()
        hide_from_neighbours(hidden=False)
        os.nice(_NICENESS)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if limits.disk is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits.disk, limits.disk))
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_LIKELY_VICTIM)
        join()
        prepare()

    def _members(self, process: subprocess.Popen[bytes]) -> list[psutil.Process]:
        process.poll()
        return members(process.pid, self.folder, adopted=self.adopted)

    def look(self, process: subprocess.Popen[bytes], gauge: Gauge, few: ProcessLimit) -> Exceeded | None:
        """Measure the processes of the run; the limit that they exceed, if any."""
        if few.was_reached():
            return Exceeded(resource=Resource.PROCESSES, limit=gauge.limits.processes or 0)
        processes = self._members(process)
        self.seen(processes)
        return gauge.look(processes)


class _Watch:
    """Follows a program until it ends or must end."""

    def __init__(
        self,
        supervisor: Supervisor,
        process: subprocess.Popen[bytes],
        pipe: OutputPipe,
        bounds: Bounds,
        gauge: Gauge,
        few: ProcessLimit,
        listener: Listener | None,
    ) -> None:
        self._supervisor = supervisor
        self._process = process
        self._pipe = pipe
        self._bounds = bounds
        self._gauge = gauge
        self._few = few
        self._listener = listener
        self._begun = time.monotonic()
        self._looked = 0.0
        self._gauged = 0.0
        self._closed_at: float | None = None
        self._progress = -1
        self._worked_at = self._begun
        self.exceeded: Exceeded | None = None

    def until_over(self) -> Cause:
        """Read its output; returns why it is over."""
        with _exit_notice(self._process) as notice, contextlib.ExitStack() as stack:
            for handle in (notice, self._supervisor.wake):
                if handle is not None:
                    self._pipe.also_wake_on(handle, stack)
            while self._process.poll() is None:
                now = time.monotonic()
                cause = self._cause(now)
                if cause is not None:
                    return cause
                self._pipe.read_once(min(_TICK, max(0.001, self._begun + self._bounds.wall - now)))
        return Cause.EXITED

    def _cause(self, now: float) -> Cause | None:
        bounds = self._bounds
        if now - self._begun >= bounds.wall:
            return Cause.WALL
        if bounds.idle is not None and now - self._last_work(now) >= bounds.idle:
            return Cause.IDLE
        if self._listener is not None:
            self.exceeded = self._listener.spent_too_much
            if self._listener.closed and self._closed_at is None:
                self._closed_at = now
            if self._closed_at is not None and now - self._closed_at >= _CLOSING_SECONDS:
                return Cause.CLOSED
        if self.exceeded is None and now - self._gauged >= _GAUGE_SECONDS:
            self.exceeded = self._supervisor.look(self._process, self._gauge, self._few)
            self._gauged = time.monotonic()
        if self.exceeded is not None:
            return Cause.LIMIT
        return self._look_outside(now)

    def _last_work(self, now: float) -> float:
        """When it last did something."""
        if self._listener is None:
            return max(self._begun, self._pipe.last_output)
        if self._listener.progress != self._progress:
            self._progress, self._worked_at = self._listener.progress, now
        return self._worked_at

    def _look_outside(self, now: float) -> Cause | None:
        if now - self._looked >= _STOP_LOOKUP:
            self._looked = now
            if self._supervisor.stop_requested():
                return Cause.STOPPED
            self._supervisor.beat(self._pipe.log)
            if self._supervisor.adopted:
                reap(except_for=self._process.pid)
        return None


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
