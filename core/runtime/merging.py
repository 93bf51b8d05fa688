"""Merges the branch of a build into its base, in a worktree of its own."""

from pathlib import Path

from core.errors import Conflict
from core.model.build import BuildSpec, MergeDone
from core.runtime.checkouts import Moved, advance, left_behind
from core.runtime.git import GitError, branch_tip, git, is_ancestor
from core.runtime.repository_lock import alone
from core.runtime.worktrees import fresh_checkout

_ATTEMPTS = 3
_MERGE = ("merge", "--no-ff", "--no-edit", "--no-log", "--no-signoff", "--no-verify-signatures", "--no-autostash")


def merge(spec: BuildSpec, message: str) -> MergeDone:
    """Merge with a merge commit, or report the merge that has happened already.

    Raises Conflict when the branches do not merge cleanly, one is gone, or the base keeps moving; GitError when git
    can't do its work. The base branch is as it was then.
    """
    repository = Path(spec.repository)
    if not repository.is_dir():
        raise Conflict(f"The project folder {repository} is gone.")
    with alone(repository):
        return _merge(repository, spec, message)


def _merge(repository: Path, spec: BuildSpec, message: str) -> MergeDone:
    for _ in range(_ATTEMPTS):
        old, tip = _tips(repository, spec)
        if is_ancestor(repository, tip, old):
            return _done_before(repository, spec, tip, old)
        new = _merge_commit(repository, spec, old, tip, message)
        try:
            shown = advance(repository, spec.base, old, new)
        except Moved:
            continue
        return MergeDone(commit=new, parent=old, checkout_updated=shown)
    raise Conflict(f"The branch {spec.base} keeps moving. Try the merge again in a moment.")


def _tips(repository: Path, spec: BuildSpec) -> tuple[str, str]:
    old, tip = branch_tip(repository, spec.base), branch_tip(repository, spec.branch)
    if old is None:
        raise Conflict(f"The branch {spec.base} to merge into does not exist any more.")
    if tip is None:
        raise Conflict(f"The branch {spec.branch} with the work does not exist any more.")
    return old, tip


def _merge_commit(repository: Path, spec: BuildSpec, old: str, tip: str, message: str) -> str:
    place = Path(spec.worktree).parent / f"{spec.id}-merge"
    with fresh_checkout(repository, place, old) as checkout:
        try:
            git(checkout, *_MERGE, "-m", message.replace("\0", ""), tip)
        except GitError as error:
            listing = git(checkout, "diff", "--name-only", "--diff-filter=U", "-z")
            if not listing:
                raise
            raise Conflict(_conflict(spec, listing.rstrip("\0").split("\0"))) from error
        return git(checkout, "rev-parse", "HEAD").strip()


def _conflict(spec: BuildSpec, files: list[str]) -> str:
    shown = ", ".join(file.encode(errors="surrogateescape").decode(errors="replace") for file in files[:5])
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return (
        f"The work does not merge cleanly into {spec.base}: both sides changed {shown}{more}. "
        f"Nothing was merged. /retry {spec.task} builds it again on the present state; or merge by hand."
    )


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
    commit = tip if on_the_line or low == len(newer) else newer[low]
    parents = git(repository, "rev-list", "-1", "--parents", commit).split()[1:]
    behind = left_behind(repository, spec.base)
    return MergeDone(
        commit=commit,
        parent=parents[0] if parents else commit,
        checkout_updated=None if behind is None else not behind,
    )
