"""A limit on the number of processes that the kernel itself keeps: measuring is too slow for those that multiply.

For an ordinary user that is a resource limit (`RLIMIT_NPROC`, see getrlimit(2)), which counts all tasks of the user. It
does not hold for root, for whom a control group is made (`pids`, see cgroups(7)).
"""

import contextlib
import hashlib
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_TASKS_PER_PROCESS = 4
"""The kernel counts threads, too. A build that passes the limit in processes is seen and ended before it gets here."""
_ROOTS = (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))


@dataclass(frozen=True)
class ProcessLimit:
    """A limit that is in force."""

    join: Callable[[], None]
    """To be called in the new process, before it executes its program."""
    was_reached: Callable[[], bool]
    """Whether the kernel has refused a process; False also where it does not tell."""


@contextmanager
def limited(processes: int | None, name: str) -> Iterator[ProcessLimit]:
    """Keep a new process and its descendants few; None: no limit.

    `name` tells the group from others on this machine. At the end of the block nothing may be left of them.
    """
    if processes is None:
        yield ProcessLimit(lambda: None, lambda: False)
        return
    tasks = processes * _TASKS_PER_PROCESS
    if os.geteuid() != 0:
        ours = _tasks_of_user()
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        most = ours + tasks if hard == resource.RLIM_INFINITY else min(ours + tasks, hard)
        yield ProcessLimit(lambda: resource.setrlimit(resource.RLIMIT_NPROC, (most, most)), lambda: False)
        return
    group = _make_group(tasks, name)
    if group is None:
        yield ProcessLimit(lambda: None, lambda: False)
        return
    try:
        yield ProcessLimit(lambda: _join(group), lambda: _was_reached(group))
    finally:
        end_group(name)


def _join(group: Path) -> None:
    (group / "cgroup.procs").write_text("0")  # stands for the process that writes


def _was_reached(group: Path) -> bool:
    try:
        return not (group / "pids.events").read_text().strip().endswith("max 0")
    except OSError:
        return False


def group_name(folder: Path) -> str:
    """The name for a run folder: the same in every process, and no other's."""
    return f"{folder.name}-{hashlib.sha256(str(folder).encode(errors='surrogateescape')).hexdigest()[:12]}"


def grouped(name: str) -> list[int]:
    """The pids of the processes in the groups of that name: of a run whose supervisor died, too."""
    found = []
    for group in _groups(name):
        with contextlib.suppress(OSError, ValueError):
            found += [int(line) for line in (group / "cgroup.procs").read_text().split()]
    return found


def end_group(name: str) -> None:
    """Remove the groups of that name, with what is left in them where the kernel can do that."""
    for group in _groups(name):
        with contextlib.suppress(OSError):
            (group / "cgroup.kill").write_text("1")
        with contextlib.suppress(OSError):
            group.rmdir()


def _groups(name: str) -> list[Path]:
    return [group for root in _ROOTS for group in (root / f"jarvis-{name}",) if group.is_dir()]


def _make_group(tasks: int, name: str) -> Path | None:
    """A new control group for so many tasks; None where there can be none."""
    if sys.platform != "linux":
        return None
    for root in _ROOTS:
        group = root / f"jarvis-{name}"
        try:
            group.mkdir(exist_ok=True)
            (group / "pids.max").write_text(str(tasks))
        except OSError:  # not mounted, not writable, or without this controller
            with contextlib.suppress(OSError):
                group.rmdir()
        else:
            return group
    return None


def _tasks_of_user() -> int:
    """Threads of all processes of this user."""
    user, total = os.getuid(), 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().real == user:
                total += process.num_threads()
    return total
