"""Tries a project's verification command once, when the project is registered.

It runs in a process of its own (`python -m core.runtime.commands FOLDER`), which alone has one thread and no other
children: only such a one can confine and end programs safely.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from core.errors import Refused
from core.model.build import Confinement, Limits, Verification
from core.runtime.environment import allowed
from core.runtime.files import private_folder, write_atomically
from core.runtime.git import GitError, branch_tip
from core.runtime.local_environment import python_environment
from core.runtime.locks import try_lock
from core.runtime.private_home import home_environment, new_walls
from core.runtime.process_tree import become_subreaper
from core.runtime.supervision import Supervisor
from core.runtime.sweeping import CHECK_PREFIX
from core.runtime.verification import Checks

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
_CHECKOUT_SECONDS = 120.0
"""For making and removing the checkout, besides the time for the command."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What to try: contents of `trial.json`."""

    command: str
    repository: str
    commit: str
    seconds: float
    confinement: Confinement


def run_check(
    command: str, repository: Path, branch: str, seconds: float, scratch: Path, confinement: Confinement | None = None
) -> Verification:
    """Run the command once in a fresh checkout of the branch, made below the folder `scratch` and removed again.

    Failing tests are fine: the result says so. Raises Refused when the command can't be run at all or does not end
    within `seconds`, and GitError when the branch can't be checked out. Blocks that long: not for an event loop.
    """
    tip = branch_tip(repository, branch)
    if tip is None:
        raise Refused(f"The branch {branch} does not exist in {repository}.")
    trial = Trial(
        command=command,
        repository=str(repository),
        commit=tip,
        seconds=seconds,
        confinement=confinement or Confinement(),
    )
    private_folder(scratch)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=CHECK_PREFIX, dir=scratch)))
        if lock := try_lock(folder / "lock"):  # tells a later sweep whether we still live
            stack.enter_context(lock)
        done = _in_another_process(folder, trial)
    if done.exit_code is None:
        raise Refused(f"The verification command `{command}` did not end within {seconds:g} s.")
    if done.exit_code in (_NOT_EXECUTABLE, _NOT_FOUND):
        reason = done.tail.splitlines()[-1] if done.tail else "the program was not found"
        raise Refused(f"The verification command `{command}` can't be run: {reason}.")
    return done


def _in_another_process(folder: Path, trial: Trial) -> Verification:
    write_atomically(folder / "trial.json", msgspec.json.encode(trial), durable=False)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "core.runtime.commands", str(folder)],
        cwd=folder,
        env=python_environment(allowed(os.environ, ("XDG_CONFIG_HOME",))),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=trial.seconds + _CHECKOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise GitError("worktree", None, done.stderr.decode(errors="replace").strip()[-500:])
    return msgspec.json.decode(done.stdout, type=Verification)


def main(arguments: list[str]) -> int:
    """Do the trial of that folder, and print what came out. Returns the exit code."""
    folder = Path(arguments[0]).resolve()
    trial = msgspec.json.decode((folder / "trial.json").read_bytes(), type=Trial)
    repository, folders = Path(trial.repository), (folder / "home", folder / "tmp")
    environment = {
        **allowed(os.environ),
        **home_environment(os.environ, folders[0], trial.confinement.writable),
        "TERM": "dumb",
        "TMPDIR": str(folders[1]),
    }
    checks = Checks(
        supervisor=Supervisor(folder=folder, environment=environment, adopted=become_subreaper()),
        limits=Limits(wall=trial.seconds, idle=trial.seconds, verify=trial.seconds, grace=1.0),
        walls=lambda place: new_walls(trial.confinement, repository, folders, (place,)),
    )
    try:
        done = checks.verify(trial.command, repository, trial.commit, folder / "checkout", folder / "output.log")
    except (GitError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(done))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
