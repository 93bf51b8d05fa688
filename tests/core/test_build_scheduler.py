"""Lists, the next tasks, and the queue in numbers."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.build_scheduler import BuildScheduler
from core.estimates import Estimates
from core.model.build import Broke
from core.model.ids import ProjectName, TaskId
from core.model.task import Category, Priority, Running
from core.surroundings import look_around
from storage import JournalStore
from tests import factories
from tests.core.conftest import OWNER, Engines
from tests.fakes import FakeExecutor, FakePrograms, SetClock


def test_the_open_list_shows_what_runs_then_what_waits_then_what_asks(engines: Engines) -> None:
    asks = engines.add("A new page", category=Category.FEATURE, priority=Priority.CRITICAL)
    low = engines.add("Low", priority=Priority.LOW, hours=4.0)
    high = engines.add("High", priority=Priority.HIGH, hours=4.0)
    runs = engines.add("Runs", start_now=True)
    engines.start(runs)
    engines.executor.end(engines.builds.active()[0].id)

    listed = engines.scheduler.open_tasks()

    assert [entry.task.id for entry in listed] == [runs.id, high.id, low.id, asks.id]
    assert [(entry.score, entry.size) for entry in listed[1:3]] == [(1.0, "overnight"), (0.5, "overnight")]


def test_the_finished_list_shows_the_latest_first(engines: Engines) -> None:
    first, second, third = engines.add(), engines.add(), engines.add()
    engines.queue.cancel(first.id, OWNER, engines.now)
    engines.finish(third)

    engines.executor.end(engines.builds.active()[0].id, Broke())
    engines.queue.collect(engines.now)

    assert [entry.task.id for entry in engines.scheduler.finished()] == [third.id, second.id, first.id]
    assert engines.scheduler.open_tasks() == []


def test_next_are_the_three_best_that_are_free_to_go(engines: Engines) -> None:
    first = engines.add("First", priority=Priority.LOW)
    waits = engines.add("Waits", depends=[first.id], priority=Priority.CRITICAL)
    engines.add("Asks", category=Category.FEATURE, priority=Priority.CRITICAL)
    others = [engines.add(f"Other {number}") for number in range(3)]

    assert [entry.task.id for entry in engines.scheduler.next(engines.now)] == [task.id for task in others]
    assert engines.scheduler.find(waits.id).waits_for == [first.id]


@pytest.mark.parametrize(
    "missing", [{"project": None}, {"project": ProjectName("gone")}, {"command": None}], ids=["none", "gone", "agent"]
)
def test_what_cannot_be_built_is_not_next(store: JournalStore, home: Path, missing: dict[str, Any]) -> None:
    config = factories.config(home, agent_templates=())
    executor = FakeExecutor(home, SetClock())
    estimates = Estimates.from_builds([], [])
    around = partial(look_around, store, executor, FakePrograms(), estimates, config)
    scheduler = BuildScheduler(store, config, around)
    with store.transaction():
        store.projects.put("shop", factories.project())
        for task in (factories.task(1, command="true"), factories.task(2, **{"command": "true", **missing})):
            store.tasks.put(task.id, task)

    assert [entry.task.id for entry in scheduler.next(factories.NOW)] == ["task_1"]


def test_what_waits_for_its_window_is_next_all_the_same(engines: Engines) -> None:
    long = engines.add(hours=8.0)

    assert [entry.task.id for entry in engines.scheduler.next(engines.now)] == [long.id]


def test_why_a_task_waits(engines: Engines) -> None:
    free = engines.add()
    long = engines.add("Long", hours=8.0)
    asks = engines.add("A new page", category=Category.FEATURE)
    blocked = engines.add("Then this", depends=[long.id])

    why = {task.id: engines.scheduler.why_waiting(task.id, engines.now) for task in (free, long, asks, blocked)}

    assert why == {
        free.id: "starts in a moment",
        long.id: "too long for the overnight window; waits for work hours",
        asks.id: None,
        blocked.id: f"blocked by {long.id}",
    }


def test_a_task_that_comes_after_others_starts_when_a_slot_is_free(engines: Engines) -> None:
    tasks = [engines.add(f"Task {number}") for number in range(4)]

    assert engines.scheduler.why_waiting(tasks[2].id, engines.now) == "starts in a moment"
    assert engines.scheduler.why_waiting(tasks[3].id, engines.now) == "starts when a slot is free, at about 21:00"


def test_only_what_is_queued_waits(engines: Engines) -> None:
    task = engines.add()
    engines.start(task)

    assert engines.scheduler.why_waiting(task.id, engines.now) is None
    assert engines.scheduler.why_waiting(TaskId("task_99"), engines.now) is None


def test_discarded_hours_are_not_shipped(engines: Engines) -> None:
    kept, dropped = engines.add(hours=2.0), engines.add(hours=1.0)
    engines.finish(kept)
    state = engines.task(dropped).state
    assert isinstance(state, Running)
    build = engines.store.builds.get(state.build)
    assert build is not None
    engines.workspaces.commit(Path("/srv/shop"), build.spec.branch, "b.txt", "words\n")
    engines.executor.end(build.id)
    engines.queue.collect(engines.now)
    assert engines.scheduler.stats(engines.now).hours_shipped == 3.0

    engines.shipping.discard(dropped.id, OWNER, engines.now)

    assert engines.scheduler.stats(engines.now).hours_shipped == 2.0


def test_the_queue_in_numbers(engines: Engines) -> None:
    engines.finish(engines.add(hours=2.0))
    engines.finish(engines.add(hours=0.5), Broke())
    engines.add(hours=3.0)
    engines.clock.advance(hours=2)
    engines.add("A new page", category=Category.FEATURE, hours=6.0)

    numbers = engines.scheduler.stats(engines.now)

    assert numbers.by_state == {"completed": 1, "failed": 1, "queued": 1, "needs approval": 1}
    assert numbers.total == 4
    assert numbers.completion_rate == 0.5
    assert (numbers.hours_shipped, numbers.hours_queued) == (2.0, 9.0)
    assert numbers.oldest_age == timedelta(hours=2)
    assert numbers.runs_dry_at == engines.now + timedelta(hours=3)


def test_an_empty_queue_in_numbers(engines: Engines) -> None:
    numbers = engines.scheduler.stats(engines.now)

    assert (numbers.total, numbers.completion_rate, numbers.oldest_age, numbers.runs_dry_at) == (0, None, None, None)


def test_cancelled_tasks_do_not_count_for_the_completion_rate(engines: Engines) -> None:
    engines.finish(engines.add())
    engines.queue.cancel(engines.add().id, OWNER, engines.now)

    assert engines.scheduler.stats(engines.now).completion_rate == 1.0
