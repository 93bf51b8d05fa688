"""Typed tables, and the changes of an open transaction that lie over them."""

from typing import Any, Generic, Protocol

import msgspec

from storage.schema import Row, TableSpec, encode


class Overlay(Generic[Row]):
    """What an open transaction has changed in one table; its order is the one that a dict would have."""

    __slots__ = ("_added", "_changed", "_gone")

    def __init__(self) -> None:
        self._changed: dict[str, Row] = {}
        self._gone: set[str] = set()
        self._added: dict[str, Row] = {}

    def put(self, key: str, row: Row, base: dict[str, Row]) -> None:
        """Insert or replace."""
        if key in base and key not in self._gone:
            self._changed[key] = row
        else:
            self._added[key] = row

    def remove(self, key: str, base: dict[str, Row]) -> None:
        """Delete, if there."""
        self._changed.pop(key, None)
        self._added.pop(key, None)
        if key in base:
            self._gone.add(key)

    def get(self, key: str, base: dict[str, Row]) -> Row | None:
        """The row as the transaction sees it."""
        if key in self._added:
            return self._added[key]
        if key in self._gone:
            return None
        return self._changed[key] if key in self._changed else base.get(key)

    def merged(self, base: dict[str, Row]) -> dict[str, Row]:
        """All rows as the transaction sees them."""
        rows = base.copy()
        rows.update(self._changed)
        for key in self._gone:
            del rows[key]
        rows.update(self._added)
        return rows


class Transaction:
    """An open transaction: its changes in order, encoded as they will stand in the journal."""

    __slots__ = ("changes", "depth", "encoded", "overlays", "thread")

    def __init__(self, thread: int) -> None:
        self.thread = thread
        self.depth = 1
        self.changes: list[tuple[str, str, Any]] = []
        """(table, key, row), with None as the row to remove."""
        self.encoded: list[bytes] = []
        self.overlays: dict[str, Overlay[Any]] = {}

    def add(self, table: str, key: str, row: Any, encoded: bytes, base: dict[str, Any]) -> None:
        """Note a change; `row` None removes."""
        self.changes.append((table, key, row))
        self.encoded.append(encoded)
        self._lay_over(table, key, row, base)

    def back_to(self, mark: int, tables: dict[str, dict[str, Any]]) -> None:
        """Forget the changes behind the first `mark` ones."""
        del self.changes[mark:], self.encoded[mark:]
        self.overlays.clear()
        for table, key, row in self.changes:
            self._lay_over(table, key, row, tables[table])

    def _lay_over(self, table: str, key: str, row: Any, base: dict[str, Any]) -> None:
        overlay = self.overlays.get(table)
        if overlay is None:
            overlay = self.overlays[table] = Overlay()
        if row is None:
            overlay.remove(key, base)
        else:
            overlay.put(key, row, base)


class Source(Protocol):
    """What a table needs of its store."""

    def committed(self, table: str) -> dict[str, Any]:
        """The rows after the last commit of any process."""

    def own_transaction(self) -> Transaction | None:
        """The open transaction of this thread."""

    def change(self, table: str, key: str, row: Any, encoded: bytes) -> None:
        """Add a change to the open transaction of this thread. Raises RuntimeError when there is none."""


class Rows(Generic[Row]):
    """The rows of one table: implements `core.ports.Table`."""

    __slots__ = ("_name", "_put_head", "_source", "spec")

    def __init__(self, source: Source, spec: TableSpec[Row]) -> None:
        self.spec = spec
        self._source = source
        self._name = spec.name
        self._put_head = b'["put",%b,' % encode(spec.name)

    def get(self, key: str) -> Row | None:
        """The row, or None. Raises StoreUnavailable."""
        base: dict[str, Row] = self._source.committed(self._name)
        overlay = self._overlay()
        return base.get(key) if overlay is None else overlay.get(key, base)

    def all(self) -> list[Row]:
        """All rows, in the order in which their keys were first put. Raises StoreUnavailable."""
        base: dict[str, Row] = self._source.committed(self._name)
        overlay = self._overlay()
        return list(base.values() if overlay is None else overlay.merged(base).values())

    def items(self) -> dict[str, Row]:
        """All rows by key, as a copy. Raises StoreUnavailable."""
        base: dict[str, Row] = self._source.committed(self._name)
        overlay = self._overlay()
        return base.copy() if overlay is None else overlay.merged(base)

    def put(self, key: str, row: Row) -> None:
        """Insert, or replace what stands under the key.

        Raises TypeError for a row that could not be read back, RuntimeError outside of a transaction.
        """
        try:
            text = encode(row)
            row = self.spec.decode(text)
            encoded = b"%b%b,%b]" % (self._put_head, encode(key), text)
        except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
            raise TypeError(f"{key} in {self._name} can't be stored: {error}") from error
        self._source.change(self._name, key, row, encoded)

    def remove(self, key: str) -> None:
        """Delete; nothing happens when there is no such row. Raises RuntimeError outside of a transaction."""
        encoded = b'["remove",%b,%b]' % (encode(self._name), encode(key))
        self._source.change(self._name, key, None, encoded)

    def _overlay(self) -> Overlay[Row] | None:
        """What the open transaction of this thread has changed here."""
        transaction = self._source.own_transaction()
        return None if transaction is None else transaction.overlays.get(self._name)
