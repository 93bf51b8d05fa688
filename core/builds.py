"""The life of a build: recorded, launched, watched, collected. A crash between any two of these does no harm."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core import audit, budgets, dependencies, engines, lessons, notifications, outcomes, retries
from core.decisions import Decisions
from core.errors import Conflict, Refused
from core.estimates import EstimatesCache
from core.model.agent import UsageLimit
from core.model.build import (
    Abandoned,
    Active,
    AgentFailed,
    AgentTroubled,
    Build,
    BuildResult,
    BuildSpec,
    Confinement,
    Ended,
    Engine,
    Limits,
    Progress,
    Stopped,
)
from core.model.config import Config
from core.model.decision import Finding, Verdict
from core.model.execution import Alive, Finished, Lost, NotStarted
from core.model.ids import BuildId, UserId
from core.model.notification import BudgetLow, BuildEnded, BuildStarted, NightBudgetLow
from core.model.project import Project
from core.model.task import Cancelled, Completed, Failed, Queued, Running, Source, Task, TaskState, Unmerged
from core.ports import Executor, Programs, Store
from core.surroundings import Surroundings, look_around
from core.transitions import move

GUIDELINES = """\
Work in the current directory, which is a git worktree made for this task only.
Change what the task needs and nothing else. Do not push, and do not switch branches;
what you leave is committed for you.
"""


MAX_LAUNCHES = 4

Inspector = Callable[[BuildSpec, BuildResult], list[Finding]]
"""What in the change of a build a person should see before it is merged; reads all of it."""


class Builds:
    """Records of builds, and what the executor makes of them."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        programs: Programs,
        decisions: Decisions,
        inspector: Inspector,
        config: Config,
    ) -> None:
        self._store = store
        self._executor = executor
        self._programs = programs
        self._decisions = decisions
        self._inspector = inspector
        self._config = config
        self._estimates = EstimatesCache(store)

    def active(self) -> list[Build]:
        """The builds that have not been collected yet, oldest first."""
        return active_builds(self._store)

    def progress(self, build: BuildId) -> Progress | None:
        """How far it is, as the build process tells; None before it has said anything, and after its end."""
        status = self._executor.status(build)
        return status.progress if isinstance(status, Alive) else None

    def look_around(self, now: datetime) -> Surroundings:
        """What a plan has to take into account."""
        return look_around(self._store, self._executor, self._programs, self._estimates.now(), self._config, now)

    def record_start(self, task: Task, now: datetime) -> Build | None:
        """Record that a build of the task begins, with its notification. Inside a transaction; `launch` it after.

        None when what was planned is not possible any more: others that start at the same time took the budget.
        """
        around = self.look_around(now)
        if task.project is None:
            raise Refused(f"{task.id} has no project.")
        if budgets.obstacle(around.spent, self._config, free_of_charge=task.command is not None) is not None:
            return None
        attempt = 1 + sum(build.task == task.id for build in self._store.builds.all())
        build_id = BuildId(f"{task.id}-{attempt}")
        build = Build(
            id=build_id,
            task=task.id,
            project=task.project,
            hours=task.hours,
            expected=round(around.expected_hours(task), 3),
            spec=self._spec(build_id, task, attempt, around),
            started_at=now,
            state=Active(),
        )
        self._store.builds.put(build.id, build)
        self._store.tasks.put(task.id, move(task, Running(build=build.id, since=now)))
        if not _waits_for_its_time(task):
            notifications.record(self._store, BuildStarted(build=build.id), task.chat, now, silent=True)
        columns: dict[str, Any] = {"build": build.id, "engine": build.spec.engine.name, "branch": build.spec.branch}
        started = f"Started the build of {task.id} “{task.title}” in {task.project}."
        audit.note(
            self._store, audit.SPAWNS, "started", now, actor=audit.BY_ITSELF, task=task.id, memory=started, **columns
        )
        return build

    def launch(self, build: Build) -> None:
        """Submit a recorded build; one that can't be started shows up when the build is polled."""
        self._executor.submit(build.spec)

    def poll(self, build: Build, now: datetime) -> BuildResult | None:
        """The result if the build is over.

        One that was recorded but never launched is launched now; one that was lost goes on where that is possible, else
        it is cleaned up after and given up.
        """
        state = build.state if isinstance(build.state, Active) else Active()
        match self._executor.status(build.id):
            case Finished(result=result):
                return result
            case Alive(progress=progress):
                if state.stop_requested:
                    self._executor.cancel(build.id)  # again: the first time the process may have died in between
                self._warn(build, progress, now)
                return None
            case Lost(resumable=True) if state.launches < MAX_LAUNCHES:
                return self._launch_again(build, state, now)
            case Lost():
                tail = self._sweep(build.id)
                outcome = Stopped() if state.stop_requested else Abandoned()
                return BuildResult(outcome=outcome, started_at=build.started_at, ended_at=now, tail=tail)
            case NotStarted() if state.stop_requested:
                return BuildResult(outcome=Stopped(), started_at=build.started_at, ended_at=now)
        return self._launch_again(build, state, now)

    def _launch_again(self, build: Build, state: Active, now: datetime) -> BuildResult | None:
        """Submit a build whose supervisor died while its agent was not at work, or was never started; not for ever."""
        detail = f"The build process ended {state.launches} times before it could do its work."
        if state.launches < MAX_LAUNCHES:
            again = msgspec.structs.replace(state, launches=state.launches + 1)
            with self._store.transaction():
                self._store.builds.put(build.id, msgspec.structs.replace(build, state=again))
            try:
                self._executor.submit(build.spec)
            except Refused as error:
                detail = str(error)
            else:
                return None
        outcome = AgentFailed(exit_code=None, detail=detail)
        return BuildResult(outcome=outcome, started_at=build.started_at, ended_at=now)

    def _warn(self, build: Build, progress: Progress | None, now: datetime) -> None:
        """Tell once that a build has used most of its budget."""
        usage = progress.usage if progress is not None else None
        if usage is None or not budgets.running_low(usage, build.spec.limits):
            return
        task = self._store.tasks.get(build.task)
        subject = BudgetLow(build=build.id)
        if task is not None and not notifications.is_recorded(self._store, subject):
            with self._store.transaction():
                notifications.record(self._store, subject, task.chat, now)

    def inspect(self, build: Build, result: BuildResult) -> list[Finding]:
        """What a person should see in the change before it is merged; nothing where there is no result to merge."""
        return self._inspector(build.spec, result) if outcomes.is_usable(result.outcome) else []

    def record_end(
        self, build_id: BuildId, result: BuildResult, findings: Sequence[Finding], now: datetime
    ) -> Task | None:
        """Record a result, the task's new state and the notification, inside a transaction.

        Returns the task; None when another process has collected the build already.
        """
        build = self._store.builds.get(build_id)
        if build is None or not isinstance(build.state, Active):
            return None
        room = build.state.requeue if isinstance(result.outcome, Stopped) else ""
        self._store.builds.put(build.id, msgspec.structs.replace(build, state=Ended(result=result, requeued=room)))
        task = self._store.tasks.get(build.task)
        if task is None or not isinstance(task.state, Running):
            return None
        after = move(task, Queued(since=now)) if room else self._after(task, build, result, now)
        task = self._decisions.result(after, build, result, findings, now)
        self._store.tasks.put(task.id, task)
        # An escalation is the news itself; what was built ahead waits for its time.
        if not _waits_for_its_time(task) and not any(one.verdict is Verdict.ESCALATE for one in findings):
            notifications.record(self._store, BuildEnded(build=build.id), task.chat, now)
        self._watch_budget(now)
        return task

    def _after(self, task: Task, build: Build, result: BuildResult, now: datetime) -> Task:
        """The task in its next state: done with, or queued again if what went wrong may pass by itself."""
        until = retries.limit_ends(result.outcome, now)
        if until is not None:
            engine = build.spec.engine.name
            self._store.limits.put(engine, UsageLimit(engine=engine, until=until, seen_at=now))
        again = retries.retry_at(result.outcome, task.retries, self._config, now)
        if again is None:
            return move(task, _state_after(build, result, now))
        queued = move(task, Queued(since=now, not_before=again if again > now else None))
        return msgspec.structs.replace(queued, retries=task.retries + 1)

    def _watch_budget(self, now: datetime) -> None:
        """Tell once a night that its budget is nearly spent."""
        spent = budgets.spending(self._store.builds.all(), now, self._config.zone)
        what = budgets.night_running_low(spent, self._config)
        if what is not None:
            notifications.record(self._store, NightBudgetLow(night=spent.since, what=what), None, now)

    def request_stop(self, build_id: BuildId, by: UserId | None, *, requeue: str = "") -> None:
        """Record the wish to stop, inside a transaction; `signal_stop` after. Raises Conflict when it has ended.

        With a reason to `requeue` it, its task waits in the queue again.
        """
        build = self._store.builds.get(build_id)
        if build is None or not isinstance(build.state, Active):
            raise Conflict("That build has ended already.")
        state = msgspec.structs.replace(build.state, stop_requested=True, stop_requested_by=by, requeue=requeue)
        self._store.builds.put(build.id, msgspec.structs.replace(build, state=state))

    def signal_stop(self, build_id: BuildId) -> None:
        """Pass the wish on to the build process; it may take a few seconds to end."""
        self._executor.cancel(build_id)

    def _sweep(self, build_id: BuildId) -> str:
        """Clean up after a vanished build; what can't be cleaned up is told, and must not hold up the other builds."""
        try:
            self._executor.sweep(build_id)
        except Refused as error:
            return f"Its worktree could not be cleaned up: {error}"
        return ""

    def _spec(self, build_id: BuildId, task: Task, attempt: int, around: Surroundings) -> BuildSpec:
        assert task.project is not None
        project = around.projects[task.project]
        learned = lessons.lines(self._store.lessons.all(), project.name)
        engine, verify = _engine(task, project, around), task.verify or project.verify
        unfinished = self._unfinished(task, attempt)
        suffix = "" if attempt == 1 else f"-{attempt}"
        number = task.id.replace("_", "-")
        return BuildSpec(
            id=build_id,
            task=task.id,
            title=task.title,
            repository=project.path,
            base=project.base,
            onto=(*(needed.spec.branch for needed in self._needed(task)), *unfinished),
            branch="-".join(filter(None, [f"jarvis/{number}", slug(task.title)])) + suffix,
            worktree=str(self._config.home / "worktrees" / build_id),
            engine=engine,
            prompt=prompt(task, verify, learned, goes_on=bool(unfinished)),
            verify=verify,
            limits=self._limits(around, free_of_charge=task.command is not None),
            confinement=self.walls(required=task.confined, network=task.network),
            author=self._config.git_author,
            zone=self._config.zone.key,
        )

    def _limits(self, around: Surroundings, *, free_of_charge: bool) -> Limits:
        config = self._config
        dollars, tokens = (None, None) if free_of_charge else budgets.of_build(around.spent, config)
        return Limits(
            wall=config.build_hours * 3600,
            idle=config.idle_minutes * 60,
            verify=config.verify_minutes * 60,
            cpu=config.cpu_hours * 3600,
            memory=int(config.memory_gb * 1e9),
            processes=config.max_processes,
            disk=int(config.disk_gb * 1e9),
            dollars=dollars,
            tokens=tokens,
        )

    def walls(self, *, required: bool = False, network: bool = True) -> Confinement:
        """What builds may touch, by the settings."""
        config = self._config
        return Confinement(
            level=config.confinement,
            required=required,
            writable=tuple(map(str, config.writable_paths)),
            hidden=(str(config.home), *map(str, config.hidden_paths)),
            network=network,
        )

    def _unfinished(self, task: Task, attempt: int) -> tuple[str, ...]:
        """The branch of the try before, if that was interrupted: an agent goes on from there.

        A command of the owner's starts afresh, since it may not expect its own traces.
        """
        before = self._store.builds.get(BuildId(f"{task.id}-{attempt - 1}"))
        if before is None or task.command is not None or not isinstance(before.state, Ended):
            return ()
        interrupted = isinstance(before.state.result.outcome, Abandoned | AgentTroubled) or before.state.requeued
        return (before.spec.branch,) if interrupted else ()

    def _needed(self, task: Task) -> list[Build]:
        """The builds of the dependencies whose results are not merged: without them the task would not see them."""
        found = []
        tasks = {one.id: one for one in self._store.tasks.all()}
        for dependency in dependencies.sources(task, tasks):
            other = tasks.get(dependency)
            if other is not None and other.project == task.project and isinstance(other.state, Completed):
                build = self._store.builds.get(other.state.build)
                if build is not None and isinstance(other.state.delivery, Unmerged):
                    found.append(build)
        return found


def _engine(task: Task, project: Project, around: Surroundings) -> Engine:
    choice = engines.choose(task, project, around.config, around.programs, around.limited)
    if choice.engine is None:
        raise Refused(f"{task.id} can't be built: {choice.reason}.")
    return choice.engine


def active_builds(store: Store) -> list[Build]:
    """The builds that have not been collected yet, oldest first."""
    return [build for build in store.builds.all() if type(build.state) is Active]


def slug(title: str) -> str:
    """A short piece of a branch name from a title: ASCII words joined by hyphens; may be empty."""
    words = re.findall(r"[a-z0-9]+", title.casefold())
    return "-".join(words)[:40].strip("-")


def prompt(task: Task, verify: str | None, learned: Sequence[str] = (), *, goes_on: bool = False) -> str:
    """What the agent is told. `learned` are the lessons of the project; `goes_on`: an earlier try was interrupted, and
    its work is there."""
    parts = [f"# {task.title}", task.description, GUIDELINES]
    if learned:
        parts.append("\n".join(["Earlier results were corrected. Keep to this:", *(f"- {each}" for each in learned)]))
    if goes_on:
        parts.append("An earlier try was interrupted; what it had done is in the last commit. Go on from there.")
    if verify:
        parts.append(f"The work is accepted when this command succeeds in a fresh checkout:\n\n    {verify}\n")
    return "\n\n".join(part for part in parts if part)


def _state_after(build: Build, result: BuildResult, now: datetime) -> TaskState:
    if outcomes.is_usable(result.outcome):
        return Completed(build=build.id, at=now, delivery=Unmerged())
    if isinstance(result.outcome, Stopped):
        by = build.state.stop_requested_by if isinstance(build.state, Active) else None
        return Cancelled(at=now, by=by, build=build.id)
    return Failed(build=build.id, at=now, reason=outcomes.reason(result))


def _waits_for_its_time(task: Task) -> bool:
    """Built ahead of a routine: told of when it is due, unless somebody wants it now."""
    return task.source is Source.PATTERN and not task.start_now
