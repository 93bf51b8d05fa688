"""Merges the branch of a build into its base, in a worktree of its own, and knows the merges that were made before."""

from pathlib import Path

from core.errors import Conflict
from core.model.build import BuildSpec, MergeDone
from core.runtime.checkouts import Moved, advance, left_behind
from core.runtime.git import GitError, branch_tip, commit_of, git, identity, is_ancestor
from core.runtime.repository_lock import alone
from core.runtime.worktrees import checkout_of, fresh_checkout, rebased_in

_ATTEMPTS = 3
_MERGE = ("merge", "--no-ff", "--no-edit", "--no-log", "--no-signoff", "--no-verify-signatures", "--no-autostash")


def merge(spec: BuildSpec, message: str, author: str, work: str | None = None) -> MergeDone:
    """Merge with a merge commit by that author, or report the merge that has happened already.

    `work` is the commit that the build ended with: where the branch is gone it tells whether the base has the work.
    Raises Conflict when the branches do not merge cleanly, one is gone, or the base keeps moving; GitError when git
    can't do its work. The base branch is as it was then.
    """
    repository = Path(spec.repository)
    if not repository.is_dir():
        raise Conflict(f"The project folder {repository} is gone.")
    with alone(repository):
        return _merge(repository, spec, message, author, work)


def drop_merged(spec: BuildSpec) -> bool:
    """Delete the branch of the build if the base has all of it and it is not checked out; whether it is gone now.

    Raises GitError.
    """
    repository = Path(spec.repository)
    if not repository.is_dir():
        return False
    with alone(repository):
        base, tip = branch_tip(repository, spec.base), branch_tip(repository, spec.branch)
        if tip is None:
            return True
        in_use = checkout_of(repository, spec.branch) or rebased_in(repository, spec.branch)
        if spec.branch == spec.base or base is None or in_use or not is_ancestor(repository, tip, base):
            return False
        git(repository, "update-ref", "-d", f"refs/heads/{spec.branch}", tip)
        return True


def _merge(repository: Path, spec: BuildSpec, message: str, author: str, work: str | None) -> MergeDone:
    for _ in range(_ATTEMPTS):
        old = branch_tip(repository, spec.base)
        if old is None:
            raise Conflict(f"The branch {spec.base} to merge into does not exist any more.")
        tip = branch_tip(repository, spec.branch)
        if tip is None:
            return _done_without_branch(repository, spec, old, work)
        if is_ancestor(repository, tip, old):
            return _done_before(repository, spec, tip, old)
        new = _merge_commit(repository, spec, old, tip, message, author)
        try:
            shown = advance(repository, spec.base, old, new)
        except Moved:
            continue
        return MergeDone(commit=new, parent=old, checkout_updated=shown)
    raise Conflict(f"The branch {spec.base} keeps moving. Try the merge again in a moment.")


def _merge_commit(repository: Path, spec: BuildSpec, old: str, tip: str, message: str, author: str) -> str:
    place = Path(spec.worktree).parent / f"{spec.id}-merge"
    with fresh_checkout(repository, place, old) as checkout:
        try:
            git(checkout, *identity(author), *_MERGE, "-m", message.replace("\0", ""), tip)
        except GitError as error:
            files = unmerged_files(checkout)
            if not files:
                raise
            raise Conflict(
                f"The work does not merge cleanly into {spec.base}: both sides changed {files}. "
                f"Nothing was merged. /retry {spec.task} builds it again on the present state; or merge by hand."
            ) from error
        return git(checkout, "rev-parse", "HEAD").strip()


def unmerged_files(checkout: Path) -> str:
    """The files that git could not bring together, to be read in a sentence; empty when there are none."""
    listing = git(checkout, "diff", "--name-only", "--diff-filter=U", "-z")
    files = [file for file in listing.split("\0") if file]
    shown = ", ".join(file.encode(errors="surrogateescape").decode(errors="replace") for file in files[:5])
    return shown + (f" and {len(files) - 5} more" if len(files) > 5 else "")


def with_trailer(repository: Path, line: str, *commits: str) -> str | None:
    """The newest of these commits (as for `git log`) that has exactly this line in its message, or None."""
    search = ("log", "--no-show-signature", "--format=%H%x00%B%x00", "--fixed-strings", f"--grep={line}")
    found = git(repository, *search, *commits, "--")
    records = found.split("\0")
    for commit, message in zip(records[::2], records[1::2], strict=False):
        if line in message.splitlines():
            return commit.strip()
    return None


def _done_without_branch(repository: Path, spec: BuildSpec, base: str, work: str | None) -> MergeDone:
    """The merge of a branch that is gone: known by its trailer, or by the commit of the build. Raises Conflict."""
    merged = with_trailer(repository, f"Jarvis-Run: {spec.id}", "--first-parent", "--merges", base)
    if merged is not None:
        return _told(repository, spec, merged)
    if work is not None and commit_of(repository, work) is not None and is_ancestor(repository, work, base):
        return _done_before(repository, spec, work, base)
    raise Conflict(f"The branch {spec.branch} with the work does not exist any more.")


def _done_before(repository: Path, spec: BuildSpec, tip: str, base: str) -> MergeDone:
    """The oldest commit of the base branch that contains the work, found by halving."""
    newer = git(repository, "rev-list", "--first-parent", "--reverse", f"{tip}..{base}").split()
    low, high = 0, len(newer)
    while low < high:
        middle = (low + high) // 2
        if is_ancestor(repository, tip, newer[middle]):
            high = middle
        else:
            low = middle + 1
    on_the_line = tip in git(repository, "rev-list", "--first-parent", base, "--not", f"{tip}^@").split()
    return _told(repository, spec, tip if on_the_line or low == len(newer) else newer[low])


def _told(repository: Path, spec: BuildSpec, commit: str) -> MergeDone:
    parents = git(repository, "rev-list", "-1", "--parents", commit).split()[1:]
    behind = left_behind(repository, spec.base)
    return MergeDone(
        commit=commit,
        parent=parents[0] if parents else commit,
        checkout_updated=None if behind is None else not behind,
    )
