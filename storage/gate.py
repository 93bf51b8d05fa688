"""What the processes that use one store share: a lock, and how far the journal is acknowledged.

The lock is `flock` on `journal.lock`, so it ends with the process that held it. The first bytes of the same file are
mapped into memory by every process: a reader sees with one look whether anybody has committed since.
"""

import enum
import fcntl
import mmap
import os
import random
import time
from pathlib import Path

from core.errors import StoreUnavailable
from storage.disk import in_plain_words

_SIZE = 4096
_END_BITS = 40
_FIRST_WAIT = 0.00005
_LONGEST_WAIT = 0.002


class Doing(enum.IntEnum):
    """Stands on the board while it is done; if its author dies or fails, the next one to take the lock sees it."""

    NOTHING = 0
    COMMITTING = 1
    """There may be a record behind the published position."""
    DISAVOWING = 2
    """What is behind the published position could not be confirmed by the disk, and must not count."""
    SWITCHING = 3
    """There may be another journal than the published one."""


def position(journal: int, end: int) -> int:
    """The journal's id and the acknowledged end in it as the one number that is published."""
    return journal << _END_BITS | end


def split_position(value: int) -> tuple[int, int]:
    """The opposite of `position`: (journal id, end)."""
    return value >> _END_BITS, value & ((1 << _END_BITS) - 1)


class Gate:
    """The lock between processes and the shared board beside it. Not for several threads at once."""

    def __init__(self, folder: Path, patience: float) -> None:
        """`patience`: how many seconds to wait for the lock before giving up."""
        self._path = folder / "journal.lock"
        self._patience = patience
        with in_plain_words("The store can't be opened", self._path):
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if os.fstat(self._fd).st_size < _SIZE:
                    os.pwrite(self._fd, bytes(_SIZE - 8), 8)
                    os.ftruncate(self._fd, _SIZE)
                self._map = mmap.mmap(self._fd, _SIZE)
            except BaseException:
                os.close(self._fd)
                raise
        self.board = memoryview(self._map).cast("Q")
        """[0]: the published position. [1]: what the holder of the lock is doing, see `Doing`."""

    def acquire(self) -> None:
        """Take the lock. Raises StoreUnavailable when another process holds it for longer than the patience."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait()
        if os.fstat(self._fd).st_nlink == 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            raise StoreUnavailable(f"{self._path} was deleted while Jarvis runs. Restart Jarvis.")

    def release(self) -> None:
        """Give the lock back."""
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; a lock that is held ends with it."""
        self.board.release()
        self._map.close()
        os.close(self._fd)

    def _wait(self) -> None:
        deadline = time.monotonic() + self._patience
        pause = _FIRST_WAIT
        while True:
            time.sleep(pause * random.uniform(0.5, 1.0))
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StoreUnavailable(
                        f"Another Jarvis process has been busy with the data for {self._patience:g} s "
                        f"({self._path}). Nothing was changed; try again, or end that process."
                    ) from None
                pause = min(pause * 1.5, _LONGEST_WAIT)
            else:
                return
