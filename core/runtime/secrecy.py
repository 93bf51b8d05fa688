"""Keeps what this process knows from other processes of the same user."""

import ctypes
import errno
import os
import sys
from collections.abc import Iterable

_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_HIGHEST_CAPABILITY = 63

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def hide_from_neighbours(*, hidden: bool = True) -> None:
    """Let only root look at this process's memory and environment, which hold keys; on Linux (see prctl(2)).

    Agents run as the same user, and could otherwise read `/proc/<pid>/environ`. Programs that are started are not
    concerned: the setting ends with exec. `hidden` False takes it back, for a child that has to write to files of its
    own below `/proc/self`.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_DUMPABLE, int(not hidden), 0, 0, 0)


def forget_variables(names: Iterable[str]) -> None:
    """Take variables out of the environment of this process, and overwrite what the kernel shows of them.

    `/proc/<pid>/environ` shows the memory in which they were handed over, whatever becomes of them later.
    """
    wanted = {name.encode() for name in names}
    if _libc is not None:
        table = ctypes.POINTER(ctypes.c_void_p).in_dll(_libc, "environ")
        place = 0
        while table and (address := table[place]):
            name, _, value = ctypes.string_at(address).partition(b"=")
            if name in wanted and value:
                ctypes.memset(address + len(name) + 1, 0, len(value))
            place += 1
    for name in wanted:
        os.environb.pop(name, None)


def drop_capabilities() -> None:
    """For a child before it executes its program: not even root may then look into other processes (prctl(2)).

    Raises OSError if this is root and it can't be done.
    """
    if _libc is None or os.geteuid() != 0:
        return
    for capability in range(_HIGHEST_CAPABILITY + 1):  # EINVAL: this kernel has no capability of that number
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 and ctypes.get_errno() != errno.EINVAL:
            raise OSError(ctypes.get_errno(), "privileges can't be given up")
