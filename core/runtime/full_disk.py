"""Sits out a full disk, so that the work of hours is not lost for want of the last few bytes."""

import errno
import os
import time
from collections.abc import Callable
from typing import TypeVar

from core.runtime.git import GitError

Value = TypeVar("Value")

PATIENCE = 600.0
"""Seconds."""
_RETRY_SECONDS = 3.0
_FULL = (errno.ENOSPC, errno.EDQUOT)


def when_there_is_room(
    write: Callable[[], Value], *, patience: float = PATIENCE, pause: Callable[[float], None] = time.sleep
) -> Value:
    """Call `write`; while the disk is full call it again every few seconds, for `patience` seconds.

    Raises the OSError or GitError of the last call after that, and any other one at once.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return write()
        except (OSError, GitError) as error:
            if not _is_full(error) or time.monotonic() >= deadline:
                raise
        pause(_RETRY_SECONDS)


def _is_full(error: OSError | GitError) -> bool:
    if isinstance(error, GitError):
        return any(os.strerror(number) in error.stderr for number in _FULL)
    return error.errno in _FULL
