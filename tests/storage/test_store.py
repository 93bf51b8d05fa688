"""Tables and transactions, in one process."""

import contextlib
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import core.ports
from core.model.task import Task
from storage import JournalStore, open_store

Clock = Callable[[], datetime]
MakeTask = Callable[..., Task]


def test_is_a_store_of_the_engines(store: JournalStore) -> None:
    port: core.ports.Store = store
    with port.transaction():
        assert port.number("task") == 1
        assert port.number("task") == 2
        assert port.number("draft") == 1


def test_rows_come_back_in_the_order_of_their_first_put(home: Path, clock: Clock, make_task: MakeTask) -> None:
    store = open_store(home, clock)
    with store.transaction():
        for number in (3, 1, 2):
            store.tasks.put(f"task_{number}", make_task(number))
    with store.transaction():
        store.tasks.put("task_3", make_task(3, "changed"))
        store.tasks.remove("task_1")
        store.tasks.put("task_1", make_task(1))
    expected = ["task_3", "task_2", "task_1"]
    assert [task.id for task in store.tasks.all()] == expected
    store.close()
    again = open_store(home, clock)
    assert [task.id for task in again.tasks.all()] == expected
    assert again.tasks.get("task_3") == make_task(3, "changed")
    assert again.tasks.get("task_9") is None
    again.close()


def test_an_error_leaves_the_tables_as_they_were(store: JournalStore, make_task: MakeTask, clock: Clock) -> None:
    with store.transaction():
        for number in range(4):
            store.tasks.put(f"task_{number}", make_task(number))
    before = store.tasks.items()
    with contextlib.suppress(ZeroDivisionError), store.transaction():
        store.tasks.remove("task_0")
        store.tasks.put("task_1", make_task(1, "changed"))
        store.tasks.put("task_7", make_task(7))
        store.marks.put("brief", clock())
        store.number("task")
        assert [task.id for task in store.tasks.all()] == ["task_1", "task_2", "task_3", "task_7"]
        raise ZeroDivisionError
    assert list(store.tasks.items().items()) == list(before.items())
    assert store.marks.get("brief") is None
    with store.transaction():
        assert store.number("task") == 1


def test_a_nested_block_is_part_of_the_outer_one(store: JournalStore, make_task: MakeTask) -> None:
    with contextlib.suppress(ZeroDivisionError), store.transaction():
        with store.transaction():
            store.tasks.put("task_1", make_task(1))
        raise ZeroDivisionError
    assert store.tasks.all() == []


def test_an_error_in_a_nested_block_undoes_only_that_block(store: JournalStore, make_task: MakeTask) -> None:
    with store.transaction():
        store.tasks.put("task_1", make_task(1))
        with contextlib.suppress(ZeroDivisionError), store.transaction():
            store.tasks.put("task_1", make_task(1, "changed"))
            store.tasks.put("task_2", make_task(2))
            raise ZeroDivisionError
        assert store.tasks.all() == [make_task(1)]
    assert store.tasks.all() == [make_task(1)]


def test_changes_need_a_transaction(store: JournalStore, make_task: MakeTask) -> None:
    for change in (
        lambda: store.tasks.put("task_1", make_task(1)),
        lambda: store.tasks.remove("task_1"),
        lambda: store.number("task"),
    ):
        with pytest.raises(RuntimeError, match="transaction"):
            change()


@pytest.mark.parametrize("title", [7, "\ud800", None])
def test_a_row_that_could_not_be_read_back_is_refused(store: JournalStore, make_task: MakeTask, title: Any) -> None:
    with pytest.raises(TypeError, match="task_1 in tasks can't be stored"), store.transaction():
        store.tasks.put("task_1", make_task(1, title))
    assert store.tasks.all() == []


def test_moments_need_a_time_zone_and_keep_their_offset(store: JournalStore) -> None:
    with pytest.raises(TypeError, match="can't be stored"), store.transaction():
        store.marks.put("brief", datetime(2025, 3, 1))  # noqa: DTZ001  # that is the point
    moment = datetime(2025, 3, 1, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with store.transaction():
        store.marks.put("brief", moment)
    kept = store.marks.get("brief")
    assert kept == moment
    assert kept is not None
    assert kept.utcoffset() == moment.utcoffset()


def test_other_threads_see_only_what_is_committed(store: JournalStore, make_task: MakeTask) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(len(store.tasks.all()))

    with store.transaction():
        store.tasks.put("task_1", make_task(1))
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(10)
    look()
    assert seen == [0, 1]


def test_threads_take_turns(store: JournalStore) -> None:
    def count() -> None:
        for _ in range(50):
            with store.transaction():
                store.number("shared")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with store.transaction():
        assert store.number("shared") == 201


def test_a_transaction_that_only_reads_writes_nothing(store: JournalStore) -> None:
    journal = store.folder / "journal.log"
    before = journal.read_bytes()
    with store.transaction():
        assert store.tasks.all() == []
    assert journal.read_bytes() == before


def test_a_checkpoint_while_another_thread_writes(home: Path, clock: Clock, make_task: MakeTask) -> None:
    store = open_store(home, clock)
    with store.transaction():
        for number in range(20_000):
            store.tasks.put(f"task_{number}", make_task(number))
    failures: list[BaseException] = []

    def tidy() -> None:
        try:
            for _ in range(3):
                store.checkpoint()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=tidy)
    thread.start()
    number = 20_000
    while thread.is_alive():
        with store.transaction():
            store.tasks.put(f"task_{number}", make_task(number))
        number += 1
    thread.join()
    expected = list(store.tasks.items().items())
    store.close()
    again = open_store(home, clock)
    assert list(again.tasks.items().items()) == expected
    assert not failures
    again.close()


def test_a_closed_store_says_so(store: JournalStore) -> None:
    store.close()
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        store.tasks.all()
    with pytest.raises(RuntimeError, match="closed"), store.transaction():
        pass


def test_no_file_handle_is_left(home: Path, clock: Clock, make_task: MakeTask) -> None:
    count = int(os.environ.get("JARVIS_SOAK", "0")) * 9_700 + 300
    before = _open_files()
    store = open_store(home, clock)
    during = _open_files()
    for number in range(count):
        with store.transaction():
            store.tasks.put("task_1", make_task(1, f"change {number}"))
        if number % 50 == 0:
            store.checkpoint()
    assert _open_files() == during
    store.close()
    assert _open_files() == before


def _open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_a_long_journal_is_written_down_by_itself(store: JournalStore, make_task: MakeTask) -> None:
    long = "x" * 600_000
    for number in range(8):
        with store.transaction():
            store.tasks.put("task_1", make_task(1, long + str(number)))
    store.close()
    assert (store.folder / "build_queue.json").stat().st_size > 600_000
    assert (store.folder / "journal.log").stat().st_size < 3_000_000
