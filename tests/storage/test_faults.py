"""Processes that die, and disks that fail, at every single step of commit, checkpoint and opening."""

import contextlib
import errno
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from core.model.ids import ChatId, DraftId
from core.model.task import Category, Draft, Task
from storage import JournalStore, open_store
from tests.storage.page_cache import PageCache

Clock = Callable[[], datetime]
MakeTask = Callable[..., Task]
Content = dict[str, dict[str, object]]

SOAK = bool(os.environ.get("JARVIS_SOAK"))
MOMENT = datetime(2025, 3, 1, 12, tzinfo=UTC)


class FaultyDisk(PageCache):
    """Calls `fault` at the n-th step and, if it lasts, at every later one: before, halfway through, or after it."""

    def __init__(self, n: int, when: str, fault: Callable[[], None], *, lasting: bool = False) -> None:
        self.left = n
        self.steps: list[str] = []
        self._when = when
        self._fault = fault
        self._lasting = lasting

    @contextlib.contextmanager
    def _step(self, step: str) -> Iterator[bool]:
        self.steps.append(step)
        self.left -= 1
        hit = self.left < 0 if self._lasting else self.left == -1
        if hit and self._when == "before":
            self._fault()
        yield hit and self._when == "halfway"
        if hit:
            self._fault()

    def write(self, step: str, fd: int, data: bytes, offset: int) -> None:
        with self._step(step) as halfway:
            super().write(step, fd, data[: len(data) // 2] if halfway else data, offset)

    def sync(self, step: str, fd: int) -> None:
        with self._step(step) as halfway:
            if not halfway:
                super().sync(step, fd)

    def replace(self, step: str, source: Path, target: Path) -> None:
        with self._step(step) as halfway:
            if not halfway:
                super().replace(step, source, target)

    def keep(self, step: str, source: Path, target: Path) -> None:
        with self._step(step) as halfway:
            if not halfway:
                super().keep(step, source, target)

    def sync_folder(self, step: str, folder: Path) -> None:
        with self._step(step) as halfway:
            if not halfway:
                super().sync_folder(step, folder)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def content(store: JournalStore) -> Content:
    with store.transaction():
        return {
            "tasks": dict(store.tasks.items()),
            "drafts": dict(store.drafts.items()),
            "marks": dict(store.marks.items()),
        }


def change(store: JournalStore, number: int, make_task: MakeTask) -> None:
    """The n-th transaction of a run: over several tables, with removals and a row of several sectors."""
    with store.transaction():
        store.tasks.put(f"task_{number}", make_task(number, "x" * (number % 3) * 3000))
        store.drafts.put("draft_1", _draft(number))
        store.marks.put(f"mark_{number % 2}", MOMENT)
        if number % 4 == 3:
            store.tasks.remove(f"task_{number - 2}")


def _draft(number: int) -> Draft:
    return Draft(
        id=DraftId("draft_1"), chat=ChatId(1), title=f"draft {number}", category=Category.BUG, created_at=MOMENT
    )


CHANGES = 9


def run(store: JournalStore, make_task: MakeTask, acknowledge: Callable[[int], None]) -> None:
    """What the fault tests run: commits with checkpoints between them."""
    for number in range(CHANGES):
        change(store, number, make_task)
        acknowledge(number + 1)
        if number in (2, 4, 5):
            store.checkpoint()
    store.close()


@pytest.fixture
def expected(tmp_path: Path, clock: Clock, make_task: MakeTask) -> list[Content]:
    """The content after each number of changes."""
    store = open_store(tmp_path / "model", clock)
    contents = [content(store)]
    for number in range(CHANGES):
        change(store, number, make_task)
        contents.append(content(store))
    store.close()
    return contents


def in_child(action: Callable[[Callable[[int], None]], None]) -> tuple[int, int]:
    """Run in a forked process, which acknowledges with numbers; returns (wait status, last acknowledged number)."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(receive)
            action(lambda number: (os.write(send, bytes([number])), None)[1])
            os._exit(0)
        finally:
            os._exit(99)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        acknowledged = pipe.read()
    return os.waitpid(pid, 0)[1], acknowledged[-1] if acknowledged else 0


@pytest.mark.parametrize("when", ["before", "halfway", "after"])
def test_kill_at_every_step(
    tmp_path: Path, clock: Clock, make_task: MakeTask, expected: list[Content], when: str
) -> None:
    """Whatever was acknowledged is there, for a process that lived through it and for one that comes later."""
    for n in range(1000):
        home = tmp_path / f"run-{n}"
        witness = open_store(home, clock, disk=PageCache()) if n % 2 else None

        def action(acknowledge: Callable[[int], None], home: Path = home, n: int = n) -> None:
            run(open_store(home, clock, disk=FaultyDisk(n, when, die)), make_task, acknowledge)

        status, acknowledged = in_child(action)
        possible = expected[acknowledged : acknowledged + 2]
        survivor = witness or open_store(home, clock, disk=PageCache())
        assert content(survivor) in possible, f"step {n}"
        change(survivor, 0, make_task)
        later = open_store(home, clock, disk=PageCache())
        assert content(later) == content(survivor), f"step {n}"
        survivor.close()
        change(later, 0, make_task)
        after = content(later)
        later.close()
        again = open_store(home, clock, disk=PageCache())
        assert content(again) == after
        again.close()
        if os.waitstatus_to_exitcode(status) == 0:
            break
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert n > 60, "the run has fewer steps than it should"


def test_every_kind_of_step_is_reached(home: Path, clock: Clock, make_task: MakeTask) -> None:
    disk = FaultyDisk(10**9, "before", die)
    run(open_store(home, clock, disk=disk), make_task, lambda _: None)
    assert set(disk.steps) == {
        "journal: write", "journal: sync", "journal: rename", "journal: keep previous", "journal: switch",
        "journal: sync folder", "commit: write", "commit: sync", "snapshot: write", "snapshot: sync",
        "snapshot: rename", "snapshot: keep previous", "snapshot: switch", "snapshot: sync folder",
    }  # fmt: skip


def test_a_step_of_a_long_journal(home: Path, clock: Clock, make_task: MakeTask) -> None:
    disk = FaultyDisk(10**9, "before", die)
    store = open_store(home, clock, disk=disk)
    for number in range(20):
        with store.transaction():
            store.tasks.put("task_1", make_task(1, "x" * 9000 + str(number)))
    assert "commit: reserve" in disk.steps
    store.close()


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("when", ["before", "halfway", "after"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_at_every_step(
    tmp_path: Path, clock: Clock, make_task: MakeTask, when: str, code: int, lasting: bool
) -> None:
    def fault() -> None:
        raise OSError(code, os.strerror(code))

    for n in range(1000):
        home = tmp_path / f"run-{n}"
        witness = open_store(home, clock, disk=PageCache())
        disk = FaultyDisk(n, when, fault, lasting=lasting)
        store = open_store(home, clock, disk=PageCache())
        store._replica.disk = store._replica.journal._disk = disk
        failures = _run_with_failures(store, witness, make_task)
        disk.left = 10**9
        change(store, 7, make_task)
        expected = content(store)
        assert content(witness) == expected
        store.close()
        witness.close()
        again = open_store(home, clock, disk=PageCache())
        assert content(again) == expected
        again.close()
        if not failures:
            break
    assert n > 10


def _run_with_failures(store: JournalStore, witness: JournalStore, make_task: MakeTask) -> int:
    failures = 0
    before = content(store)
    for number in range(5):
        try:
            change(store, number, make_task)
            before = content(store)
            if number in (1, 3):
                store.checkpoint()
        except StoreUnavailable as error:
            failures += "disk is full" in str(error) or "disk reported an error" in str(error)
        assert [store.tasks.items(), store.drafts.items()] == [before["tasks"], before["drafts"]]
        assert [witness.tasks.items(), witness.drafts.items()] == [before["tasks"], before["drafts"]]
    return failures


@pytest.mark.parametrize("new", [False, True])
def test_another_process_sweeps_away_what_a_failing_disk_left(
    home: Path, clock: Clock, make_task: MakeTask, new: bool
) -> None:
    """The record stands whole in the file, but its author was told that it could not be saved."""

    def fault() -> None:
        raise OSError(errno.EIO, "Input/output error")

    store = open_store(home, clock)
    change(store, 0, make_task)
    running = open_store(home, clock)
    store._replica.journal._disk = FaultyDisk(1, "before", fault, lasting=True)
    with pytest.raises(StoreUnavailable, match="disk reported an error"):
        change(store, 2, make_task)
    other = open_store(home, clock) if new else running
    assert list(content(other)["tasks"]) == ["task_0"]
    change(other, 4, make_task)
    change(running, 6, make_task)
    store._replica.close()
    store = open_store(home, clock)
    assert list(store.tasks.items()) == ["task_0", "task_4", "task_6"]
    assert list(running.tasks.items()) == ["task_0", "task_4", "task_6"]
    for opened in {store, running, other}:
        opened.close()


def test_a_file_that_may_not_grow(home: Path, clock: Clock, make_task: MakeTask) -> None:
    """A real limit of the system (ulimit -f), as with a quota: the answer is plain, and all goes on afterwards."""
    store = open_store(home, clock)
    change(store, 0, make_task)
    before = content(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="larger than the system allows"), store.transaction():
                store.tasks.put("task_9", make_task(9, "x" * 70_000))
            assert content(store) == before
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    change(store, 1, make_task)
    after = content(store)
    store.close()
    again = open_store(home, clock)
    assert content(again) == after
    again.close()


def test_kills_at_random_moments_under_load(home: Path, clock: Clock, make_task: MakeTask) -> None:
    chance = random.Random(7)
    store = open_store(home, clock)
    number = 0
    for _ in range(200 if SOAK else 15):
        receive, send = os.pipe()
        pid = os.fork()
        if pid == 0:
            _write_until_killed(home, clock, make_task, number, send)
        os.close(send)
        with os.fdopen(receive, "rb") as pipe:
            assert pipe.read(1)
            time.sleep(chance.uniform(0, 0.02))
            os.kill(pid, signal.SIGKILL)
            acknowledged = number + 1 + len(pipe.read())
        os.waitpid(pid, 0)
        tasks = list(store.tasks.items()) if chance.random() < 0.5 else list(content(store)["tasks"])
        number = len(content(store)["tasks"])
        assert len(tasks) >= acknowledged
        assert acknowledged <= number <= acknowledged + 1
        assert list(store.tasks.items()) == [f"task_{n}" for n in range(number)]
        assert list(store.drafts.items()) == [f"draft_{n}" for n in range(number)]
    store.close()


def _write_until_killed(home: Path, clock: Clock, make_task: MakeTask, first: int, send: int) -> None:
    store = open_store(home, clock)
    for number in range(first, first + 100_000):
        with store.transaction():
            store.tasks.put(f"task_{number}", make_task(number))
            store.drafts.put(f"draft_{number}", _draft(number))
        os.write(send, b".")
        if number % 7 == 0:
            store.checkpoint()
    os._exit(0)
