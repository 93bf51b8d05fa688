"""Git worktrees: who has which branch checked out, and making and removing our own.

`git worktree prune` is never used: it forgets worktrees of the owner's that are only unplugged at the moment. Nor is
`git worktree remove`: it follows a link that an agent has put in the place of its worktree.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from core.runtime.files import private_folder, remove_tree
from core.runtime.git import GitError, git
from core.runtime.repository_lock import alone

_IDENTITY = "jarvis-identity"
_LONGEST_PATH = 8192

_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


class Worktree(NamedTuple):
    """One checkout of a repository, the owner's or ours."""

    path: Path
    branch: str | None
    """Short name; None when detached."""


def worktrees(repository: Path) -> list[Worktree]:
    """All checkouts of the repository whose folder is there, the main one first. Raises GitError."""
    found = []
    with alone(repository):
        listing = git(repository, "worktree", "list", "--porcelain", "-z")
    for record in listing.split("\0\0"):
        fields = dict(line.partition(" ")[::2] for line in record.split("\0") if line)
        path = Path(fields.get("worktree", ""))
        if fields and "bare" not in fields and path.is_dir() and not path.is_symlink():
            branch = fields["branch"].removeprefix("refs/heads/") if "branch" in fields else None
            found.append(Worktree(path, branch))
    return found


def checkout_of(repository: Path, branch: str) -> Path | None:
    """The checkout that is on the branch, or None."""
    return next((each.path for each in worktrees(repository) if each.branch == branch), None)


def under_way(checkout: Path) -> str | None:
    """What the owner has begun in the checkout and not ended: "merge", "rebase" and so on."""
    folder = Path(git(checkout, "rev-parse", "--absolute-git-dir").rstrip("\n"))
    return next((what for name, what in _UNDER_WAY.items() if (folder / name).exists()), None)


def rebased_in(repository: Path, branch: str) -> Path | None:
    """The checkout in which a rebase of the branch is under way, or None. Git calls such a checkout detached."""
    with alone(repository):
        for each in worktrees(repository):
            if each.branch is None:
                folder = Path(git(each.path, "rev-parse", "--absolute-git-dir").rstrip("\n"))
                for state in ("rebase-merge", "rebase-apply"):
                    name = folder / state / "head-name"
                    if name.exists() and name.read_text(errors="replace").strip() == f"refs/heads/{branch}":
                        return each.path
    return None


def record_folder(repository: Path, path: Path) -> Path | None:
    """The folder in the repository that describes the worktree at `path`; None when there is no such worktree."""
    link = _place(path) / ".git"
    with alone(repository) as common:
        for record in (common / "worktrees").glob("*/gitdir"):
            try:
                target = record.parent / record.read_text(errors="surrogateescape").rstrip("\n")
            except OSError:  # damaged; git will say so
                continue
            if _place(target.parent) / target.name == link:
                return record.parent
    return None


def repository_of(path: Path) -> Path | None:
    """The folder (`.git`) of the repository that the worktree at `path` belongs to, as both of them say; else None."""
    link = path / ".git"
    try:
        if path.is_symlink() or not stat.S_ISREG(link.lstat().st_mode):
            return None
        with link.open(errors="surrogateescape") as file:
            record = Path(file.read(_LONGEST_PATH).rstrip("\n").removeprefix("gitdir: "))
        back = Path((record / "gitdir").read_text(errors="surrogateescape").rstrip("\n"))
    except (OSError, ValueError):
        return None
    known = record.parent.name == "worktrees" and _place(back.parent) / back.name == _place(path) / ".git"
    return record.parent.parent if known else None


def is_untouched(record: Path, path: Path) -> bool:
    """Whether the folder at `path` is the one that was made for the worktree: no link, nor another folder."""
    found = _identity(path)
    if found is None:
        return False
    try:
        return (record / _IDENTITY).read_text(errors="replace").strip() == found
    except FileNotFoundError:
        # Whoever made it died before the note, so no agent was ever there.
        return True
    except OSError:
        return False


def replacement(repository: Path, path: Path) -> str | None:
    """What stands at `path` in the place of the worktree that was made there; None when all is well or nothing does."""
    record = record_folder(repository, path)
    if record is None or not os.path.lexists(path) or is_untouched(record, path):
        return None
    if path.is_symlink():
        return "a link"
    return "another folder" if path.is_dir() else "a file"


def add(repository: Path, path: Path, commit: str, *, branch: str | None = None) -> None:
    """Check the commit out at `path`: on a new branch of that name, or detached. Raises GitError."""
    kind = ["--detach"] if branch is None else ["-b", branch]
    _make(repository, path, *kind, str(path), commit)


def take_up(repository: Path, path: Path, branch: str) -> None:
    """Check an existing branch out at `path`. Raises GitError."""
    _make(repository, path, str(path), branch)


def remove(repository: Path, path: Path) -> None:
    """Remove the worktree with everything in it; nothing happens when there is none at `path`.

    A link in its place is taken away, but not what it leads to; another folder in its place is left alone. Raises
    GitError.
    """
    with alone(repository):
        record = record_folder(repository, path)
        try:
            if path.is_symlink():
                path.unlink()
            elif record is not None and is_untouched(record, path):
                remove_tree(path)
            if record is not None:
                remove_tree(record)
        except OSError as error:
            raise GitError("worktree", None, f"{path} can't be removed: {error.strerror}") from error


@contextmanager
def fresh_checkout(repository: Path, path: Path, commit: str) -> Iterator[Path]:
    """The commit checked out at `path`, detached, for the length of the block; leftovers there are replaced."""
    remove(repository, path)
    add(repository, path, commit)
    try:
        yield path
    finally:
        remove(repository, path)


def _make(repository: Path, path: Path, *arguments: str) -> None:
    private_folder(path.parent)
    if path.is_symlink():
        raise GitError("worktree", None, f"a link stands at {path}")
    with alone(repository):
        git(repository, "worktree", "add", "--quiet", *arguments)
        record = record_folder(repository, path)
        if record is None:
            raise GitError("worktree", None, f"{path} was not recorded")
        try:
            (record / _IDENTITY).write_text(f"{_identity(path)}\n")
        except OSError as error:
            remove(repository, path)
            raise GitError("worktree", None, f"{record} can't be written: {error.strerror}") from error


def _place(path: Path) -> Path:
    """The path without links on the way to it, but with its last name as it is: that may have become a link."""
    return path.parent.resolve() / path.name


def _identity(path: Path) -> str | None:
    """What tells a folder from others, also after a restart of the machine (device numbers may change then).

    None for what is no folder, or is one that another disk is mounted on.
    """
    try:
        found = path.lstat()
        mounted = found.st_dev != path.parent.stat().st_dev
    except OSError:
        return None
    return str(found.st_ino) if stat.S_ISDIR(found.st_mode) and not mounted else None
