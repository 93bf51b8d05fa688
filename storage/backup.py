"""A copy of everything in one file, and the way back; both while other processes work."""

from contextlib import closing
from pathlib import Path

from core.errors import StoreUnavailable
from storage import snapshot
from storage.disk import Disk, in_plain_words, write_file
from storage.journal import Damaged, damaged
from storage.migrations import Documents, check, migrate
from storage.schema import TABLES
from storage.store import Clock, JournalStore, open_store


def backup(home: Path, file: Path, clock: Clock) -> int:
    """Write all tables below `home` as of one moment into a file, over what is there; returns the number of rows.

    Raises StoreUnavailable; a file that was there stands then.
    """
    with closing(open_store(home, clock)) as store:
        return _backup(store, file)


def _backup(store: JournalStore, file: Path) -> int:
    tables, n = store.frozen()
    pieces = snapshot.write_rows(list(TABLES.values()), tables, n)
    with in_plain_words("The backup can't be written", file):
        disk = Disk()
        write_file(disk, "backup", file, pieces)
        disk.sync_folder("backup: sync folder", file.parent)
    return sum(len(rows) for rows in tables.values())


def restore(home: Path, file: Path, clock: Clock) -> Path:
    """Make all tables below `home` as they are in a backup, in one transaction; other processes go on with that.

    What was there before is written into a backup of its own, whose path is returned. Raises StoreUnavailable if the
    file can't be read, is damaged, or does not fit; nothing has changed then.
    """
    try:
        version, _, documents = snapshot.read_raw(file)
        migrate(documents, version)
        check(file, documents)
    except Damaged as error:  # a repair would not help: it is about the data that are in use
        raise StoreUnavailable(f"{file} is no backup, or damaged: {error.what}. Nothing was changed.") from error
    with closing(open_store(home, clock)) as store:
        before = store.folder / f"before-restore-{clock():%Y%m%dT%H%M%S%f}.json"
        _backup(store, before)
        _replace_all(store, documents, file)
    return before


def _replace_all(store: JournalStore, documents: Documents, file: Path) -> None:
    with store.transaction():
        for spec in TABLES.values():
            table = store.table(spec)
            for key in table.items():
                table.remove(key)
            for key, document in documents.get(spec.name, {}).items():
                try:
                    table.put(key, spec.from_plain(document))
                except TypeError as error:
                    raise damaged(file, str(error)) from error
