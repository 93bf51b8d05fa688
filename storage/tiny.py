"""TinyDB over the journal: its tables and queries, through its own extension points.

`JournalStorage` is a TinyDB storage: it works under a stock `TinyDB` too, which then reads and compares whole tables.
`JournalDB` adds a table class that touches only the documents that change, and whose document ids are the row's keys.
Documents are plain JSON objects; what is written is checked against the row's type. Write inside `store.transaction()`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Protocol

import msgspec
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document, Table

from storage.rows import Rows


class Tables(Protocol):
    """What is needed of a store: its tables by name."""

    def tables_of(self, file: str) -> dict[str, Rows[Any]]:
        """The tables of a data file."""


class JournalStorage(Storage):
    """The documents of one data file as a TinyDB storage."""

    def __init__(self, store: Tables, file: str) -> None:
        """`file`: name of the data file with its ending."""
        self.tables = store.tables_of(file)

    def read(self) -> dict[str, dict[str, Any]]:
        """All documents by table and key, as copies."""
        return {name: dict(_Documents(rows)) for name, rows in self.tables.items()}

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Make the tables as they are in `data`. Raises ValueError for what does not fit, RuntimeError outside of a
        transaction."""
        for name in data.keys() - self.tables.keys():
            if data[name]:
                raise ValueError(f"there is no table {name!r} here; there are {', '.join(self.tables)}")
        for name, rows in self.tables.items():
            documents = _Documents(rows)
            wanted = data.get(name, {})
            for key in [key for key in documents if key not in wanted]:
                documents.remove(key)
            for key, document in wanted.items():
                documents[key] = document
            documents.flush()


class _Documents(MutableMapping[str, Any]):
    """The rows of a table as TinyDB's update functions expect them: a dict of documents that may be changed in place.

    A document is made when it is asked for; `flush` puts those that differ afterwards.
    """

    def __init__(self, rows: Rows[Any]) -> None:
        self._table = rows
        self._rows = rows.items()
        self._handed_out: dict[str, Any] = {}
        self._removed: dict[str, None] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._handed_out:
            self._handed_out[key] = self._table.spec.document(self._rows[key])
        return self._handed_out[key]

    def __setitem__(self, key: str, document: Any) -> None:
        self._handed_out[key] = dict(document)
        self._rows.setdefault(key, None)

    def __delitem__(self, key: str) -> None:
        del self._rows[key]
        self._handed_out.pop(key, None)
        self._removed[key] = None

    def remove(self, key: str) -> None:
        """`del` under a name that reads well in a loop."""
        del self[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def flush(self) -> None:
        """Put what was changed, remove what was deleted."""
        for key in self._removed:
            self._table.remove(key)
        for key, document in self._handed_out.items():
            try:
                row = self._table.spec.from_document(document)
            except (msgspec.ValidationError, KeyError) as error:
                raise ValueError(f"{key} in {self._table.spec.name}: {error}") from error
            if row != self._rows[key]:
                self._table.put(key, row)


class JournalTable(Table):
    """A TinyDB table with text ids that reads the rows as they are and writes only what changed."""

    document_id_class = str  # type: ignore[assignment]  # TinyDB's extension point; its annotation says int

    def __init__(self, storage: JournalStorage, name: str, cache_size: int = 0, persist_empty: bool = False) -> None:
        """Without a query cache: another process, or a transaction that is undone, would make it lie."""
        if name not in storage.tables:
            raise KeyError(f"there is no table {name!r} here; there are {', '.join(storage.tables)}")
        self._rows = storage.tables[name]
        super().__init__(storage, name, cache_size=0)

    def insert(self, document: Mapping[str, Any]) -> str:  # type: ignore[override]  # text ids
        """Insert a document under its `id` or `name` (or `doc_id` of a `Document`); returns that key."""
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[str]:  # type: ignore[override]
        """Insert documents; returns their keys. Raises ValueError if one exists or does not fit its type."""
        keyed = [(_key_of(document), document) for document in documents]

        def insert(table: MutableMapping[str, Any]) -> None:
            for key, document in keyed:
                if key in table:
                    raise ValueError(f"Document with ID {key} already exists")
                table[key] = document

        self._update_table(insert)
        return [key for key, _ in keyed]

    def _read_table(self) -> Mapping[str, Any]:  # type: ignore[override]  # text ids
        return _Documents(self._rows)

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        documents = _Documents(self._rows)
        updater(documents)
        documents.flush()


def _key_of(document: Mapping[str, Any]) -> str:
    if isinstance(document, Document):
        return str(document.doc_id)
    key = document.get("id", document.get("name"))
    if key is None:
        raise ValueError("a document needs an `id` or a `name`, or must be a tinydb Document with a doc_id")
    return str(key)


class JournalDB(TinyDB):
    """The tables of one data file as a TinyDB database: `JournalDB(store, "build_queue.json").table("tasks")`."""

    table_class = JournalTable  # type: ignore[assignment]  # annotated by TinyDB as what it is by default
    default_storage_class = JournalStorage  # type: ignore[assignment]
