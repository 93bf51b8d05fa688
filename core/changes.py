"""Changes of a task by a person: who changes it wants it built so, which answers the question about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from core import approvals, audit, notifications, task_text
from core.decisions import Decisions
from core.errors import Conflict, NotFound, Refused
from core.model.approval import Modified
from core.model.decision import Verdict
from core.model.ids import TaskId, UserId
from core.model.task import Completed, Merged, Priority, Queued, Running, Task
from core.ports import Store
from core.transitions import label, move


class Changes:
    """Title, description, hours and priority can be changed as long as a task is not being built or merged."""

    def __init__(self, store: Store, decisions: Decisions) -> None:
        self._store = store
        self._decisions = decisions

    def check(self, task_id: TaskId) -> Task:
        """The task, if it can be changed now. Raises NotFound or Conflict."""
        task = self._store.tasks.get(task_id)
        if task is None:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        match task.state:
            case Running():
                raise Conflict(f"{task_id} is being built. Stop it first: /cancel {task_id}")
            case Completed(delivery=Merged()):
                raise Conflict(f"{task_id} is merged. Add a new task for what is missing.")
        return task

    def change(self, task_id: TaskId, by: UserId | None, now: datetime, **changes: Any) -> Task:
        """Change fields of a task (names and types as in `Task`) and put it into the queue; returns the task.

        One that was asked about is approved by this, unless its new words escalate it: then it is asked about anew.
        Raises NotFound, Conflict, or Refused when the values are not possible or nothing would change.
        """
        changes = _checked(changes)
        with self._store.transaction():
            before = self.check(task_id)
            task = msgspec.structs.replace(before, **changes, modified=True)
            what = describe(before, task)
            if not what:
                raise Refused(f"That is what {task_id} says already.")
            question = approvals.question_of(before)
            approvals.settle(self._store, question, Modified(by=by, at=now, what=what))
            if not isinstance(task.state, Queued):
                task = move(task, Queued(since=now))
            self._note(task, what, by, now)
            if self._decisions.by_the_rules(task).verdict is Verdict.ESCALATE:
                task = self._decisions.enter(msgspec.structs.replace(task, approved_at=None), now)
            else:
                task = msgspec.structs.replace(task, approved_at=now)
            self._store.tasks.put(task.id, task)
            notifications.tell_dependents(self._store, task, now)
        return task

    def _note(self, task: Task, what: str, by: UserId | None, now: datetime) -> None:
        more: dict[str, Any] = {
            "project": task.project,
            "title": task.title,
            "state": label(task.state),
            "changes": what,
        }
        audit.note(self._store, audit.QUEUE, "changed", now, actor=audit.actor(by), task=task.id, **more)


def describe(before: Task, after: Task) -> str:
    """What differs, in plain words; empty when nothing does."""
    parts = []
    if before.title != after.title:
        parts.append(f"title “{after.title}”")
    if before.description != after.description:
        parts.append("description")
    if before.hours != after.hours:
        parts.append(f"{before.hours:g} h to {after.hours:g} h")
    if before.priority is not after.priority:
        parts.append(f"{before.priority.value} to {after.priority.value}")
    return ", ".join(parts)


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    checks: dict[str, Callable[[Any], Any]] = {
        "title": task_text.clean_title,
        "description": lambda text: task_text.clean_text(text, "description"),
        "hours": task_text.check_hours,
        "priority": Priority,
    }
    return {name: checks[name](value) for name, value in changes.items()}
