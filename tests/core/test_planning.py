"""What runs in a window, on which slot, and why the rest does not."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import planning, priority, windows
from core.model.build import Build
from core.model.config import Config
from core.model.ids import ApprovalId, BuildId, ProjectName, TaskId
from core.model.task import Cancelled, Category, Completed, NeedsApproval, Priority, Queued, Running, Task, Unmerged
from tests import factories
from tests.factories import NOW, hours

CONFIG = factories.config()
PROJECTS = {ProjectName("shop"): factories.project()}
NO_WINDOW = datetime(2026, 3, 4, 18, 45, tzinfo=UTC)
DONE = Completed(build=BuildId("task_1-1"), at=NOW, delivery=Unmerged())


def plan(
    tasks: Sequence[Task], running: Sequence[Build] = (), now: datetime = NOW, config: Config = CONFIG
) -> planning.Plan:
    return planning.plan(tasks, running, factories.surroundings(config), now)


def starts(made: planning.Plan) -> list[tuple[str, int, timedelta]]:
    return [(entry.task.id, entry.slot, entry.start - made.now) for entry in made.planned]


def reasons(made: planning.Plan) -> dict[str, str]:
    return {entry.task.id: entry.reason for entry in made.left_out}


def test_three_start_at_once_and_the_fourth_follows_on_the_first_free_slot() -> None:
    tasks = [factories.task(number, hours=length) for number, length in enumerate((2.0, 0.5, 1.0, 2.0), 1)]

    made = plan(tasks)

    now, later = timedelta(), timedelta(minutes=30)
    assert starts(made) == [("task_2", 1, now), ("task_3", 2, now), ("task_1", 3, now), ("task_4", 1, later)]
    assert made.until == datetime(2026, 3, 4, 7, 30, tzinfo=UTC)


def test_the_better_score_goes_first() -> None:
    tasks = [factories.task(1, priority=Priority.LOW), factories.task(2, priority=Priority.CRITICAL)]

    assert [entry.task.id for entry in plan(tasks, config=factories.config(max_builds=1)).planned] == [
        "task_2",
        "task_1",
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": NeedsApproval(approval=ApprovalId("approval_1"))}, "needs approval"),
        ({"depends": (TaskId("task_9"),)}, "blocked by task_9"),
        ({"project": None}, "no project is set"),
        ({"project": ProjectName("gone")}, "project gone is not registered any more"),
        ({"hours": 8.0}, "too long for the overnight window; waits for work hours"),
        ({"hours": 12.0}, "too long for the overnight window; waits for weekend"),
    ],
)
def test_each_task_that_is_left_out_says_why(changes: dict[str, object], reason: str) -> None:
    made = plan([factories.task(1, **changes), factories.task(9, state=Cancelled(at=NOW, by=None))])

    assert reasons(made) == {"task_1": reason}


def test_without_any_project_the_reason_says_so() -> None:
    made = planning.plan([factories.task(1, project=None)], [], factories.surroundings(CONFIG, projects={}), NOW)

    assert reasons(made) == {"task_1": "no project is registered"}


def test_without_an_agent_only_tasks_with_a_command_start() -> None:
    tasks = [factories.task(1), factories.task(2, command="make docs")]

    made = plan(tasks, config=factories.config(agent_templates=()))

    assert [entry.task.id for entry in made.planned] == ["task_2"]
    assert reasons(made) == {"task_1": "no agent is installed; /agents tells how to get one"}


def test_outside_every_window_a_task_waits_for_the_next_one_that_fits() -> None:
    made = plan([factories.task(1), factories.task(2, hours=4.0)], now=NO_WINDOW)

    assert made.until == NO_WINDOW
    assert reasons(made) == {
        "task_1": "waits for the quick win window (Wed 19:00)",
        "task_2": "waits for the overnight window (Wed 23:00)",
    }


def test_nothing_starts_that_cannot_finish_in_the_time_ahead() -> None:
    five = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)

    made = plan([factories.task(1, hours=2.5), factories.task(2, hours=2.6)], now=five)

    assert [entry.task.id for entry in made.planned] == ["task_1"]
    assert reasons(made) == {"task_2": "too long for the 2.5 h left"}


def test_when_every_slot_is_taken_until_the_end_the_reason_says_so() -> None:
    running = [factories.build(f"task_{number}-1", hours=12.0) for number in (7, 8, 9)]

    made = plan([factories.task(1)], running)

    assert reasons(made) == {"task_1": "waits for the work hours window (Wed 09:00)"}


def test_a_long_list_of_blockers_is_cut_short() -> None:
    blockers = tuple(TaskId(f"task_{number}") for number in range(2, 402))

    made = plan([factories.task(1, depends=blockers)])

    assert reasons(made) == {"task_1": "blocked by task_2, task_3, task_4 and 397 more"}


def test_urgent_tasks_run_at_any_time_however_long() -> None:
    tasks = [
        factories.task(1, category=Category.BUG, priority=Priority.HIGH, hours=12.0),
        factories.task(2, start_now=True, hours=12.0),
        factories.task(3),
    ]

    made = plan(tasks, now=NO_WINDOW)

    assert starts(made) == [("task_1", 1, timedelta()), ("task_2", 2, timedelta())]
    assert list(reasons(made)) == ["task_3"]


def test_urgent_tasks_wait_for_their_approval_and_their_dependencies_all_the_same() -> None:
    tasks = [
        factories.task(1, start_now=True, state=NeedsApproval(approval=ApprovalId("approval_1"))),
        factories.task(2, start_now=True, depends=(TaskId("task_1"),)),
    ]

    assert reasons(plan(tasks)) == {"task_1": "needs approval", "task_2": "blocked by task_1"}


def test_a_task_goes_on_when_all_it_waits_for_is_completed() -> None:
    done = factories.task(1, state=DONE)

    assert starts(plan([done, factories.task(2, depends=(done.id,))])) == [("task_2", 1, timedelta())]


def test_running_builds_hold_their_slots_until_their_estimated_end() -> None:
    running = [factories.build("task_8-1", hours=1.0), factories.build("task_9-1", hours=0.01)]
    tasks = [
        factories.task(8, state=Running(build=BuildId("task_8-1"), since=NOW)),
        *(factories.task(number, hours=1.0) for number in (1, 2, 3)),
    ]

    made = plan(tasks, running, now=NOW + timedelta(minutes=30))

    minute = timedelta(minutes=1)
    # The second build is late: it is expected to end in a minute, however long it takes.
    assert starts(made) == [("task_1", 3, timedelta()), ("task_2", 2, minute), ("task_3", 1, timedelta(minutes=30))]


def test_more_builds_than_slots_leave_nothing_to_start_now() -> None:
    running = [factories.build(f"task_{number}-1", hours=1.0) for number in (7, 8, 9)]

    made = plan([factories.task(1)], running, config=factories.config(max_builds=1))

    assert starts(made) == [("task_1", 1, timedelta(hours=1))]


def test_a_task_is_planned_for_when_its_pause_or_the_usage_limit_of_its_agent_ends() -> None:
    later, far = NOW + hours(2), NOW + hours(30)
    pause = factories.task(1, state=Queued(since=NOW, not_before=later), command="make docs")
    limited = factories.task(2, agent="agent")
    never = factories.task(3, state=Queued(since=NOW, not_before=far), command="make docs")
    around = factories.surroundings(CONFIG, limited={"agent": NOW + hours(1)})

    made = planning.plan([pause, limited, never], [], around, NOW)

    assert [(entry.task.id, entry.start - NOW) for entry in made.planned] == [
        ("task_2", hours(1)),
        ("task_1", hours(2)),
    ]
    assert reasons(made) == {"task_3": "is not to start before Thu 02:00"}
    assert planning.due([pause, limited, never], [], around, NOW) == []


queues = st.lists(
    st.builds(
        lambda weight, category, length, depends, state: (weight, category, length, depends, state),
        st.sampled_from(Priority),
        st.sampled_from(Category),
        st.floats(0.1, 12),
        st.lists(st.integers(1, 12), max_size=2),
        st.sampled_from([Queued(since=NOW), Queued(since=NOW), NeedsApproval(approval=ApprovalId("approval_1")), DONE]),
    ),
    max_size=12,
)


@given(
    queues,
    st.lists(st.floats(0.1, 12), max_size=4),
    st.integers(1, 4),
    st.integers(0, 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
)
def test_every_plan_keeps_its_promises(
    rows: list[tuple[Priority, Category, float, list[int], Queued]],
    running: list[float],
    count: int,
    now: datetime,
) -> None:
    tasks = [
        factories.task(
            number,
            priority=weight,
            category=category,
            hours=length,
            depends=tuple(TaskId(f"task_{other}") for other in depends if other != number),
            state=state,
        )
        for number, (weight, category, length, depends, state) in enumerate(rows, 1)
    ]
    builds = [
        factories.build(f"task_{90 + number}-1", hours=length, started_at=now - hours(0.5))
        for number, length in enumerate(running)
    ]

    made = plan(tasks, builds, now, factories.config(Path("home"), max_builds=count))

    waiting = [task.id for task in tasks if isinstance(task.state, Queued | NeedsApproval)]
    mentioned = [entry.task.id for entry in made.planned] + [entry.task.id for entry in made.left_out]
    assert sorted(mentioned) == sorted(waiting)  # each exactly once
    for entry in made.planned:
        assert entry.end - entry.start == timedelta(hours=entry.task.hours)
        assert entry.start >= now
        assert 1 <= entry.slot <= count
        if not priority.is_urgent(entry.task):
            assert entry.end <= windows.autonomous_until(now, CONFIG)
            assert any(window.max_hours >= entry.task.hours for window in windows.open_at(entry.start, CONFIG))
    for slot in range(1, count + 1):
        on_it = [entry for entry in made.planned if entry.slot == slot]
        # Each moment is rounded to a microsecond by itself.
        assert all(a.end <= b.start + timedelta(microseconds=1) for a, b in itertools.pairwise(on_it))
    at_once = sum(entry.start == now for entry in made.planned)
    assert at_once <= max(count - len(builds), 0)
