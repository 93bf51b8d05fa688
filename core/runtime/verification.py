"""Runs a project's verification command on a commit, in a fresh checkout, and judges what it proves."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.model.build import AlreadyRed, Broke, Limits, Outcome, Proven, Verification
from core.runtime.confinement import Walls
from core.runtime.files import private_folder, write_atomically
from core.runtime.gauge import Exceeded
from core.runtime.junit import count_junit
from core.runtime.output_log import OutputLog
from core.runtime.runner_summary import count_tests
from core.runtime.supervision import Bounds, Cause, Program, Supervisor
from core.runtime.worktrees import fresh_checkout

_TAIL_LINES = 40
_LOG_BYTES = 1_000_000


class StopRequested(Exception):
    """A person pressed Stop meanwhile."""


class TookTooMuch(Exception):
    """The command exceeded a limit of the build."""

    def __init__(self, exceeded: Exceeded) -> None:
        super().__init__(exceeded.resource.value)
        self.exceeded = exceeded


@dataclass(frozen=True, kw_only=True)
class Checks:
    """How verification commands are run in one run."""

    supervisor: Supervisor
    limits: Limits
    walls: Callable[[Path], Walls]
    """Makes the private folders of a program that works in that checkout anew, and returns its walls."""

    def verify(self, command: str, repository: Path, commit: str, place: Path, log: Path) -> Verification:
        """Check the commit out at `place`, run the command there, and remove the checkout again.

        The command's output goes to the file `log`. Raises StopRequested, TookTooMuch, and GitError when it can't be
        checked out.
        """
        with fresh_checkout(repository, place, commit):
            return self._run(command, place, log)

    def _run(self, command: str, place: Path, log: Path) -> Verification:
        limits = msgspec.structs.replace(self.limits, cpu=None)
        bounds = Bounds(wall=limits.verify, grace=limits.grace, limits=limits)
        program = Program(argv=["/bin/sh", "-c", command], cwd=place, walls=self.walls(place))
        with OutputLog(log, head=_LOG_BYTES, tail=_LOG_BYTES) as output:
            begun = log.stat().st_mtime  # by the same clock as the times of other files, which is a coarse one
            ended = self.supervisor.run(program, output, bounds)
            if ended.cause is Cause.STOPPED:
                raise StopRequested
            if ended.exceeded is not None:
                raise TookTooMuch(ended.exceeded)
            return Verification(
                command=command,
                passed=ended.exit_code == 0,
                exit_code=ended.exit_code,
                seconds=ended.seconds,
                tests=count_tests(output.text()) or count_junit(place, begun),
                tail="\n".join(output.lines(_TAIL_LINES)),
            )


class Baselines:
    """What the verification said of base commits, kept so that each is tried once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, commit: str, command: str) -> Verification | None:
        """What is known, or None."""
        try:
            return msgspec.json.decode(self._path(commit, command).read_bytes(), type=Verification)
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
            return None

    def put(self, commit: str, verification: Verification) -> None:
        """Keep it."""
        private_folder(self._folder)
        write_atomically(self._path(commit, verification.command), msgspec.json.encode(verification))

    def _path(self, commit: str, command: str) -> Path:
        digest = hashlib.sha256(f"{commit}\0{command}".encode(errors="replace")).hexdigest()
        return self._folder / f"{digest}.json"


def judge(before: Verification, after: Verification) -> Outcome:
    """What the verification of a change proves, given how it went without the change."""
    if after.passed:
        return Proven()
    if before.passed:
        return Broke()
    if before.tests is not None and after.tests is not None and after.tests.failed > before.tests.failed:
        return Broke()
    return AlreadyRed()
