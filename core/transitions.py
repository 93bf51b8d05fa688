"""The one table of which task state may follow which."""

import msgspec

from core.errors import Conflict
from core.model.task import (
    Cancelled,
    Completed,
    Discarded,
    DoneByHand,
    Failed,
    NeedsApproval,
    Queued,
    Rejected,
    RolledBack,
    Running,
    Split,
    Task,
    TaskState,
)

ALLOWED: dict[type[TaskState], tuple[type[TaskState], ...]] = {
    NeedsApproval: (Queued, Rejected, Cancelled, Split, DoneByHand),
    Queued: (Running, NeedsApproval, Cancelled, Split, DoneByHand),
    Running: (Completed, Failed, Cancelled, Queued),
    Completed: (Completed, Queued, NeedsApproval),
    Failed: (Queued, NeedsApproval, Cancelled, DoneByHand),
    Rejected: (Queued, NeedsApproval, DoneByHand),
    Cancelled: (Queued, NeedsApproval, DoneByHand),
    Split: (),
    DoneByHand: (),
}
FINISHED = (Completed, Failed, Rejected, Cancelled, DoneByHand)


def is_withdrawn(task: Task) -> bool:
    """Whether it was completed, and its result was discarded or rolled back since."""
    return isinstance(task.state, Completed) and isinstance(task.state.delivery, Discarded | RolledBack)


def label(state: TaskState) -> str:
    """The state's name as it is stored and shown: `queued`, `needs approval`, `in progress`, ..."""
    return str(state.__struct_config__.tag)


def move(task: Task, state: TaskState) -> Task:
    """The task in its new state. Raises Conflict when that state can't follow the present one."""

    if type(state) not in ALLOWED[type(task.state)]:
        raise Conflict(f"{task.id} is {label(task.state)}, so it can't become {label(state)}.")
    return msgspec.structs.replace(task, state=state)
