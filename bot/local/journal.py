"""An append-only file of JSON lines that survives `kill -9`; rewritten compactly when it is opened."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bot.local.records import Record

_SLACK = 8 * 1024 * 1024


class Journal:
    """One file of records, readable by its owner only.

    A torn last line is dropped. If other lines can't be read, the file is first copied to
    `<name>.damaged`, and `damaged` tells where.
    """

    def __init__(self, path: Path):
        self.path = path
        self.damaged: Path | None = None
        self._encode = msgspec.json.Encoder().encode
        self._descriptor: int | None = None
        self._size = 0
        self._compact_size = 0

    def load(self) -> list[Record]:
        """All readable records, oldest first; none when there is no file yet."""
        if not self.path.exists():
            return []
        decoder = msgspec.json.Decoder(Record)
        content = self.path.read_bytes()
        lines = content.split(b"\n")
        lines.pop()
        records: list[Record] = []
        unreadable = 0
        for line in lines:
            try:
                records.append(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                unreadable += 1
        if unreadable:
            self.damaged = self.path.with_name(self.path.name + ".damaged")
            _write_private(self.damaged, content)
        return records

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replace the file by these records, atomically, and append to it from now on."""
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self.path.with_name(self.path.name + ".new")
        content = b"".join(self._encode(record) + b"\n" for record in records)
        _write_private(temporary, content)
        temporary.replace(self.path)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        self._size = self._compact_size = len(content)

    def append(self, records: Iterable[Record]) -> None:
        """Add records; they are with the operating system when this returns.

        Raises `OSError` when the disk refuses; then none of them was added.
        """
        content = b"".join(self._encode(record) + b"\n" for record in records)
        if self._descriptor is None:
            raise ValueError("the journal is closed")
        written = 0
        try:
            while written < len(content):
                written += os.write(self._descriptor, content[written:])
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(content)

    @property
    def bloated(self) -> bool:
        """Whether rewriting would save much."""
        return self._size > 4 * self._compact_size + _SLACK

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _write_private(path: Path, content: bytes) -> None:
    """Write a file only its owner can read, and wait until it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
