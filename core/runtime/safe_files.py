"""Files below a folder of the owner's, opened so that no symbolic link, hard link or device leads out of it."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Refused

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ON_THE_WAY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
BLOCK = 512
"""What `st_blocks` counts in (see stat(2))."""
DEEPEST = 60
"""Folders within each other; what lies deeper is left out."""


def files_below(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Ordinary files of our own below a folder, by path relative to it, that have no second name; links and other file
    systems are left out, and so is what can't be read."""
    try:
        top = open_folder(root)
    except OSError:
        return
    try:
        device = os.fstat(top).st_dev
        for folder, folders, names, handle in os.fwalk(".", dir_fd=top):
            inside = folder.count("/") < DEEPEST
            folders[:] = sorted(name for name in folders if inside and _is_inside(handle, name, device))
            for name in sorted(names):
                try:
                    found = os.stat(name, dir_fd=handle, follow_symlinks=False)
                except OSError:
                    continue
                if is_safe(found):
                    yield f"{folder}/{name}"[2:], found
    finally:
        os.close(top)


def is_safe(found: os.stat_result) -> bool:
    """An ordinary file that is ours and has one name only."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_uid == os.geteuid()


def open_folder(path: Path) -> int:
    """A handle on a folder that no link is on the way to, from the root of all folders on. Raises OSError."""
    handle = os.open("/", _ON_THE_WAY)
    for number, part in enumerate(path.parts[1:], start=2):
        try:  # folders on the way may be such that we may pass them, but not list what is in them
            inner = os.open(part, _FOLDER if number == len(path.parts) else _ON_THE_WAY, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return handle


@contextmanager
def folder_of(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """A handle on the folder that a file below the root lies in, and the file's name there; each step without links.

    Raises Refused when the way there has changed.
    """
    *between, name = Path(path).parts
    if not name or Path(path).is_absolute() or ".." in (*between, name):
        raise Refused(f"{path} does not lie below {root}.")
    try:
        handle = open_folder(root.joinpath(*between))
    except OSError as error:
        raise Refused(f"{root / path} can't be reached without links: {error.strerror}.") from error
    try:
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


def _is_inside(folder: int, name: str, device: int) -> bool:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_dev == device
