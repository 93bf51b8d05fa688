"""How far a build is, for those who look from outside."""

import contextlib
import os
import time
from collections.abc import Callable

import psutil

from core.model.agent import Usage
from core.model.build import Phase, Progress
from core.runtime.clock import utc_now
from core.runtime.output_log import OutputLog
from core.runtime.process_tree import start_time
from core.runtime.run_folder import RunFolder

_INTERVAL = 1.0


class BuildStatus:
    """Keeps `status.json` up to date: at each change of phase, and once a second at most while output comes.

    `action` and `usage` are asked for what the agent did last and what it has spent.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._started = start_time(os.getpid()) or 0.0
        self._phase = Phase.PREPARING
        self._since = utc_now()
        self._written = 0.0
        self._bytes = 0
        self._processes: list[tuple[int, float]] = []
        self.action: Callable[[], str] = str
        self.usage: Callable[[], Usage | None] = lambda: None

    def enter(self, phase: Phase) -> None:
        """A new phase begins now."""
        self._phase, self._since, self._bytes = phase, utc_now(), 0
        self._write("", 0)

    @property
    def phase(self) -> Phase:
        """What is being done."""
        return self._phase

    def beat(self, log: OutputLog) -> None:
        """Tell what the program that runs has done last, if that is something new."""
        if log.total != self._bytes and time.monotonic() - self._written >= _INTERVAL:
            self._bytes = log.total
            self._write(self.action() or log.last_line(), log.total)

    def note_processes(self, processes: list[psutil.Process] | tuple[psutil.Process, ...]) -> None:
        """Keep on record which processes belong to the run."""
        found = []
        for process in processes:
            with contextlib.suppress(psutil.Error):
                found.append((process.pid, process.create_time()))
        if found != self._processes:
            self._processes = found
            with contextlib.suppress(OSError):
                self._folder.write_processes(found)

    def _write(self, last_line: str, output_bytes: int) -> None:
        self._written = time.monotonic()
        progress = Progress(
            phase=self._phase,
            since=self._since,
            pid=os.getpid(),
            started=self._started,
            last_line=last_line,
            output_bytes=output_bytes,
            usage=self.usage(),
        )
        # A full disk: no build should end because nobody can be told how far it is.
        with contextlib.suppress(OSError):
            self._folder.write_progress(progress)
