"""The life of a build: recorded, launched, watched, collected. A crash between any two of these does no harm."""

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from core import notifications, outcomes
from core.errors import Conflict, Refused
from core.model.build import (
    Abandoned,
    Active,
    AgentFailed,
    Build,
    BuildResult,
    BuildSpec,
    Ended,
    Engine,
    Limits,
    Progress,
    Stopped,
)
from core.model.config import Config
from core.model.ids import BuildId, ProjectName, UserId
from core.model.notification import BuildEnded, BuildStarted
from core.model.project import Project
from core.model.task import Cancelled, Completed, Failed, Running, Task, TaskState, Unmerged
from core.ports import Agents, Records, Store
from core.transitions import move

GUIDELINES = """\
Work in the current directory, which is a git worktree made for this task only.
Change what the task needs and nothing else. Do not push, and do not switch branches;
what you leave is committed for you.
"""


MAX_LAUNCHES = 4


class Builds:
    """Records of builds, and the build processes behind them."""

    def __init__(self, store: Store, agents: Agents, records: Records, config: Config) -> None:
        self._store = store
        self._agents = agents
        self._records = records
        self._config = config

    def active(self) -> list[Build]:
        """The builds that have not been collected yet, oldest first."""
        return active_builds(self._store)

    def progress(self, build: BuildId) -> Progress | None:
        """How far it is, as the build process tells."""
        return self._agents.progress(build)

    def record_start(self, task: Task, projects: Mapping[ProjectName, Project], now: datetime) -> Build:
        """Record that a build of the task begins, with its notification. Inside a transaction; `launch` it after."""
        if task.project is None:
            raise Refused(f"{task.id} has no project.")
        attempt = 1 + sum(build.task == task.id for build in self._store.builds.all())
        build_id = BuildId(f"{task.id}-{attempt}")
        build = Build(
            id=build_id,
            task=task.id,
            project=task.project,
            hours=task.hours,
            spec=self._spec(build_id, task, attempt, projects[task.project]),
            started_at=now,
            state=Active(),
        )
        self._store.builds.put(build.id, build)
        self._store.tasks.put(task.id, move(task, Running(build=build.id, since=now)))
        notifications.record(self._store, BuildStarted(build=build.id), task.chat, now, silent=True)
        return build

    def launch(self, build: Build, now: datetime) -> None:
        """Start the build process of a recorded build; a launch that fails shows up when the build is polled."""
        line = {"at": now.isoformat(), "build": build.id, "engine": build.spec.engine.name, "branch": build.spec.branch}
        self._records.append("subagent_spawns.jsonl", line)
        self._agents.start(build.spec)

    def poll(self, build: Build, now: datetime) -> BuildResult | None:
        """The result if the build is over. One that was recorded but never launched is launched now; one that vanished
        is cleaned up after and given up."""
        # In this order: a build process that another one starts meanwhile is not taken for one that vanished, and one
        # that ends meanwhile has written its result before.
        begun = self._agents.begun(build.id)
        alive = self._agents.alive(build.id)
        result = self._agents.result(build.id)
        state = build.state if isinstance(build.state, Active) else Active()
        if result is not None or alive:
            if result is None and state.stop_requested:
                self._agents.stop(build.id)  # again: the first time the process may have died in between
            return result
        if begun:
            tail = self._sweep(build.id)
            return BuildResult(outcome=Abandoned(), started_at=build.started_at, ended_at=now, tail=tail)
        if state.stop_requested:
            return BuildResult(outcome=Stopped(), started_at=build.started_at, ended_at=now)
        return self._launch_again(build, state, now)

    def _launch_again(self, build: Build, state: Active, now: datetime) -> BuildResult | None:
        """Start a build process that died before its agent had begun, or was never started; not for ever."""
        detail = f"The build process ended {state.launches} times before the agent could begin."
        if state.launches < MAX_LAUNCHES:
            again = msgspec.structs.replace(state, launches=state.launches + 1)
            with self._store.transaction():
                self._store.builds.put(build.id, msgspec.structs.replace(build, state=again))
            try:
                self._agents.start(build.spec)
            except Refused as error:
                detail = str(error)
            else:
                return None
        outcome = AgentFailed(exit_code=None, detail=detail)
        return BuildResult(outcome=outcome, started_at=build.started_at, ended_at=now)

    def record_end(self, build_id: BuildId, result: BuildResult, now: datetime) -> Task | None:
        """Record a result, the task's new state and the notification, inside a transaction.

        Returns the task; None when another process has collected the build already.
        """
        build = self._store.builds.get(build_id)
        if build is None or not isinstance(build.state, Active):
            return None
        self._store.builds.put(build.id, msgspec.structs.replace(build, state=Ended(result=result)))
        task = self._store.tasks.get(build.task)
        if task is None or not isinstance(task.state, Running):
            return None
        task = move(task, _state_after(build, result, now))
        self._store.tasks.put(task.id, task)
        notifications.record(self._store, BuildEnded(build=build.id), task.chat, now)
        return task

    def request_stop(self, build_id: BuildId, by: UserId | None) -> None:
        """Record the wish to stop, inside a transaction; `signal_stop` after. Raises Conflict when it has ended."""
        build = self._store.builds.get(build_id)
        if build is None or not isinstance(build.state, Active):
            raise Conflict("That build has ended already.")
        state = msgspec.structs.replace(build.state, stop_requested=True, stop_requested_by=by)
        self._store.builds.put(build.id, msgspec.structs.replace(build, state=state))

    def signal_stop(self, build_id: BuildId) -> None:
        """Pass the wish on to the build process; it may take a few seconds to end."""
        self._agents.stop(build_id)

    def _sweep(self, build_id: BuildId) -> str:
        """Clean up after a vanished build; what can't be cleaned up is told, and must not hold up the other builds."""
        try:
            self._agents.sweep(build_id)
        except Refused as error:
            return f"Its worktree could not be cleaned up: {error}"
        return ""

    def _spec(self, build_id: BuildId, task: Task, attempt: int, project: Project) -> BuildSpec:
        verify = task.verify or project.verify
        suffix = "" if attempt == 1 else f"-{attempt}"
        number = task.id.replace("_", "-")
        return BuildSpec(
            id=build_id,
            task=task.id,
            title=task.title,
            repository=project.path,
            base=project.base,
            onto=tuple(needed.spec.branch for needed in self._needed(task)),
            branch="-".join(filter(None, [f"jarvis/{number}", slug(task.title)])) + suffix,
            worktree=str(self._config.home / "worktrees" / build_id),
            engine=self._engine(task),
            prompt=prompt(task, verify),
            verify=verify,
            limits=Limits(
                wall=self._config.build_hours * 3600,
                idle=self._config.idle_minutes * 60,
                verify=self._config.verify_minutes * 60,
            ),
            environment=self._config.agent_environment,
            author=self._config.git_author,
        )

    def _needed(self, task: Task) -> list[Build]:
        """The builds of the dependencies whose results are not merged: without them the task would not see them."""
        found = []
        for dependency in task.depends:
            other = self._store.tasks.get(dependency)
            if other is not None and other.project == task.project and isinstance(other.state, Completed):
                build = self._store.builds.get(other.state.build)
                if build is not None and isinstance(other.state.delivery, Unmerged):
                    found.append(build)
        return found

    def _engine(self, task: Task) -> Engine:
        if task.command is not None:
            return Engine(name="shell", shell=task.command)
        if self._config.agent_command is None:
            raise Refused("No coding agent is set up: put AGENT_COMMAND into .env, or give the task a command.")
        return Engine(name=self._config.agent_command[0], argv=self._config.agent_command)


def active_builds(store: Store) -> list[Build]:
    """The builds that have not been collected yet, oldest first."""
    return [build for build in store.builds.all() if isinstance(build.state, Active)]


def slug(title: str) -> str:
    """A short piece of a branch name from a title: ASCII words joined by hyphens; may be empty."""
    words = re.findall(r"[a-z0-9]+", title.casefold())
    return "-".join(words)[:40].strip("-")


def prompt(task: Task, verify: str | None) -> str:
    """What the agent is told."""
    parts = [f"# {task.title}", task.description, GUIDELINES]
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
