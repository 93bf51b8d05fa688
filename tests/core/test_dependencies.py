"""What waits for what; circles are refused with their way round spelled out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import dependencies
from core.errors import Refused
from core.model.ids import BuildId, TaskId
from core.model.task import Cancelled, Completed, DoneByHand, Failed, Queued, Rejected, Split, Task, TaskState, Unmerged
from tests import factories
from tests.factories import NOW

ONE, TWO, THREE, FOUR = (TaskId(f"task_{number}") for number in (1, 2, 3, 4))


def graph(**depends: tuple[TaskId, ...]) -> dict[TaskId, Task]:
    tasks = [factories.task(int(name[1:]), depends=on) for name, on in depends.items()]
    return {task.id: task for task in tasks}


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(Refused, match=r"There is no task_3 to wait for. /queue lists the tasks."):
        dependencies.check(FOUR, [ONE, THREE], graph(t1=()))


def test_a_task_cannot_wait_for_itself() -> None:
    with pytest.raises(Refused, match=r"task_1 can't wait for itself."):
        dependencies.check(ONE, [ONE], graph(t1=()))


def test_a_circle_is_spelled_out() -> None:
    tasks = graph(t1=(), t2=(ONE,), t3=(TWO,))

    with pytest.raises(Refused) as refusal:
        dependencies.check(ONE, [THREE], tasks)

    assert "task_1 → task_3 → task_2 → task_1." in str(refusal.value)


def test_a_diamond_is_no_circle() -> None:
    dependencies.check(FOUR, [TWO, THREE], graph(t1=(), t2=(ONE,), t3=(ONE,)))


@pytest.mark.parametrize(
    ("state", "waits", "lost"),
    [
        (Queued(since=NOW), True, False),
        (Completed(build=BuildId("task_1-1"), at=NOW, delivery=Unmerged()), False, False),
        (Failed(build=BuildId("task_1-1"), at=NOW, reason="red"), True, True),
        (Rejected(at=NOW, by=None), True, True),
        (Cancelled(at=NOW, by=None), True, True),
        (DoneByHand(at=NOW, by=None), False, False),
        (Split(at=NOW, by=None, phases=(THREE,)), True, False),
    ],
)
def test_only_a_completed_task_sets_others_free(state: TaskState, waits: bool, lost: bool) -> None:
    first, second = factories.task(1, state=state), factories.task(2, depends=(ONE,))
    tasks = {first.id: first, second.id: second}

    assert dependencies.waits_for(second, tasks) == ([ONE] if waits else [])
    assert dependencies.lost(second, tasks) == ([ONE] if lost else [])


DONE = Completed(build=BuildId("task_3-1"), at=NOW, delivery=Unmerged())


@pytest.mark.parametrize(
    ("phases", "waits", "lost"),
    [
        ((DONE, DONE), False, False),
        ((DONE, DoneByHand(at=NOW, by=None)), False, False),
        ((DONE, Queued(since=NOW)), True, False),
        ((DONE, Cancelled(at=NOW, by=None)), True, True),
    ],
)
def test_a_split_task_is_there_when_all_its_phases_are(phases: tuple[TaskState, ...], waits: bool, lost: bool) -> None:
    split = factories.task(1, state=Split(at=NOW, by=None, phases=(THREE, FOUR)))
    second = factories.task(2, depends=(ONE,))
    made = [factories.task(number, state=state) for number, state in enumerate(phases, start=3)]
    tasks = {task.id: task for task in (split, second, *made)}

    assert dependencies.waits_for(second, tasks) == ([ONE] if waits else [])
    assert dependencies.lost(second, tasks) == ([ONE] if lost else [])
    assert dependencies.sources(second, tasks)[0] == THREE


def test_behind_what_was_done_by_hand_stand_the_results_before_it() -> None:
    by_hand = DoneByHand(at=NOW, by=None)
    tasks = graph(t1=(), t2=(ONE,), t3=(TWO, ONE), t4=(THREE,))
    for number in (TWO, THREE):
        tasks[number] = factories.task(int(number[-1]), depends=tasks[number].depends, state=by_hand)

    assert dependencies.sources(tasks[FOUR], tasks) == [ONE]


@given(st.dictionaries(st.integers(1, 8), st.lists(st.integers(1, 8), max_size=3), max_size=8))
def test_whatever_is_accepted_can_be_built_in_some_order(wanted: dict[int, list[int]]) -> None:
    tasks = {TaskId(f"task_{number}"): factories.task(number) for number in range(1, 9)}
    for number, others in wanted.items():
        task_id, depends = TaskId(f"task_{number}"), tuple(TaskId(f"task_{other}") for other in others)
        try:
            dependencies.check(task_id, depends, tasks)
        except Refused:
            continue
        tasks[task_id] = factories.task(number, depends=depends)

    left = dict(tasks)
    while left:
        free = [task.id for task in left.values() if not any(other in left for other in task.depends)]
        assert free, f"a circle among {list(left)}"
        for task_id in free:
            del left[task_id]
