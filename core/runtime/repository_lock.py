"""One lock for each repository, between all processes of ours that change it or read its list of worktrees."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.runtime.git import GitError, git
from core.runtime.locks import try_lock

_PATIENCE = 300.0


class _Held(threading.local):
    def __init__(self) -> None:
        self.folders: set[Path] = set()


_held = _Held()


@contextmanager
def alone(repository: Path) -> Iterator[Path]:
    """Not while another process or thread of ours is in such a block; yields the repository's own folder (`.git`).

    Blocks may be nested. Git reads the records of all worktrees in many commands and dies of one that is half there,
    and a merge must not see a checkout which another merge is just bringing forward. Raises GitError.
    """
    common = Path(git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").rstrip("\n")).resolve()
    if common in _held.folders:
        yield common
        return
    try:
        lock = try_lock(common / "jarvis.lock", patience=_PATIENCE)
    except OSError as error:
        raise GitError("lock", None, f"{common} can't be written: {error.strerror}") from error
    if lock is None:
        raise GitError("lock", None, "another process of Jarvis keeps the repository locked")
    with lock:
        _held.folders.add(common)
        try:
            yield common
        finally:
            _held.folders.discard(common)
