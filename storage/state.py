"""What the tables hold, decoded, as one process knows it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from storage.journal import Change, Record
from storage.schema import FILES, TABLES


class State:
    """All rows of all tables after a certain transaction."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {name: {} for name in TABLES}
        self.n = 0
        """The number of the last transaction."""
        self.through = dict.fromkeys(FILES, 0)
        """For every data file the last transaction that changed it."""

    def apply(self, record: Record) -> None:
        """Do what a transaction of the journal did, as far as it isn't done yet.

        Raises ValueError if one is missing before it or a table is unknown, msgspec.ValidationError for a bad row.
        """
        if record.n <= self.n:
            return
        if record.n > self.n + 1:
            raise ValueError(f"change {self.n + 1} is missing, {record.n} follows")
        done = {file for file, through in self.through.items() if through >= record.n}
        for change in record.changes:
            self._do(change, done)
        self._touch(record.n, done, {change.table for change in record.changes})

    def commit(self, n: int, changes: Iterable[tuple[str, str, Any]]) -> None:
        """Do the changes of an own transaction: (table, key, row), with None as the row to remove."""
        touched = set()
        for table, key, row in changes:
            touched.add(TABLES[table].file)
            if row is None:
                self.tables[table].pop(key, None)
            else:
                self.tables[table][key] = row
        for file in touched:
            self.through[file] = n
        self.n = n

    def _do(self, change: Change, done: set[str]) -> None:
        if change.kind == "clear":
            for name, rows in self.tables.items():
                if TABLES[name].file not in done:
                    rows.clear()
            return
        spec = TABLES.get(change.table)
        if spec is None:
            raise ValueError(f"there is no table {change.table!r} in this version of Jarvis")
        if spec.file in done:
            return
        if change.kind == "put":
            try:
                self.tables[spec.name][change.key] = spec.decode(change.row)
            except msgspec.ValidationError as error:
                raise msgspec.ValidationError(f"{change.key} in {spec.name}: {error}") from error
        else:
            self.tables[spec.name].pop(change.key, None)

    def _touch(self, n: int, done: set[str], tables: set[str]) -> None:
        self.n = n
        files = FILES if "" in tables else {TABLES[name].file for name in tables}
        for file in files:
            if file not in done:
                self.through[file] = n
