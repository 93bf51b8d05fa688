"""SQLite databases: free pages given back, after a backup and a check, while others may have them open."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.errors import Refused
from core.runtime.safe_files import folder_of, on_disk, opened

HEADER = b"SQLite format 3\0"
PATIENCE = 5.0
"""Seconds to wait for others."""


def free_bytes(root: Path, path: str) -> int:
    """What a vacuum gives back: the free pages; 0 when it is no database or can't be read. Changes nothing."""
    try:
        with _checked(root, path) as place, closing(_connect(place, "ro")) as database:
            return int(_one(database, "PRAGMA freelist_count")) * int(_one(database, "PRAGMA page_size"))
    except (Refused, sqlite3.Error):
        return 0


def vacuum(root: Path, path: str, kept: Path) -> int:
    """Back the database up into `kept`, check it, vacuum it, check it again; returns the bytes that this frees.

    Raises Refused when it is damaged, in use or there is no room; nothing has changed then.
    """
    with _checked(root, path) as place:
        before = place.stat()
        for folder in (place.parent, kept.parent):
            if shutil.disk_usage(folder).free < 2.2 * before.st_size:
                raise Refused(f"There is no room in {folder} for a copy of {place.name}.")
        try:
            with closing(_connect(place, "rw")) as database:
                _check(database, place.name)
                _back_up(database, kept)
                database.execute("VACUUM")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                _check(database, place.name)
        except sqlite3.Error as error:
            kept.unlink(missing_ok=True)
            raise Refused(f"{place.name} can't be vacuumed: {error}.") from error
        except Refused:
            kept.unlink(missing_ok=True)
            raise
        return on_disk(before) - on_disk(place.stat())


def restore(root: Path, path: str, kept: Path, stamp: str) -> None:
    """Bring the database back as it was, in one transaction of SQLite's. Raises Refused when it has changed since."""
    with _checked(root, path) as place:
        if state_of(root, path) != stamp:
            raise Refused(f"{place.name} has changed since, and its backup {kept} is older.")
        try:
            with closing(_connect(kept, "ro")) as source, closing(_connect(place, "rw")) as target:
                _check(source, kept.name)
                source.backup(target)
        except sqlite3.Error as error:
            raise Refused(f"{place.name} can't be restored: {error}.") from error


def state_of(root: Path, path: str) -> str:
    """Changes whenever something is written to the database."""
    file, log = root / path, root / f"{path}-wal"
    found = [one.stat() for one in (file, log) if one.exists()]
    return " ".join(f"{state.st_size}:{state.st_mtime_ns}" for state in found if state.st_size)


@contextmanager
def _checked(root: Path, path: str) -> Iterator[Path]:
    """The path of a database below the root, none of its parts a link. Raises Refused."""
    with folder_of(root, path) as (folder, name), opened(folder, name, os.O_RDONLY) as file:
        if os.pread(file, len(HEADER), 0) != HEADER:
            raise Refused(f"{name} is no SQLite database.")
        place = root / path
        known, there = os.fstat(file), place.stat()
        if place.resolve() != place or (known.st_dev, known.st_ino) != (there.st_dev, there.st_ino):
            raise Refused(f"{place} is reached by a link.")
        yield place


def _connect(place: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(place))}?mode={mode}", uri=True, timeout=PATIENCE, isolation_level=None)


def _check(database: sqlite3.Connection, name: str) -> None:
    said = _one(database, "PRAGMA integrity_check")
    if said != "ok":
        raise Refused(f"{name} is damaged: {str(said)[:200]}.")


def _back_up(database: sqlite3.Connection, kept: Path) -> None:
    """A copy that is checked and on the disk."""
    os.close(os.open(kept, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(_connect(kept, "rw")) as copy:
        database.backup(copy)
        _check(copy, kept.name)
    with kept.open("rb") as written:
        os.fsync(written.fileno())


def _one(database: sqlite3.Connection, question: str) -> Any:
    row = database.execute(question).fetchone()
    return row[0] if row else 0
