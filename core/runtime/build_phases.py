"""The phases of a build, one after another."""

import os
from collections.abc import Mapping
from pathlib import Path

from core.agent_watch import AgentWatch, troubled
from core.model.build import (
    AgentFailed,
    BuildSpec,
    Empty,
    Findings,
    Outcome,
    OverLimit,
    Phase,
    Stopped,
    TimedOut,
    Unverified,
    Verification,
)
from core.runtime.agent_command import agent_command, agent_environment, run_environment
from core.runtime.agent_listener import AgentListener
from core.runtime.build_status import BuildStatus
from core.runtime.committing import change_size, commit_message, commit_work, drop_empty_branch
from core.runtime.confinement import Walls
from core.runtime.files import remove_tree
from core.runtime.full_disk import when_there_is_room
from core.runtime.output_log import OutputLog
from core.runtime.preparing import prepare
from core.runtime.private_home import home_environment, new_walls
from core.runtime.run_folder import RunFolder
from core.runtime.supervision import Bounds, Cause, Ended, Program, Supervisor
from core.runtime.verification import Baselines, Checks, StopRequested, TookTooMuch, judge
from core.runtime.worktrees import remove, replacement

_TAIL_LINES = 20


class Phases:
    """One build from the worktree to the proof, in a process of its own."""

    def __init__(
        self, folder: RunFolder, spec: BuildSpec, findings: Findings, status: BuildStatus, *, adopted: bool, wake: int
    ) -> None:
        self._folder = folder
        self._spec = spec
        self._findings = findings
        self._status = status
        self._repository = Path(spec.repository)
        self._committed = False
        self._supervisor = Supervisor(
            folder=folder.path,
            environment=self._environment(os.environ),
            adopted=adopted,
            stop_requested=folder.stop_requested,
            beat=status.beat,
            seen=lambda processes: status.note_processes(list(processes)),
            wake=wake,
        )
        self._checks = Checks(supervisor=self._supervisor, limits=spec.limits, walls=self._walls)

    def run(self) -> Outcome:
        """Go through them. Raises Unpreparable, StopRequested, GitError and OSError."""
        try:
            base = self._findings.base_commit
            if base is None or not self._findings.worked:
                base = self._until_worked()
            self._commit(base)
            if self._findings.failure is not None:
                return self._findings.failure
            return self._prove()
        except TookTooMuch as error:
            return OverLimit(resource=error.exceeded.resource, limit=error.exceeded.limit, phase=self._status.phase)

    def clean_up(self) -> None:
        """Remove the worktree, and a branch that has nothing of its own. Uncommitted work keeps them both."""
        base = self._findings.base_commit
        if base is None:
            return
        if not self._committed:
            self._commit(base)
        remove(self._repository, Path(self._spec.worktree))
        drop_empty_branch(self._repository, self._spec.branch, base)
        remove_tree(self._folder.git)

    def _until_worked(self) -> str:
        """Prepare, check the base, let the agent work; from there on the build can be taken up after a crash."""
        self._status.enter(Phase.PREPARING)
        self._look_for_stop()
        base = self._findings.base_commit = prepare(self._folder, self._spec)
        if self._spec.verify is not None:
            self._status.enter(Phase.BASELINE)
            self._findings.before = self._baseline(base, self._spec.verify)
        self._findings.failure = self._work() or self._displaced()
        self._findings.worked = True
        when_there_is_room(lambda: self._folder.write_findings(self._findings))
        return base

    def _baseline(self, base: str, command: str) -> Verification:
        baselines = Baselines(self._folder.path.parent / "baselines")
        known = baselines.get(base, command)
        if known is None:
            known = self._verify(command, base, "baseline")
            if known.exit_code is not None:
                baselines.put(base, known)
        return known

    def _work(self) -> Outcome | None:
        """Let the agent work; returns why it failed, or None."""
        self._look_for_stop()
        self._status.enter(Phase.WORKING)
        limits = self._spec.limits
        bounds = Bounds(wall=limits.wall, idle=limits.idle, grace=limits.grace, limits=limits)
        walls = self._walls(Path(self._spec.worktree), self._folder.git)
        with OutputLog(self._folder.output) as log, AgentListener(self._folder, self._spec) as listener:
            watch = listener.watch
            self._status.action, self._status.usage = listener.action, lambda: watch.usage
            try:
                command = agent_command(os.environ, self._folder, self._spec)
                self._folder.note_begun()
                program = Program(
                    argv=command.argv,
                    cwd=Path(self._spec.worktree),
                    walls=walls,
                    stdin=command.stdin,
                    further=agent_environment(os.environ, self._spec),
                )
                ended = self._supervisor.run(program, log, bounds, listener)
            except (OSError, ValueError) as error:
                return AgentFailed(exit_code=None, detail=f"The agent could not be started: {error}")
            listener.end()
            self._findings.usage = watch.usage
            self._findings.peak_memory, self._findings.cpu_seconds = ended.peak_memory, ended.cpu_seconds
            self._findings.tail = listener.tail(_TAIL_LINES) or "\n".join(log.lines(_TAIL_LINES))
            self._status.action = str
            return self._failure(ended, watch, log)

    def _failure(self, ended: Ended, watch: AgentWatch, log: OutputLog) -> Outcome | None:
        limits = self._spec.limits
        if ended.survivors:
            return AgentFailed(exit_code=None, detail=f"{ended.survivors} processes of the agent could not be ended.")
        if ended.exceeded is not None:
            return OverLimit(resource=ended.exceeded.resource, limit=ended.exceeded.limit)
        match ended.cause:
            case Cause.STOPPED:
                return Stopped()
            case Cause.WALL:
                return TimedOut(limit=limits.wall, idle=False)
            case Cause.IDLE:
                # One that waits for its model in vain says so, or has said so before it fell silent.
                return troubled(watch) or TimedOut(limit=limits.idle, idle=True)
        return watch.failure(ended.exit_code, log.last_line())

    def _displaced(self) -> Outcome | None:
        what = replacement(self._repository, Path(self._spec.worktree))
        if what is None:
            return None
        detail = f"The agent put {what} in the place of its worktree; what is there was neither committed nor touched."
        return AgentFailed(exit_code=None, detail=detail)

    def _commit(self, base: str) -> None:
        self._status.enter(Phase.COMMITTING)
        tip = when_there_is_room(lambda: commit_work(self._folder, self._spec, commit_message(self._spec)))
        self._committed = True
        if tip is not None and tip != base:
            self._findings.commit = tip
            self._findings.diff = change_size(self._repository, base, tip)

    def _prove(self) -> Outcome:
        if self._findings.diff is None or self._findings.commit is None:
            return Empty()
        if self._spec.verify is None or self._findings.before is None:
            return Unverified()
        self._status.enter(Phase.VERIFYING)
        self._look_for_stop()
        self._findings.after = self._verify(self._spec.verify, self._findings.commit, "proof")
        return judge(self._findings.before, self._findings.after)

    def _verify(self, command: str, commit: str, name: str) -> Verification:
        place = Path(f"{self._spec.worktree}-{name}")
        return self._checks.verify(command, self._repository, commit, place, self._folder.path / f"{name}.log")

    def _walls(self, place: Path, *more: Path) -> Walls:
        folders = (self._folder.home, self._folder.temporary)
        return new_walls(self._spec.confinement, self._repository, folders, (place, *more), self._folder.prompt)

    def _environment(self, source: Mapping[str, str]) -> dict[str, str]:
        writable = self._spec.confinement.writable
        return run_environment(source, self._folder, self._spec) | home_environment(source, self._folder.home, writable)

    def _look_for_stop(self) -> None:
        if self._folder.stop_requested():
            raise StopRequested
