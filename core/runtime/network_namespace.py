"""A network of one's own with nothing in it but the loopback device (see network_namespaces(7))."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

from core.runtime.local_environment import python_environment

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_IFREQ = "16sh22x"
"""struct ifreq: the name of the device, its flags, and space for what other requests need."""


def leave_network() -> None:
    """Cut this process and its descendants off; `localhost` still works. Raises OSError.

    For a process with one thread. An ordinary user needs a user namespace for it, in which the own id stays the same.
    """
    user, group = os.getuid(), os.getgid()
    if user == 0:
        _unshare(_CLONE_NEWNET)
    else:
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = fcntl.ioctl(handle, _SIOCGIFFLAGS, struct.pack(_IFREQ, b"lo", 0))
        _, flags = struct.unpack(_IFREQ, request)
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack(_IFREQ, b"lo", flags | _IFF_UP))


@cache
def can_leave_network() -> bool:
    """Whether that works here; found out once, by a process that tries."""
    if sys.platform != "linux":
        return False
    command = [sys.executable, "-P", "-m", __name__]
    environment = python_environment({"PATH": os.environ.get("PATH", "")})
    try:
        return subprocess.run(command, env=environment, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _unshare(flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no network of its own: {os.strerror(number)}")


if __name__ == "__main__":
    leave_network()
