"""Bringing the files and the index of the owner's checkout from one commit to another, or leaving them as they were.

Not by `git merge`, which listens to the owner's settings (`branch.<name>.mergeoptions`), and overwrites ignored files.
"""

import contextlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from core.errors import Conflict
from core.runtime.git import GitError, git


def look_for_lock(checkout: Path) -> None:
    """Raises Conflict when another git command is changing the checkout, or has left its lock there."""
    lock = Path(git(checkout, "rev-parse", "--absolute-git-dir").rstrip("\n")) / "index.lock"
    if lock.exists():
        raise Conflict(
            f"Another git command is at work in {checkout}. Try again when it has ended; if none is, delete {lock}."
        )


def in_the_way(checkout: Path, old: str, new: str) -> str | None:
    """A path of the owner's, ignored or untracked, where the way from `old` to `new` adds a file; None without one.

    Git would overwrite ignored ones.
    """
    tracked = _listed(git(checkout, "ls-files", "-z"))
    return next((path for path in _changed(checkout, old, new, "A") if _is_taken(checkout, path, tracked)), None)


def try_out(checkout: Path, old: str, new: str) -> None:
    """Look whether `show` would work, without changing files. Raises GitError when uncommitted work is concerned."""
    try:
        # Only the index's notes of sizes and times: without them untouched files would count as changed.
        git(checkout, "update-index", "-q", "--unmerged", "--refresh", "--really-refresh")
    except GitError as error:
        if error.exit_code != 1:
            raise
    git(checkout, "read-tree", "-m", "-u", "--dry-run", old, new)


def show(checkout: Path, old: str, new: str) -> None:
    """Bring files and index forward, keeping uncommitted work; `in_the_way` and `try_out` had nothing against it.

    Raises GitError; what was changed until then is put back.
    """
    try:
        git(checkout, "read-tree", "-m", "-u", old, new)
    except GitError:
        _put_back(checkout, old, new)
        raise


def _put_back(checkout: Path, old: str, new: str) -> None:
    """Git writes the index last, so it still tells how the files were. Goes as far as it can."""
    tracked = _listed(git(checkout, "ls-files", "-z"))
    for path in _changed(checkout, old, new, "A"):
        if path not in tracked:
            with contextlib.suppress(OSError):
                (checkout / path).unlink()
    own = _listed(git(checkout, "diff-index", "--cached", "--name-only", "--no-renames", "-z", old, "--"))
    put_back = partial(git, checkout, "checkout-index", "--force", "-u", "-z", "--stdin")
    with contextlib.suppress(GitError):
        paths = [path for path in _changed(checkout, old, new, "MDT") if path in tracked - own]
        put_back(stdin="".join(f"{path}\0" for path in paths).encode(errors="surrogateescape"))


def _changed(checkout: Path, old: str, new: str, kinds: str) -> list[str]:
    options = ("-r", "--no-renames", "--name-only", "-z", f"--diff-filter={kinds}")
    return sorted(_listed(git(checkout, "diff-tree", *options, old, new)))


def _listed(output: str) -> set[str]:
    return set(output.split("\0")) - {""}


def _is_taken(checkout: Path, path: str, tracked: set[str]) -> bool:
    """Whether a file of the owner's stands at the path, below it, or in the place of a folder above it."""
    for parent in list(Path(path).parents)[-2::-1]:
        place = checkout / parent
        if not os.path.lexists(place):
            return False
        if place.is_symlink() or not place.is_dir():
            return str(parent) not in tracked
    place = checkout / path
    if path in tracked or not os.path.lexists(place):
        return False
    if place.is_symlink() or not place.is_dir():
        return True
    return any(str(file.relative_to(checkout)) not in tracked for file in _below(place))


def _below(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for each in entries:
            if each.is_dir(follow_symlinks=False):
                yield from _below(Path(each.path))
            else:
                yield Path(each.path)
