"""The output of a program on disk, bounded: its beginning and its end, whatever the amount between."""

import contextlib
import os
import re
from pathlib import Path
from types import TracebackType

_RECENT = 64 * 1024
_PIECE = 1024 * 1024
_GAP = "\n[... {:>15} bytes left out here ...]\n"
_GAP_SIZE = len(_GAP.format(0))
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[()].|\x1b.|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_LONGEST_LINE = 500


class OutputLog:
    """Takes bytes as they come. The file (mode 0600) never grows over `head` + 3 x `tail` bytes, and ends at most
    at `head` + `tail`; a note stands where something is left out."""

    def __init__(self, path: Path, *, head: int = 5_000_000, tail: int = 5_000_000) -> None:
        self._path = path
        self._head = head
        self._tail = tail
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._size = 0
        self._left_out = 0
        self._recent = b""
        self.total = 0
        """Bytes that came in so far."""

    def write(self, data: bytes) -> None:
        """Add output; what a full disk doesn't take is lost, since no build should end for want of a log."""
        self.total += len(data)
        self._recent = (self._recent + data)[-_RECENT:]
        with contextlib.suppress(OSError):
            self._store(data)

    def lines(self, count: int) -> list[str]:
        """The last lines that are not blank, without colours and other control codes, oldest first."""
        lines = (line.strip("\r").rstrip() for line in re.split(r"[\r\n]+", plain(self._recent)))
        return [line[:_LONGEST_LINE] for line in lines if line.strip()][-count:]

    def last_line(self) -> str:
        """The last line that says something: one with a letter or a digit; empty when there is none."""
        said = (line.strip() for line in reversed(self.lines(50)) if any(map(str.isalnum, line)))
        return next(said, "")

    def text(self) -> str:
        """All that was kept, without control codes."""
        return plain(self._path.read_bytes())

    def close(self) -> None:
        """Shorten the file to its final size; nothing can be written any more."""
        with contextlib.suppress(OSError):
            if self._size > self._head + self._tail:
                self._shorten()
        os.close(self._file)

    def __enter__(self) -> "OutputLog":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _store(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, self._size)
            self._size += written
            view = view[written:]
        if self._size > self._head + 3 * self._tail:
            self._shorten()

    def _shorten(self) -> None:
        """Move the last `tail` bytes down behind the head. In place, so that who reads the file sees it go on."""
        source = self._size - self._tail
        target = self._head + _GAP_SIZE
        gap_before = _GAP_SIZE if self._left_out else 0
        if source <= target:
            return
        self._left_out += source - self._head - gap_before
        os.pwrite(self._file, _GAP.format(self._left_out).encode(), self._head)
        while source < self._size:
            piece = os.pread(self._file, min(_PIECE, self._size - source), source)
            os.pwrite(self._file, piece, target)
            source += len(piece)
            target += len(piece)
        os.ftruncate(self._file, target)
        self._size = target


def plain(output: bytes) -> str:
    """Output as text without colours and other control codes; tabs and line ends stay."""
    return _CONTROL.sub("", output.decode(errors="replace"))
