"""Reads a unified diff as git prints it: file by file, with every line that is added and removed."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Lines = list[tuple[int, str]]
"""Number (in the new file for added lines, in the old one for removed lines) and text without the line end."""

SYMLINK, SUBMODULE = "120000", "160000"
"""Modes of git for what is no ordinary file."""


@dataclass(kw_only=True)
class FileChange:
    """What happens to one file."""

    path: str
    """From the root of the project; of a deleted file the old one."""
    old_path: str = ""
    """Only of a file that is renamed or copied."""
    is_new: bool = False
    is_deleted: bool = False
    is_binary: bool = False
    old_mode: str = ""
    """Empty when the file is new or the diff does not tell it."""
    mode: str = ""
    """Of the new file, and of a deleted one; empty when the diff does not tell it."""
    added: Lines = field(default_factory=list)
    removed: Lines = field(default_factory=list)
    context: dict[int, str] = field(default_factory=dict)
    """Unchanged lines that are shown around, and what git tells of the place of a hunk, by number in the new file."""


_HUNK = re.compile(r"@@ -\d{1,12}(?:,(\d{1,12}))? \+(\d{1,12})(?:,(\d{1,12}))? @@ ?(.{0,200})")
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "v": "\v", "f": "\f"}
_ATTRIBUTES = (
    ("new file mode ", "mode"),
    ("deleted file mode ", "mode"),
    ("old mode ", "old_mode"),
    ("new mode ", "mode"),
    ("rename from ", "old_path"),
    ("copy from ", "old_path"),
    ("rename to ", "path"),
    ("copy to ", "path"),
    ("--- ", "before"),
    ("+++ ", "path"),
)


def read(diff: Iterable[str] | str) -> Iterator[FileChange]:
    """The files of a diff, in its order; what is no diff is passed over, and a cut one is read as far as it goes.

    `diff` is the whole text, or its lines. The prefixes `a/` and `b/` are expected before paths.
    """
    lines = iter(io.StringIO(diff, newline="\n") if isinstance(diff, str) else diff)
    change: FileChange | None = None
    for given in lines:
        line = given.removesuffix("\n")
        if line.startswith("diff --"):
            if change is not None:
                yield change
            change = FileChange(path=_path_in_header(line))
        elif change is None:
            continue
        elif (hunk := _HUNK.match(line)) is not None:
            _read_hunk(change, hunk, lines)
        else:
            _read_header(change, line)
    if change is not None:
        yield change


def _read_hunk(change: FileChange, hunk: re.Match[str], lines: Iterator[str]) -> None:
    """Exactly as many lines as the hunk announces, so that no content can be taken for a header."""
    old, new = int(hunk[1] or 1) if hunk[1] != "0" else 0, int(hunk[3] or 1) if hunk[3] != "0" else 0
    old_number, number = 1, int(hunk[2])
    if hunk[4]:
        change.context.setdefault(number - 1, hunk[4])
    while old > 0 or new > 0:
        line = next(lines, None)
        if line is None:
            return
        text = line.removesuffix("\n")
        sign = text[:1]
        if sign == "+":
            change.added.append((number, text[1:]))
            new, number = new - 1, number + 1
        elif sign == "-":
            change.removed.append((old_number, text[1:]))
            old, old_number = old - 1, old_number + 1
        elif sign != "\\":  # “\ No newline at end of file” is no line
            change.context[number] = text[1:]
            old, new, number, old_number = old - 1, new - 1, number + 1, old_number + 1


def _read_header(change: FileChange, line: str) -> None:
    """One line between `diff --git` and the first hunk."""
    if line.startswith(("Binary files ", "GIT binary patch")):
        change.is_binary = True
    elif line.startswith("index ") and line[-7:-6] == " " and line[-6:].isdigit():
        change.mode = change.mode or line[-6:]
        change.old_mode = change.old_mode or line[-6:]
    for start, name in _ATTRIBUTES:
        if line.startswith(start):
            change.is_new = change.is_new or start.startswith("new file")
            change.is_deleted = change.is_deleted or start.startswith("deleted")
            value = _unquoted(line[len(start) :].removesuffix("\t"))
            if start in ("--- ", "+++ "):
                if value != "/dev/null" and (name == "path" or change.is_deleted):
                    change.path = _without_prefix(value)
            else:
                setattr(change, name, value)
            return


def _path_in_header(line: str) -> str:
    """The new path in `diff --git a/x b/x`; where it has spaces, both halves are alike, or lines follow that tell."""
    both = line.partition(" ")[2].partition(" ")[2]
    if both.endswith('"'):
        start = both.rfind(' "', 0, -1)
        return _without_prefix(_unquoted(both[start + 1 :]))
    middle = len(both) // 2
    if both[middle : middle + 1] == " " and both[:middle].partition("/")[2] == both[middle + 1 :].partition("/")[2]:
        return _without_prefix(both[middle + 1 :])
    found = both.rfind(" b/")
    return _without_prefix(both[found + 1 :] if found >= 0 else both)


def _without_prefix(path: str) -> str:
    return path[2:] if path.startswith(("a/", "b/")) else path


def _unquoted(path: str) -> str:
    """A path as git quotes it when it holds unusual characters: octal bytes of UTF-8, and C's escapes."""
    if not (len(path) > 1 and path.startswith('"') and path.endswith('"')):
        return path
    plain = _ESCAPE.sub(
        lambda match: chr(int(match[1], 8) & 0xFF) if len(match[1]) == 3 else _ESCAPED.get(match[1], match[1]),
        path[1:-1],
    )
    try:
        return plain.encode("latin-1").decode("utf-8", errors="replace")
    except UnicodeEncodeError:
        return plain
