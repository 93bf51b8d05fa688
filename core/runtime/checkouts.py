"""Moving a branch that the owner may have checked out, without ever touching uncommitted work.

A checkout with uncommitted work is left behind by a merge: its branch moves, its files and index stay. Where it stood
is kept in `refs/jarvis/checkout/<branch>`, so that `catch_up` can bring it forward later.
"""

from pathlib import Path

from core.errors import Conflict
from core.runtime.git import GitError, branch_tip, commit_of, git, is_ancestor
from core.runtime.shown_files import in_the_way, look_for_lock, show, try_out
from core.runtime.worktrees import checkout_of, rebased_in, under_way

_LONGEST_WALK = 500


class Moved(Exception):
    """The branch does not point to the expected commit any more; nothing was changed."""


def advance(repository: Path, branch: str, old: str, new: str) -> bool | None:
    """Move the branch from `old` to its descendant `new`, and the checkout that is on it when that is clean.

    True: the checkout shows `new`; False: something of the owner's is in the way there, and it was left as it is; None:
    none is on the branch. Raises Moved, Conflict (the owner is in the middle of something) and GitError; branch and
    checkout are as they were then. The caller holds the lock on the repository.
    """
    if busy := rebased_in(repository, branch):
        raise Conflict(f"A rebase of {branch} is under way in {busy}. Finish or abort it, then try again.")
    checkout = checkout_of(repository, branch)
    if checkout is None:
        _move(repository, branch, old, new)
        return None
    look_for_lock(checkout)
    if not _can_follow(checkout, old, new):
        if _standing(checkout, branch) == old:
            git(repository, "update-ref", _mark(branch), old)
        _move(repository, branch, old, new)
        return False
    _move(repository, branch, old, new)
    try:
        show(checkout, old, new)
    except GitError:
        _move(repository, branch, new, old)
        raise
    return True


def left_behind(repository: Path, branch: str) -> bool | None:
    """Whether the checkout that is on the branch still shows an earlier commit; None when none is on it."""
    checkout = checkout_of(repository, branch)
    if checkout is None:
        return None
    return _standing(checkout, branch) != branch_tip(repository, branch)


def catch_up(repository: Path, branch: str) -> None:
    """Bring a checkout that was left behind up to the branch, keeping uncommitted work; may be repeated.

    Raises Conflict when uncommitted work is in a file that has to change, or when the owner is in the middle of
    something there; nothing has changed then.
    """
    checkout = checkout_of(repository, branch)
    tip = branch_tip(repository, branch)
    if checkout is None or tip is None:
        return
    if what := under_way(checkout):
        raise Conflict(f"A {what} is under way in {checkout}. Finish or abort it, then try again.")
    standing = _standing(checkout, branch)
    if standing != tip:
        _bring_forward(checkout, standing, tip)
    if branch_tip(repository, branch) == tip:
        git(repository, "update-ref", "-d", _mark(branch))


def _can_follow(checkout: Path, old: str, new: str) -> bool:
    """Whether nothing of the owner's keeps the checkout from showing `new`."""
    if not _is_clean(checkout) or in_the_way(checkout, old, new) is not None:
        return False
    try:
        try_out(checkout, old, new)
    except GitError:
        return False
    return True


def _bring_forward(checkout: Path, old: str, new: str) -> None:
    look_for_lock(checkout)
    if file := in_the_way(checkout, old, new):
        shown = file.encode(errors="surrogateescape").decode(errors="replace")
        raise Conflict(
            f"The merge brings {shown}, and you have something of your own there, so nothing was changed. "
            "Move it out of the way, then try again."
        )
    try:
        try_out(checkout, old, new)
    except GitError as error:
        # Not "commit or stash": either would record the files as they are, without the merge, and so undo it.
        raise Conflict(
            f"Your uncommitted work is in a file that the merge changes ({error.line}), so nothing was changed. "
            f"Put it on a branch of its own: git switch -c my-work {old[:10]}, commit it there, then merge."
        ) from error
    show(checkout, old, new)


def _standing(checkout: Path, branch: str) -> str:
    """The commit that index and files of the checkout come from.

    That is, of the commits from the tip back to the mark, the one that the index differs least from: the owner may
    have staged work on top, or have brought the checkout forward by other means. Of equals the oldest, since there
    git refuses where it is in doubt.
    """
    tip = git(checkout, "rev-parse", "HEAD").strip()
    mark = commit_of(checkout, _mark(branch))
    if mark is None or mark == tip or not is_ancestor(checkout, mark, tip):
        return tip
    walk = git(checkout, "rev-list", "--first-parent", f"--max-count={_LONGEST_WALK}", f"{mark}..{tip}").split()
    best, least = mark, _staged(checkout, mark)
    for commit in reversed(walk):
        count = _staged(checkout, commit)
        if count < least:
            best, least = commit, count
    return best


def _staged(checkout: Path, commit: str) -> int:
    listing = git(checkout, "diff-index", "--cached", "--name-only", "--no-renames", "-z", commit, "--")
    return listing.count("\0")


def _is_clean(checkout: Path) -> bool:
    status = git(checkout, "status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=dirty")
    return not status and under_way(checkout) is None


def _move(repository: Path, branch: str, old: str, new: str) -> None:
    try:
        git(repository, "update-ref", "-m", "jarvis: merge or rollback", f"refs/heads/{branch}", new, old)
    except GitError:
        if branch_tip(repository, branch) != old:
            raise Moved from None
        raise
    tip = branch_tip(repository, branch)
    if tip is None or not is_ancestor(repository, new, tip):
        raise GitError("update-ref", None, f"the branch {branch} did not move")


def _mark(branch: str) -> str:
    return f"refs/jarvis/checkout/{branch}"
