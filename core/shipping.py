"""What happens to a result on its branch: shown, merged, or discarded. Each may be asked for twice without harm."""

from datetime import datetime
from pathlib import Path

import msgspec

from core import outcomes
from core.errors import Conflict, NotFound
from core.model.build import Build, BuildResult, Ended
from core.model.config import Config
from core.model.ids import TaskId, UserId
from core.model.task import Cancelled, Completed, Discarded, Failed, Merged, Task, Unmerged
from core.ports import Records, Store, Workspaces
from core.transitions import move


class Shipping:
    """Runs git, which may take seconds: call it from a worker thread."""

    def __init__(self, store: Store, workspaces: Workspaces, records: Records, config: Config) -> None:
        self._store = store
        self._workspaces = workspaces
        self._records = records
        self._config = config

    def merge(self, task_id: TaskId, by: UserId | None, now: datetime) -> Task:
        """Merge a completed task into its base branch.

        Git first, record after: git knows when a merge was made before, so that a crash between the two is healed by
        the next press. Raises NotFound, or Conflict when there is nothing to merge or it doesn't merge cleanly.
        """
        task, build, result = self._completed(task_id)
        if not isinstance(task.state, Completed):
            raise Conflict(f"{task_id} has no result to merge: it did not complete.")
        if isinstance(task.state.delivery, Merged):
            raise Conflict(f"{task_id} is merged already.")
        if isinstance(task.state.delivery, Discarded):
            raise Conflict(f"{task_id} was discarded. /retry {task_id} builds it again.")
        self._refuse_before_its_base(task, build)
        done = self._workspaces.merge(build.spec, merge_message(task, build, result))
        delivery = Merged(commit=done.commit, at=now, by=by, checkout_behind=done.checkout_updated is False)
        with self._store.transaction():
            task = self._deliver(task_id, delivery)
        self._log("merged", task, now)
        return task

    def update_checkout(self, task_id: TaskId) -> Task:
        """Bring the owner's checkout up to date after merges that left it alone. Raises NotFound or Conflict."""
        task, build, _ = self._completed(task_id)
        if not isinstance(task.state, Completed) or not isinstance(task.state.delivery, Merged):
            raise Conflict(f"{task_id} is not merged.")
        if not task.state.delivery.checkout_behind:
            raise Conflict("Your checkout is up to date already.")
        self._workspaces.update_checkout(build.spec, task.state.delivery.commit)
        with self._store.transaction():
            for other in self._store.tasks.all():
                if other.project == task.project and isinstance(other.state, Completed):
                    self._store.tasks.put(other.id, _caught_up(other, other.state))
        return self._store.tasks.get(task_id) or task

    def discard(self, task_id: TaskId, by: UserId | None, now: datetime) -> Path:
        """Drop the branch; its commits stay in a bundle, whose path is returned. Raises NotFound or Conflict."""
        task, build, _ = self._completed(task_id)
        match task.state:
            case Completed(delivery=Merged()):
                raise Conflict(f"{task_id} is merged, so there is no branch left to discard.")
            case Completed(delivery=Discarded()):
                raise Conflict(f"{task_id} is discarded already.")
        bundle = self._workspaces.discard(build.spec, self._config.home / "trash")
        if isinstance(task.state, Completed):
            with self._store.transaction():
                task = self._deliver(task_id, Discarded(bundle=str(bundle), at=now, by=by))
        self._log("discarded", task, now)
        return bundle

    def diff(self, task_id: TaskId) -> str:
        """The change as a unified diff. Raises NotFound, or Refused when its commits are gone."""
        _, build, result = self._completed(task_id)
        return self._workspaces.diff(build.spec, result)

    def _refuse_before_its_base(self, task: Task, build: Build) -> None:
        """A result that was built on another one would bring that one along, unasked."""
        for dependency in task.depends:
            other = self._store.tasks.get(dependency)
            if other is None or not isinstance(other.state, Completed) or isinstance(other.state.delivery, Merged):
                continue
            needed = self._store.builds.get(other.state.build)
            if needed is not None and needed.spec.branch in build.spec.onto:
                if isinstance(other.state.delivery, Discarded):
                    raise Conflict(
                        f"{task.id} builds on {other.id}, which was discarded. /retry {task.id} builds it anew."
                    )
                raise Conflict(f"{task.id} builds on {other.id}. Merge {other.id} first.")

    def _completed(self, task_id: TaskId) -> tuple[Task, Build, BuildResult]:
        task = self._store.tasks.get(task_id)
        if task is None:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        if not isinstance(task.state, Completed | Failed | Cancelled) or task.state.build is None:
            raise Conflict(f"{task_id} has not been built yet.")
        build = self._store.builds.get(task.state.build)
        if build is None or not isinstance(build.state, Ended):
            raise NotFound(f"The record of {task.state.build} is gone.")
        return task, build, build.state.result

    def _deliver(self, task_id: TaskId, delivery: Merged | Discarded) -> Task:
        task = self._store.tasks.get(task_id)
        if task is None or not isinstance(task.state, Completed):
            raise Conflict(f"{task_id} has changed meanwhile.")
        if isinstance(task.state.delivery, Unmerged):
            task = move(task, msgspec.structs.replace(task.state, delivery=delivery))
            self._store.tasks.put(task.id, task)
        return task

    def _log(self, action: str, task: Task, now: datetime) -> None:
        self._records.append("queue_actions.log", {"at": now.isoformat(), "action": action, "task": task.id})


def _caught_up(task: Task, state: Completed) -> Task:
    if not isinstance(state.delivery, Merged):
        return task
    delivery = msgspec.structs.replace(state.delivery, checkout_behind=False)
    return msgspec.structs.replace(task, state=msgspec.structs.replace(state, delivery=delivery))


def merge_message(task: Task, build: Build, result: BuildResult) -> str:
    """Subject, proof and trailers of the merge commit."""
    proof = outcomes.reason(result)
    return f"Merge {task.id}: {task.title}\n\n{proof}\n\nJarvis-Task: {task.id}\nJarvis-Run: {build.id}\n"
