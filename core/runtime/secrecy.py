"""Keeps what this process knows from other processes of the same user."""

import ctypes
import sys

_PR_SET_DUMPABLE = 4


def hide_from_neighbours() -> None:
    """Let only root look at this process's memory and environment, which hold the token; on Linux (see prctl(2)).

    Agents run as the same user, and could otherwise read `/proc/<pid>/environ`. Programs that are started are not
    concerned: the setting ends with exec.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
