"""Finished tasks leave the tables that everything looks through, so that these stay small; nothing is deleted."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.model.ids import TaskId
from core.model.task import Cancelled, Completed, DoneByHand, Failed, Rejected, Split, Task, Unmerged

if TYPE_CHECKING:
    from storage.store import JournalStore

KEPT_FOR = timedelta(days=90)
_AT_ONCE = 200


def archive_finished(store: "JournalStore", now: datetime) -> int:
    """Move tasks that ended 90 days ago or earlier, with their builds and approvals, into the archive tables.

    A completed task counts from its merge or discard, and never before; one that an unfinished task depends on stays.
    Returns the number of tasks moved. Raises StoreUnavailable; what was moved until then is moved.
    """
    tasks = store.tasks.all()
    needed = {wanted for task in tasks if _ended_at(task) is None for wanted in task.depends}
    needed |= {
        phase for task in tasks if isinstance(task.state, Split) and task.id in needed for phase in task.state.phases
    }
    due = [task.id for task in tasks if _is_old(task, now) and task.id not in needed]
    for start in range(0, len(due), _AT_ONCE):
        _move(store, due[start : start + _AT_ONCE], now)
    return len(due)


def _move(store: "JournalStore", ids: list[TaskId], now: datetime) -> None:
    with store.transaction():
        moved = set()
        for key in ids:
            task = store.tasks.get(key)
            if task is not None and _is_old(task, now):
                store.archived_tasks.put(key, task)
                store.tasks.remove(key)
                moved.add(key)
        for build in store.builds.all():
            if build.task in moved:
                store.archived_builds.put(build.id, build)
                store.builds.remove(build.id)
        for approval in store.approvals.all():
            if approval.task in moved:
                store.archived_approvals.put(approval.id, approval)
                store.approvals.remove(approval.id)


def _is_old(task: Task, now: datetime) -> bool:
    ended = _ended_at(task)
    return ended is not None and now - ended >= KEPT_FOR


def _ended_at(task: Task) -> datetime | None:
    """When nothing more could happen to it; None if something still can."""
    match task.state:
        case Failed(at=at) | Rejected(at=at) | Cancelled(at=at) | Split(at=at) | DoneByHand(at=at):
            return at
        case Completed(delivery=delivery) if not isinstance(delivery, Unmerged):
            return delivery.at
        case _:
            return None
