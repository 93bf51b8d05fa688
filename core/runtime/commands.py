"""Tries a project's verification command once, when the project is registered."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from core.errors import Refused
from core.model.build import Limits, Verification
from core.runtime.environment import allowed
from core.runtime.files import private_folder
from core.runtime.git import branch_tip
from core.runtime.locks import try_lock
from core.runtime.supervision import Supervisor
from core.runtime.sweeping import CHECK_PREFIX
from core.runtime.verification import verify_commit

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127


def run_check(command: str, repository: Path, branch: str, seconds: float, scratch: Path) -> Verification:
    """Run the command once in a fresh checkout of the branch, made below the folder `scratch` and removed again.

    Failing tests are fine: the result says so. Raises Refused when the command can't be run at all or does not end
    within `seconds`, and GitError when the branch can't be checked out. Blocks that long: not for an event loop.
    """
    tip = branch_tip(repository, branch)
    if tip is None:
        raise Refused(f"The branch {branch} does not exist in {repository}.")
    private_folder(scratch)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=CHECK_PREFIX, dir=scratch)))
        if lock := try_lock(folder / "lock"):  # tells a later sweep whether we still live
            stack.enter_context(lock)
        private_folder(folder / "tmp")
        environment = {**allowed(os.environ), "TERM": "dumb", "TMPDIR": str(folder / "tmp")}
        done = verify_commit(
            Supervisor(folder=folder, environment=environment, adopted=False),
            command,
            Limits(wall=seconds, idle=seconds, verify=seconds, grace=1.0),
            repository=repository,
            commit=tip,
            place=folder / "checkout",
            log=folder / "output.log",
        )
    if done.exit_code is None:
        raise Refused(f"The verification command `{command}` did not end within {seconds:g} s.")
    if done.exit_code in (_NOT_EXECUTABLE, _NOT_FOUND):
        reason = done.tail.splitlines()[-1] if done.tail else "the program was not found"
        raise Refused(f"The verification command `{command}` can't be run: {reason}.")
    return done
