"""Approvals: a question is a durable record, answered once, by a person."""

from datetime import datetime, timedelta

import msgspec

from core import notifications
from core.errors import Conflict, NotFound
from core.model.approval import Approval, Approved, Declined, Lapsed, Open
from core.model.ids import ApprovalId, TaskId, UserId
from core.model.notification import ApprovalAsked
from core.model.task import Cancelled, NeedsApproval, Queued, Rejected, Task
from core.ports import Store
from core.transitions import move


def ask(store: Store, task: Task, reason: str, *, escalated: bool, days: float, now: datetime) -> NeedsApproval:
    """Record the question and its notification, inside the caller's transaction; returns the task's new state."""
    approval = Approval(
        id=ApprovalId(f"approval_{store.number('approval')}"),
        task=task.id,
        reason=reason,
        escalated=escalated,
        asked_at=now,
        expires_at=now + timedelta(days=days),
        state=Open(),
    )
    store.approvals.put(approval.id, approval)
    notifications.record(store, ApprovalAsked(approval=approval.id), task.chat, now)
    return NeedsApproval(approval=approval.id)


class Approvals:
    """Answers questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self) -> list[Approval]:
        """The questions that wait, oldest first."""
        return [approval for approval in self._store.approvals.all() if isinstance(approval.state, Open)]

    def find(self, approval_id: ApprovalId) -> Approval:
        """One question. Raises NotFound."""
        found = self._store.approvals.get(approval_id)
        if found is None:
            raise NotFound("That question is not known any more.")
        return found

    def answer(self, approval_id: ApprovalId, *, yes: bool, by: UserId | None, now: datetime) -> Task:
        """Record the answer and move the task on; returns the task.

        Raises NotFound, or Conflict when it is answered or expired already; nothing changes then.
        """
        with self._store.transaction():
            approval = self.find(approval_id)
            self._refuse_unless_open(approval, now)
            task = self._store.tasks.get(approval.task)
            if task is None:
                raise NotFound(f"{approval.task} is gone.")
            if yes:
                task = msgspec.structs.replace(move(task, Queued(since=now)), approved_at=now)
                state: Approved | Declined = Approved(by=by, at=now)
            else:
                task, state = move(task, Rejected(at=now, by=by)), Declined(by=by, at=now)
            self._store.approvals.put(approval.id, msgspec.structs.replace(approval, state=state))
            self._store.tasks.put(task.id, task)
            notifications.tell_dependents(self._store, task, now)
        return task

    def answer_task(self, task_id: TaskId, *, yes: bool, by: UserId | None, now: datetime) -> Task:
        """As `answer`, for the open question about a task."""
        task = self._store.tasks.get(task_id)
        if task is None:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        if not isinstance(task.state, NeedsApproval):
            raise Conflict(f"{task_id} does not wait for an approval.")
        return self.answer(task.state.approval, yes=yes, by=by, now=now)

    def lapse(self, now: datetime) -> list[TaskId]:
        """Close the questions that have expired; their tasks are cancelled, and returned."""
        expired = [approval for approval in self.open() if approval.expires_at <= now]
        if not expired:
            return []
        with self._store.transaction():
            for approval in expired:
                close(self._store, approval.id, now)
                task = self._store.tasks.get(approval.task)
                if task is not None and isinstance(task.state, NeedsApproval):
                    task = move(task, Cancelled(at=now, by=None))
                    self._store.tasks.put(task.id, task)
                    notifications.tell_dependents(self._store, task, now)
        return [approval.task for approval in expired]

    @staticmethod
    def _refuse_unless_open(approval: Approval, now: datetime) -> None:
        match approval.state:
            case Approved():
                raise Conflict(f"{approval.task} was approved already.")
            case Declined():
                raise Conflict(f"{approval.task} was rejected already.")
            case Lapsed():
                raise Conflict(f"The question about {approval.task} is closed.")
        if approval.expires_at <= now:
            raise Conflict(f"The question about {approval.task} has expired.")


def close(store: Store, approval_id: ApprovalId, now: datetime) -> None:
    """Mark an open question as moot, inside the caller's transaction."""
    approval = store.approvals.get(approval_id)
    if approval is not None and isinstance(approval.state, Open):
        store.approvals.put(approval.id, msgspec.structs.replace(approval, state=Lapsed(at=now)))
