"""Runs a project's verification command on a commit, in a fresh checkout, and judges what it proves."""

import hashlib
from pathlib import Path

import msgspec

from core.model.build import AlreadyRed, Broke, Limits, Outcome, Proven, Verification
from core.runtime.files import private_folder, write_atomically
from core.runtime.output_log import OutputLog
from core.runtime.runner_summary import count_tests
from core.runtime.supervision import Bounds, Cause, Supervisor
from core.runtime.worktrees import fresh_checkout

_TAIL_LINES = 40
_LOG_BYTES = 1_000_000


class StopRequested(Exception):
    """A person pressed Stop meanwhile."""


def run_verification(supervisor: Supervisor, command: str, cwd: Path, bounds: Bounds, log: Path) -> Verification:
    """Run the command by `/bin/sh -c` in that folder and report it; its output goes to the file `log`.

    Raises StopRequested.
    """
    with OutputLog(log, head=_LOG_BYTES, tail=_LOG_BYTES) as output:
        ended = supervisor.run(["/bin/sh", "-c", command], output, bounds, cwd=cwd)
        if ended.cause is Cause.STOPPED:
            raise StopRequested
        return Verification(
            command=command,
            passed=ended.exit_code == 0,
            exit_code=ended.exit_code,
            seconds=ended.seconds,
            tests=count_tests(output.text()),
            tail="\n".join(output.lines(_TAIL_LINES)),
        )


def verify_commit(
    supervisor: Supervisor, command: str, limits: Limits, *, repository: Path, commit: str, place: Path, log: Path
) -> Verification:
    """Check the commit out at `place`, run the command there, and remove the checkout again.

    Raises StopRequested, and GitError when it can't be checked out.
    """
    bounds = Bounds(wall=limits.verify, grace=limits.grace)
    with fresh_checkout(repository, place, commit):
        return run_verification(supervisor, command, place, bounds, log)


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
