"""Append-only logs below `JARVIS_HOME/logs`: the adapter behind `core.ports.Records`."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from core.runtime.files import private_folder

_log = logging.getLogger("records")


class FileRecords:
    """One JSON object a line; several processes may append at the same time."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "logs"

    def append(self, log: str, entry: Mapping[str, object]) -> None:
        """Add one line to the log of that file name, such as `decisions.jsonl`.

        A line that can't be written is reported in the log of the process: it tells of a change that has been made, and
        that must not look refused because of it. Raises ValueError for a name with a folder in it.
        """
        path = self._path(log)
        line = msgspec.json.encode(entry) + b"\n"
        try:
            private_folder(self._folder)
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # A line that was torn by a crash or a full disk must not swallow this one.
                size = os.fstat(handle).st_size
                torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
                data = b"\n" + line if torn else line
                if os.write(handle, data) != len(data):
                    _log.error("%s can't be written: the disk is full", path)
            finally:
                os.close(handle)
        except OSError as error:
            _log.error("%s can't be written: %s", path, error.strerror)

    def read(self, log: str) -> Iterator[dict[str, object]]:
        """All lines, oldest first; unreadable lines are skipped. Nothing when there is no such log yet."""
        try:
            file = self._path(log).open("rb")
        except FileNotFoundError:
            return
        with file:
            for line in file:
                try:
                    yield msgspec.json.decode(line, type=dict[str, object])
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue

    def _path(self, log: str) -> Path:
        if Path(log).name != log:
            raise ValueError(f"not the name of a log: {log!r}")
        return self._folder / log
