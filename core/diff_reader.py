"""Reads a unified diff as git prints it: which files changed how, line by line, in one pass."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LONGEST_LINE = 2_000
"""Characters of a line that are looked at; minified files have lines of megabytes."""

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass
class FileChange:
    """What a diff does to one file."""

    old: str = ""
    """Path before; empty for a new file."""
    new: str = ""
    """Path after; empty for a deleted one."""
    old_mode: str = ""
    new_mode: str = ""
    binary: bool = False
    added: list[tuple[int, str]] = field(default_factory=list)
    """Number in the new file, and text, of each line that came."""
    removed: list[str] = field(default_factory=list)
    """Text of each line that went."""

    @property
    def path(self) -> str:
        """The path after the change, or before a deletion."""
        return self.new or self.old

    @property
    def is_new(self) -> bool:
        """Whether there was no such file, under any name."""
        return not self.old

    @property
    def is_deleted(self) -> bool:
        """Whether the file is gone."""
        return not self.new


def read(lines: Iterable[str]) -> Iterator[FileChange]:
    """The changes of a diff, file by file. What is no diff gives nothing, one that is cut off gives what is there."""
    change: FileChange | None = None
    old_left = new_left = number = 0
    for line in lines:
        if change is not None and (old_left > 0 or new_left > 0) and line[:1] in ("+", "-", " ", ""):
            mark, text = line[:1], line[1 : LONGEST_LINE + 1].rstrip("\r\n")
            if mark == "+":
                change.added.append((number, text))
            elif mark == "-":
                change.removed.append(text)
            number += mark != "-"
            new_left -= mark != "-"
            old_left -= mark != "+"
        elif line.startswith("diff --git "):
            if change is not None:
                yield change
            change = FileChange(*_paths(line[11:].rstrip("\r\n")))
            old_left = new_left = 0
        elif change is not None and (hunk := _HUNK.match(line)):
            old_left, number, new_left = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
        elif change is not None:
            _read_header(change, line.rstrip("\r\n"))
    if change is not None:
        yield change


def _read_header(change: FileChange, line: str) -> None:
    """One of git's extended header lines."""
    key, _, value = line.partition(" ")
    if line.startswith(("new file mode ", "deleted file mode ", "old mode ", "new mode ")):
        mode = line.rpartition(" ")[2]
        if line.startswith("new"):
            change.new_mode = mode
        else:
            change.old_mode = mode
        if line.startswith("new file"):
            change.old = ""
        elif line.startswith("deleted"):
            change.new = ""
    elif line.startswith(("rename from ", "copy from ")):
        change.old = _unquoted(line.partition(" from ")[2])
    elif line.startswith(("rename to ", "copy to ")):
        change.new = _unquoted(line.partition(" to ")[2])
    elif key == "index" and " " in value:
        change.old_mode = change.new_mode = value.rpartition(" ")[2]
    elif key in ("---", "+++"):
        path = _unquoted(value.rstrip("\t"))
        name = "" if path == "/dev/null" else path[2:]
        if key == "---":
            change.old = name
        else:
            change.new = name
    elif line.startswith(("Binary files ", "GIT binary patch")):
        change.binary = True


def _paths(both: str) -> tuple[str, str]:
    """`a/x b/x` without knowing where the first ends, since names may hold blanks; other headers tell more."""
    if both.startswith('"'):
        first, _, second = both[1:].partition('" ')
        return _unquoted(f'"{first}"')[2:], _unquoted(second)[2:]
    half = len(both) // 2
    if both[:half][2:] == both[half + 1 :][2:]:
        return both[2:half], both[half + 3 :]
    first, _, second = both.partition(" b/")
    return first[2:], _unquoted(second)


def _unquoted(path: str) -> str:
    """A path as git quotes it: octal bytes and backslashes."""
    if not (path.startswith('"') and path.endswith('"') and len(path) > 1):
        return path
    escaped = re.sub(r"\\([0-7]{3})", lambda byte: chr(int(byte[1], 8) & 255), path[1:-1])
    plain = re.sub(r'\\(["\\])', r"\1", escaped)
    return plain.encode("latin-1", "replace").decode("utf-8", "replace") if plain.isascii() is False else plain
