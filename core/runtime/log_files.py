"""Logs: set aside what they hold without losing a line, and put them away, while others may write to them.

Truncating a file that somebody writes to loses what is written between the last read and the truncation; no order of
calls avoids that. So a log is cut by taking away exactly the bytes that were copied, from its begin: the kernel does
that in one step (FALLOC_FL_PUNCH_HOLE, see fallocate(2)), whatever is appended meanwhile. Where the file system can,
and all writers append, the empty begin is then cut off as well (FALLOC_FL_COLLAPSE_RANGE). Where not, the file looks as
large as before and takes no space; a writer that keeps its own place in the file would leave a gap else.

On systems without these calls, a log is cut only when nobody has it open, which a lease shows and keeps so
(F_SETLEASE, see fcntl(2)).
"""

import contextlib
import ctypes
import ctypes.util
import errno
import fcntl
import gzip
import os
import signal
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from core.errors import Refused
from core.runtime.safe_files import folder_of, is_safe, on_disk, open_folder, opened

_KEEP_SIZE, _PUNCH, _COLLAPSE = 0x01, 0x02, 0x08
_CAN_NOT = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.ENODEV)
"""Errors with which the kernel says that it did not even begin."""
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PART = 1 << 20
_SAMPLE = 4096


def is_text(root: Path, path: str) -> bool:
    """Whether a log has lines at all: no NUL at its begin or end (databases call their journals `000003.log`, too)."""
    try:
        with folder_of(root, path) as (folder, name), opened(folder, name, os.O_RDONLY) as log:
            begin, size = _first_data(log), os.fstat(log).st_size
            ends = os.pread(log, _SAMPLE, begin), os.pread(log, _SAMPLE, max(begin, size - _SAMPLE))
    except (OSError, Refused):
        return False
    return not any(b"\0" in part for part in ends)


def pack(root: Path, path: str, kept: Path) -> int:
    """Put a log into the new file `kept`, compressed, and delete it; returns the bytes that this frees.

    Raises Refused when somebody has it open, or it changes meanwhile; nothing has changed then.
    """
    with folder_of(root, path) as (folder, name), opened(folder, name, os.O_RDONLY) as source:
        with _alone(source):
            before = os.fstat(source)
        _compress(source, 0, before.st_size, kept)
        try:
            with _alone(source):  # only now, and only shortly: who opens it meanwhile has to wait
                after, there = os.fstat(source), os.stat(name, dir_fd=folder, follow_symlinks=False)
                if _state(before) != _state(after) or not os.path.samestat(there, before):
                    raise Refused(f"{name} has changed meanwhile.")
                os.unlink(name, dir_fd=folder)
        except (OSError, Refused) as error:
            _drop(kept)
            raise error if isinstance(error, Refused) else Refused(f"{name}: {error.strerror}.") from error
        with contextlib.suppress(OSError):
            os.fsync(folder)
    return on_disk(before) - on_disk(kept.stat())


def rotate(root: Path, path: str, kept: Path) -> int:
    """Move all whole lines of a log into the new file `kept`, compressed; returns the bytes that this frees.

    Writers keep their open file and lose nothing. Raises Refused when that can't be promised; nothing has changed then.
    """
    with folder_of(root, path) as (folder, name), opened(folder, name, os.O_RDWR) as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)  # two that cut at once would cut what neither has copied
        except OSError as error:
            raise Refused(f"{name} is locked by somebody.") from error
        before = on_disk(os.fstat(log))
        begin = _first_data(log)
        end = _last_line(log, begin)
        if end <= begin:
            raise Refused(f"{name} holds no whole line.")
        last = os.pread(log, _SAMPLE, max(begin, end - _SAMPLE))
        _compress(log, begin, end, kept)
        try:
            if os.pread(log, _SAMPLE, max(begin, end - _SAMPLE))[: len(last)] != last:
                raise Refused(f"{name} was cut by somebody else.")
            with contextlib.suppress(OSError):  # it may have been done: better twice than never
                _cut(log, end)
        except Refused:
            _drop(kept)
            raise
        _shorten(log, end)  # the lines are out of it: from here on the copy stays, whatever happens
        return before - on_disk(os.fstat(log)) - on_disk(kept.stat())


def restore(root: Path, path: str, kept: Path, mark: str) -> None:
    """Unpack `kept` to a path below the root, with its old times. Raises Refused when something else is there already.

    It comes to its place whole or not at all; what a crash leaves under the name of `mark` is taken up the next time.
    """
    with (
        folder_of(root, path) as (folder, name),
        folder_of(kept.parent, kept.name) as (shelf, packed),
        opened(shelf, packed, os.O_RDONLY) as source,
    ):
        temporary = f".{mark}.restored"
        _forget_second_name(folder, temporary)
        if _is_back(folder, name, source):
            return
        with _taken(folder, temporary) as target:
            try:
                with _unpacked(source) as content:
                    while part := content.read(_PART):
                        _write(target, part)
                _put_times(target, os.fstat(source))
                os.fsync(target)
                os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            except FileExistsError as error:
                raise Refused(f"{root / path} exists already. Move it away first.") from error
            except (OSError, EOFError, zlib.error) as error:
                raise Refused(f"{kept.name} can't be unpacked: {error}.") from error
        with contextlib.suppress(OSError):
            os.fsync(folder)


@contextlib.contextmanager
def _taken(folder: int, temporary: str) -> Iterator[int]:
    """A handle on an empty file of ours that nobody else writes to; its name is gone at the end of the block."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(temporary, flags, 0o600, dir_fd=folder)
    except OSError as error:
        raise Refused(f"It can't be written: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused("It is being restored already.") from error
        if not is_safe(os.fstat(handle)):
            raise Refused(f"{temporary} is in the way.")
        try:
            os.ftruncate(handle, 0)
            yield handle
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
    finally:
        os.close(handle)


def _forget_second_name(folder: int, temporary: str) -> None:
    """Of a file that was restored right before a crash."""
    with contextlib.suppress(OSError):
        if os.stat(temporary, dir_fd=folder, follow_symlinks=False).st_nlink == 2:
            os.unlink(temporary, dir_fd=folder)


def _is_back(folder: int, name: str, source: int) -> bool:
    """Whether the very content is in its place already: an earlier try died after it, or before it was taken away."""
    try:
        with opened(folder, name, os.O_RDONLY) as file, _unpacked(source) as content:
            at = 0
            while part := content.read(_PART):
                if os.pread(file, len(part), at) != part:
                    return False
                at += len(part)
            return os.fstat(file).st_size == at
    except (Refused, OSError, EOFError, zlib.error):
        return False


@contextlib.contextmanager
def _unpacked(source: int) -> Iterator[gzip.GzipFile]:
    with os.fdopen(os.dup(source), "rb") as raw:
        raw.seek(0)
        with gzip.GzipFile(fileobj=raw, mode="rb") as content:
            yield content


@contextlib.contextmanager
def _alone(handle: int) -> Iterator[None]:
    """Nobody else has the file open, and whoever opens it waits until the end of the block. Raises Refused."""
    try:
        # A lease that is asked back sends a signal: one that is ignored unless somebody wants it.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except (OSError, AttributeError) as error:
        raise Refused("Somebody has it open.") from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def _compress(source: int, begin: int, end: int, kept: Path) -> None:
    """Copy a part of a file into a new one, and read the copy again. Raises Refused; nothing is left then."""
    try:
        folder = open_folder(kept.parent)
    except OSError as error:
        raise Refused(f"{kept.parent} can't be reached without links: {error.strerror}.") from error
    try:
        handle = os.open(kept.name, _NEW, 0o600, dir_fd=folder)
        try:
            with os.fdopen(handle, "w+b") as raw:
                _copy(source, begin, end, raw)
                _put_times(raw.fileno(), os.fstat(source))
                os.fsync(raw.fileno())
            os.fsync(folder)
        except BaseException:
            os.unlink(kept.name, dir_fd=folder)
            raise
    except OSError as error:
        raise Refused(f"It can't be copied to {kept}: {error.strerror or error}.") from error
    finally:
        os.close(folder)


def _copy(source: int, begin: int, end: int, raw: IO[bytes]) -> None:
    with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
        at = begin
        while at < end:
            part = os.pread(source, min(_PART, end - at), at)
            if not part:
                raise Refused("It was shortened meanwhile.")
            packed.write(part)
            at += len(part)
    raw.flush()
    raw.seek(0)
    with gzip.GzipFile(fileobj=raw, mode="rb") as again:  # its checksum stands at the end
        size = 0
        while part := again.read(_PART):
            size += len(part)
    if size != end - begin:
        raise OSError("the copy is not whole")


def _drop(kept: Path) -> None:
    """Remove a copy that is not needed: what it was made of is still there."""
    with contextlib.suppress(OSError):
        kept.unlink()


def _cut(log: int, end: int) -> None:
    """Take the first bytes away. Raises Refused when that can't be done without losing what comes after; else OSError
    when it is not known whether it was done."""
    try:
        _fallocate(log, _PUNCH | _KEEP_SIZE, end)
    except OSError as error:
        if error.errno not in _CAN_NOT:
            raise
        with _alone(log):
            if os.fstat(log).st_size != end:
                raise Refused("It has grown meanwhile, and this file system can't cut a log that is in use.") from None
            os.ftruncate(log, 0)


def _shorten(log: int, end: int) -> None:
    """Cut off the empty begin, where that harms nobody and the file system can."""
    with contextlib.suppress(OSError):
        os.fsync(log)
        with contextlib.suppress(Refused), _alone(log):
            if os.fstat(log).st_size == end:  # nobody writes: then it is simply empty
                os.ftruncate(log, 0)
                return
        whole = end // os.fstatvfs(log).f_bsize * os.fstatvfs(log).f_bsize
        if whole and _all_append(log):
            _fallocate(log, _COLLAPSE, min(whole, _below_end(log)))  # never to the end of the file


def _all_append(log: int) -> bool:
    """Whether all that have the file open for writing append to it, as far as we can see (see proc_pid_fdinfo(5))."""
    file = os.fstat(log)
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        with contextlib.suppress(OSError):
            for entry in (process / "fd").iterdir():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    found = entry.stat()
                    if (found.st_dev, found.st_ino) != (file.st_dev, file.st_ino):
                        continue
                    told = (process / "fdinfo" / entry.name).read_text()
                    flags = int(told.partition("flags:")[2].split()[0], 8)
                    if flags & os.O_ACCMODE != os.O_RDONLY and not flags & os.O_APPEND:
                        return False
    return True


def _below_end(log: int) -> int:
    block = os.fstatvfs(log).f_bsize
    return (os.fstat(log).st_size - 1) // block * block


def _fallocate(handle: int, mode: int, length: int) -> None:
    library = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    call = getattr(library, "fallocate64", None) or getattr(library, "fallocate", None)
    if call is None:
        raise OSError(errno.ENOSYS, "this system can't take a part out of a file")
    if call(handle, mode, ctypes.c_int64(0), ctypes.c_int64(length)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _first_data(log: int) -> int:
    """Behind the hole that an earlier rotation left, and its rest of zeros in the first block."""
    size = os.fstat(log).st_size
    try:
        at = os.lseek(log, 0, os.SEEK_DATA)
    except OSError:
        return size
    while at < size:
        part = os.pread(log, _PART, at)
        rest = part.lstrip(b"\0")
        at += len(part) - len(rest)
        if rest:
            break
    return at


def _last_line(log: int, begin: int) -> int:
    """The end of the last whole line."""
    at = os.fstat(log).st_size
    while at > begin:
        start = max(begin, at - _PART)
        found = os.pread(log, at - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        at = start
    return begin


def _put_times(file: int, given: os.stat_result) -> None:
    """And the other properties."""
    with contextlib.suppress(OSError):
        os.fchown(file, -1, given.st_gid)
    os.fchmod(file, stat.S_IMODE(given.st_mode))
    os.utime(file, ns=(given.st_atime_ns, given.st_mtime_ns))


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns
