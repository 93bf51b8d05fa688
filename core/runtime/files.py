"""Files for the owner's eyes only, written so that a crash leaves the old or the new contents, never a half."""

import errno
import gzip
import os
import subprocess
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

PACK_SUFFIX = ".gz"


def private_folder(path: Path) -> Path:
    """Make the folder and its missing parents with mode 0700; what exists keeps its mode. Returns the path."""
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def write_atomically(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace the file (mode 0600). With `durable` the new contents survive a power cut once this returns."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def open_packed(path: Path) -> BinaryIO:
    """A file as it was before it was packed, whether it is by now or not. Raises OSError."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        return cast("BinaryIO", gzip.open(path.with_name(path.name + PACK_SUFFIX)))


def remove_tree(path: Path) -> None:
    """Remove a file, link or folder with all in it, however deep, long-named or locked it is. Raises OSError.

    Links are removed, not followed. By chmod(1) and rm(1), which hold out where our own recursion and path lengths end.
    """
    if not os.path.lexists(path):
        return
    if path.is_dir() and not path.is_symlink():
        for command in (("chmod", "-R", "u+rwX"), ("rm", "-rf")):
            subprocess.run([*command, "--", str(path)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    else:
        path.unlink()
    if os.path.lexists(path):
        raise OSError(errno.ENOTEMPTY, "it can't be removed", str(path))


def sync_folder(folder: Path) -> None:
    """Make created, renamed and removed names in the folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
