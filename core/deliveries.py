"""What is written about a delivery: commit messages, lines of the log, and the changed states of tasks."""

from datetime import datetime
from typing import Any

import msgspec

from core import audit, outcomes
from core.model.build import Build, BuildResult, Ended
from core.model.task import Completed, Delivery, Discarded, Merged, NotPushed, Push, RolledBack, Task, Unmerged
from core.ports import Store


def merge_message(task: Task, build: Build, result: BuildResult) -> str:
    """Subject, proof and trailers of the merge commit."""
    return f"Merge {task.id}: {task.title}\n\n{outcomes.reason(result)}\n\n{_trailers(build)}"


def rollback_message(task: Task, build: Build, merge: str) -> str:
    """Subject and trailers of the commit that takes a merge back."""
    return f"Roll back {task.id}: {task.title}\n\nThis takes back the merge {merge}.\n\n{_trailers(build)}"


def all_proven(store: Store) -> list[Task]:
    """What can be merged together: the proven results, oldest first, but for those that a person should look at."""
    found = []
    for task in store.tasks.all():
        match task.state:
            case Completed(delivery=Unmerged(findings=(), question=None), build=build_id, at=at):
                build = store.builds.get(build_id)
                if build is not None and isinstance(build.state, Ended):
                    found += [(at, task)] if outcomes.is_proven(build.state.result.outcome) else []
    return [task for _, task in sorted(found, key=lambda entry: entry[0])]


def note(store: Store, action: str, build: Build, actor: str, now: datetime, **more: Any) -> None:
    """Record what was done to the result of a build, and by whom; inside the transaction of the change."""
    memory = f"{build.task}: {action} without being asked." if actor == audit.BY_ITSELF else ""
    audit.note(store, audit.QUEUE, action, now, actor=actor, task=build.task, memory=memory, build=build.id, **more)


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
