"""Everything that changes the disk goes through here, one named step at a time.

The names make every point at which a process can die or a disk can fail countable: the fault tests take a `Disk` that
ends the process, or fails, at the n-th step, for every n.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from core.errors import StoreUnavailable

_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)

_CAUSES = {
    errno.ENOSPC: "the disk is full. Free some space and try again",
    errno.EDQUOT: "the disk quota is used up. Free some space and try again",
    errno.EFBIG: "a file would become larger than the system allows. Raise the limit (ulimit -f) and try again",
    errno.EROFS: "the disk is mounted read-only. Make it writable and try again",
    errno.EACCES: "permission is denied. Correct the owner or the permissions and try again",
    errno.EPERM: "permission is denied. Correct the owner or the permissions and try again",
    errno.EMFILE: "too many files are open. Close other programs and try again",
    errno.ENFILE: "too many files are open. Close other programs and try again",
    errno.EIO: "the disk reported an error. Check the disk, then try again",
}


class Disk:
    """The real disk. `step` is the name of the point; every method raises OSError."""

    def write(self, step: str, fd: int, data: bytes, offset: int) -> None:
        """Write all of it at that offset."""
        done = 0
        while done < len(data):
            done += os.pwrite(fd, memoryview(data)[done:] if done else data, offset + done)

    def sync(self, step: str, fd: int) -> None:
        """Wait until the file's contents are on the disk."""
        if _FULL_SYNC is not None:
            fcntl.fcntl(fd, _FULL_SYNC)
        else:
            os.fdatasync(fd)

    def replace(self, step: str, source: Path, target: Path) -> None:
        """Rename, over what is there."""
        source.replace(target)

    def keep(self, step: str, source: Path, target: Path) -> None:
        """Give the file a second name, in place of what has that name."""
        second = target.with_name(target.name + ".new")
        second.unlink(missing_ok=True)
        os.link(source, second)
        second.replace(target)

    def sync_folder(self, step: str, folder: Path) -> None:
        """Wait until names in the folder are on the disk."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def write_file(disk: Disk, name: str, path: Path, chunks: Iterator[bytes]) -> None:
    """Make or replace a file so that it is there in full under its name or not at all; the folder is not synced.

    `name` begins the names of the steps. Raises OSError; the file that was there before stands then.
    """
    fresh = path.with_name(path.name + ".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        offset = 0
        for chunk in chunks:
            disk.write(f"{name}: write", fd, chunk, offset)
            offset += len(chunk)
        disk.sync(f"{name}: sync", fd)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    finally:
        os.close(fd)
    disk.replace(f"{name}: rename", fresh, path)


@contextlib.contextmanager
def in_plain_words(what: str, where: Path) -> Iterator[None]:
    """Turn an OSError of the block into StoreUnavailable: `what` happened (a clause), concerning `where`."""
    try:
        yield
    except OSError as error:
        raise unavailable(what, where, error) from error


def unavailable(what: str, where: Path, error: OSError) -> StoreUnavailable:
    """The error to show for an OSError."""
    cause = _CAUSES.get(error.errno or 0, f"the system says: {error.strerror or error}")
    return StoreUnavailable(f"{what} ({where}): {cause}.")
