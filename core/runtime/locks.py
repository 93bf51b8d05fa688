"""Locks between processes that end with the process that holds them, however it ends."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType


class Lock:
    """A lock that is held; it ends with `close`, or when every process that has its handle is gone."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @property
    def handle(self) -> int:
        """The file descriptor, for passing the lock on to a child process."""
        return self._handle

    def close(self) -> None:
        """Give up this process's share; a child that has inherited the handle goes on holding the lock."""
        os.close(self._handle)

    def __enter__(self) -> "Lock":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def try_lock(path: Path, *, patience: float = 0.0) -> Lock | None:
    """Take the lock on that file (made with mode 0600); None when another one holds it after `patience` seconds.

    A little patience rides out the moment in which `is_locked` of another process looks at the file.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return Lock(handle)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(handle)
                return None
            time.sleep(0.01)
        except BaseException:
            os.close(handle)
            raise


def is_locked(path: Path) -> bool:
    """Whether someone holds the lock on that file; nobody does when there is no such file."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # A shared lock: any number of onlookers do not take each other for the holder.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
