"""TinyDB's side: its tables, queries and operations on the same rows."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from tinydb import TinyDB, where
from tinydb.operations import delete, increment
from tinydb.storages import MemoryStorage
from tinydb.table import Document

from core.model.task import Task
from storage import JournalStore
from storage.tiny import JournalStorage

MakeTask = Callable[..., Task]


@pytest.fixture
def filled(store: JournalStore, make_task: MakeTask) -> JournalStore:
    with store.transaction():
        for number in range(1, 6):
            store.tasks.put(f"task_{number}", make_task(number, f"title {number % 2}"))
    return store


def test_queries(filled: JournalStore) -> None:
    table = filled.db("build_queue").table("tasks")
    assert [found["id"] for found in table.search(where("title") == "title 1")] == ["task_1", "task_3", "task_5"]
    assert [str(found.doc_id) for found in table.search(where("state").state == "queued")][:2] == ["task_1", "task_2"]
    one: Any = table.get(doc_id="task_2")  # type: ignore[call-overload]  # text ids
    assert one["title"] == "title 0"
    assert table.count(where("priority") == "HIGH") == 5
    assert table.contains(where("id") == "task_4")
    assert len(table) == 5
    assert filled.db("build_queue.json").tables() == {"tasks", "drafts"}


def test_what_a_search_returns_is_a_copy(filled: JournalStore) -> None:
    table = filled.db("build_queue").table("tasks")
    table.search(where("id") == "task_1")[0]["title"] = "spoilt"
    assert table.search(where("id") == "task_1")[0]["title"] == "title 1"


def test_writing_needs_a_transaction_and_fitting_documents(filled: JournalStore) -> None:
    table = filled.db("build_queue").table("tasks")
    with pytest.raises(RuntimeError, match="transaction"):
        table.update({"title": "new"}, where("id") == "task_1")
    with pytest.raises(ValueError, match=r"task_1 in tasks: .*hours"), filled.transaction():
        table.update({"hours": "many"}, where("id") == "task_1")
    with pytest.raises(KeyError, match="no table"):
        filled.db("build_queue").table("builds")


def test_a_search_after_an_undone_transaction_tells_the_truth(filled: JournalStore) -> None:
    table = filled.db("build_queue").table("tasks")
    query = where("title") == "new"
    with contextlib.suppress(ZeroDivisionError), filled.transaction():
        table.update({"title": "new"}, where("id") == "task_1")
        assert len(table.search(query)) == 1
        raise ZeroDivisionError
    assert table.search(query) == []


def test_an_update_writes_only_what_it_changes(filled: JournalStore) -> None:
    journal = filled.folder / "journal.log"
    before = len(journal.read_bytes().rstrip(b"\0"))
    with filled.transaction():
        filled.db("build_queue").table("tasks").update({"title": "new"}, where("id") == "task_1")
    added = journal.read_bytes().rstrip(b"\0")[before:]
    assert added.count(b'["put"') == 1


@pytest.mark.parametrize("stock", [False, True])
def test_it_does_what_stock_tinydb_does(filled: JournalStore, stock: bool) -> None:
    """The same operations give the same documents as TinyDB in memory, also with TinyDB's own table class."""
    model: Any = TinyDB(storage=MemoryStorage).table("tasks", cache_size=0)
    for found in filled.db("build_queue").table("tasks"):
        model.insert(Document(dict(found), int(found["id"].removeprefix("task_"))))
    database: Any = TinyDB(filled, "build_queue.json", storage=JournalStorage) if stock else filled.db("build_queue")
    if stock:
        database.table_class = type("TextIds", (TinyDB.table_class,), {"document_id_class": str})
    table = database.table("tasks", cache_size=0)
    raise_hours: Any = increment("hours")
    drop_hours: Any = delete("hours")
    changes: tuple[Callable[[Any], object], ...] = (
        lambda on: on.update(raise_hours, where("title") == "title 1"),
        lambda on: on.update(drop_hours, where("id") == "nobody"),
        lambda on: on.upsert({**model.get(doc_id=2), "title": "upserted"}, where("id") == "task_2"),
        lambda on: on.remove(where("id") == "task_3"),
        lambda on: on.update_multiple(
            [({"title": "a"}, where("id") == "task_4"), ({"hours": 2.5}, where("id") == "task_5")]
        ),
    )
    for change in changes:
        with filled.transaction():
            change(table)
        change(model)
        assert [dict(found) for found in table.all()] == [dict(found) for found in model.all()]


def test_insert_goes_under_the_id(filled: JournalStore) -> None:
    table: Any = filled.db("build_queue").table("tasks")
    document = {**table.get(doc_id="task_1"), "id": "task_9"}
    with filled.transaction():
        assert table.insert(document) == "task_9"
        with pytest.raises(ValueError, match="already exists"):
            table.insert(document)
        with pytest.raises(ValueError, match="needs an `id`"):
            table.insert({"title": "x"})
    assert filled.tasks.get("task_9") is not None
    with filled.transaction():
        table.truncate()
    assert filled.tasks.all() == []


def test_a_single_value_stands_under_value(filled: JournalStore) -> None:
    with filled.transaction():
        filled.number("task")
        filled.db("marks").table("sequences").update({"value": 41}, where("value") == 1)
        assert filled.number("task") == 42
