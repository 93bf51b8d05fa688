"""Append-only logs below `JARVIS_HOME/logs`, and the memory of each day: the adapter behind `core.ports.Records`."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.errors import StoreUnavailable
from core.runtime.files import PACK_SUFFIX, open_packed, private_folder, write_atomically

LARGEST = 10_000_000
"""Bytes; a larger log is set aside under the number of its last line, `decisions.1234.jsonl`, and kept."""

_TAIL = 200_000
_NUMBER = re.compile(rb'^\{"n":(\d+)|<!-- (\d+) -->$', re.MULTILINE)
"""Where we write it, and not where somebody's title has the like."""


class FileRecords:
    """One JSON object a line. Who writes must be alone: `core.audit` does so inside a transaction of the store."""

    def __init__(self, home: Path, largest: int = LARGEST) -> None:
        self._logs = home / "logs"
        self._memory = home / "memory"
        self._largest = largest

    def write(self, log: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add lines to the log of that file name, durably; those whose number `n` is in it already are left out.

        Raises ValueError for a name with a folder in it, StoreUnavailable when it can't be written.
        """
        path = self._path(log)
        try:
            private_folder(self._logs)
            last = self._last_number(path)
            if last and path.exists() and path.stat().st_size > self._largest:
                path.rename(path.with_name(f"{path.stem}.{last}{path.suffix}"))
            new = [msgspec.json.encode(entry) for entry in entries if int(entry["n"]) > last]
            _append(path, new)
        except OSError as error:
            raise StoreUnavailable(f"{path} can't be written: {error.strerror}") from error

    def remember(self, day: str, sentences: Sequence[tuple[int, str]]) -> None:
        """Add numbered sentences to the memory of a day (as `2026-03-03`), as `write` does to a log."""
        path = self._memory / f"{day}.md"
        try:
            private_folder(self._memory)
            last = _last_number(path)
            lines = [] if path.exists() else [f"# {day}".encode(), b""]
            new = [(number, " ".join(sentence.splitlines())) for number, sentence in sentences if number > last]
            lines += [f"- {sentence} <!-- {number} -->".encode() for number, sentence in new]
            _append(path, lines)
        except OSError as error:
            raise StoreUnavailable(f"{path} can't be written: {error.strerror}") from error

    def read(self, log: str) -> Iterator[dict[str, Any]]:
        """All lines, oldest first, those that were set aside included; unreadable lines are skipped."""
        for path in (*self._aside(self._path(log)), self._path(log)):
            try:
                file = open_packed(path)
            except FileNotFoundError:
                continue
            with file:
                for line in file:
                    try:
                        yield msgspec.json.decode(line, type=dict[str, Any])
                    except (msgspec.DecodeError, UnicodeDecodeError):
                        continue

    def report(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a report of that file name into the folder of the logs; one that is there is replaced, whole.

        Raises ValueError for a name with a folder in it, StoreUnavailable when it can't be written.
        """
        path = self._path(name)
        try:
            private_folder(self._logs)
            write_atomically(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
        except OSError as error:
            raise StoreUnavailable(f"{path} can't be written: {error.strerror}") from error

    def _last_number(self, path: Path) -> int:
        aside = self._aside(path)
        return max(_last_number(path), _number_in_name(aside[-1]) if aside else 0)

    def _aside(self, path: Path) -> list[Path]:
        """The logs that were set aside before, by their names before they were packed."""
        found = set(path.parent.glob(f"{path.stem}.*{path.suffix}"))
        found |= {one.with_suffix("") for one in path.parent.glob(f"{path.stem}.*{path.suffix}{PACK_SUFFIX}")}
        return sorted((one for one in found if _number_in_name(one)), key=_number_in_name)

    def _path(self, log: str) -> Path:
        if Path(log).name != log:
            raise ValueError(f"not the name of a log: {log!r}")
        return self._logs / log


def _append(path: Path, lines: Sequence[bytes]) -> None:
    """At the end of the file, which may be new, and on the disk when this returns. Raises OSError."""
    if not lines:
        return
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # A line that was torn by a crash or a full disk must not swallow the next one.
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        data = (b"\n" if torn else b"") + b"".join(line + b"\n" for line in lines)
        while data:
            data = data[os.write(handle, data) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _last_number(path: Path) -> int:
    """The number of the last whole line that has one; 0 when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _TAIL, 0))
            whole = file.read().rpartition(b"\n")[0]
    except FileNotFoundError:
        return 0
    found = next(filter(None, map(_NUMBER.search, reversed(whole.split(b"\n")))), None)
    return int(found[1] or found[2]) if found else 0


def _number_in_name(path: Path) -> int:
    middle = path.stem.rpartition(".")[2]
    return int(middle) if middle.isdigit() else 0
