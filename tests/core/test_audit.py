"""The record: a line for each action, with its actor, moved to its log once, whatever comes in between."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from core import audit
from core.audit import Audit
from core.errors import StoreUnavailable
from core.model.category import Category
from core.runtime.records import FileRecords
from tests.core.conftest import OWNER, Engines
from tests.fakes import FakeRecords


class Dying(FakeRecords):
    """Fails at a step, before or after it has been done."""

    def __init__(self, step: str, *, done: bool) -> None:
        super().__init__()
        self.step = step
        self.done = done

    def write(self, log: str, entries: Sequence[Mapping[str, Any]]) -> None:
        self._maybe("write", lambda: FakeRecords.write(self, log, entries))

    def remember(self, day: str, sentences: Sequence[tuple[int, str]]) -> None:
        self._maybe("remember", lambda: FakeRecords.remember(self, day, sentences))

    def _maybe(self, step: str, act: Any) -> None:
        if self.step != step:
            act()
            return
        if self.done:
            act()
        self.step = ""
        raise StoreUnavailable("died")


@pytest.mark.parametrize("step", ["write", "remember"])
@pytest.mark.parametrize("done", [True, False])
def test_a_crash_while_lines_are_moved_loses_and_doubles_none(engines: Engines, step: str, done: bool) -> None:
    engines.start(engines.add())
    records = Dying(step, done=done)
    record = Audit(engines.store, records, engines.config)
    with pytest.raises(StoreUnavailable):
        record.flush()
    record.flush()
    record.flush()

    numbers = sorted(line["n"] for lines in records.logs.values() for line in lines)
    assert numbers == list(range(1, len(numbers) + 1))
    assert [text for _, text in records.days["2026-03-03"]] == [
        "20:00 Started the build of task_1 “Write docs” in shop."
    ]


def test_a_change_that_is_undone_leaves_no_line(engines: Engines) -> None:
    def undone() -> None:
        with engines.store.transaction():
            engines.add()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    engines.audit.flush()

    assert engines.records.logs == {}


def test_lines_of_a_task_and_since_a_moment(engines: Engines) -> None:
    first = engines.add("A new page", category=Category.FEATURE, by=OWNER)
    engines.clock.advance(days=2)
    engines.approvals.answer_task(first.id, yes=True, by=OWNER, now=engines.now)
    engines.add("Write docs")
    engines.audit.flush()

    assert [entry["action"] for entry in engines.audit.entries(task=first.id)] == ["added", "asked", "approved"]
    recent = engines.audit.entries(since=engines.now - timedelta(days=1))
    assert [entry["action"] for entry in recent] == ["approved", "added", "queued"]
    assert {entry["actor"] for entry in engines.audit.entries(task=first.id)} == {
        f"person {OWNER}",
        "rule category: New features",
    }


def test_two_processes_write_one_record(engines: Engines) -> None:
    """As the bot and a command do at the same time: each flushes what the other has left."""
    one = Audit(engines.store, FileRecords(engines.config.home), engines.config)
    two = Audit(engines.store, FileRecords(engines.config.home), engines.config)
    for number in range(6):
        engines.add(f"Write docs {number}")
        (one, two)[number % 2].flush()
        one.flush()

    assert [entry["n"] for entry in one.entries()] == list(range(1, 13))
    assert engines.store.audit.all() == []


def test_who() -> None:
    assert audit.actor(None) == "command line"
    assert audit.actor(OWNER) == "person 7"
