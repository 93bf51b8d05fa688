"""Pushing results to the remote repository. A push that fails never undoes or blocks what it follows."""

from datetime import datetime
from typing import Any

from core import deliveries
from core.errors import Conflict, Refused
from core.model.build import Build, Ended
from core.model.config import Config, PushMode
from core.model.task import Completed, Merged, NotPushed, Push, Pushed, RolledBack, Task, Unmerged
from core.ports import Store, Workspaces

_UNDER_WAY = "The push has not ended yet."


class Pushes:
    """Pushes, and records on the task what became of it. `actor` is as in `core.audit`."""

    def __init__(self, store: Store, workspaces: Workspaces, config: Config) -> None:
        self._store = store
        self._workspaces = workspaces
        self._config = config

    def wanted(self, now: datetime) -> Push | None:
        """What a merge is recorded with: should a crash cut its push off, it is offered again."""
        return NotPushed(reason=_UNDER_WAY, at=now) if self._config.push is PushMode.MERGE else None

    def on_request(self, task: Task, build: Build, actor: str, now: datetime) -> Task:
        """Push what there is to push of the task. Raises Conflict, or Refused when the settings are against it."""
        if self._config.push is PushMode.NEVER:
            raise Refused("Pushing is not set up: put PUSH=branch or PUSH=merge into .env.")
        match task.state:
            case Completed(delivery=Unmerged()):
                return self.branch(task, build, actor, now)
            case Completed(delivery=Merged() | RolledBack()):
                if self._config.push is not PushMode.MERGE:
                    raise Refused(f"PUSH=branch pushes no base branch; with PUSH=merge I push {build.spec.base} too.")
                return self.base(task, build, actor, now)
        raise Conflict(f"{task.id} has no result to push.")

    def branch(self, task: Task, build: Build, actor: str, now: datetime) -> Task:
        """Push the branch of a result; returns the task with what became of it."""
        commit = build.state.result.commit if isinstance(build.state, Ended) else None
        push = self._pushed(build, build.spec.branch, commit, actor, now)
        with self._store.transaction():
            present = self._store.tasks.get(task.id)
            if present is not None and present.state == task.state and isinstance(present.state, Completed):
                task = deliveries.with_push(present, present.state, push)
                self._store.tasks.put(task.id, task)
        return task

    def base(self, task: Task, build: Build, actor: str, now: datetime) -> Task:
        """Push the base branch; returns the task with what became of it.

        What is in the base is pushed with it, so that earlier pushes which failed are made up for.
        """
        delivery = task.state.delivery if isinstance(task.state, Completed) else None
        commit = delivery.commit if isinstance(delivery, Merged | RolledBack) else None
        push = self._pushed(build, build.spec.base, commit, actor, now)
        with self._store.transaction():
            for other in self._store.tasks.all():
                concerned = other.id == task.id or (isinstance(push, Pushed) and self._is_behind(other, build))
                if concerned and isinstance(other.state, Completed):
                    self._store.tasks.put(other.id, deliveries.with_push(other, other.state, push))
        return self._store.tasks.get(task.id) or task

    def _is_behind(self, task: Task, build: Build) -> bool:
        """Whether it waits for a push of the same base branch."""
        match task.state:
            case Completed(delivery=Merged(push=NotPushed()) | RolledBack(push=NotPushed())):
                other = self._store.builds.get(task.state.build)
                here = (build.spec.repository, build.spec.base)
                return other is not None and (other.spec.repository, other.spec.base) == here
        return False

    def _pushed(self, build: Build, branch: str, commit: str | None, actor: str, now: datetime) -> Push:
        remote = self._config.push_remote
        push: Push = Pushed(remote=remote, at=now)
        try:
            self._workspaces.push(build.spec, branch, remote)
        except Refused as error:
            push = NotPushed(reason=str(error), at=now)
        more: dict[str, Any] = {"commit": commit, "branch": branch, "remote": remote}
        if isinstance(push, NotPushed):
            more["reason"] = push.reason
        action = "pushed" if isinstance(push, Pushed) else "not pushed"
        with self._store.transaction():
            deliveries.note(self._store, action, build, actor, now, **more)
        return push
