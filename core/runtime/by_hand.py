"""A session that is led by a command, while no bot is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Refused
from core.runtime.files import private_folder
from core.runtime.instance import LOCK
from core.runtime.locks import is_locked, try_lock

LEADER = "session.lock"


def bot_is_there(home: Path) -> bool:
    """Whether a bot is at work on that home folder."""
    return is_locked(home / LOCK)


def command_is_there(home: Path) -> bool:
    """Whether a command leads a session on that home folder."""
    return is_locked(home / LEADER)


@contextmanager
def lead_session(home: Path) -> Iterator[None]:
    """Be the one command that leads a session, for the length of the block. Raises Refused when there is another."""
    lock = try_lock(private_folder(home) / LEADER)
    if lock is None:
        raise Refused("Another command leads the session already.")
    with lock:
        yield
