"""Several processes on the same data."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from core.model.task import Task
from storage import JournalStore, open_store

Clock = Callable[[], datetime]
MakeTask = Callable[..., Task]

CHANGES = 1_000 if os.environ.get("JARVIS_SOAK") else 30


def fork(action: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os._exit(0)
        finally:
            os._exit(99)
    return pid


def test_changes_of_one_are_seen_by_the_other(store: JournalStore, clock: Clock, make_task: MakeTask) -> None:
    other = open_store(store.folder.parent, clock)
    for number in range(6):
        writer, reader = (store, other) if number % 2 else (other, store)
        with writer.transaction():
            writer.tasks.put(f"task_{number}", make_task(number))
            assert reader.tasks.get(f"task_{number}") is None
        assert reader.tasks.get(f"task_{number}") == make_task(number)
        if number in (2, 3):
            writer.checkpoint()
        assert len(reader.tasks.all()) == number + 1
    other.close()


def test_two_checkpoints_while_a_reader_sleeps(store: JournalStore, clock: Clock, make_task: MakeTask) -> None:
    other = open_store(store.folder.parent, clock)
    for number in range(3):
        with store.transaction():
            store.tasks.put(f"task_{number}", make_task(number))
        store.checkpoint()
    assert [task.id for task in other.tasks.all()] == ["task_0", "task_1", "task_2"]
    other.close()


def test_eight_processes_lose_nothing(home: Path, clock: Clock, make_task: MakeTask) -> None:
    def write(writer: int) -> None:
        store = open_store(home, clock, patience=120)
        for number in range(CHANGES):
            with store.transaction():
                store.tasks.put(f"task_{writer}_{number}", make_task(number))
                store.number("shared")
            if number % 20 == writer:
                store.checkpoint()
        store.close()

    children = [fork(lambda writer=writer: write(writer)) for writer in range(8)]  # type: ignore[misc]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 8
    store = open_store(home, clock)
    keys = list(store.tasks.items())
    assert len(keys) == 8 * CHANGES
    for writer in range(8):
        own = [key for key in keys if key.startswith(f"task_{writer}_")]
        assert own == [f"task_{writer}_{number}" for number in range(CHANGES)]
    with store.transaction():
        assert store.number("shared") == 8 * CHANGES + 1
    store.close()


def test_a_process_that_dies_in_a_transaction_leaves_nothing(home: Path, clock: Clock, make_task: MakeTask) -> None:
    def die() -> None:
        store = open_store(home, clock)
        with store.transaction():
            store.tasks.put("task_1", make_task(1))
            os.kill(os.getpid(), signal.SIGKILL)

    os.waitpid(fork(die), 0)
    store = open_store(home, clock, patience=0.5)
    with store.transaction():
        assert store.tasks.all() == []
        store.tasks.put("task_2", make_task(2))
    store.close()


def test_a_process_that_stands_still_is_not_waited_for_for_ever(home: Path, clock: Clock, make_task: MakeTask) -> None:
    receive, send = os.pipe()

    def hold() -> None:
        store = open_store(home, clock)
        with store.transaction():
            os.write(send, b".")
            signal.pause()

    store = open_store(home, clock, patience=0.2)
    child = fork(hold)
    os.read(receive, 1)
    assert store.tasks.all() == []
    with pytest.raises(StoreUnavailable, match="Another Jarvis process"), store.transaction():
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with store.transaction():
        store.tasks.put("task_1", make_task(1))
    store.close()
    os.close(receive)
    os.close(send)


def test_children_do_not_inherit_the_lock(home: Path, clock: Clock) -> None:
    store = open_store(home, clock)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    store.close()
    again = open_store(home, clock, patience=0.2)
    with again.transaction():
        again.number("x")
    again.close()
    child.communicate(b"\n")


def test_readers_do_not_wait_for_a_writer(home: Path, clock: Clock, make_task: MakeTask) -> None:
    receive, send = os.pipe()

    def write() -> None:
        store = open_store(home, clock)
        for number in range(10**9):
            with store.transaction():
                store.tasks.put("task_1", make_task(1, f"title {number}"))
                store.tasks.put("task_2", make_task(2, f"title {number}"))
            if number == 0:
                os.write(send, b".")
            if number % 20 == 0:
                store.checkpoint()

    store = open_store(home, clock)
    child = fork(write)
    os.read(receive, 1)
    last, seen, slowest = "", 0, 0.0
    deadline = time.monotonic() + 30
    while seen < 50 and time.monotonic() < deadline:
        begin = time.monotonic()
        first, second = store.tasks.all()
        slowest = max(slowest, time.monotonic() - begin)
        assert first.title == second.title
        seen += first.title != last
        last = first.title
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert seen == 50
    assert slowest < 5
    store.close()
    os.close(receive)
    os.close(send)


def test_a_deleted_lock_file_is_noticed(store: JournalStore) -> None:
    (store.folder / "journal.lock").unlink()
    with pytest.raises(StoreUnavailable, match="was deleted"), store.transaction():
        pass
