"""SQLite databases: free pages given back, after a backup and a check, while others may have them open.

To close a file takes away all locks that this process has on it, those of SQLite too (see fcntl(2)). So a lock of our
own keeps other threads from even looking into a database while one works on it.
"""

import contextlib
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.errors import Refused
from core.runtime.safe_files import folder_of, on_disk, opened

HEADER = b"SQLite format 3\0"
PATIENCE = 5.0
"""Seconds to wait for others."""
SIDES = ("-journal", "-wal", "-shm")
"""Files that SQLite keeps beside a database."""
_HEAD = 100
_COUNTER = 24
"""Where the head counts changes; see https://sqlite.org/fileformat.html."""
_STEP = 16
"""Pages that are copied at a time: so few that SQLite still keeps them in memory when we look whether to go on."""
_ours = threading.Lock()


def is_database(root: Path, path: str, size: int) -> bool:
    """Whether a file of that size is one, by how it begins."""
    if size < 512 or size % 512:
        return False
    with contextlib.suppress(Refused, OSError), _ours, _head(root, path):
        return True
    return False


def free_bytes(root: Path, path: str) -> int:
    """What a vacuum gives back: the free pages; 0 when it is no database or can't be read. Changes nothing."""
    try:
        with _ours, _head(root, path) as file:
            place, log = root / path, root / f"{path}-wal"
            if log.exists() and log.stat().st_size:
                # Who has written to it is at work, else it waits for its program, which has crashed.
                return _ask_for_free(place) if (root / f"{path}-shm").exists() else 0
            head = os.pread(file, _HEAD, 0)
            page, free = int.from_bytes(head[16:18], "big"), int.from_bytes(head[36:40], "big")
            found = free * (65536 if page == 1 else page)
            return found if found < place.stat().st_size else 0
    except (Refused, OSError, sqlite3.Error):
        return 0


def vacuum(root: Path, path: str, kept: Path) -> tuple[int, str]:
    """Back the database up into the new file `kept`, check it, vacuum it, check it again.

    Returns the bytes that this frees and the state that the backup may be put back in; that is empty when somebody has
    written meanwhile. Raises Refused when it is damaged, in use or there is no room; nothing has changed then.
    """
    with _checked(root, path) as (place, file, database):
        before, others = _size(place), _one(database, "PRAGMA data_version")
        needed = int(_one(database, "PRAGMA page_count")) * int(_one(database, "PRAGMA page_size"))
        for folder in (place.parent, kept.parent):
            if shutil.disk_usage(folder).free < 2.2 * needed:
                raise Refused(f"There is no room in {folder} for a copy of {place.name}.")
        _check(database, place.name)
        os.close(os.open(kept, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600))
        try:
            _back_up(database, kept)
            database.execute("VACUUM")
        except BaseException:
            forget(kept)
            raise
        with contextlib.suppress(sqlite3.Error):
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        _prove(database, place.name, kept)
        database.execute("BEGIN IMMEDIATE")  # nobody writes between the two looks
        untouched = others == _one(database, "PRAGMA data_version")
        stamp = _state(place, file) if untouched else ""
        database.execute("ROLLBACK")
        return before - _size(place), stamp


def restore(root: Path, path: str, kept: Path, stamp: str) -> None:
    """Bring the database back as it was, in one transaction of SQLite's. Raises Refused when it has changed since."""
    with _checked(root, path) as (place, file, database), closing(_connect(kept, "ro")) as source:

        def look() -> None:
            if _state(place, file) != stamp:
                raise Refused(f"{place.name} has changed since, and its backup {kept} is older.")

        look()
        _check(source, kept.name)
        _copy(source, database, _STEP, look)  # the second look is with the lock of a writer


def forget(kept: Path) -> None:
    """Delete a backup, with what SQLite may have put beside it. Raises OSError."""
    for end in ("", *SIDES):
        kept.with_name(kept.name + end).unlink(missing_ok=True)


@contextmanager
def _head(root: Path, path: str) -> Iterator[int]:
    """A handle on a database below the root. Raises Refused."""
    with folder_of(root, path) as (folder, name), opened(folder, name, os.O_RDONLY) as file:
        if os.pread(file, len(HEADER), 0) != HEADER:
            raise Refused(f"{name} is no SQLite database.")
        for end in SIDES:
            with contextlib.suppress(FileNotFoundError):
                beside = os.stat(name + end, dir_fd=folder, follow_symlinks=False)
                if not stat.S_ISREG(beside.st_mode) or beside.st_nlink > 1:
                    raise Refused(f"{name}{end} is no ordinary file with one name.")
        yield file


@contextmanager
def _checked(root: Path, path: str) -> Iterator[tuple[Path, int, sqlite3.Connection]]:
    """A database below the root, no part of whose path is a link: a handle, and a connection. Raises Refused."""
    place = root / path
    with _ours, _head(root, path) as file:
        try:
            with closing(_connect(place, "rw")) as database:
                database.execute("PRAGMA schema_version").fetchall()
                if not _is_open_twice(os.fstat(file)):
                    raise Refused(f"{place} is reached by a link.")
                yield place, file, database
        except sqlite3.Error as error:
            raise Refused(f"{place.name} can't be changed: {error}.") from error


def _is_open_twice(known: os.stat_result) -> bool:
    """By us to look at it, and by SQLite; it goes by the path, which may lead elsewhere by now."""
    handles = Path("/proc/self/fd")
    if not handles.is_dir():
        return True
    count = 0
    for handle in handles.iterdir():
        with contextlib.suppress(OSError):
            count += os.path.samestat(os.fstat(int(handle.name)), known)
    return count >= 2


def _connect(place: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(place))}?mode={mode}", uri=True, timeout=PATIENCE, isolation_level=None)


def _ask_for_free(place: Path) -> int:
    with closing(_connect(place, "ro")) as database:
        return int(_one(database, "PRAGMA freelist_count")) * int(_one(database, "PRAGMA page_size"))


def _check(database: sqlite3.Connection, name: str) -> None:
    said = _one(database, "PRAGMA integrity_check")
    if said != "ok":
        raise Refused(f"{name} is damaged: {str(said)[:200]}.")


def _prove(database: sqlite3.Connection, name: str, kept: Path) -> None:
    """That the vacuum has left it whole; else its backup is put back."""
    try:
        _check(database, name)
    except (sqlite3.Error, Refused) as error:
        with closing(_connect(kept, "ro")) as source:
            _copy(source, database)
        raise Refused(f"{name} was put back from its backup, since it was damaged after. {kept} stays.") from error


def _back_up(database: sqlite3.Connection, kept: Path) -> None:
    """Into an empty file: a copy that is checked and on the disk."""
    with closing(_connect(kept, "rw")) as copy:
        _copy(database, copy)
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, which can be read without writing beside it
        _check(copy, kept.name)
    with kept.open("rb") as written:
        os.fsync(written.fileno())


def _copy(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    pages: int = -1,
    look: Callable[[], None] = lambda: None,
) -> None:
    """In one transaction; `look` may still refuse it when that has begun. Raises Refused when somebody holds it up."""
    begun = False

    def go_on(status: int, remaining: int, total: int) -> None:
        nonlocal begun
        if status not in (sqlite3.SQLITE_OK, sqlite3.SQLITE_DONE):  # it would be tried for ever
            raise Refused("Somebody uses it.")
        if not begun:
            look()
        begun = True

    source.backup(target, pages=pages, progress=go_on, sleep=0)


def _state(place: Path, file: int) -> str:
    """Changes whenever something is written to the database."""
    log = place.with_name(f"{place.name}-wal")
    found = [one.stat() for one in (place, log) if one.exists()]
    sizes = [f"{state.st_size}:{state.st_mtime_ns}" for state in found if state.st_size]
    return " ".join([*sizes, os.pread(file, 4, _COUNTER).hex()])


def _size(place: Path) -> int:
    """On the disk, with its log."""
    log = place.with_name(f"{place.name}-wal")
    return sum(on_disk(one.stat()) for one in (place, log) if one.exists())


def _one(database: sqlite3.Connection, question: str) -> Any:
    row = database.execute(question).fetchone()
    return row[0] if row else 0
