"""Files below a folder of the owner's, opened so that no symbolic link, hard link or device leads out of it."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import Refused

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
BLOCK = 512
"""What `st_blocks` counts in (see stat(2))."""


def files_below(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Ordinary files of our own below a folder, by path relative to it, that have no second name; links and other file
    systems are left out, and so is what can't be read."""
    try:
        device = root.stat().st_dev
    except OSError:
        return
    folders = [""]  # not by recursion: there are trees that are deeper than the stack
    while folders:
        folder = folders.pop()
        inside = sorted(_entries(root, folder))
        yield from ((path, found) for path, found in inside if is_safe(found))
        folders += [path for path, found in reversed(inside) if stat.S_ISDIR(found.st_mode) and found.st_dev == device]


def _entries(root: Path, folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """What lies in a folder, links as they are, by path relative to the root."""
    with suppress(OSError), os.scandir(root / folder) as entries:
        for entry in entries:
            with suppress(OSError):
                yield f"{folder}/{entry.name}" if folder else entry.name, entry.stat(follow_symlinks=False)


def is_safe(found: os.stat_result) -> bool:
    """An ordinary file that is ours and has one name only."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_uid == os.geteuid()


@contextmanager
def folder_of(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """A handle on the folder that a file below the root lies in, and the file's name there; each step without links.

    Raises Refused when the way there has changed.
    """
    *between, name = Path(path).parts
    if not name or Path(path).is_absolute() or ".." in (*between, name):
        raise Refused(f"{path} does not lie below {root}.")
    try:
        handle = os.open(root, _FOLDER)
    except OSError as error:
        raise Refused(f"{root} can't be opened: {error.strerror}.") from error
    try:
        for part in between:
            try:
                inner = os.open(part, _FOLDER, dir_fd=handle)
            except OSError as error:
                raise Refused(f"{root / path} can't be reached without links: {error.strerror}.") from error
            os.close(handle)
            handle = inner
        yield handle, name
    finally:
        os.close(handle)


@contextmanager
def opened(folder: int, name: str, flags: int) -> Iterator[int]:
    """A handle on an ordinary file of ours in a folder. Raises Refused for anything else."""
    try:
        handle = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        raise Refused(f"{name} can't be opened: {error.strerror}.") from error
    try:
        if not is_safe(os.fstat(handle)):
            raise Refused(f"{name} is no ordinary file of ours with one name.")
        yield handle
    finally:
        os.close(handle)


def on_disk(found: os.stat_result) -> int:
    """Bytes that it takes on the disk."""
    return found.st_blocks * BLOCK
