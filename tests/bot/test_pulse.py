"""One beat of the process, and waking it."""

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from bot.outbox import Outbox
from bot.pulse import Pulse
from bot.watching import watch
from bot.wiring import Installation
from core.errors import StoreUnavailable
from core.model.ids import TaskId
from core.model.metrics import Sample
from core.model.task import Category, Completed, Queued, Running, Task
from core.patterns import Patterns
from storage import JournalStore
from tests import factories
from tests.fakes import FakeExecutor, FakePrograms, SetClock


class RecordingOutbox(Outbox):
    """Notes what it is asked to do, and fails on request."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def deliver(self) -> None:
        self.calls.append("deliver")
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure

    async def show_progress(self) -> None:
        self.calls.append("progress")

    async def refresh(self, task: TaskId) -> None:
        self.calls.append(f"refresh {task}")


class SlowPatterns(Patterns):
    """Learns until it is let go."""

    def __init__(self, at: Installation) -> None:
        super().__init__(at.store, at.queue, at.config)
        self.learning, self.gate, self.learned = threading.Event(), threading.Event(), 0

    def tend(self, now: datetime) -> None:
        self.learning.set()
        assert self.gate.wait(30)
        super().tend(now)
        self.learned += 1


class Chest:
    """A pulse with its engines."""

    def __init__(self, store: JournalStore, clock: SetClock, home: Path) -> None:
        self.clock = clock
        self.at = Installation(factories.config(home), store, clock)
        self.executor = FakeExecutor(home, clock)
        vars(self.at)["executor"] = self.executor
        vars(self.at)["programs"] = FakePrograms("agent")
        self.outbox = RecordingOutbox()
        self.pulse = Pulse(self.at, self.outbox)
        with store.transaction():
            store.projects.put("shop", factories.project())
        factories.asleep(store)

    def add(self) -> Task:
        return self.at.queue.add_to_queue(factories.new_task(), self.clock())

    def task(self, task: Task) -> Task:
        return self.at.scheduler.find(task.id).task

    async def settle(self) -> None:
        """Let everything run that was woken."""
        for _ in range(200):
            await asyncio.sleep(0.001)
            if not self.pulse._tasks:
                return
        raise AssertionError("it does not come to rest")


@pytest.fixture
def chest(store: JournalStore, clock: SetClock, home: Path) -> Chest:
    return Chest(store, clock, home)


async def test_a_beat_starts_collects_and_refreshes(chest: Chest) -> None:
    task = chest.add()

    await chest.pulse.beat()
    assert isinstance(chest.task(task).state, Running)
    assert chest.outbox.calls == ["refresh task_1", "deliver", "progress"]

    chest.executor.end(chest.executor.launched[0])
    chest.outbox.calls.clear()
    await chest.pulse.beat()
    assert isinstance(chest.task(task).state, Completed)
    assert chest.outbox.calls == ["refresh task_1", "deliver"]


async def test_a_new_task_is_noticed_within_seconds_without_being_told(chest: Chest) -> None:
    await chest.pulse.beat()
    task = chest.add()

    for _ in range(6):
        chest.clock.advance(1)
        await chest.pulse.beat()

    assert isinstance(chest.task(task).state, Running)


async def test_a_freed_slot_is_filled_in_the_same_beat(chest: Chest) -> None:
    tasks = [chest.add() for _ in range(4)]
    await chest.pulse.beat()
    chest.executor.end(chest.executor.launched[0])

    await chest.pulse.beat()

    assert isinstance(chest.task(tasks[3]).state, Running)


async def test_progress_is_shown_every_two_seconds_and_only_while_something_runs(chest: Chest) -> None:
    await chest.pulse.beat()
    assert "progress" not in chest.outbox.calls
    chest.add()
    chest.pulse.wake()
    await chest.settle()
    chest.outbox.calls.clear()

    for _ in range(8):
        chest.clock.advance(0.5)
        await chest.pulse.beat()

    assert chest.outbox.calls.count("progress") == 2


async def test_waking_beats_at_once(chest: Chest) -> None:
    await chest.pulse.beat()
    task = chest.add()

    chest.pulse.wake()
    await chest.settle()

    assert isinstance(chest.task(task).state, Running)


async def test_many_wakes_during_a_beat_are_one_more_beat(chest: Chest) -> None:
    chest.outbox.gate.clear()
    chest.pulse.wake()
    while not chest.outbox.calls:
        await asyncio.sleep(0.001)

    for _ in range(10):
        chest.pulse.wake()
    chest.outbox.gate.set()
    await chest.settle()

    assert chest.outbox.calls == ["deliver", "deliver"]


@pytest.mark.parametrize("failure", [StoreUnavailable("The disk is full."), ZeroDivisionError("oh no")])
async def test_an_error_in_one_part_does_not_stop_the_others(chest: Chest, failure: Exception) -> None:
    task = chest.add()
    chest.outbox.failure = failure

    with structlog.testing.capture_logs() as logged:
        await chest.pulse.beat()

    assert isinstance(chest.task(task).state, Running)
    assert chest.outbox.calls == ["refresh task_1", "deliver", "progress"]
    assert [entry["event"] for entry in logged if entry["log_level"] == "error"] == ["beat failed"]


async def test_delivery_goes_on_when_nothing_can_be_started(chest: Chest) -> None:
    chest.add()
    chest.executor.refusal = ZeroDivisionError("no more processes")

    with structlog.testing.capture_logs() as logged:
        await chest.pulse.beat()

    assert chest.outbox.calls == ["deliver", "progress"]
    assert [entry["event"] for entry in logged if entry["log_level"] == "error"] == ["beat failed"]


async def test_the_same_trouble_is_told_once_a_minute(chest: Chest) -> None:
    chest.outbox.failure = StoreUnavailable("The disk is full.")

    with structlog.testing.capture_logs() as logged:
        for _ in range(90):
            await chest.pulse.beat()
            chest.clock.advance(1)

    assert len([entry for entry in logged if entry["event"] == "beat failed"]) == 2


async def test_a_clock_that_was_set_back_does_not_silence_it(chest: Chest) -> None:
    await chest.pulse.beat()
    task = chest.add()
    chest.clock.advance(hours=-1)

    await chest.pulse.beat()

    assert isinstance(chest.task(task).state, Running)


async def test_expired_questions_lapse(chest: Chest) -> None:
    task = chest.at.queue.add_to_queue(factories.new_task("A new page", category=Category.FEATURE), chest.clock())
    chest.clock.advance(days=8)

    await chest.pulse.beat()

    assert chest.task(task).state.__struct_config__.tag == "cancelled"


async def test_draining_waits_for_the_beat_that_runs(chest: Chest) -> None:
    chest.outbox.gate.clear()
    beat = asyncio.create_task(chest.pulse.beat())
    while not chest.outbox.calls:
        await asyncio.sleep(0.001)
    drained = asyncio.create_task(chest.pulse.drain())
    for _ in range(10):  # turns of the loop: time enough for it to end, if it did not wait
        await asyncio.sleep(0)
    assert not drained.done()

    chest.outbox.gate.set()
    await asyncio.gather(beat, drained)


async def test_the_room_on_the_machine_is_watched_while_something_waits(chest: Chest) -> None:
    measured = []

    def measure(now: datetime) -> Sample:
        measured.append(now)
        return Sample(at=now, values={"disk": 85.0, "memory": 30.0})

    vars(chest.at)["measure"] = measure
    for _ in range(20):
        await chest.pulse.beat()
        chest.clock.advance(1)
    assert measured == []

    task = chest.add()
    for _ in range(60):
        await chest.pulse.beat()
        chest.clock.advance(1)

    assert len(measured) == 4
    assert isinstance(chest.task(task).state, Queued)
    why = "the machine has too little room (disk 85 % full, limit 80 %)"
    assert chest.at.scheduler.why_waiting(task.id, chest.clock()) == why


async def test_a_machine_that_cannot_be_measured_does_not_stop_the_work(chest: Chest) -> None:
    task = chest.add()

    def broken(now: datetime) -> Sample:
        raise OSError("no such disk")

    vars(chest.at)["measure"] = broken
    with structlog.testing.capture_logs() as logged:
        await chest.pulse.beat()

    assert isinstance(chest.task(task).state, Running)
    assert [entry["error"] for entry in logged if entry["event"] == "beat failed"] == ["OSError: no such disk"]


async def test_the_phases_of_a_night_are_done_by_the_beat(chest: Chest) -> None:
    chest.clock.moment = datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
    await chest.pulse.keep_times()
    for _ in range(60):
        await chest.pulse.beat()
        chest.clock.advance(15)

    (session,) = chest.at.store.sessions.all()
    assert session.scanned_at == datetime(2026, 3, 3, 23, 0, tzinfo=UTC)
    assert session.prepared_at == datetime(2026, 3, 3, 23, 5, tzinfo=UTC)
    assert session.planned_at == datetime(2026, 3, 3, 23, 10, tzinfo=UTC)
    assert session.checks == 1


async def test_measurements_are_written_in_one_batch_every_five_minutes(chest: Chest) -> None:
    watch(chest.at)
    await chest.pulse.beat()
    for _ in range(59):
        chest.clock.advance(5)
        await chest.pulse.beat()
    before = {each.operation: each.figures.count for each in chest.at.improver.stats(chest.clock())}
    assert before.get("queue schedule builds", 0) <= 1

    chest.clock.advance(5)
    await chest.pulse.beat()
    counts = {each.operation: each.figures.count for each in chest.at.improver.stats(chest.clock())}
    assert counts["queue schedule builds"] == 61


async def test_news_do_not_wait_for_what_is_learned(chest: Chest) -> None:
    patterns = vars(chest.at)["patterns"] = SlowPatterns(chest.at)
    await chest.pulse.beat()
    await asyncio.to_thread(patterns.learning.wait, 30)
    task = chest.add()

    chest.clock.advance(20)
    await asyncio.wait_for(chest.pulse.beat(), 20)

    assert isinstance(chest.task(task).state, Running)
    assert chest.outbox.calls.count("deliver") == 2
    patterns.gate.set()
    await chest.pulse.drain()
    assert patterns.learned == 1
