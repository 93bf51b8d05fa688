"""Autonomous queue: takes tasks in, decides which may run, starts builds, collects their results."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from core import approvals, audit, dependencies, engines, notifications, planning, task_text, windows
from core.builds import Builds
from core.decisions import Decisions
from core.errors import Conflict, JarvisError, NotFound, Refused
from core.model.build import Build, Progress
from core.model.config import Config
from core.model.ids import ChatId, ProjectName, TaskId, UserId
from core.model.project import Project
from core.model.task import (
    Cancelled,
    Category,
    Completed,
    Failed,
    Merged,
    NeedsApproval,
    Priority,
    Queued,
    Rejected,
    Running,
    Source,
    Task,
    TaskState,
)
from core.ports import Store
from core.transitions import label, move


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """What is asked for; unchecked."""

    title: str
    description: str = ""
    hours: float = 1.0
    category: Category
    priority: Priority = Priority.MEDIUM
    depends: Sequence[TaskId] = ()
    tags: Sequence[str] = ()
    project: ProjectName | None = None
    agent: str | None = None
    command: str | None = None
    verify: str | None = None
    source: Source = Source.OWNER
    chat: ChatId | None = None
    by: UserId | None = None
    """Who asks for it; None: the command line, or nobody (see `source`)."""
    start_now: bool = False
    network: bool = True
    confined: bool = False
    not_before: datetime | None = None
    held: str = ""
    """What it waits for until then, as in `Queued`."""
    approved_at: datetime | None = None
    """When a person approved what it is a part of; it is not asked about again then."""
    request: str | None = None
    """Idempotency key: asked for again under the same key, it is the same task."""


class AutonomousQueue:
    """The use cases of the queue. Each writes one transaction, then acts."""

    def __init__(self, store: Store, builds: Builds, decisions: Decisions, config: Config) -> None:
        self._store = store
        self._builds = builds
        self._decisions = decisions
        self._config = config

    # -- tasks come in and go out -------------------------------------------------------------------------------------

    def add_to_queue(self, new: NewTask, now: datetime) -> Task:
        """Add a task, and the question about it if the rules want one. Raises Refused; nothing is added then."""
        title = task_text.clean_title(new.title)
        description = task_text.clean_text(new.description, "description")
        with self._store.transaction():
            known = self._asked_for(new.request)
            if known is not None:
                return known
            task = Task(
                id=TaskId(f"task_{self._store.number('task')}"),
                title=title,
                description=description,
                hours=task_text.check_hours(new.hours),
                category=new.category,
                priority=new.priority,
                depends=tuple(dict.fromkeys(new.depends)),
                tags=task_text.clean_tags(tuple(new.tags)),
                project=self._project(new.project),
                agent=engines.check_name(new.agent, self._config) if new.agent else None,
                command=_command(new.command, "command"),
                verify=_command(new.verify, "verification command"),
                source=new.source,
                chat=new.chat,
                start_now=new.start_now,
                network=new.network,
                # Nobody has read what the others want before it runs.
                confined=new.confined or new.source not in (Source.OWNER, Source.SAMPLE, Source.WEEKEND),
                request=new.request,
                created_at=now,
                approved_at=new.approved_at,
                state=Queued(since=now, not_before=new.not_before, held=new.held),
            )
            dependencies.check(task.id, task.depends, self._tasks())
            self._note("added", task, now, _asker(new))
            if task.approved_at is None:
                task = self._decisions.enter(task, now)
            self._store.tasks.put(task.id, task)
            tasks = self._tasks()
            for gone in dependencies.lost(task, tasks):
                notifications.ask_about_lost(self._store, task, tasks[gone], now)
        return task

    def check(self, new: NewTask) -> NewTask:
        """The same with the project that it would get, if `add_to_queue` would take it. Raises Refused."""
        task_text.clean_title(new.title)
        task_text.clean_text(new.description, "description")
        task_text.check_hours(new.hours)
        for text, what in ((new.command, "command"), (new.verify, "verification command")):
            _command(text, what)
        if new.agent:
            engines.check_name(new.agent, self._config)
        return dataclasses.replace(new, project=self._project(new.project))

    def cancel(self, task_id: TaskId, by: UserId | None, now: datetime) -> Task:
        """Take a task out of the queue, or stop its build (the task is cancelled when the build has ended).

        Raises NotFound, or Conflict when it is finished already.
        """
        with self._store.transaction():
            task = self._find(task_id)
            if isinstance(task.state, Running):
                self._builds.request_stop(task.state.build, by)
            else:
                if not isinstance(task.state, Queued | NeedsApproval):
                    raise Conflict(f"{task_id} is {label(task.state)} already.")
                if isinstance(task.state, NeedsApproval):
                    approvals.close(self._store, task.state.approval, now)
                task = move(task, Cancelled(at=now, by=by))
                self._store.tasks.put(task.id, task)
                notifications.tell_dependents(self._store, task, now)
            self._note("stopped" if isinstance(task.state, Running) else "cancelled", task, now, audit.actor(by))
        if isinstance(task.state, Running):
            self._builds.signal_stop(task.state.build)
        return task

    def retry(self, task_id: TaskId, now: datetime, by: UserId | None = None) -> Task:
        """Put a task back that has ended and is not merged, to start as soon as a slot is free.

        An earlier result stays on its branch.

        A task that needs an approval it never got is asked about again. Raises NotFound or Conflict.
        """
        with self._store.transaction():
            task = self._find(task_id)
            if not _can_be_retried(task.state):
                raise Conflict(
                    f"{task_id} is {label(task.state)}; only what has ended and is not merged can be built again."
                )
            approvals.close(self._store, approvals.question_of(task), now)
            queued = move(task, Queued(since=now))
            wanted = msgspec.structs.replace(queued, start_now=True, retries=0)
            task = wanted if task.approved_at else self._decisions.enter(wanted, now)
            self._store.tasks.put(task.id, task)
            self._note("retried", task, now, audit.actor(by))
        return task

    def start_now(self, task_id: TaskId, now: datetime, by: UserId | None = None) -> Task:
        """The owner's wish: build it as soon as a slot is free. Raises NotFound, Conflict, Refused."""
        with self._store.transaction():
            task = self._find(task_id)
            if not isinstance(task.state, Queued | NeedsApproval):
                raise Conflict(f"{task_id} is {label(task.state)} already.")
            if task.project is None:
                raise Refused(f"{task_id} has no project. Register one with /projects, then add the task again.")
            around = self._builds.look_around(now)
            choice = engines.choose(
                task, around.projects.get(task.project), self._config, around.programs, around.limited
            )
            if choice.engine is None and not around.limited:
                raise Refused(f"Nothing can build {task_id}: {choice.reason}. Or give a task a command (run: ...).")
            state = Queued(since=task.state.since) if isinstance(task.state, Queued) else task.state
            task = msgspec.structs.replace(task, start_now=True, state=state)
            self._store.tasks.put(task.id, task)
            self._note("start now", task, now, audit.actor(by))
        return task

    def for_tonight(self, task_id: TaskId, now: datetime, by: UserId | None = None, *, skip: bool) -> Task:
        """Leave a task out of the night that is on or comes next, or build it first there, whatever speaks against it.

        Raises NotFound or Conflict.
        """
        night = windows.next_named(windows.OVERNIGHT, now, self._config)
        with self._store.transaction():
            task = self._find(task_id)
            if not isinstance(task.state, Queued):
                raise Conflict(f"{task_id} is {label(task.state)}, so there is nothing to plan.")
            waits = msgspec.structs.replace(task.state, not_before=night.end if skip else None)
            wanted = None if skip else night.end
            task = msgspec.structs.replace(
                task, state=waits, wanted_until=wanted, start_now=task.start_now and not skip
            )
            self._store.tasks.put(task.id, task)
            self._note("left out tonight" if skip else "first tonight", task, now, audit.actor(by))
        return task

    def drop_dependency(self, task_id: TaskId, lost: TaskId, now: datetime, by: UserId | None = None) -> Task:
        """Let a task go on without one that it waited for. Raises NotFound or Conflict."""
        with self._store.transaction():
            task = self._find(task_id)
            if lost not in task.depends:
                raise Conflict(f"{task_id} does not wait for {lost}.")
            remaining = tuple(dependency for dependency in task.depends if dependency != lost)
            task = msgspec.structs.replace(task, depends=remaining)
            self._store.tasks.put(task.id, task)
            self._note(f"no longer waits for {lost}", task, now, audit.actor(by))
        return task

    def stop_running(self, project: ProjectName | None, by: UserId | None, now: datetime) -> list[Task]:
        """Stop all builds that run, or those of a project; returns their tasks, which are cancelled in a moment."""
        stopped = []
        for build in self._builds.active():
            if project is None or build.project == project:
                try:
                    stopped.append(self.cancel(build.task, by, now))
                except Conflict:
                    continue  # it has just ended
        return stopped

    # -- builds -------------------------------------------------------------------------------------------------------

    def schedule_builds(self, now: datetime) -> list[Build]:
        """Start what the plan of the present window starts now; returns the started builds."""
        with self._store.transaction():
            running = self._builds.active()
            tasks = dependencies.waiting(self._store.tasks)
            if not tasks:
                return []
            around = self._builds.look_around(now)
            due = planning.due(tasks, running, around, now)
            started = [build for task in due if (build := self._start(task, now)) is not None]
        for build in started:
            self._builds.launch(build)
        return started

    def collect(self, now: datetime) -> list[Task]:
        """Take in the results of ended builds and give up those that vanished; returns the tasks that moved."""
        moved = []
        for build in self._builds.active():
            try:
                result = self._builds.poll(build, now)
            except JarvisError:
                # What is wrong with this one is tried again at the next call; the others must not wait for it.
                continue
            if result is None:
                continue
            findings = self._builds.inspect(build, result)
            with self._store.transaction():
                task = self._builds.record_end(build.id, result, findings, now)
                if task is not None:
                    notifications.tell_dependents(self._store, task, now)
                    ended = f"The build of {task.id} “{task.title}” has ended: {label(task.state)}."
                    self._note(label(task.state), task, now, audit.BY_ITSELF, memory=ended)
                    moved.append(task)
        return moved

    def track_progress(self) -> list[tuple[Build, Progress | None]]:
        """The running builds with how far each is."""
        return [(build, self._builds.progress(build.id)) for build in self._builds.active()]

    # -- inside -------------------------------------------------------------------------------------------------------

    def _start(self, task: Task, now: datetime) -> Build | None:
        """Record that it starts, or that it has to be asked about first. Inside a transaction."""
        decided = self._decisions.start(task, now)
        if not isinstance(decided.state, Queued):
            self._store.tasks.put(decided.id, decided)
            return None
        return self._builds.record_start(decided, now)

    def _asked_for(self, request: str | None) -> Task | None:
        if request is None:
            return None
        return next((task for task in self._store.tasks.all() if task.request == request), None)

    def _find(self, task_id: TaskId) -> Task:
        task = self._store.tasks.get(task_id)
        if task is None:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        return task

    def _tasks(self) -> dict[TaskId, Task]:
        return {task.id: task for task in self._store.tasks.all()}

    def _projects(self) -> dict[ProjectName, Project]:
        return {project.name: project for project in self._store.projects.all()}

    def _project(self, name: ProjectName | None) -> ProjectName | None:
        known = list(self._projects())
        if name is None:
            return known[0] if len(known) == 1 else None
        if name not in known:
            listed = ", ".join(known) or "none yet; add one with: jarvis projects add PATH"
            raise Refused(f"There is no project “{name[:40]}”. Registered: {listed}.")
        return name

    def _note(self, action: str, task: Task, now: datetime, actor: str, *, memory: str = "") -> None:
        columns: dict[str, Any] = {"project": task.project, "title": task.title, "state": label(task.state)}
        audit.note(self._store, audit.QUEUE, action, now, actor=actor, task=task.id, memory=memory, **columns)


def _asker(new: NewTask) -> str:
    return audit.actor(new.by) if new.source is Source.OWNER else new.source.value


def _can_be_retried(state: TaskState) -> bool:
    if isinstance(state, Completed):
        return not isinstance(state.delivery, Merged)
    return isinstance(state, Failed | Cancelled | Rejected)


def _command(text: str | None, what: str) -> str | None:
    return (task_text.clean_text(text, what, task_text.MAX_COMMAND) or None) if text is not None else None
