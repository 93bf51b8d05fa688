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
import fcntl
import gzip
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.errors import Refused
from core.runtime.files import sync_folder
from core.runtime.safe_files import folder_of, on_disk, opened

_KEEP_SIZE, _PUNCH, _COLLAPSE = 0x01, 0x02, 0x08
_PART = 1 << 20
_SAMPLE = 4096


def trash(root: Path, path: str, kept: Path) -> int:
    """Put a log into the file `kept`, compressed, and delete it; returns the bytes that this frees.

    Raises Refused when somebody has it open, or it changes meanwhile; nothing has changed then.
    """
    with folder_of(root, path) as (folder, name), opened(folder, name, os.O_RDONLY) as source, _alone(source):
        before = os.fstat(source)
        _compress(source, 0, before.st_size, kept)
        after, there = os.fstat(source), os.stat(name, dir_fd=folder, follow_symlinks=False)
        if _state(before) != _state(after) or (there.st_dev, there.st_ino) != (before.st_dev, before.st_ino):
            kept.unlink()
            raise Refused(f"{name} has changed meanwhile.")
        _put_times(kept, before)
        os.unlink(name, dir_fd=folder)
        os.fsync(folder)
    return on_disk(before) - on_disk(kept.stat())


def rotate(root: Path, path: str, kept: Path) -> int:
    """Move all whole lines of a log into the file `kept`, compressed; returns the bytes that this frees.

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
                raise Refused("Somebody else has cut it.")
            _cut(log, end)
        except (OSError, Refused) as error:
            kept.unlink()
            raise Refused(f"{name} is in use, and this file system can't cut it without losing lines.") from error
        os.fsync(log)
        return before - on_disk(os.fstat(log)) - on_disk(kept.stat())


def restore(root: Path, path: str, kept: Path) -> None:
    """Unpack `kept` to a path below the root, with its old times. Raises Refused when something is there already."""
    with folder_of(root, path) as (folder, name):
        temporary = f".{name}.restored"
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        except OSError as error:
            raise Refused(f"{root / path} can't be written: {error.strerror}.") from error
        try:
            with os.fdopen(handle, "wb") as target, gzip.open(kept, "rb") as source:
                shutil.copyfileobj(source, target, _PART)
                target.flush()
                _put_times(target.fileno(), kept.stat())
                os.fsync(target.fileno())
            os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError as error:
            raise Refused(f"{root / path} exists already. Move it away first.") from error
        except (OSError, EOFError) as error:
            raise Refused(f"{kept.name} can't be unpacked: {error}.") from error
        finally:
            os.unlink(temporary, dir_fd=folder)
        os.fsync(folder)


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
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def _compress(source: int, begin: int, end: int, kept: Path) -> None:
    """Copy a part of a file, and read the copy again. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=kept.parent, prefix=f".{kept.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
            at = begin
            while at < end:
                part = os.pread(source, min(_PART, end - at), at)
                if not part:
                    raise Refused("It was shortened meanwhile.")
                packed.write(part)
                at += len(part)
            packed.flush()
            raw.flush()
        with gzip.open(temporary, "rb") as again:  # its checksum stands at the end
            size = 0
            while part := again.read(_PART):
                size += len(part)
        if size != end - begin:
            raise OSError("the copy is not whole")
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(kept)
        sync_folder(kept.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _cut(log: int, end: int) -> None:
    """Take the first bytes away. Raises OSError or Refused when that can't be done without losing what comes after."""
    try:
        _fallocate(log, _PUNCH | _KEEP_SIZE, end)
    except OSError:
        with _alone(log):
            if os.fstat(log).st_size != end:
                raise Refused("It has grown meanwhile.") from None
            os.ftruncate(log, 0)
        return
    with contextlib.suppress(Refused), _alone(log):
        if os.fstat(log).st_size == end:  # nobody writes: then it is simply empty
            os.ftruncate(log, 0)
            return
    whole = end // os.fstatvfs(log).f_bsize * os.fstatvfs(log).f_bsize
    if whole and _all_append(log):
        with contextlib.suppress(OSError):  # not all file systems can, and never to the end of the file
            _fallocate(log, _COLLAPSE, min(whole, _below_end(log)))


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
        raise OSError("this system can't take a part out of a file")
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


def _put_times(file: Path | int, given: os.stat_result) -> None:
    os.utime(file, ns=(given.st_atime_ns, given.st_mtime_ns))
    os.chmod(file, stat.S_IMODE(given.st_mode))  # noqa: PTH101 - a handle is no path


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns
