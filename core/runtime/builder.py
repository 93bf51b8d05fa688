"""The build process: `python -m core.runtime.builder RUN_FOLDER [LOCK]`.

It reads `spec.json`, does one build from the worktree to the proof, and writes `result.json` as its last act. It needs
nothing of the bot meanwhile. LOCK is the descriptor of the lock on the run folder, if the starter took it already.
"""

import contextlib
import os
import signal
import sys
import traceback
from datetime import datetime
from pathlib import Path

from core.model.build import AgentFailed, BuildResult, BuildSpec, Findings, NotPrepared, Outcome, Stopped
from core.runtime.build_phases import Phases
from core.runtime.build_status import BuildStatus
from core.runtime.clock import utc_now
from core.runtime.confinement import Unconfinable
from core.runtime.files import remove_tree
from core.runtime.full_disk import when_there_is_room
from core.runtime.git import GitError
from core.runtime.locks import try_lock
from core.runtime.preparing import Unpreparable
from core.runtime.process_tree import become_subreaper
from core.runtime.run_folder import HEARTBEAT_SECONDS, RunFolder
from core.runtime.secrecy import hide_from_neighbours
from core.runtime.sweeping import end_leftovers
from core.runtime.verification import StopRequested

_LOCK_PATIENCE = 1.0


def main(arguments: list[str]) -> int:
    """Do the build of that run folder, unless another process does or has done it. Returns the exit code."""
    hide_from_neighbours()
    folder = RunFolder(Path(arguments[0]).resolve())
    if len(arguments) > 1:
        os.set_inheritable(int(arguments[1]), False)
    elif try_lock(folder.lock, patience=_LOCK_PATIENCE) is None:  # held until the process ends
        return 0
    spec = folder.spec()
    if spec is None:
        print(f"No readable spec.json in {folder.path}.", file=sys.stderr)
        return 1
    if folder.result() is None:
        started = utc_now()
        wake = _prepare_process()
        _beat(folder.heart)
        if folder.processes():  # of an earlier build process, which died
            end_leftovers(folder)
        result = build(folder, spec, started, wake)
        when_there_is_room(lambda: folder.write_result(result))
    return 0


def build(folder: RunFolder, spec: BuildSpec, started: datetime, wake: int) -> BuildResult:
    """Go through all phases; whatever happens, it becomes a result. Leaves no worktree and no temporary files."""
    findings = folder.findings() or Findings()
    phases = Phases(folder, spec, findings, BuildStatus(folder), adopted=become_subreaper(), wake=wake)
    outcome = _outcome(phases, findings)
    try:
        phases.clean_up()
        for place in (folder.temporary, folder.home):
            remove_tree(place)
    except Exception:  # whatever an agent has made of its folders: the result must be written
        _tell_trouble()
    return BuildResult(
        outcome=outcome,
        base_commit=findings.base_commit,
        commit=findings.commit,
        diff=findings.diff,
        before=findings.before,
        after=findings.after,
        usage=findings.usage,
        peak_memory=findings.peak_memory,
        cpu_seconds=findings.cpu_seconds,
        started_at=started,
        ended_at=max(started, utc_now()),
        tail=findings.tail,
    )


def _outcome(phases: Phases, findings: Findings) -> Outcome:
    try:
        return phases.run()
    except StopRequested:
        return Stopped()
    except (Unpreparable, Unconfinable) as error:
        return NotPrepared(detail=str(error))
    except Exception as error:  # the edge of the process: whatever it is, the owner must hear of it
        _tell_trouble()
        detail = str(error) if isinstance(error, GitError | OSError) else f"{type(error).__name__}: {error}"
        if findings.base_commit is None:
            return NotPrepared(detail=f"The build could not be prepared: {detail}")
        return AgentFailed(exit_code=None, detail=f"Jarvis could not finish the build: {detail}")


def _beat(heart: Path) -> None:
    """Touch the file every few seconds from now on, in whatever wait or computation: so others see that we are well.

    By a timer of the process, since a second thread would make it unsafe to prepare children before they execute.
    """

    def touch(*_: object) -> None:
        with contextlib.suppress(OSError):
            heart.touch(mode=0o600)

    touch()
    signal.signal(signal.SIGALRM, touch)
    signal.setitimer(signal.ITIMER_REAL, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS)


def _tell_trouble() -> None:
    """Into `builder.log`, for who looks for the cause; a full disk must not end the build for it."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def _prepare_process() -> int:
    """Default signals for all children, none that ends this process by mistake; returns the wake-up descriptor."""
    for number in signal.valid_signals():
        # Inherited from whoever started us; SIGPIPE Python ignores itself, and restores for children.
        if signal.getsignal(number) is signal.SIG_IGN and number != signal.SIGPIPE:
            with contextlib.suppress(OSError):
                signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # A handler, not SIG_IGN, since children would inherit the latter. It only wakes up who waits.
        signal.signal(number, lambda *_: None)
    return reader


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
