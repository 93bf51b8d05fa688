"""Finds and ends all processes of a run, also those that have left its process group or their parent.

On Linux a build process is a child subreaper: whatever its descendants do, they stay its descendants. Elsewhere, and
in processes that are no subreaper, descendants are found by parent, by session, and by the environment that they got.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import psutil

MARKER = "JARVIS_RUN_FOLDER"
"""The environment variable that marks every process of a run with the absolute path of its run folder."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_KILL_SECONDS = 30.0
_FEW = 20
"""Processes that can be killed at once: so many don't outrun us."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def become_subreaper() -> bool:
    """Adopt every orphan among one's descendants from now on. False where the system can't do that."""
    return _libc is not None and _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def die_with_parent() -> None:
    """For a child, before it executes its program: be killed when the parent dies."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def start_time(pid: int) -> float | None:
    """When the process started, in seconds since the epoch as the kernel tells it; None when there is none."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except (psutil.Error, ValueError, OverflowError):  # the latter two: no number that a process can have
        return None


def marked(folder: Path) -> list[psutil.Process]:
    """All living processes that carry the marker of that run folder, as far as this user may look."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(folder) and _lives(process):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def staying_in(folders: Sequence[Path]) -> list[psutil.Process]:
    """All living processes of this user that work in or below one of the folders and have no terminal.

    So are found those that threw the marker away; somebody who looks around in a terminal isn't meant.
    """
    found = []
    for process in psutil.process_iter():
        try:
            place = Path(process.cwd())
            if (
                any(place.is_relative_to(folder) for folder in folders)
                and process.uids().real == os.getuid()
                and not _has_terminal(process)
                and process.pid != os.getpid()
                and _lives(process)
            ):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def known(identities: Iterable[tuple[int, float]]) -> list[psutil.Process]:
    """Those of these processes (pid and start time) that still live."""
    found = []
    for pid, started in identities:
        try:
            process = psutil.Process(pid)
            if process.create_time() == started and pid != os.getpid() and _lives(process):
                found.append(process)
        except (psutil.Error, ValueError, OverflowError):
            continue
    return found


def end_all(
    find: Callable[[], list[psutil.Process]],
    grace: float,
    wait: Callable[[float], None],
    *,
    heads: Sequence[int] = (),
) -> int:
    """SIGTERM to all that `find` returns, SIGKILL to those that are left after `grace` seconds.

    Returns how many survive even that. `find` is asked again and again, so that what is forked meanwhile is found;
    `wait(seconds)` is called between. At the end of a process of `heads` all the others end at once: such a one gets no
    SIGTERM, so that they have their time, and is the first to be killed.
    """
    for process in find():
        if process.pid not in heads:
            _send(process, signal.SIGTERM)
        _send(process, signal.SIGCONT)
    deadline = time.monotonic() + grace
    while find() and time.monotonic() < deadline:
        wait(0.02)
    deadline = time.monotonic() + _KILL_SECONDS
    while (left := find()) and time.monotonic() < deadline:
        # First all of them stand still: otherwise those that fork are faster than we are.
        moving = [process for process in left if not _stands_still(process)]
        for process in moving:
            _send(process, signal.SIGSTOP)
        if not moving or len(left) < _FEW or any(process.pid in heads for process in left):
            for process in sorted(left, key=lambda each: each.pid not in heads):
                _send(process, signal.SIGKILL)
        wait(0.01)
    return len(find())


def members(root: int, folder: Path, *, adopted: bool) -> list[psutil.Process]:
    """The living processes of a run: `root` and all that come from it.

    `adopted`: the calling process is a subreaper and has no other children, so all below it are meant.
    """
    if adopted:
        reap(except_for=root)
        return [process for process in psutil.Process().children(recursive=True) if _lives(process)]
    found = {process.pid: process for process in (*_session(root), *marked(folder))}
    try:
        top = psutil.Process(root)
        found |= {process.pid: process for process in (top, *top.children(recursive=True))}
    except psutil.Error:
        pass
    return [process for process in found.values() if _lives(process)]


def reap(*, except_for: int) -> None:
    """Collect children that have ended, but leave the exit code of one of them to its own waiter.

    Only for a process that starts no others at the same time: it would take their exit codes away.
    """
    if sys.platform != "linux":
        return
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid == except_for:
            return
        os.waitpid(ended.si_pid, os.WNOHANG)


def _session(leader: int) -> list[psutil.Process]:
    found = []
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == leader:
                found.append(psutil.Process(pid))
        except (OSError, psutil.Error):
            continue
    return found


def _has_terminal(process: psutil.Process) -> bool:
    if sys.platform != "linux":
        return process.terminal() is not None
    # psutil remembers which terminals there are, and so misses those that were opened later.
    fields = Path(f"/proc/{process.pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[4] != "0"


def _stands_still(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return True


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except (psutil.Error, OSError):
        # It has ended in the meantime.
        return
