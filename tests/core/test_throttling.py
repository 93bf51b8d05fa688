"""Room on the machine: when work waits for it, and when a build has to go."""

import pytest

from core.model.build import Build, Ended, Stopped
from core.model.metrics import Sample
from core.model.notification import BuildEnded
from core.model.task import Cancelled, Completed, Priority, Queued, Running, Task
from core.throttling import excess
from tests import factories
from tests.core.conftest import OWNER, Engines


def measured(engines: Engines, **values: float) -> Build | None:
    """The machine is this full now; the build that is stopped for it."""
    engines.machine.update(values)
    return engines.throttling.assess(Sample(at=engines.now, values=dict(engines.machine)), engines.now)


def running(engines: Engines) -> tuple[Task, Task, Task]:
    """Three builds: the second task is worth least per hour."""
    tasks = (
        engines.add("First", hours=1.0, priority=Priority.HIGH),
        engines.add("Least", hours=2.0, priority=Priority.LOW),
        engines.add("Third", hours=1.0),
    )
    assert len(engines.queue.schedule_builds(engines.now)) == 3
    return tasks


def actions(engines: Engines) -> list[str]:
    return [line["action"] for line in engines.lines("overnight_execution.log")]


@pytest.mark.parametrize(
    ("disk", "memory", "why"),
    [
        (80.0, 80.0, None),
        (80.1, 30.0, "disk 80 % full, limit 80 %"),
        (40.0, 93.0, "memory 93 % full, limit 80 %"),
        (85.0, 93.0, "disk 85 % full, limit 80 %, memory 93 % full, limit 80 %"),
    ],
)
def test_what_is_over_its_limit(engines: Engines, disk: float, memory: float, why: str | None) -> None:
    found = excess(Sample(at=engines.now, values={"disk": disk, "memory": memory}), engines.config)

    assert (found and found[0]) == why


def test_a_measurement_without_these_values_is_no_reason_to_stop() -> None:
    assert excess(Sample(at=factories.NOW, values={"load": 99.0}), factories.config()) is None


def test_over_the_limit_nothing_new_starts_and_the_plan_says_why(engines: Engines) -> None:
    task = engines.add()
    urgent = engines.add("At once", start_now=True)

    assert measured(engines, memory=85.0) is None

    assert engines.queue.schedule_builds(engines.now) == []
    plan = engines.scheduler.schedule(engines.now)
    why = "the machine has too little room (memory 85 % full, limit 80 %)"
    assert {entry.task.id: entry.reason for entry in plan.left_out} == {task.id: why, urgent.id: why}
    assert engines.scheduler.why_waiting(task.id, engines.now) == why


def test_work_goes_on_two_points_under_the_limit(engines: Engines) -> None:
    engines.add()
    measured(engines, memory=81.0)

    for memory in (79.0, 80.0, 78.5):
        engines.clock.advance(minutes=1)
        measured(engines, memory=memory)
        assert engines.queue.schedule_builds(engines.now) == []
    engines.clock.advance(minutes=1)
    measured(engines, memory=78.0)

    assert len(engines.queue.schedule_builds(engines.now)) == 1
    assert actions(engines) == ["throttled", "throttle ended"]
    assert "20:04 Room again after 4 min." in [sentence for _, sentence in engines.records.days["2026-03-03"]]


def test_builds_that_run_are_left_alone_for_a_quarter_of_an_hour(engines: Engines) -> None:
    running(engines)

    for _ in range(15):
        assert measured(engines, memory=89.9) is None
        engines.clock.advance(minutes=1)
    stopped = measured(engines, memory=89.9)

    assert stopped is not None


def test_much_worse_is_not_waited_for(engines: Engines) -> None:
    running(engines)

    assert measured(engines, disk=90.0) is not None


@pytest.mark.parametrize(("limit", "waits", "goes"), [("80", 89.9, 90.0), ("95", 97.4, 97.5), ("50", 59.9, 60.0)])
def test_how_much_worse_it_has_to_be(engines: Engines, limit: str, waits: float, goes: float) -> None:
    engines.preferences.set("DISK_LIMIT", limit, engines.now)
    running(engines)

    assert measured(engines, disk=waits) is None
    assert measured(engines, disk=goes) is not None


def test_a_limit_of_a_hundred_percent_is_none(engines: Engines) -> None:
    engines.preferences.set("MEMORY_LIMIT", "100", engines.now)
    running(engines)

    assert measured(engines, memory=100.0) is None
    assert engines.store.throttle.all() == []


def test_hovering_under_the_limit_costs_no_build(engines: Engines) -> None:
    running(engines)
    measured(engines, memory=81.0)

    for _ in range(30):
        engines.clock.advance(minutes=1)
        assert measured(engines, memory=79.5) is None


def test_the_lowest_score_is_stopped_requeued_and_told(engines: Engines) -> None:
    first, least, third = running(engines)

    stopped = measured(engines, memory=91.0)
    assert stopped is not None
    assert stopped.task == least.id
    moved = engines.queue.collect(engines.now)

    assert [task.id for task in moved] == [least.id]
    assert engines.task(least).state == Queued(since=engines.now)
    build = engines.store.builds.get(stopped.id)
    assert build is not None
    assert isinstance(build.state, Ended)
    assert isinstance(build.state.result.outcome, Stopped)
    assert build.state.requeued == "memory 91 % full, limit 80 %"
    assert BuildEnded(build=stopped.id) in engines.subjects()
    assert all(isinstance(engines.task(task).state, Running) for task in (first, third))
    assert "stopped to make room" in actions(engines)


def test_the_next_one_goes_five_minutes_later_and_in_the_end_none_is_left(engines: Engines) -> None:
    first, least, third = running(engines)
    gone = []

    for _ in range(16):
        stopped = measured(engines, memory=95.0)
        if stopped is not None:
            gone.append((stopped.task, engines.now))
        engines.queue.collect(engines.now)
        engines.clock.advance(minutes=1)

    assert [task for task, _ in gone] == [least.id, third.id, first.id]
    assert [(at - gone[0][1]).total_seconds() / 60 for _, at in gone] == [0, 5, 10]


def test_when_the_chosen_one_ends_by_itself_the_next_is_looked_for_at_once(engines: Engines) -> None:
    _, least, third = running(engines)
    state = engines.task(least).state
    assert isinstance(state, Running)
    engines.executor.end(state.build)  # and nobody has taken note of it yet
    chosen = measured(engines, memory=95.0)
    assert chosen is not None
    assert chosen.task == least.id
    assert measured(engines, memory=95.0) is None
    engines.queue.collect(engines.now)
    assert isinstance(engines.task(least).state, Completed)

    engines.clock.advance(seconds=15)
    stopped = measured(engines, memory=95.0)

    assert stopped is not None
    assert stopped.task == third.id
    engines.queue.collect(engines.now)
    engines.clock.advance(seconds=15)
    assert measured(engines, memory=95.0) is None  # this one gives back what it held


def test_who_ends_while_it_is_chosen_costs_no_pause(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    _, least, third = running(engines)
    state = engines.task(least).state
    assert isinstance(state, Running)
    engines.executor.end(state.build)
    real = engines.builds.active

    def read_just_before_another_process_collects() -> list[Build]:
        found = real()
        monkeypatch.undo()
        engines.queue.collect(engines.now)
        return found

    monkeypatch.setattr(engines.builds, "active", read_just_before_another_process_collects)
    assert measured(engines, memory=95.0) is None
    assert isinstance(engines.task(least).state, Completed)

    engines.clock.advance(seconds=15)
    stopped = measured(engines, memory=95.0)

    assert stopped is not None
    assert stopped.task == third.id


def test_what_was_stopped_starts_again_when_there_is_room(engines: Engines) -> None:
    _, least, _ = running(engines)
    stopped = measured(engines, memory=91.0)
    assert stopped is not None
    engines.queue.collect(engines.now)
    engines.clock.advance(minutes=1)

    measured(engines, memory=50.0)
    (again,) = engines.queue.schedule_builds(engines.now)

    assert (again.task, again.id) == (least.id, "task_2-2")
    assert again.spec.onto == (stopped.spec.branch,)  # what it had done is not lost
    assert engines.task(least).retries == 0


def test_a_build_that_somebody_stops_is_not_requeued(engines: Engines) -> None:
    first, least, third = running(engines)
    engines.queue.cancel(least.id, OWNER, engines.now)

    stopped = measured(engines, memory=91.0)
    engines.queue.collect(engines.now)

    assert stopped is not None
    assert stopped.task == third.id  # the other one is on its way out
    assert isinstance(engines.task(least).state, Cancelled)
    assert isinstance(engines.task(third).state, Queued)
    assert isinstance(engines.task(first).state, Running)


def test_the_owner_can_cancel_what_makes_room(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    with engines.store.transaction():
        engines.builds.request_stop(build.id, None, requeue="memory 91 % full")
        engines.queue.cancel(task.id, OWNER, engines.now)

    engines.queue.collect(engines.now)

    assert isinstance(engines.task(task).state, Cancelled)


def test_a_build_that_has_just_finished_is_completed_not_requeued(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    engines.executor.end(build.id)

    measured(engines, memory=95.0)
    engines.queue.collect(engines.now)

    assert engines.task(task).state.__struct_config__.tag == "completed"


def test_without_builds_nothing_can_be_stopped(engines: Engines) -> None:
    for _ in range(30):
        assert measured(engines, disk=99.0) is None
        engines.clock.advance(minutes=1)

    assert actions(engines) == ["throttled"]


def test_the_figures_are_brought_up_to_date(engines: Engines) -> None:
    task = engines.add()
    measured(engines, disk=85.0)
    engines.clock.advance(minutes=1)
    measured(engines, disk=89.0)

    why = engines.scheduler.why_waiting(task.id, engines.now)

    assert why == "the machine has too little room (disk 89 % full, limit 80 %)"


def test_a_higher_limit_of_the_settings_counts_at_once(engines: Engines) -> None:
    engines.add()
    measured(engines, memory=85.0)

    engines.preferences.set("MEMORY_LIMIT", "90", engines.now)
    measured(engines, memory=85.0)

    assert len(engines.queue.schedule_builds(engines.now)) == 1


def test_the_brief_tells_of_it(engines: Engines) -> None:
    measured(engines, disk=91.0)

    brief = engines.briefs.compose(engines.now)

    assert brief.throttled == "disk 91 % full, limit 80 %"
    assert not brief.is_quiet
