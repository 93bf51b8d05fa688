"""Lists, the next tasks, and the queue in numbers."""

from datetime import timedelta

from core.model.build import Broke
from core.model.task import Category, Priority
from tests.core.conftest import OWNER, Engines


def test_the_open_list_shows_what_runs_then_what_waits_then_what_asks(engines: Engines) -> None:
    asks = engines.add("A new page", category=Category.FEATURE, priority=Priority.CRITICAL)
    low = engines.add("Low", priority=Priority.LOW, hours=4.0)
    high = engines.add("High", priority=Priority.HIGH, hours=4.0)
    runs = engines.add("Runs", start_now=True)
    engines.start(runs)
    engines.agents.end(engines.builds.active()[0].id)

    listed = engines.scheduler.open_tasks()

    assert [entry.task.id for entry in listed] == [runs.id, high.id, low.id, asks.id]
    assert [(entry.score, entry.size) for entry in listed[1:3]] == [(1.0, "overnight"), (0.5, "overnight")]


def test_the_finished_list_shows_the_latest_first(engines: Engines) -> None:
    first, second, third = engines.add(), engines.add(), engines.add()
    engines.queue.cancel(first.id, OWNER, engines.now)
    engines.finish(third)

    engines.agents.end(engines.builds.active()[0].id, Broke())
    engines.queue.collect(engines.now)

    assert [entry.task.id for entry in engines.scheduler.finished()] == [third.id, second.id, first.id]
    assert engines.scheduler.open_tasks() == []


def test_next_are_the_three_best_that_are_free_to_go(engines: Engines) -> None:
    first = engines.add("First", priority=Priority.LOW)
    waits = engines.add("Waits", depends=[first.id], priority=Priority.CRITICAL)
    engines.add("Asks", category=Category.FEATURE, priority=Priority.CRITICAL)
    others = [engines.add(f"Other {number}") for number in range(3)]

    assert [entry.task.id for entry in engines.scheduler.next()] == [task.id for task in others]
    assert engines.scheduler.find(waits.id).waits_for == [first.id]


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
