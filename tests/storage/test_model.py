"""The store against a plain dict, with random transactions, errors, crashes, reopenings and a second process."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.model.ids import TaskId
from core.model.task import Category, Priority, Queued, Task
from storage import JournalStore, backup, open_store, restore
from storage.frames import frame
from storage.schema import TABLES, TableSpec
from tests.storage.page_cache import PageCache

SOAK = bool(os.environ.get("JARVIS_SOAK"))
MOMENT = datetime(2025, 3, 1, 12, tzinfo=UTC)
Clock = Callable[[], datetime]


KEYS = st.sampled_from(["a", "b", "c", "ä\n", ""])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.text(max_size=5)),
        st.tuples(st.just("remove"), KEYS, st.just("")),
        st.tuples(st.just("mark"), KEYS, st.just("")),
        st.tuples(st.just("number"), st.just("n"), st.just("")),
    ),
    max_size=6,
)


def _task(title: str) -> Task:
    return Task(
        id=TaskId("task_1"),
        title=title,
        hours=1.0,
        category=Category.BUG,
        priority=Priority.LOW,
        created_at=MOMENT,
        state=Queued(since=MOMENT),
    )


class _Undone(Exception):
    pass


class Machine(RuleBasedStateMachine):
    """Two stores on one folder, and what they should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.abandoned: list[JournalStore] = []
        self.tasks: dict[str, str] = {}
        self.marks: dict[str, None] = {}
        self.number = 0

    @initialize()
    def start(self) -> None:
        self.stores = [self._open(), self._open()]

    def _open(self) -> JournalStore:
        return open_store(self.home, lambda: MOMENT, disk=PageCache(), patience=5)

    def _do(self, store: JournalStore, changes: list[tuple[str, str, str]]) -> None:
        for kind, key, text in changes:
            if kind == "put":
                store.tasks.put(key, _task(text))
                self.tasks[key] = text
            elif kind == "remove":
                store.tasks.remove(key)
                self.tasks.pop(key, None)
            elif kind == "mark":
                store.marks.put(key, MOMENT)
                self.marks[key] = None
            else:
                self.number += 1
                assert store.number("n") == self.number
            assert self._seen(store) == self._expected()

    def _seen(self, store: JournalStore) -> list[Any]:
        return [[(key, task.title) for key, task in store.tasks.items().items()], list(store.marks.items())]

    def _expected(self) -> list[Any]:
        return [list(self.tasks.items()), list(self.marks)]

    @rule(who=st.integers(0, 1), changes=CHANGES)
    def commit(self, who: int, changes: list[tuple[str, str, str]]) -> None:
        with self.stores[who].transaction():
            self._do(self.stores[who], changes)

    @rule(who=st.integers(0, 1), changes=CHANGES)
    def undo(self, who: int, changes: list[tuple[str, str, str]]) -> None:
        before = dict(self.tasks), dict(self.marks), self.number
        with contextlib.suppress(_Undone), self.stores[who].transaction():
            self._do(self.stores[who], changes)
            raise _Undone
        self.tasks, self.marks, self.number = before

    @rule(who=st.integers(0, 1), first=CHANGES, inner=CHANGES, last=CHANGES)
    def undo_inside(self, who: int, first: list[Any], inner: list[Any], last: list[Any]) -> None:
        store = self.stores[who]
        with store.transaction():
            self._do(store, first)
            before = dict(self.tasks), dict(self.marks), self.number
            with contextlib.suppress(_Undone), store.transaction():
                self._do(store, inner)
                raise _Undone
            self.tasks, self.marks, self.number = before
            self._do(store, last)

    @rule(who=st.integers(0, 1))
    def checkpoint(self, who: int) -> None:
        assert self.stores[who].checkpoint()

    @rule(who=st.integers(0, 1))
    def reopen(self, who: int) -> None:
        self.stores[who].close()
        self.stores[who] = self._open()

    @rule(who=st.integers(0, 1))
    def crash(self, who: int) -> None:
        self.abandoned.append(self.stores[who])
        self.stores[who] = self._open()

    @rule(length=st.integers(1, 40))
    def torn_end(self, length: int) -> None:
        """A process died with the first bytes of a record written."""
        with (self.home / "data" / "journal.log").open("r+b") as file:
            file.seek(self.stores[0]._replica.end if self._seen(self.stores[0]) else 0)
            file.write(frame(b'{"n":1,"at":"2025-01-01T00:00:00Z","changes":[]}')[:length])

    @rule()
    def backup_and_restore(self) -> None:
        file = self.home / "backup.json"
        backup(self.home, file, lambda: MOMENT)
        restore(self.home, file, lambda: MOMENT)

    @invariant()
    def both_see_the_same(self) -> None:
        if hasattr(self, "stores"):
            assert [self._seen(store) for store in self.stores] == [self._expected()] * 2

    def teardown(self) -> None:
        for store in [*getattr(self, "stores", []), *self.abandoned]:
            store._replica.close()
        shutil.rmtree(self.home)


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=600 if SOAK else 25,
    stateful_step_count=60 if SOAK else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=OFFSETS | st.just(UTC),
)
st.register_type_strategy(datetime, MOMENTS)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(str, st.text(st.characters(codec="utf-8")))
st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))

STRUCTS = [spec for spec in TABLES.values() if isinstance(spec.row, type) and issubclass(spec.row, msgspec.Struct)]


@pytest.mark.parametrize("spec", STRUCTS, ids=lambda spec: spec.name)
def test_rows_of_every_type_come_back_exactly(spec: TableSpec[Any]) -> None:
    home = Path(tempfile.mkdtemp())
    store, other = (open_store(home, lambda: MOMENT, disk=PageCache()) for _ in range(2))
    table, seen = store.table(spec), other.table(spec)

    @settings(max_examples=300 if SOAK else 15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(st.characters(codec="utf-8")), st.from_type(spec.row))
    def check(key: str, row: Any) -> None:
        with store.transaction():
            table.put(key, row)
        for found in (table.get(key), seen.get(key)):
            assert found == row
            assert msgspec.to_builtins(found) == msgspec.to_builtins(row)

    check()
    rows = table.items()
    store.checkpoint()
    again = open_store(home, lambda: MOMENT, disk=PageCache())
    assert again.table(spec).items() == rows
    for opened in (store, other, again):
        opened.close()
    shutil.rmtree(home)
