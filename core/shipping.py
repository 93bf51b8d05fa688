"""What happens to a result: shown, merged, pushed, rolled back, discarded, restored. Each may be asked for twice.

Git first, record after: git knows what was done before, so that a crash between the two is healed by the next press.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from core import approvals, audit, deliveries, pauses
from core.deliveries import merge_message
from core.errors import Conflict, JarvisError, NotFound, Refused
from core.model.approval import Approved, Declined
from core.model.build import Build, BuildResult, Ended
from core.model.config import Config, PushMode
from core.model.ids import TaskId, UserId
from core.model.task import Cancelled, Completed, Delivery, Discarded, Failed, Merged, RolledBack, Task, Unmerged
from core.ports import Store, Workspaces
from core.pushes import Pushes
from core.transitions import move


@dataclass(frozen=True)
class MergedAll:
    """What came of merging several results."""

    merged: list[Task]
    stopped_at: tuple[Task, str] | None
    """The first one that could not be merged, and why."""
    untouched: list[Task]
    """Those after it."""


class Shipping:
    """Runs git, which may take seconds (a push up to a minute): call it from a worker thread."""

    def __init__(self, store: Store, workspaces: Workspaces, config: Config) -> None:
        self._store = store
        self._workspaces = workspaces
        self._config = config
        self._pushes = Pushes(store, workspaces, config)

    def merge(self, task_id: TaskId, by: UserId | None, now: datetime, *, by_itself: bool = False) -> Task:
        """Merge a completed task into its base branch, delete its branch, and push the base if that is set.

        A push that fails is in the task's state, and no error. `by_itself`: nobody asked for it. Raises NotFound, or
        Conflict when there is nothing to merge or it doesn't merge cleanly.
        """
        task, build, result = self._completed(task_id)
        if not isinstance(task.state, Completed):
            raise Conflict(f"{task_id} has no result to merge: it did not complete.")
        match task.state.delivery:
            case Merged():
                self._drop_merged(build)
                raise Conflict(f"{task_id} is merged already.")
            case RolledBack():
                raise Conflict(f"{task_id} was merged and rolled back. /retry {task_id} builds it again.")
            case Discarded(purged_at=None):
                raise Conflict(
                    f"{task_id} was discarded. /retry {task_id} builds it again, /restore {task_id} brings it back."
                )
            case Discarded():
                raise Conflict(f"{task_id} was discarded. /retry {task_id} builds it again.")
        self._refuse_before_its_base(task, build)
        done = self._workspaces.merge(build.spec, merge_message(task, build, result), result.commit)
        behind, push = done.checkout_updated is False, self._pushes.wanted(now)
        actor = audit.BY_ITSELF if by_itself else audit.actor(by)
        delivery = Merged(commit=done.commit, at=now, by=by, by_itself=by_itself, checkout_behind=behind, push=push)
        # What is in the base is merged, also where a discard came in between.
        task = self._deliver(build, delivery, Unmerged, Discarded, action="merged", actor=actor, commit=done.commit)
        self._drop_merged(build)
        return task if push is None else self._pushes.base(task, build, actor, now)

    def merge_all_proven(self, by: UserId | None, now: datetime) -> MergedAll:
        """Merge the proven results one after the other, oldest first, up to the first that can't be.

        Those with something that a person should look at stay. Raises Conflict when there is none.
        """
        waiting = deliveries.all_proven(self._store)
        if not waiting:
            states = (task.state for task in self._store.tasks.all())
            if any(isinstance(state, Completed) and isinstance(state.delivery, Unmerged) for state in states):
                raise Conflict("What waits for your merge is not proven, or you should look at it first.")
            raise Conflict("Nothing waits for your merge.")
        merged: list[Task] = []
        for place, task in enumerate(waiting):
            try:
                merged.append(self.merge(task.id, by, now))
            except JarvisError as error:
                return MergedAll(merged, (task, str(error)), waiting[place + 1 :])
        return MergedAll(merged, None, [])

    def merge_by_itself(self, now: datetime) -> list[Task]:
        """Merge what needs nobody's word: proven, harmless, and allowed by `AUTO_MERGE` and the rules.

        What can't be merged waits for the owner, who is told why. Returns the tasks that moved.
        """
        moved = []
        for task in self._store.tasks.all():
            match task.state:
                case Completed(delivery=Unmerged(by_itself=True)) if not self._is_paused(task):
                    try:
                        moved.append(self.merge(task.id, None, now, by_itself=True))
                    except Refused as error:
                        moved += self._leave(task.id, str(error), now)
        return moved

    def rollback(self, task_id: TaskId, by: UserId | None, now: datetime) -> Task:
        """Take a merge back by a commit on top of the base branch, and push that if pushing is set.

        Raises NotFound, or Conflict when it is not merged or can't be taken back cleanly; nothing has changed then.
        """
        task, build, result = self._completed(task_id)
        match task.state:
            case Completed(delivery=RolledBack()):
                raise Conflict(f"{task_id} is rolled back already.")
            case Completed(delivery=Merged() as merged):
                pass
            case _:
                raise Conflict(f"{task_id} is not merged, so there is nothing to roll back.")
        message = deliveries.rollback_message(task, build, merged.commit)
        done = self._workspaces.rollback(build.spec, merged.commit, result.commit, message)
        behind, push = done.checkout_updated is False, self._pushes.wanted(now)
        delivery = RolledBack(commit=done.commit, merge=merged.commit, at=now, by=by, checkout_behind=behind, push=push)
        actor = audit.actor(by)
        task = self._deliver(build, delivery, Merged, action="rolled back", actor=actor, commit=done.commit)
        return task if push is None else self._pushes.base(task, build, actor, now)

    def update_checkout(self, task_id: TaskId, by: UserId | None, now: datetime) -> Task:
        """Bring the owner's checkout up to date after merges that left it alone. Raises NotFound or Conflict."""
        task, build, _ = self._completed(task_id)
        if not isinstance(task.state, Completed) or not isinstance(task.state.delivery, Merged | RolledBack):
            raise Conflict(f"{task_id} is not merged.")
        if not task.state.delivery.checkout_behind:
            raise Conflict("Your checkout is up to date already.")
        self._workspaces.update_checkout(build.spec, task.state.delivery.commit)
        with self._store.transaction():
            for other in self._store.tasks.all():
                if other.project == task.project and isinstance(other.state, Completed):
                    self._store.tasks.put(other.id, deliveries.caught_up(other, other.state))
            commit = task.state.delivery.commit
            deliveries.note(self._store, "checkout updated", build, audit.actor(by), now, commit=commit)
        return self._store.tasks.get(task_id) or task

    def discard(self, task_id: TaskId, by: UserId | None, now: datetime) -> Path:
        """Drop the branch; its commits stay in a bundle, whose path is returned. Raises NotFound or Conflict."""
        task, build, result = self._completed(task_id)
        match task.state:
            case Completed(delivery=Merged() | RolledBack()):
                raise Conflict(f"{task_id} is merged, so there is no branch left to discard.")
            case Completed(delivery=Discarded()):
                raise Conflict(f"{task_id} is discarded already.")
        bundle = self._workspaces.discard(build.spec, self._trash)
        actor = audit.actor(by)
        match task.state:
            case Completed(delivery=Unmerged(findings=findings)):
                gone = Discarded(bundle=str(bundle), at=now, by=by, findings=findings)
                task = self._deliver(build, gone, Unmerged, action="discarded", actor=actor, commit=result.commit)
                if isinstance(task.state, Completed) and not isinstance(task.state.delivery, Discarded):
                    raise Conflict(f"{task_id} was merged meanwhile.")
            case _:
                self._note("discarded", build, actor, now, result.commit)
        return bundle

    def restore(self, task_id: TaskId, by: UserId | None, now: datetime) -> Task:
        """Bring a discarded branch back from its bundle, at the same commit; the task waits for a merge again.

        The branch of a task that failed can be restored too; the task stays failed. Raises NotFound, Conflict (not
        discarded, or there is another branch of that name), Refused (the bundle is gone or damaged).
        """
        task, build, _ = self._completed(task_id)
        bundle = self._trash / f"{build.id}.bundle"
        match task.state:
            case Completed(delivery=Discarded(purged_at=None) as discarded):
                bundle = self._bundle(discarded)
            case Completed(delivery=Discarded()):
                raise Conflict(f"{task_id} was discarded too long ago. /retry {task_id} builds it again.")
            case Completed():
                raise Conflict(f"{task_id} is not discarded, so there is nothing to restore.")
        commit = self._workspaces.restore(build.spec, bundle)
        actor = audit.actor(by)
        match task.state:
            case Completed(delivery=Discarded(findings=findings)):
                back = Unmerged(findings=findings)
                task = self._deliver(build, back, Discarded, action="restored", actor=actor, commit=commit, at=now)
            case _:
                self._note("restored", build, actor, now, commit)
        with contextlib.suppress(Refused):  # the next discard writes it anew
            self._workspaces.forget(bundle, self._trash)
        return task

    def purge_trash(self, now: datetime) -> list[Task]:
        """Delete the bundles of results that were discarded long ago; returns those tasks, which can't be restored now.

        Only files that a task points to are deleted; one that can't be is left for the next time.
        """
        purged = []
        for task in self._store.tasks.all():
            match task.state:
                case Completed(delivery=Discarded(purged_at=None) as discarded):
                    if now - discarded.at >= timedelta(days=self._config.trash_days):
                        purged += self._purge(task, discarded, now)
        return purged

    def push(self, task_id: TaskId, by: UserId | None, now: datetime) -> Task:
        """Push on a person's request: the branch of a result, or the base branch after a merge or a rollback.

        Raises NotFound, Conflict, and Refused when pushing is not set or did not work.
        """
        task, build, _ = self._completed(task_id)
        task = self._pushes.on_request(task, build, audit.actor(by), now)
        if isinstance(task.state, Completed) and (reason := deliveries.not_pushed(task.state.delivery)):
            raise Refused(reason)
        return task

    def push_branch(self, task_id: TaskId, now: datetime) -> Task:
        """To be called when a build was collected: push the branch of a usable result, if `PUSH=branch` is set.

        A push that fails is in the task's state, and no error. Raises NotFound, or Conflict before the first build.
        """
        task, build, _ = self._completed(task_id)
        if self._config.push is not PushMode.BRANCH or not isinstance(task.state, Completed):
            return task
        waits = isinstance(task.state.delivery, Unmerged)
        return self._pushes.branch(task, build, audit.BY_ITSELF, now) if waits else task

    def diff(self, task_id: TaskId) -> str:
        """The change as a unified diff, also of a merged or discarded result. Raises NotFound, or Refused when its
        commits are gone."""
        task, build, result = self._completed(task_id)
        bundle = self._trash / f"{build.id}.bundle"
        if isinstance(task.state, Completed) and isinstance(task.state.delivery, Discarded):
            bundle = self._bundle(task.state.delivery)
        return self._workspaces.diff(build.spec, result, bundle)

    @property
    def _trash(self) -> Path:
        return self._config.home / "trash"

    def _bundle(self, discarded: Discarded) -> Path:
        """By its name only: the whole folder of our data may have been moved since."""
        return self._trash / Path(discarded.bundle).name

    def _purge(self, task: Task, discarded: Discarded, now: datetime) -> list[Task]:
        bundle = self._bundle(discarded)
        try:
            self._workspaces.forget(bundle, self._trash)
        except Refused as error:
            with self._store.transaction():
                more = {"bundle": bundle.name, "reason": str(error)}
                audit.note(self._store, audit.QUEUE, "not purged", now, actor=audit.BY_ITSELF, task=task.id, **more)
            return []
        with self._store.transaction():
            present = self._store.tasks.get(task.id)
            if present is None or not isinstance(present.state, Completed) or present.state.delivery != discarded:
                return []
            gone = msgspec.structs.replace(discarded, purged_at=now)
            present = move(present, msgspec.structs.replace(present.state, delivery=gone))
            self._store.tasks.put(task.id, present)
            audit.note(
                self._store,
                audit.QUEUE,
                "purged",
                now,
                actor=audit.BY_ITSELF,
                task=task.id,
                bundle=bundle.name,
                memory=f"Deleted what was discarded of {task.id} long ago.",
            )
        return [present]

    def _drop_merged(self, build: Build) -> None:
        """The base has all of it now; a branch that can't be deleted does no harm."""
        with contextlib.suppress(Refused):
            self._workspaces.drop_merged(build.spec)

    def _refuse_before_its_base(self, task: Task, build: Build) -> None:
        """A result that was built on another one would bring that one along, unasked."""
        for dependency in task.depends:
            other = self._store.tasks.get(dependency)
            if other is None or not isinstance(other.state, Completed) or isinstance(other.state.delivery, Merged):
                continue
            needed = self._store.builds.get(other.state.build)
            if needed is None or needed.spec.branch not in build.spec.onto:
                continue
            anew = f"/retry {task.id} builds it anew."
            match other.state.delivery:
                case Discarded():
                    raise Conflict(f"{task.id} builds on {other.id}, which was discarded. {anew}")
                case RolledBack():
                    raise Conflict(f"{task.id} builds on {other.id}, which was rolled back. {anew}")
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

    def _deliver(
        self,
        build: Build,
        delivery: Delivery,
        *before: type[Delivery],
        action: str,
        actor: str,
        commit: str | None,
        at: datetime | None = None,
    ) -> Task:
        """Record what git has done, and by whom; what another process has recorded meanwhile stays.

        A merge answers the question whether it may be merged with yes, a discard with no.
        """
        with self._store.transaction():
            task = self._store.tasks.get(build.task)
            if task is None or not isinstance(task.state, Completed) or task.state.build != build.id:
                raise Conflict(f"{build.task} has changed meanwhile.")
            if isinstance(task.state.delivery, before):
                question = approvals.question_of(task)
                task = move(task, msgspec.structs.replace(task.state, delivery=delivery))
                self._store.tasks.put(task.id, task)
                match delivery:
                    case Merged(by=by, at=now):
                        approvals.settle(self._store, question, Approved(by=by, at=now))
                    case Discarded(by=by, at=now):
                        approvals.settle(self._store, question, Declined(by=by, at=now))
                moment = delivery.at if not isinstance(delivery, Unmerged) else at
                assert moment is not None
                deliveries.note(self._store, action, build, actor, moment, commit=commit)
        return task

    def _leave(self, task_id: TaskId, why: str, now: datetime) -> list[Task]:
        """What can't be merged by itself waits for the owner."""
        with self._store.transaction():
            task = self._store.tasks.get(task_id)
            match task:
                case Task(state=Completed(delivery=Unmerged(by_itself=True) as waits) as state):
                    left = msgspec.structs.replace(waits, by_itself=False, remark=why)
                    task = msgspec.structs.replace(task, state=msgspec.structs.replace(state, delivery=left))
                    self._store.tasks.put(task.id, task)
                    more = {"title": task.title, "reason": why}
                    audit.note(self._store, audit.QUEUE, "not merged", now, actor=audit.BY_ITSELF, task=task.id, **more)
                    return [task]
        return []

    def _is_paused(self, task: Task) -> bool:
        return pauses.paused(self._store.pauses.all(), task.project) is not None

    def _note(self, action: str, build: Build, actor: str, now: datetime, commit: str | None) -> None:
        with self._store.transaction():
            deliveries.note(self._store, action, build, actor, now, commit=commit)
