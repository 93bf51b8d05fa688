"""The store against SQLite (WAL, synchronous=FULL, the same rows as JSON) and stock TinyDB, in one run.

The contestants take turns, a few commits each, so that a noisy disk is noisy for all of them.
"""

import gc
import json
import multiprocessing
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import msgspec
from tinydb import TinyDB, where

from core.model.approval import Approval, Open
from core.model.ids import ApprovalId, ChatId, DraftId, TaskId
from core.model.task import Category, Draft, Priority, Queued, Task
from storage import JournalStore, open_store

Line = tuple[str, str, str, str, str]
Operation = Callable[[int], None]

_START = datetime(2025, 3, 1, 12, tzinfo=UTC)
_TURN = 10


def rows(quick: bool) -> list[Line]:
    """(what, ours, peer, ratio, goal) for each measurement."""
    sizes = (1_000, 10_000) if quick else (1_000, 10_000, 100_000)
    lines: list[Line] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            lines += _commits(Path(folder), size, quick)
            lines.append(_two_processes(Path(folder), size, quick))
            lines += _opening(Path(folder), size, quick)
    return lines


def task(number: int, title: str = "Make the import of large files twice as fast") -> Task:
    """A task of ordinary length."""
    return Task(
        id=TaskId(f"task_{number}"),
        title=f"{title} ({number})",
        description="The nightly import reads every file twice. Read it once, and keep the parsed rows. " * 2,
        hours=1.5,
        category=Category.PERFORMANCE,
        priority=Priority.HIGH,
        tags=("import", "speed"),
        created_at=_START + timedelta(seconds=number),
        state=Queued(since=_START + timedelta(seconds=number)),
    )


def _draft(number: int) -> Draft:
    return Draft(
        id=DraftId(f"draft_{number}"), chat=ChatId(1), title="A draft", category=Category.BUG, created_at=_START
    )


def _approval(number: int) -> Approval:
    return Approval(
        id=ApprovalId(f"approval_{number}"),
        task=TaskId(f"task_{number}"),
        reason="New features ask first.",
        asked_at=_START,
        expires_at=_START + timedelta(days=7),
        state=Open(),
    )


class _Sqlite:
    """The peer: three tables of (key, JSON)."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=60)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        for table in ("tasks", "drafts", "approvals"):
            self.connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, row TEXT)")

    def put(self, *puts: tuple[str, str, object]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for table, key, row in puts:
            self.connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, msgspec.json.encode(row)))
        self.connection.execute("COMMIT")

    def load(self) -> dict[str, Task]:
        decode = msgspec.json.Decoder(Task).decode
        return {key: decode(row) for key, row in self.connection.execute("SELECT key, row FROM tasks")}


def _now() -> datetime:
    return datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)


def _fill(folder: Path, size: int) -> tuple[JournalStore, _Sqlite]:
    store = open_store(folder / "ours", _now)
    with store.transaction():
        for number in range(size):
            store.tasks.put(f"task_{number}", task(number))
    store.checkpoint()
    sqlite = _Sqlite(folder / "peer.db")
    sqlite.put(*(("tasks", f"task_{number}", task(number)) for number in range(size)))
    return store, sqlite


def _commits(folder: Path, size: int, quick: bool) -> Iterator[Line]:
    store, sqlite = _fill(folder, size)

    def ours(*tables: str) -> Operation:
        def operation(number: int) -> None:
            with store.transaction():
                store.tasks.put(f"task_{number}", task(number, "Changed"))
                if tables:
                    store.drafts.put(f"draft_{number}", _draft(number))
                    store.approvals.put(f"approval_{number}", _approval(number))

        return operation

    def peer(*tables: str) -> Operation:
        def operation(number: int) -> None:
            puts: list[tuple[str, str, object]] = [("tasks", f"task_{number}", task(number, "Changed"))]
            if tables:
                puts.append(("drafts", f"draft_{number}", _draft(number)))
                puts.append(("approvals", f"approval_{number}", _approval(number)))
            sqlite.put(*puts)

        return operation

    count = 300 if quick else 1000
    stock = _stock(folder, size)
    for what, first, tables in (
        ("insert", size, ()),
        ("update", size // 2 - count // 2, ()),
        ("3 tables", size + count, ("drafts", "approvals")),
    ):
        mine, theirs = _in_turns(ours(*tables), peer(*tables), first, count)
        yield _compare(f"durable {what}, {size:,} tasks", "SQLite", mine, theirs, "at most 1.0x")
        if what == "update":
            slow = _timed(stock, 3 if size > 10_000 or quick else 10)
            faster = statistics.median(slow) / statistics.median(mine)
            goal = {1_000: "50x", 10_000: "400x", 100_000: "4000x"}[size]
            yield (
                f"the same against stock TinyDB, {size:,} tasks",
                _time(mine),
                _time(slow),
                f"{faster:.0f}x faster",
                f"{goal} faster",
            )
    store.close()
    sqlite.connection.close()


def _stock(folder: Path, size: int) -> Operation:
    path = folder / "stock.json"
    documents = {str(number + 1): msgspec.to_builtins(task(number)) for number in range(size)}
    path.write_text(json.dumps({"tasks": documents}))
    table = TinyDB(path).table("tasks")

    def operation(number: int) -> None:
        table.update({"title": f"Changed {number}"}, where("id") == f"task_{number}")

    return operation


def _timed(operation: Operation, count: int) -> list[float]:
    times = []
    for number in range(count):
        begin = time.perf_counter()
        operation(number)
        times.append(time.perf_counter() - begin)
    return times


def _in_turns(ours: Operation, peer: Operation, first: int, count: int) -> tuple[list[float], list[float]]:
    mine: list[float] = []
    theirs: list[float] = []
    for turn in range(first, first + count, _TURN):
        for operation, times in ((ours, mine), (peer, theirs)):
            for number in range(turn, turn + _TURN):
                begin = time.perf_counter()
                operation(number)
                times.append(time.perf_counter() - begin)
    return mine, theirs


def _two_processes(folder: Path, size: int, quick: bool) -> Line:
    count = 300 if quick else 1000
    mine, theirs = [], []
    for _ in range(5):
        mine.append(_race(_write_ours, folder / "ours", count))
        theirs.append(_race(_write_peer, folder / "peer.db", count))
    return _compare(f"commit with two processes writing, {size:,} tasks", "SQLite", mine, theirs, "at most 1.5x")


def _race(write: Callable[[Path, int, int, Barrier], None], path: Path, count: int) -> float:
    """Seconds per commit when two processes make `count` each."""
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(3)
    processes = [fork.Process(target=write, args=(path, first, count, barrier)) for first in (0, count)]
    for process in processes:
        process.start()
    barrier.wait()
    begin = time.perf_counter()
    barrier.wait()
    seconds = time.perf_counter() - begin
    for process in processes:
        process.join()
    return seconds / (2 * count)


def _write_ours(path: Path, first: int, count: int, barrier: Barrier) -> None:
    store = open_store(path, _now)
    barrier.wait()
    for number in range(first, first + count):
        with store.transaction():
            store.tasks.put(f"task_{number}", task(number, "Raced"))
    barrier.wait()
    store.close()


def _write_peer(path: Path, first: int, count: int, barrier: Barrier) -> None:
    sqlite = _Sqlite(path)
    barrier.wait()
    for number in range(first, first + count):
        sqlite.put(("tasks", f"task_{number}", task(number, "Raced")))
    barrier.wait()
    sqlite.connection.close()


def _opening(folder: Path, size: int, quick: bool) -> Iterator[Line]:
    open_store(folder / "ours", _now).close()
    mine, theirs = [], []
    for _ in range(5 if quick else 9):
        mine.append(_forked(_open_ours, folder / "ours")[0])
        theirs.append(_forked(_open_peer, folder / "peer.db")[0])
    yield _compare(f"open and have all rows, {size:,} tasks", "SQLite + decode", mine, theirs, "at most 1.2x")
    if size >= 10_000:
        mine_mb = _forked(_open_ours, folder / "ours")[1] / 1024
        theirs_mb = _forked(_open_peer, folder / "peer.db")[1] / 1024
        ratio = f"{mine_mb / theirs_mb:.2f}x"
        yield (f"peak memory of that, {size:,} tasks", f"{mine_mb:.0f} MiB", f"{theirs_mb:.0f} MiB", ratio, "-")


def _open_ours(path: Path) -> object:
    store = open_store(path, _now)
    return store, store.tasks.all()


def _open_peer(path: Path) -> object:
    sqlite = _Sqlite(path)
    return sqlite, sqlite.load()


def _forked(action: Callable[[Path], object], path: Path) -> tuple[float, int]:
    """Seconds, and KiB that the peak of resident memory rose by, of the action in a fresh process."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(action, path, send))
    process.start()
    result: tuple[float, int] = receive.recv()
    process.join()
    return result


def _measure(action: Callable[[Path], object], path: Path, send: Connection) -> None:
    gc.collect()
    before = _peak()
    begin = time.perf_counter()
    kept = action(path)
    seconds = time.perf_counter() - begin
    send.send((seconds, _peak() - before))
    del kept


def _peak() -> int:
    """KiB of resident memory at most since the program began; getrusage would count the parent's too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def _compare(what: str, peer: str, mine: list[float], theirs: list[float], goal: str) -> Line:
    ratio = statistics.median(mine) / statistics.median(theirs)
    return what, _time(mine), f"{_time(theirs)} {peer}", f"{ratio:.2f}x", goal


def _time(times: list[float]) -> str:
    """Median with the middle half in brackets."""
    unit, factor = ("ms", 1e3) if statistics.median(times) >= 0.001 else ("µs", 1e6)
    low, middle, high = (value * factor for value in statistics.quantiles(times, n=4))
    digits = 0 if middle >= 100 else 1
    return f"{middle:.{digits}f} {unit} [{low:.{digits}f}-{high:.{digits}f}]"


if __name__ == "__main__":
    import sys

    for line in rows(quick="--quick" in sys.argv):
        print(" | ".join(line))
