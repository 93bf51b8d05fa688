"""How far a build is, for those who look from outside."""

import contextlib
import os
import time

from core.model.build import Phase, Progress
from core.runtime.clock import utc_now
from core.runtime.output_log import OutputLog
from core.runtime.process_tree import start_time
from core.runtime.run_folder import RunFolder

_INTERVAL = 1.0


class BuildStatus:
    """Keeps `status.json` up to date: at each change of phase, and once a second at most while output comes."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._started = start_time(os.getpid()) or 0.0
        self._phase = Phase.PREPARING
        self._since = utc_now()
        self._written = 0.0
        self._bytes = 0

    def enter(self, phase: Phase) -> None:
        """A new phase begins now."""
        self._phase, self._since, self._bytes = phase, utc_now(), 0
        self._write("", 0)

    def beat(self, log: OutputLog) -> None:
        """Tell the last line of the program that runs, if it has said anything new."""
        if log.total != self._bytes and time.monotonic() - self._written >= _INTERVAL:
            self._bytes = log.total
            self._write(log.last_line(), log.total)

    def _write(self, last_line: str, output_bytes: int) -> None:
        self._written = time.monotonic()
        progress = Progress(
            phase=self._phase,
            since=self._since,
            pid=os.getpid(),
            started=self._started,
            last_line=last_line,
            output_bytes=output_bytes,
        )
        # A full disk: no build should end because nobody can be told how far it is.
        with contextlib.suppress(OSError):
            self._folder.write_progress(progress)
