"""Write the tables down as data files and start a new journal, while others go on reading and writing."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from storage import snapshot
from storage.disk import in_plain_words, write_file
from storage.replica import Replica
from storage.schema import tables_in

LEAST_JOURNAL = 4 << 20
"""A journal below this many bytes is not worth a checkpoint of its own accord."""


def is_due(replica: Replica) -> bool:
    """Whether the journal has grown so long, compared to the data, that writing everything down pays."""
    return replica.end > max(LEAST_JOURNAL, replica.snapshot_size // 2)


def is_due_at_close(replica: Replica) -> bool:
    """The same when a process ends: a short journal is worth it as long as the data are small too."""
    return replica.end > replica.journal.start and replica.end * 8 > replica.snapshot_size


def checkpoint(replica: Replica) -> bool:
    """Write all data files that have changed; False if another process is at it. Raises StoreUnavailable.

    The lock is held while the tables are copied (rows are frozen, so that is quick) and while the journals are
    switched, not while files are written.
    """
    with _only_one(replica.folder) as alone:
        if not alone:
            return False
        with replica.exclusive():
            tables, base, through = replica.frozen()
            end, header = replica.end, replica.journal.header
        for file, last in through.items():
            if last > header.previous_base:
                with in_plain_words("The data file can't be written", replica.folder / file):
                    _write(replica, file, snapshot.write_rows(tables_in(file), tables, last))
        with in_plain_words("The data files can't be written", replica.folder):
            replica.disk.sync_folder("snapshot: sync folder", replica.folder)
        with replica.exclusive():
            if replica.journal.header.id == header.id:
                replica.switch(replica.next_header(base, through), end)
        replica.snapshot_size = sum(_size(replica.folder / file) for file in through)
    return True


def _write(replica: Replica, file: str, pieces: Iterator[bytes]) -> None:
    """A file that did not change since the last checkpoint but did before it is written once more, so that the
    previous file, with the previous journal, is always a complete second copy."""
    path = replica.folder / file
    fresh = path.with_name(file + ".next")
    write_file(replica.disk, "snapshot", fresh, pieces)
    if path.exists():
        replica.disk.keep("snapshot: keep previous", path, path.with_name(file + snapshot.PREVIOUS_SUFFIX))
    replica.disk.replace("snapshot: switch", fresh, path)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    path = folder / "checkpoint.lock"
    with in_plain_words("The checkpoint can't begin", path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(fd)
