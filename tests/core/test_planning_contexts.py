"""What the owner does, wants and adds: what that makes of a plan."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import contexts, planning, windows
from core.errors import Conflict, NotFound
from core.model.build import Build, Proven
from core.model.context import Context, Evidence, Interval
from core.model.ids import TaskId
from core.model.session import SessionKind
from core.model.task import Category, Priority, Running, Source, Task
from core.planning import Plan
from tests import factories
from tests.core.conftest import OWNER, Engines
from tests.factories import hours

CONFIG = factories.config()
BUG: dict[str, Any] = {"category": Category.BUG, "priority": Priority.HIGH}


def at(hour: int, minute: int = 0, *, day: int = 3) -> datetime:
    """March 2026; the 3rd is a Tuesday, the 7th a Saturday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def does(start: datetime, *stretches: tuple[Context, float]) -> list[Interval]:
    """What the owner does from then on, and for how many hours each."""
    found = []
    for context, length in stretches:
        end = start + hours(length)
        found.append(Interval(start=start, end=end, context=context, evidence=Evidence.SCHEDULE))
        start = end
    return found


def plan(
    tasks: Sequence[Task],
    now: datetime,
    *stretches: tuple[Context, float],
    running: Sequence[Build] = (),
    **changes: Any,
) -> Plan:
    around = factories.surroundings(CONFIG, contexts=does(now, *stretches), **changes)
    return planning.plan(tasks, running, around, now)


def starts(made: Plan) -> dict[str, str]:
    return {entry.task.id: f"{entry.start:%H:%M}" for entry in made.planned}


def reasons(made: Plan) -> dict[str, str]:
    return {entry.task.id: entry.reason for entry in made.left_out}


def docs(count: int, length: float = 1.0) -> list[Task]:
    return [factories.task(number, hours=length) for number in range(1, count + 1)]


# -- contexts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("context", "now", "at_once"),
    [
        (Context.SLEEPING, at(1), 3),
        (Context.WORK, at(10), 3),
        (Context.GYM, at(17), 2),
        (Context.AVAILABLE, at(19), 1),
        (Context.UNKNOWN, at(12, day=7), 1),
    ],
)
def test_how_many_run_at_once(context: Context, now: datetime, at_once: int) -> None:
    made = plan(docs(6, 0.5), now, (context, 1.0))

    assert made.slots == at_once
    assert sum(entry.start == now for entry in made.planned) == at_once
    for entry in made.planned:
        if entry.start < now + hours(1.0):
            assert entry.slot <= at_once


def test_a_lower_limit_of_the_settings_comes_before_that_of_the_context() -> None:
    around = factories.surroundings(factories.config(max_builds=1), contexts=does(at(17), (Context.GYM, 1.5)))

    assert planning.plan(docs(3, 0.25), [], around, at(17)).slots == 1


def test_whoever_is_there_gets_quick_wins_only() -> None:
    tasks = [factories.task(1, hours=2.0), factories.task(2, hours=2.1)]

    made = plan(tasks, at(12, day=7), (Context.AVAILABLE, 48.0))

    assert starts(made) == {"task_1": "12:00"}
    assert reasons(made) == {"task_2": "you are available: quick wins only"}


def test_while_nobody_knows_documentation_and_tests_only() -> None:
    tasks = [
        factories.task(1, category=Category.DOCUMENTATION),
        factories.task(2, category=Category.TESTS),
        factories.task(3, category=Category.PERFORMANCE),
    ]

    made = plan(tasks, at(12, day=7), (Context.UNKNOWN, 48.0))

    assert starts(made) == {"task_1": "12:00", "task_2": "13:00"}
    assert reasons(made) == {"task_3": "I do not know what you are doing: documentation and tests only"}


@pytest.mark.parametrize("context", list(Context))
def test_what_was_chosen_for_the_weekend_runs_whatever_the_owner_does(context: Context) -> None:
    task = factories.task(1, hours=8.0, category=Category.FEATURE, source=Source.WEEKEND)

    made = plan([task], at(12, day=7), (context, 20.0))

    assert starts(made) == {"task_1": "12:00"}
    assert contexts.unwelcome(task, context) is None


@pytest.mark.parametrize("context", list(Context))
@pytest.mark.parametrize("changes", [BUG, {"start_now": True}])
def test_urgent_work_starts_in_any_context(context: Context, changes: dict[str, Any]) -> None:
    made = plan([factories.task(1, hours=9.0, **changes)], at(20), (context, 3.0))

    assert starts(made) == {"task_1": "20:00"}


def test_urgent_work_takes_the_slot_that_others_would_have_had() -> None:
    tasks = [factories.task(1, hours=0.5), factories.task(2, hours=1.0, **BUG)]

    made = plan(tasks, at(20), (Context.AVAILABLE, 3.0))

    assert starts(made) == {"task_2": "20:00", "task_1": "21:00"}


def test_a_build_that_runs_counts_for_the_limit_of_the_context() -> None:
    running = [factories.build("task_9-1", hours=1.0, started_at=at(20))]

    made = plan(docs(2, 0.5), at(20), (Context.AVAILABLE, 3.0), running=running)

    assert starts(made) == {"task_1": "21:00", "task_2": "21:30"}


def test_a_plan_goes_on_across_the_changes_of_context() -> None:
    tasks = [factories.task(1, hours=2.0), factories.task(2, hours=4.0), factories.task(3, hours=5.0)]

    made = plan(tasks, at(20), (Context.AVAILABLE, 3.0), (Context.SLEEPING, 7.0), (Context.GYM, 1.5), (Context.WORK, 8))

    assert starts(made) == {"task_1": "20:00", "task_2": "23:10", "task_3": "23:10"}


def test_a_build_may_go_on_into_a_context_in_which_it_could_not_start() -> None:
    made = plan(docs(1, 6.0), at(23, 30), (Context.SLEEPING, 1.0), (Context.AVAILABLE, 6.5))

    assert starts(made) == {"task_1": "23:30"}


def test_where_nothing_is_known_of_the_owner_the_window_alone_counts() -> None:
    assert starts(plan([factories.task(1, hours=6.0, category=Category.FEATURE)], at(1))) == {"task_1": "01:00"}


def test_the_work_that_a_context_is_good_for_goes_first() -> None:
    plain = factories.task(1, hours=1.0, title="Write docs")
    fitness = factories.task(2, hours=1.0, title="Plan a workout")
    urgent = factories.task(3, hours=1.0, priority=Priority.CRITICAL)

    made = plan([plain, fitness, urgent], at(17), (Context.GYM, 1.5))

    assert set(starts(made)) == {fitness.id, urgent.id}
    assert reasons(made) == {plain.id: "others fill the time that is left"}
    assert set(starts(plan([plain, fitness, urgent], at(17)))) == {plain.id, fitness.id, urgent.id}


# -- the begin of the night -------------------------------------------------------------------------------------------


def test_in_the_first_ten_minutes_of_the_night_nothing_starts() -> None:
    for now in (at(23), at(23, 9)):
        assert starts(plan(docs(1), now, (Context.SLEEPING, 8.0))) == {"task_1": "23:10"}
    assert starts(plan(docs(1), at(23, 10), (Context.SLEEPING, 8.0))) == {"task_1": "23:10"}


def test_urgent_work_does_not_wait_for_these_minutes() -> None:
    assert starts(plan([factories.task(1, **BUG)], at(23), (Context.SLEEPING, 8.0))) == {"task_1": "23:00"}


def test_what_would_end_in_the_night_starts_before_these_minutes() -> None:
    assert starts(plan(docs(1, 2.0), at(22, 30), (Context.AVAILABLE, 0.5))) == {"task_1": "22:30"}


# -- held, throttled, added -------------------------------------------------------------------------------------------


def test_a_stopped_session_holds_all_but_urgent_work() -> None:
    tasks = [factories.task(1), factories.task(2, start_now=True)]

    made = plan(tasks, at(1), (Context.SLEEPING, 6.0), held="this session was stopped")

    assert starts(made) == {"task_2": "01:00"}
    assert reasons(made) == {"task_1": "this session was stopped"}


def test_what_else_is_in_the_way_is_told_first() -> None:
    made = plan([factories.task(1, project=None)], at(1), held="this session was stopped")

    assert reasons(made) == {"task_1": "no project is set"}


def test_without_room_on_the_machine_nothing_starts_at_all() -> None:
    tasks = [factories.task(1), factories.task(2, start_now=True)]

    made = plan(tasks, at(1), (Context.SLEEPING, 6.0), throttled="the machine has too little room")

    assert starts(made) == {}
    assert set(reasons(made).values()) == {"the machine has too little room"}


def test_time_that_was_added_by_hand_is_for_all_work_whatever_the_owner_does() -> None:
    now = at(14, day=7)
    added = windows.Window("by hand", now, now + hours(8), windows.MAX_HOURS)
    tasks = [factories.task(1, hours=7.0, category=Category.FEATURE), factories.task(2, hours=8.0)]

    made = plan(tasks, now, (Context.AVAILABLE, 4.0), (Context.UNKNOWN, 5.0), added=added)

    assert starts(made) == {"task_1": "14:00", "task_2": "14:00"}
    assert made.slots == 3


def test_added_time_counts_where_no_window_is_open() -> None:
    now = at(18, 45)
    added = windows.Window("by hand", now, now + hours(8), windows.MAX_HOURS)

    made = plan([factories.task(1, hours=8.0)], now, added=added)

    assert made.until == at(7, 30, day=4)  # the windows go on where the added time ends
    assert starts(made) == {"task_1": "18:45"}


def test_added_time_that_is_over_counts_no_more() -> None:
    added = windows.Window("by hand", at(8), at(16), windows.MAX_HOURS)

    assert plan(docs(1), at(18, 45), added=added).planned == []


# -- the owner's wishes -----------------------------------------------------------------------------------------------


def wanted(number: int, until: datetime, **changes: Any) -> Task:
    return factories.task(number, wanted_until=until, **changes)


def test_what_the_owner_wants_tonight_goes_first_and_may_be_too_long() -> None:
    best = docs(3, 1.0)
    made = plan([*best, wanted(9, at(7, day=4), hours=9.0, priority=Priority.BACKLOG)], at(23), (Context.SLEEPING, 8.0))

    assert starts(made)["task_9"] == "23:10"
    assert set(starts(made)) == {"task_1", "task_2", "task_3", "task_9"}


def test_the_wish_counts_on_weekends_as_well() -> None:
    best = docs(9, 6.0)
    wish = wanted(99, at(7, day=8), hours=11.0, priority=Priority.BACKLOG)

    made = plan([*best, wish], at(23, day=7), (Context.SLEEPING, 8.0))

    assert starts(made)[wish.id] == "23:00"


@pytest.mark.parametrize(("now", "context"), [(at(10), Context.WORK), (at(20), Context.AVAILABLE)])
def test_the_wish_for_a_night_is_no_wish_for_the_time_before(now: datetime, context: Context) -> None:
    task = wanted(1, at(7, day=4), hours=9.0)
    end = 3.0 if context is Context.AVAILABLE else 7.0

    made = plan([task], now, (context, end), (Context.SLEEPING, 8.0))

    assert starts(made).get("task_1", "23:10") == "23:10"


def test_a_wish_ends_with_its_night() -> None:
    made = plan([wanted(1, at(7, day=4), hours=9.0)], at(9, day=4), (Context.WORK, 8.0))

    assert reasons(made) == {"task_1": "too long for the work hours window; waits for weekend"}


def test_skip_first_and_anyway(engines: Engines) -> None:
    engines.clock.moment = at(22)
    one, two = engines.add("One"), engines.add("Two")
    long = engines.add("Long", hours=7.5)

    engines.queue.for_tonight(one.id, engines.now, OWNER, skip=True)
    engines.queue.for_tonight(long.id, engines.now, OWNER, skip=False)

    made = engines.scheduler.night(engines.now)
    assert starts(made) == {"task_2": "23:10", "task_3": "23:10"}
    assert reasons(made) == {"task_1": "is not to start before 07:00"}
    engines.clock.moment = at(23, 10)
    assert {build.task for build in engines.queue.schedule_builds(engines.now)} == {two.id, long.id}
    assert [line["action"] for line in engines.lines("queue_actions.log")][-2:] == ["left out tonight", "first tonight"]

    engines.queue.for_tonight(one.id, engines.now, OWNER, skip=False)  # on second thoughts
    assert [build.task for build in engines.queue.schedule_builds(engines.now)] == [one.id]


def test_what_is_left_out_tonight_is_built_another_time_even_if_it_is_urgent(engines: Engines) -> None:
    engines.clock.moment = at(23, 20)
    task = engines.add(**BUG)

    engines.queue.for_tonight(task.id, engines.now, OWNER, skip=True)

    assert engines.queue.schedule_builds(engines.now) == []
    assert [build.task for build in engines.queue.schedule_builds(at(7, day=4))] == [task.id]


def test_wishes_are_for_what_waits(engines: Engines) -> None:
    running, asks = engines.add("Runs"), engines.add("Asks", category=Category.FEATURE)
    engines.start(running)

    for task, said in ((running, "in progress"), (asks, "needs approval")):
        with pytest.raises(Conflict, match=f"{task.id} is {said}, so there is nothing to plan"):
            engines.queue.for_tonight(task.id, engines.now, OWNER, skip=True)
    with pytest.raises(NotFound):
        engines.queue.for_tonight(TaskId("task_99"), engines.now, OWNER, skip=False)


# -- the plan of the night --------------------------------------------------------------------------------------------


def test_the_plan_of_the_night_is_made_by_the_schedule_though_the_owner_is_writing(engines: Engines) -> None:
    engines.contexts.clear(engines.now)
    engines.clock.moment = at(22, 50)
    engines.add(hours=4.0)
    engines.contexts.active(engines.now)

    assert starts(engines.scheduler.night(engines.now)) == {"task_1": "23:10"}


def test_what_the_owner_said_counts_for_the_night_as_well(engines: Engines) -> None:
    engines.clock.moment = at(22)
    engines.add(hours=4.0)
    engines.contexts.set(Context.AVAILABLE, engines.now, OWNER, until=at(1, day=4))

    assert starts(engines.scheduler.night(engines.now)) == {"task_1": "01:00"}


def test_a_day_that_was_stopped_does_not_hold_the_night(engines: Engines) -> None:
    engines.clock.moment = at(9)
    engines.add()
    with engines.store.transaction():
        engines.overnight.open(SessionKind.WORK, engines.now, engines.now)
    engines.overnight.stop(at(15), OWNER)

    assert starts(engines.scheduler.night(at(15))) == {"task_1": "23:10"}
    assert engines.scheduler.schedule(at(15)).planned == []


def test_what_starts_in_the_night_may_end_in_the_time_behind_it(engines: Engines) -> None:
    engines.clock.moment = at(22, day=6)  # a Friday
    engines.add("Weekend", hours=10.0)
    for number in range(8):
        engines.add(f"Night {number}", hours=5.0, priority=Priority.HIGH)

    made = engines.scheduler.night(engines.now)

    assert made.until == at(7, day=7)
    assert all(entry.start < made.until for entry in made.planned)
    later = [entry for entry in made.left_out if entry.reason.startswith("follows at ")]
    assert later
    assert len(made.planned) + len(later) == 9
    engines.clock.moment = at(23, 10, day=6)
    real = engines.scheduler.schedule(engines.now)
    assert {entry.task.id: entry.start for entry in made.planned} == {
        entry.task.id: entry.start for entry in real.planned if entry.start < made.until
    }


def test_by_hand_in_the_evening_all_slots_are_used(engines: Engines) -> None:
    engines.contexts.clear(engines.now)
    tasks = [engines.add(f"Task {number}", hours=3.0) for number in range(3)]
    assert engines.queue.schedule_builds(engines.now) == []
    assert engines.scheduler.why_waiting(tasks[0].id, engines.now) == "starts at about 23:10"

    engines.overnight.start(engines.now, OWNER)
    engines.contexts.active(engines.now)
    engines.queue.schedule_builds(engines.now)

    assert all(isinstance(engines.task(task).state, Running) for task in tasks)


# -- learned durations ------------------------------------------------------------------------------------------------


def test_how_long_builds_really_take_moves_the_end_and_stands_in_the_reason(engines: Engines) -> None:
    engines.clock.moment = at(1)
    for number in range(12):
        task = engines.add(f"Before {number}", hours=1.0, start_now=True)
        build = engines.start(task)
        engines.clock.advance(hours=2)
        _end(engines, build, hours(2))
    engines.clock.moment = at(1, day=5)
    short, long = engines.add("Short", hours=2.0), engines.add("Long", hours=6.0)

    made = engines.scheduler.schedule(engines.now)

    (entry,) = made.planned
    expected = engines.builds.look_around(engines.now).expected_hours(short)
    assert entry.task.id == short.id
    assert 3.0 < expected < 4.0
    assert (entry.end - entry.start) / timedelta(hours=1) == pytest.approx(expected)
    takes = engines.builds.look_around(engines.now).expected_hours(long)
    assert reasons(made) == {long.id: f"too long for the 6.5 h left (such builds take {takes:.1f} h)"}


def _end(engines: Engines, build: Build, took: timedelta) -> None:
    """The build ends, and its process says how long it took."""
    result = factories.result(Proven(), started_at=engines.now - took, ended_at=engines.now)
    run = engines.executor._runs[build.id]
    run.result, run.alive = result, False
    engines.queue.collect(engines.now)


def test_the_time_left_counts_from_where_it_could_start() -> None:
    task = factories.task(1, hours=6.0)
    around = factories.surroundings(
        CONFIG,
        contexts=does(at(20), (Context.AVAILABLE, 3.0), (Context.SLEEPING, 8.0)),
        estimates=_twice(),
    )

    made = planning.plan([task], [], around, at(20))

    assert reasons(made) == {"task_1": "too long for the 8.3 h left (such builds take 12.0 h)"}


def _twice() -> Any:
    class Twice:
        def hours(self, task: Task, engine: str | None) -> float:
            return task.hours * 2

    return Twice()


def test_estimates_that_are_right_are_not_mentioned() -> None:
    made = plan([factories.task(1, hours=3.0)], at(5), (Context.SLEEPING, 2.0))

    assert reasons(made) == {"task_1": "too long for the 2.5 h left"}
