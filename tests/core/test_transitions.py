"""The table says of every pair of states whether the second may follow the first."""

from typing import get_args

import pytest

from core.errors import Conflict
from core.model.ids import ApprovalId, BuildId, TaskId
from core.model.task import (
    Cancelled,
    Completed,
    DoneByHand,
    Failed,
    NeedsApproval,
    Queued,
    Rejected,
    Running,
    Split,
    TaskState,
    Unmerged,
)
from core.transitions import ALLOWED, FINISHED, label, move
from tests import factories
from tests.factories import NOW

STATES: list[TaskState] = [
    NeedsApproval(approval=ApprovalId("approval_1")),
    Queued(since=NOW),
    Running(build=BuildId("task_1-1"), since=NOW),
    Completed(build=BuildId("task_1-1"), at=NOW, delivery=Unmerged()),
    Failed(build=BuildId("task_1-1"), at=NOW, reason="red"),
    Rejected(at=NOW, by=None),
    Cancelled(at=NOW, by=None),
    Split(at=NOW, by=None, phases=(TaskId("task_2"),)),
    DoneByHand(at=NOW, by=None),
]


def test_the_table_knows_every_state() -> None:
    assert set(ALLOWED) == set(get_args(TaskState)) == {type(state) for state in STATES}
    assert set(FINISHED) <= set(ALLOWED)


@pytest.mark.parametrize("after", STATES, ids=label)
@pytest.mark.parametrize("before", STATES, ids=label)
def test_each_pair_is_allowed_or_refused(before: TaskState, after: TaskState) -> None:
    task = factories.task(state=before)

    if type(after) in ALLOWED[type(before)]:
        assert move(task, after).state == after
    else:
        with pytest.raises(Conflict, match=f"task_1 is {label(before)}, so it can't become {label(after)}."):
            move(task, after)


def test_nothing_is_built_without_having_been_queued() -> None:
    assert [label(state) for state in STATES if Running in ALLOWED[type(state)]] == ["queued"]


def test_only_a_build_completes_a_task() -> None:
    from_elsewhere = [state for state in STATES if Completed in ALLOWED[type(state)]]

    assert [label(state) for state in from_elsewhere] == ["in progress", "completed"]
