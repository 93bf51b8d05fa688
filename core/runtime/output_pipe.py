"""The output of a running program, read as it comes."""

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable

from core.runtime.output_log import OutputLog

_DRAIN_SECONDS = 1.0
_PIECE = 256 * 1024


class OutputPipe:
    """Standard output and standard error together; all goes into the log, and to the listener."""

    def __init__(
        self, process: subprocess.Popen[bytes], log: OutputLog, listener: Callable[[bytes], None] | None = None
    ) -> None:
        assert process.stdout is not None
        self._file = process.stdout
        self._handle = self._file.fileno()
        os.set_blocking(self._handle, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._handle, selectors.EVENT_READ)
        self._open = True
        self._listener = listener
        self.log = log
        self.last_output = 0.0

    def __enter__(self) -> "OutputPipe":
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
            if self._listener is not None:
                self._listener(data)
        else:
            self._selector.unregister(self._handle)
            self._open = False


def _empty(handle: int) -> None:
    """Take the bytes out of a wake-up pipe; a process handle has none."""
    with contextlib.suppress(OSError):
        os.read(handle, 1024)
