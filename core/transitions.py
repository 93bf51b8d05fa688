"""The one table of which task state may follow which."""

import msgspec

from core.errors import Conflict
from core.model.task import (
    Cancelled,
    Completed,
    Discarded,
    Failed,
    NeedsApproval,
    Queued,
    Rejected,
    RolledBack,
    Running,
    Task,
    TaskState,
)

ALLOWED: dict[type[TaskState], tuple[type[TaskState], ...]] = {
    NeedsApproval: (Queued, Rejected, Cancelled),
    Queued: (Running, NeedsApproval, Cancelled),
    Running: (Completed, Failed, Cancelled, Queued),
    Completed: (Completed, Queued, NeedsApproval),
    Failed: (Queued, NeedsApproval, Cancelled),
    Rejected: (Queued, NeedsApproval),
    Cancelled: (Queued, NeedsApproval),
}
FINISHED = (Completed, Failed, Rejected, Cancelled)


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
