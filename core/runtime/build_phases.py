"""The phases of a build, one after another."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.model.build import (
    AgentFailed,
    BuildSpec,
    DiffStat,
    Empty,
    Outcome,
    Phase,
    Stopped,
    TimedOut,
    Unverified,
    Verification,
)
from core.runtime.agent_command import agent_command, agent_environment, run_environment
from core.runtime.build_status import BuildStatus
from core.runtime.committing import change_size, commit_message, commit_work, drop_empty_branch
from core.runtime.files import private_folder
from core.runtime.full_disk import when_there_is_room
from core.runtime.output_log import OutputLog
from core.runtime.preparing import prepare
from core.runtime.run_folder import RunFolder
from core.runtime.supervision import Bounds, Cause, Ended, Supervisor
from core.runtime.verification import Baselines, StopRequested, judge, verify_commit
from core.runtime.worktrees import remove, replacement

_TAIL_LINES = 20


@dataclass(kw_only=True)
class Findings:
    """What is known so far; filled in phase by phase, so that an early end loses nothing."""

    base_commit: str | None = None
    commit: str | None = None
    diff: DiffStat | None = None
    before: Verification | None = None
    after: Verification | None = None
    tail: str = ""


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
            environment=run_environment(os.environ, folder, spec),
            adopted=adopted,
            stop_requested=folder.stop_requested,
            beat=status.beat,
            wake=wake,
        )

    def run(self) -> Outcome:
        """Go through them. Raises Unpreparable, StopRequested, GitError and OSError."""
        base = self._prepare()
        if self._spec.verify is not None:
            self._status.enter(Phase.BASELINE)
            self._findings.before = self._baseline(base, self._spec.verify)
        failure = self._work() or self._displaced()
        self._commit(base)
        if failure is not None:
            return failure
        if self._findings.diff is None or self._findings.commit is None:
            return Empty()
        if self._spec.verify is None or self._findings.before is None:
            return Unverified()
        self._status.enter(Phase.VERIFYING)
        after = self._verify(self._spec.verify, self._findings.commit, "proof")
        self._findings.after = after
        return judge(self._findings.before, after)

    def clean_up(self) -> None:
        """Remove the worktree, and a branch that has nothing of its own. Uncommitted work keeps them both."""
        if self._findings.base_commit is None:
            return
        if not self._committed:
            self._commit(self._findings.base_commit)
        remove(self._repository, Path(self._spec.worktree))
        drop_empty_branch(self._repository, self._spec.branch, self._findings.base_commit)

    def _prepare(self) -> str:
        self._status.enter(Phase.PREPARING)
        self._look_for_stop()
        private_folder(self._folder.temporary)
        self._findings.base_commit = prepare(self._folder, self._spec)
        return self._findings.base_commit

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
        bounds = Bounds(wall=limits.wall, idle=limits.idle, grace=limits.grace)
        with OutputLog(self._folder.output) as log:
            try:
                command = agent_command(self._folder, self._spec)
                self._folder.note_begun()
                ended = self._supervisor.run(
                    command.argv,
                    log,
                    bounds,
                    cwd=Path(self._spec.worktree),
                    stdin=command.stdin,
                    further=agent_environment(os.environ, self._spec),
                )
            except (OSError, ValueError) as error:
                return AgentFailed(exit_code=None, detail=f"The agent could not be started: {error}")
            self._findings.tail = "\n".join(log.lines(_TAIL_LINES))
            return self._failure(ended, log)

    def _failure(self, ended: Ended, log: OutputLog) -> Outcome | None:
        limits = self._spec.limits
        if ended.survivors:
            return AgentFailed(exit_code=None, detail=f"{ended.survivors} processes of the agent could not be ended.")
        match ended.cause:
            case Cause.STOPPED:
                return Stopped()
            case Cause.WALL:
                return TimedOut(limit=limits.wall, idle=False)
            case Cause.IDLE:
                return TimedOut(limit=limits.idle, idle=True)
            case Cause.EXITED if ended.exit_code:
                return AgentFailed(exit_code=ended.exit_code, detail=log.last_line())
            case Cause.EXITED:
                return None

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

    def _verify(self, command: str, commit: str, name: str) -> Verification:
        return verify_commit(
            self._supervisor,
            command,
            self._spec.limits,
            repository=self._repository,
            commit=commit,
            place=Path(f"{self._spec.worktree}-{name}"),
            log=self._folder.path / f"{name}.log",
        )

    def _look_for_stop(self) -> None:
        if self._folder.stop_requested():
            raise StopRequested
