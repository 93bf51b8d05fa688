"""Old layouts of the rows, brought up to the present one step by step."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from core.errors import StoreUnavailable
from storage import journal as journals
from storage import snapshot
from storage.disk import Disk, in_plain_words
from storage.frames import frame
from storage.journal import Header, Journal, damaged, decode_record, read_all
from storage.schema import FILES, TABLES, VERSION, encode

Documents = dict[str, dict[str, Any]]
"""Rows as plain JSON documents: by table, by key."""

STEPS: dict[int, Callable[[Documents], None]] = {}
"""From each past version to the next one, in place."""


def upgrade(folder: Path, journal: Journal, disk: Disk, now: datetime) -> Journal:
    """Replace a journal of an old version by one of the present version that holds all rows, and return that.

    The switch is one rename; the old files stay until the next checkpoint. Raises StoreUnavailable for a version that
    is newer than this program, or when the data can't be read.
    """
    version = journal.header.version
    if version > VERSION:
        raise StoreUnavailable(
            f"The data in {folder} were written by a newer version of Jarvis (layout {version}; this one knows "
            f"{VERSION}). Nothing was changed. Install the newer version again."
        )
    documents, n = read_documents(folder, journal)
    migrate(documents, version)
    check(folder, documents)
    header = Header(id=journals.new_id(journal.header.id), version=VERSION, base=n, files={}, at=now)
    with in_plain_words("The data can't be brought up to date", folder):
        return journals.create(folder, disk, header, reset_record(documents, n + 1, now), keep_previous=True)


def migrate(documents: Documents, version: int) -> None:
    """Take the steps from that version to the present one. Raises StoreUnavailable when there is no such step."""
    for step in range(version, VERSION):
        if step not in STEPS:
            raise StoreUnavailable(f"Data of layout {version} are too old for this version of Jarvis.")
        STEPS[step](documents)


def read_documents(folder: Path, journal: Journal) -> tuple[Documents, int]:
    """All rows as they are written down, and the number of the last transaction. Raises StoreUnavailable."""
    documents: Documents = {}
    through: dict[str, int] = {}
    for file in FILES:
        if journal.header.files.get(file) is not None and (folder / file).exists():
            _, last, tables = snapshot.read_raw(folder / file)
            documents.update(tables)
            through.update(dict.fromkeys(tables, last))
    n = journal.header.base
    for payload in read_all(journal, 0)[1].payloads:
        try:
            record = decode_record(payload)
        except msgspec.MsgspecError as error:
            raise damaged(journal.path, str(error)) from error
        n = record.n
        for change in record.changes:
            if change.kind == "clear":
                documents.clear()
            elif through.get(change.table, 0) >= n:
                continue
            elif change.kind == "put":
                documents.setdefault(change.table, {})[change.key] = msgspec.json.decode(change.row)
            else:
                documents.get(change.table, {}).pop(change.key, None)
    return documents, n


def check(where: Path, documents: Documents) -> None:
    """Raise StoreUnavailable if a row does not fit its type."""
    for name, rows in documents.items():
        spec = TABLES.get(name)
        if spec is None:
            raise damaged(where, f"there is no table {name!r} in this version of Jarvis")
        for key, document in rows.items():
            try:
                spec.decode(encode(document))
            except msgspec.MsgspecError as error:
                raise damaged(where, f"{key} in {name}: {error}") from error


def reset_record(documents: Documents, n: int, now: datetime) -> bytes:
    """The frame of a transaction after which there are exactly these rows."""
    changes: list[tuple[Any, ...]] = [("clear",)]
    changes += [("put", name, key, row) for name, rows in documents.items() for key, row in rows.items()]
    return frame(encode({"n": n, "at": now, "changes": changes}))
