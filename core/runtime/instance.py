"""One bot per home folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Refused
from core.runtime.files import private_folder
from core.runtime.locks import try_lock

LOCK = "instance.lock"


@contextmanager
def hold_instance(home: Path) -> Iterator[None]:
    """Be the one bot on that home folder for the length of the block; the folder is made when it is missing.

    Raises Refused when another one is at work there. The claim ends with the process, however it ends.
    """
    path = private_folder(home) / LOCK
    lock = try_lock(path)
    if lock is None:
        number = path.read_text(errors="replace").strip()
        holder = f" (process {number})" if number else ""
        raise Refused(
            f"Jarvis is already running on this folder{holder}: {home}. "
            "Stop it first, or set JARVIS_HOME to another folder."
        )
    with lock:
        os.ftruncate(lock.handle, 0)
        os.pwrite(lock.handle, f"{os.getpid()}\n".encode(), 0)
        yield
