"""The journal: one append-only file for the changes of all tables.

The first frame is the header; each further frame is one transaction. The file is filled up with NUL bytes in advance,
so that a commit does not change its size: that halves what the file system has to write.
"""

import contextlib
import os
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from core.errors import StoreUnavailable
from storage.disk import Disk, in_plain_words, unavailable, write_file
from storage.frames import HEAD, Scan, Tail, frame, payload_at, scan

NAME = "journal.log"
PREVIOUS = "journal.log.previous"
_LEAST_RESERVE = 1 << 16
_MOST_RESERVE = 1 << 20


class Follows(msgspec.Struct, frozen=True):
    """Which journal was there before, and where its acknowledged changes end."""

    id: int
    end: int


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first frame."""

    journal: Literal[1] = 1
    """Version of this file format."""
    id: int
    """Random; tells journals apart."""
    version: int
    """Version of the rows' layout, see `storage.schema.VERSION`."""
    base: int
    """Number of the last transaction before this journal."""
    previous_base: int = 0
    """The `base` of the journal before."""
    files: dict[str, int]
    """The data files to start from, each with the last transaction that must be in it."""
    follows: Follows | None = None
    at: datetime


class Change(msgspec.Struct, array_like=True):
    """One change: put or remove a row, or `clear` all tables."""

    kind: Literal["put", "remove", "clear"]
    table: str = ""
    key: str = ""
    row: msgspec.Raw = msgspec.Raw()


class Record(msgspec.Struct):
    """One transaction."""

    n: int
    """Transactions are numbered without gaps."""
    at: datetime
    changes: list[Change]


decode_record = msgspec.json.Decoder(Record).decode
_decode_header = msgspec.json.Decoder(Header).decode


def new_id(old: int = 0) -> int:
    """A journal id, other than the old one."""
    return random.choice([i for i in (random.getrandbits(24) for _ in range(3)) if i not in (0, old)] or [old ^ 1])


class Journal:
    """An open journal file."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Open the file and read its header. Raises StoreUnavailable, also for a header that is damaged."""
        self.path = path
        self._disk = disk
        with in_plain_words("The journal can't be opened", path):
            self.fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self.header, self.start = self._read_header()
            self._allocated = os.fstat(self.fd).st_size
        except BaseException:
            os.close(self.fd)
            raise

    def _read_header(self) -> tuple[Header, int]:
        payload = payload_at(self.read(0, 1 << 16), 0)
        try:
            if payload is None:
                raise damaged(self.path, "its first line can't be read")
            return _decode_header(payload), HEAD + len(payload) + 1
        except msgspec.MsgspecError as error:
            raise damaged(self.path, f"its first line is not a journal's ({error})") from error

    def read(self, start: int, stop: int | None = None) -> bytes:
        """The bytes of a range; fewer where the file ends. Raises StoreUnavailable."""
        with in_plain_words("The journal can't be read", self.path):
            stop = os.fstat(self.fd).st_size if stop is None else stop
            pieces = []
            while start < stop and (piece := os.pread(self.fd, stop - start, start)):
                pieces.append(piece)
                start += len(piece)
        return b"".join(pieces)

    def append(self, offset: int, line: bytes) -> None:
        """Write a frame behind the last one and wait until it is on the disk. Raises OSError."""
        if offset + len(line) > self._allocated:
            self._reserve(offset + len(line))
        self._disk.write("commit: write", self.fd, line, offset)
        self._disk.sync("commit: sync", self.fd)

    def _reserve(self, stop: int) -> None:
        self._allocated = os.fstat(self.fd).st_size
        if stop <= self._allocated:
            return
        more = stop + min(max(stop // 4, _LEAST_RESERVE), _MOST_RESERVE) - self._allocated
        try:
            self._disk.write("commit: reserve", self.fd, bytes(more), self._allocated)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self.fd, self._allocated)
            raise
        self._allocated += more

    def blank(self, offset: int) -> None:
        """Overwrite everything from there on with NUL bytes, on the disk. Raises OSError."""
        size = os.fstat(self.fd).st_size
        if size > offset:
            self._disk.write("cut: write", self.fd, bytes(size - offset), offset)
            self._disk.sync("cut: sync", self.fd)

    def close(self) -> None:
        """Close the file."""
        os.close(self.fd)


def create(folder: Path, disk: Disk, header: Header, records: bytes, *, keep_previous: bool) -> Journal:
    """Put a new journal in the place of the one that is there. Raises OSError; the old one stands then.

    `records`: the frames behind the header. With `keep_previous` the old one stays as `journal.log.previous`.
    """
    path = folder / NAME
    body = frame(msgspec.json.encode(header)) + records

    def chunks() -> Iterator[bytes]:
        yield body
        yield bytes(_LEAST_RESERVE - len(body) % 4096)

    fresh = path.with_name("journal.log.next")
    write_file(disk, "journal", fresh, chunks())
    if keep_previous and path.exists():
        disk.keep("journal: keep previous", path, folder / PREVIOUS)
    disk.replace("journal: switch", fresh, path)
    disk.sync_folder("journal: sync folder", folder)
    return Journal(path, disk)


def read_all(journal: Journal, acknowledged: int) -> tuple[bytes, Scan]:
    """The whole file with its good frames. Raises StoreUnavailable for damage.

    `acknowledged`: where the last change ends that somebody was told is saved, 0 if unknown.
    """
    buffer = journal.read(0)
    found = scan(buffer, journal.start)
    if found.tail is Tail.DAMAGED or found.end < acknowledged:
        raise damaged(journal.path, f"the record at byte {found.end} can't be read")
    return buffer, found


def keep_torn_end(path: Path, torn: bytes, now: datetime) -> Path:
    """Write what is about to be cut into a file beside the journal, and return that. Raises StoreUnavailable."""
    copy = path.with_name(f"{path.name}.torn-{now:%Y%m%dT%H%M%S%f}")
    try:
        copy.write_bytes(torn.rstrip(b"\0"))
        copy.chmod(0o600)
    except OSError as error:
        raise unavailable("The torn end of the journal can't be kept", copy, error) from error
    return copy


class Damaged(StoreUnavailable):
    """A file holds something else than was written."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{path} is damaged: {what}. Nothing was changed. Stop Jarvis and run `jarvis doctor --repair`, "
            "which keeps the damaged file and saves all that can be read."
        )
        self.what = what


def damaged(path: Path, what: str) -> Damaged:
    """The error for such a file."""
    return Damaged(path, what)
