"""What is written about a delivery: commit messages, lines of the log, and the changed states of tasks."""

from datetime import datetime

import msgspec

from core import outcomes
from core.model.build import Build, BuildResult
from core.model.ids import UserId
from core.model.task import Completed, Delivery, Discarded, Merged, NotPushed, Push, RolledBack, Task

LOG = "queue_actions.log"
BY_ITSELF = "jarvis"
"""The actor in the log where no person asked."""


def merge_message(task: Task, build: Build, result: BuildResult) -> str:
    """Subject, proof and trailers of the merge commit."""
    return f"Merge {task.id}: {task.title}\n\n{outcomes.reason(result)}\n\n{_trailers(build)}"


def rollback_message(task: Task, build: Build, merge: str) -> str:
    """Subject and trailers of the commit that takes a merge back."""
    return f"Roll back {task.id}: {task.title}\n\nThis takes back the merge {merge}.\n\n{_trailers(build)}"


def log_line(action: str, build: Build, by: UserId | str | None, now: datetime, **more: object) -> dict[str, object]:
    """A line of the log: what, who (the id of a person), on which task and build."""
    actor = "command line" if by is None else by
    return {"at": now.isoformat(), "action": action, "actor": actor, "task": build.task, "build": build.id, **more}


def caught_up(task: Task, state: Completed) -> Task:
    """The task when the owner's checkout is up to date again."""
    if not isinstance(state.delivery, Merged | RolledBack):
        return task
    return _with_delivery(task, state, msgspec.structs.replace(state.delivery, checkout_behind=False))


def with_push(task: Task, state: Completed, push: Push) -> Task:
    """The task with what became of its push; a discarded one has none."""
    if isinstance(state.delivery, Discarded):
        return task
    return _with_delivery(task, state, msgspec.structs.replace(state.delivery, push=push))


def not_pushed(delivery: Delivery) -> str | None:
    """Why a wanted push did not work; None where none was wanted, or all is well."""
    if isinstance(delivery, Discarded) or not isinstance(delivery.push, NotPushed):
        return None
    return delivery.push.reason


def _with_delivery(task: Task, state: Completed, delivery: Delivery) -> Task:
    return msgspec.structs.replace(task, state=msgspec.structs.replace(state, delivery=delivery))


def _trailers(build: Build) -> str:
    return f"Jarvis-Task: {build.task}\nJarvis-Run: {build.id}\n"
