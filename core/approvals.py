"""Approvals: a question is a durable record, answered once, by a person; reminded of, and closed when it expires."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from core import audit, notifications
from core.errors import Conflict, NotFound
from core.model.approval import Approval, Approved, Declined, Lapsed, Modified, Open
from core.model.decision import Decision, Stage, Verdict
from core.model.ids import ApprovalId, TaskId, UserId
from core.model.notification import ApprovalAsked, QuestionExpired
from core.model.task import Cancelled, Category, Completed, NeedsApproval, Queued, Rejected, Task, Unmerged
from core.ports import Store
from core.transitions import label, move

REMIND_AFTER = timedelta(days=1)
REPEAT_AFTER = timedelta(minutes=30)
REPEATS = 3
"""How often an escalation is repeated while nobody has acknowledged it."""


class Batch(msgspec.Struct, frozen=True):
    """What became of several questions that were answered in one go."""

    tasks: list[Task]
    """That were answered."""
    left: list[Approval]
    """Still open: each of these has to be answered by itself."""


def ask(store: Store, task: Task, decision: Decision, stage: Stage, days: float, now: datetime) -> Approval:
    """Record the question, inside the caller's transaction; `tell` records its notification."""
    approval = Approval(
        id=ApprovalId(f"approval_{store.number('approval')}"),
        task=task.id,
        reason=decision.reason,
        rule=decision.rule,
        risk=decision.risk,
        stage=stage,
        escalated=decision.verdict is Verdict.ESCALATE,
        asked_at=now,
        expires_at=now + timedelta(days=days),
        state=Open(),
    )
    store.approvals.put(approval.id, approval)
    return approval


def tell(store: Store, approval: Approval, task: Task, now: datetime) -> None:
    """Record the message that puts the question, inside the caller's transaction."""
    notifications.record(store, ApprovalAsked(approval=approval.id, round=approval.told), task.chat, now)


def close(store: Store, approval_id: ApprovalId | None, now: datetime) -> None:
    """Mark an open question as moot, inside the caller's transaction."""
    approval = store.approvals.get(approval_id) if approval_id is not None else None
    if approval is not None and isinstance(approval.state, Open):
        store.approvals.put(approval.id, msgspec.structs.replace(approval, state=Lapsed(at=now)))


def settle(store: Store, approval_id: ApprovalId | None, state: Approved | Declined | Modified) -> None:
    """Record the answer to a question if it is still open, inside the caller's transaction."""
    approval = store.approvals.get(approval_id) if approval_id is not None else None
    if approval is not None and isinstance(approval.state, Open):
        store.approvals.put(approval.id, msgspec.structs.replace(approval, state=state))


def is_open(store: Store, approval: Approval) -> bool:
    """Whether it waits for an answer: a question about a result is settled when that is merged or dropped."""
    if not isinstance(approval.state, Open):
        return False
    task = store.tasks.get(approval.task)
    return task is not None and question_of(task) == approval.id


def question_of(task: Task) -> ApprovalId | None:
    """The question that the task's state waits for, if any."""
    match task.state:
        case NeedsApproval(approval=approval):
            return approval
        case Completed(delivery=Unmerged(question=question)):
            return question
    return None


class Approvals:
    """Answers questions, and does not let them be forgotten."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self) -> list[Approval]:
        """The questions that wait, oldest first."""
        asked = [approval for approval in self._store.approvals.all() if type(approval.state) is Open]
        return [approval for approval in asked if is_open(self._store, approval)]

    def find(self, approval_id: ApprovalId) -> Approval:
        """One question. Raises NotFound."""
        found = self._store.approvals.get(approval_id)
        if found is None:
            raise NotFound("That question is not known any more.")
        return found

    def about(self, task_id: TaskId) -> Approval:
        """The open question about a task. Raises NotFound, or Conflict when there is none."""
        task = self._store.tasks.get(task_id)
        if task is None:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        waiting = question_of(task)
        approval = self._store.approvals.get(waiting) if waiting is not None else None
        if approval is None or not isinstance(approval.state, Open):
            before = [one for one in self._store.approvals.all() if one.task == task_id]
            raise Conflict(self._closed(before[-1]) if before else f"{task_id} does not wait for an approval.")
        return approval

    def answer(self, approval_id: ApprovalId, *, yes: bool, by: UserId | None, now: datetime) -> Task:
        """Record the answer to whether a task may be built, and move the task on; returns the task.

        What a question about a result is answered by is a merge or a discard, see `core.shipping`. Raises NotFound, or
        Conflict when it is answered or expired already; nothing changes then.
        """
        with self._store.transaction():
            approval = self.check_open(approval_id, now)
            task = self._store.tasks.get(approval.task)
            if task is None:
                raise NotFound(f"{approval.task} is gone.")
            if approval.stage is Stage.RESULT:
                raise Conflict(f"{task.id} is built: merge it, or discard it.")
            if yes:
                task = msgspec.structs.replace(move(task, Queued(since=now)), approved_at=now)
                state: Approved | Declined = Approved(by=by, at=now)
            else:
                task, state = move(task, Rejected(at=now, by=by)), Declined(by=by, at=now)
            self._store.approvals.put(approval.id, msgspec.structs.replace(approval, state=state))
            self._store.tasks.put(task.id, task)
            notifications.tell_dependents(self._store, task, now)
            self._note("approved" if yes else "rejected", task, audit.actor(by), approval, now)
        return task

    def answer_task(self, task_id: TaskId, *, yes: bool, by: UserId | None, now: datetime) -> Task:
        """As `answer`, for the open question about a task."""
        return self.answer(self.about(task_id).id, yes=yes, by=by, now=now)

    def answer_all(self, category: Category | None, *, yes: bool, by: UserId | None, now: datetime) -> Batch:
        """Answer whether tasks may be built, all that are asked now or those of a category.

        What was escalated, and what is to be merged, is left: it wants a look of its own.
        """
        answered: list[Task] = []
        left: list[Approval] = []
        with self._store.transaction():
            for approval in self.open():
                task = self._store.tasks.get(approval.task)
                if task is None or (category is not None and task.category is not category):
                    continue
                if approval.escalated or approval.stage is Stage.RESULT or approval.expires_at <= now:
                    left.append(approval)
                else:
                    answered.append(self.answer(approval.id, yes=yes, by=by, now=now))
        return Batch(answered, left)

    def acknowledge(self, approval_id: ApprovalId, by: UserId | None, now: datetime) -> Approval:
        """Somebody has seen an escalation; it waits for the answer, and is not repeated. Again: the same.

        Raises NotFound, or Conflict when it is answered or expired already.
        """
        with self._store.transaction():
            approval = self.check_open(approval_id, now)
            if approval.seen_at is None:
                approval = msgspec.structs.replace(approval, seen_by=by, seen_at=now)
                self._store.approvals.put(approval.id, approval)
                task = self._store.tasks.get(approval.task)
                if task is not None:
                    self._note("seen", task, audit.actor(by), approval, now)
        return approval

    def remind(self, now: datetime) -> list[Approval]:
        """Ask again what nobody has answered: an escalation each half hour until it is acknowledged, three times at
        most; the others once, after a day. Returns those that were asked again."""
        due = [approval for approval in self.open() if _is_due(approval, now)]
        if not due:
            return []
        told = []
        with self._store.transaction():
            for approval in due:
                present, task = self._store.approvals.get(approval.id), self._store.tasks.get(approval.task)
                if present == approval and task is not None and is_open(self._store, present):
                    again = msgspec.structs.replace(approval, told=approval.told + 1, told_at=now)
                    self._store.approvals.put(again.id, again)
                    tell(self._store, again, task, now)
                    told.append(again)
        return told

    def lapse(self, now: datetime) -> list[TaskId]:
        """Close the questions that have expired; tasks that were not built are cancelled. Returns the tasks."""
        expired = [approval for approval in self.open() if approval.expires_at <= now]
        if not expired:
            return []
        with self._store.transaction():
            for approval in expired:
                if not is_open(self._store, approval):
                    continue
                closed = msgspec.structs.replace(approval, state=Lapsed(at=now, expired=True))
                self._store.approvals.put(approval.id, closed)
                task = self._store.tasks.get(approval.task)
                if task is not None and isinstance(task.state, NeedsApproval):
                    task = move(task, Cancelled(at=now, by=None))
                    self._store.tasks.put(task.id, task)
                    notifications.tell_dependents(self._store, task, now)
                    notifications.record(self._store, QuestionExpired(approval=approval.id), task.chat, now)
                if task is not None:
                    self._note("question expired", task, audit.BY_ITSELF, approval, now)
        return [approval.task for approval in expired]

    def check_open(self, approval_id: ApprovalId, now: datetime) -> Approval:
        """The question, if it can be answered now. Raises NotFound, or Conflict that tells how it was settled."""
        approval = self.find(approval_id)
        if not isinstance(approval.state, Open) or not is_open(self._store, approval):
            raise Conflict(self._closed(approval))
        if approval.expires_at <= now:
            raise Conflict(f"The question about {approval.task} has expired.")
        return approval

    def _closed(self, approval: Approval) -> str:
        what = f"The question about {approval.task}"
        match approval.state:
            case Approved(by=by):
                return f"{approval.task} was approved already{self._named(by)}."
            case Declined(by=by):
                return f"{approval.task} was rejected already{self._named(by)}."
            case Modified(by=by):
                return f"{approval.task} was changed and queued already{self._named(by)}."
            case Lapsed(expired=True):
                return f"{what} has expired."
        return f"{what} is closed."

    def _named(self, person: UserId | None) -> str:
        owner = self._store.owners.get(str(person)) if person is not None else None
        return f", by {owner.name}" if owner is not None else ""

    def _note(self, action: str, task: Task, actor: str, approval: Approval, now: datetime) -> None:
        more: dict[str, Any] = {"title": task.title, "approval": approval.id, "rule": approval.rule or None}
        audit.note(self._store, audit.QUEUE, action, now, actor=actor, task=task.id, state=label(task.state), **more)


def _is_due(approval: Approval, now: datetime) -> bool:
    if approval.expires_at <= now:
        return False
    since = approval.told_at or approval.asked_at
    if not approval.escalated:
        return approval.told == 0 and now - since >= REMIND_AFTER
    return approval.seen_at is None and approval.told < REPEATS and now - since >= REPEAT_AFTER
