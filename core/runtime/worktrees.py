"""Git worktrees: who has which branch checked out, and making and removing our own.

`git worktree prune` is never used: it forgets worktrees of the owner's that are only unplugged at the moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from core.runtime.files import private_folder
from core.runtime.git import GitError, git
from core.runtime.locks import try_lock

_PATIENCE = 120.0

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
    with _alone(repository):
        listing = git(repository, "worktree", "list", "--porcelain", "-z")
    for record in listing.split("\0\0"):
        fields = dict(line.partition(" ")[::2] for line in record.split("\0") if line)
        if "worktree" in fields and "bare" not in fields and Path(fields["worktree"]).is_dir():
            branch = fields["branch"].removeprefix("refs/heads/") if "branch" in fields else None
            found.append(Worktree(Path(fields["worktree"]), branch))
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
    for each in worktrees(repository):
        if each.branch is None:
            folder = Path(git(each.path, "rev-parse", "--absolute-git-dir").rstrip("\n"))
            for state in ("rebase-merge", "rebase-apply"):
                name = folder / state / "head-name"
                if name.exists() and name.read_text().strip() == f"refs/heads/{branch}":
                    return each.path
    return None


def record_folder(repository: Path, path: Path) -> Path | None:
    """The folder in the repository that describes the worktree at `path`; None when there is no such worktree."""
    common = git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").rstrip("\n")
    link = path.resolve() / ".git"
    for record in (Path(common) / "worktrees").glob("*/gitdir"):
        try:
            target = record.parent / record.read_text(errors="surrogateescape").rstrip("\n")
        except FileNotFoundError:  # another build has just removed its worktree
            continue
        if target.parent.resolve() / target.name == link:
            return record.parent
    return None


def add(repository: Path, path: Path, commit: str, *, branch: str | None = None) -> None:
    """Check the commit out at `path`: on a new branch of that name, or detached. Raises GitError."""
    private_folder(path.parent)
    kind = ["--detach"] if branch is None else ["-b", branch]
    with _alone(repository):
        git(repository, "worktree", "add", "--quiet", *kind, str(path), commit)


def take_up(repository: Path, path: Path, branch: str) -> None:
    """Check an existing branch out at `path`. Raises GitError."""
    with _alone(repository):
        git(repository, "worktree", "add", "--quiet", str(path), branch)


def remove(repository: Path, path: Path) -> None:
    """Remove the worktree with everything in it; nothing happens when there is none at `path`. Raises GitError."""
    with _alone(repository):
        record = record_folder(repository, path)
        if record is None:
            return
        if path.is_dir():
            _restore_link(record, path)
        try:
            git(repository, "worktree", "remove", "--force", "--force", str(path))
        except GitError:
            _make_writable(path)
            git(repository, "worktree", "remove", "--force", "--force", str(path))


@contextmanager
def _alone(repository: Path) -> Iterator[None]:
    """Not while another process of ours makes, removes or lists worktrees of the repository.

    Git reads the records of all worktrees in each of these, and dies of one that is half there.
    """
    common = git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").rstrip("\n")
    lock = try_lock(Path(common) / "jarvis-worktrees.lock", patience=_PATIENCE)
    if lock is None:
        raise GitError("worktree", None, "another process keeps the worktrees locked")
    with lock:
        yield


@contextmanager
def fresh_checkout(repository: Path, path: Path, commit: str) -> Iterator[Path]:
    """The commit checked out at `path`, detached, for the length of the block; leftovers there are replaced."""
    remove(repository, path)
    add(repository, path, commit)
    try:
        yield path
    finally:
        remove(repository, path)


def _restore_link(record: Path, path: Path) -> None:
    """Git refuses to remove a worktree whose `.git` is gone or is something else."""
    link = path / ".git"
    wanted = f"gitdir: {record}\n"
    if link.is_file() and not link.is_symlink():
        if link.read_text(errors="replace") == wanted:
            return
        link.unlink()
    elif link.is_symlink():
        link.unlink()
    elif link.is_dir():
        # A repository that the agent made in place of ours; its files are those of the worktree.
        link.rename(path / f".git-{record.name}")
    link.write_text(wanted)


def _make_writable(path: Path) -> None:
    """So that folders which an agent made read-only can be emptied."""
    folders = [path]
    while folders:
        folder = folders.pop()
        folder.chmod(0o700)
        folders += [each for each in folder.iterdir() if each.is_dir() and not each.is_symlink()]
