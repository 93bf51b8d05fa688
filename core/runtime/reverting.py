"""Takes a merge back by a commit on top of the base branch, made in a worktree of its own."""

from pathlib import Path

from core.errors import Conflict
from core.model.build import BuildSpec, MergeDone
from core.runtime.checkouts import Moved, advance, left_behind
from core.runtime.git import GitError, branch_tip, commit_of, git, identity, is_ancestor, says_yes
from core.runtime.merging import unmerged_files, with_trailer
from core.runtime.repository_lock import alone
from core.runtime.worktrees import fresh_checkout

_ATTEMPTS = 3
_NOTHING = "Nothing was changed."


def rollback(spec: BuildSpec, merge: str, work: str | None, message: str, author: str) -> MergeDone:
    """Take back what `merge` brought into the base, or report the commit that has done so already.

    `work` is the commit that the build ended with; `message` ends with trailers, to which one is added that names the
    merge. Raises Conflict when it can't be taken back cleanly, or is no merge of this work alone; GitError when git
    can't do its work. The base branch is as it was then.
    """
    repository = Path(spec.repository)
    if not repository.is_dir():
        raise Conflict(f"The project folder {repository} is gone.")
    with alone(repository):
        for _ in range(_ATTEMPTS):
            old = _base_with(repository, spec, merge)
            trailer = f"Jarvis-Reverts: {merge}"
            if done := with_trailer(repository, trailer, f"{merge}..{old}"):
                return _told(repository, spec, done)
            _refuse_other_work(repository, spec, merge, work)
            new = _commit(repository, spec, old, merge, f"{message}{trailer}\n", author)
            try:
                shown = advance(repository, spec.base, old, new)
            except Moved:
                continue
            return MergeDone(commit=new, parent=old, checkout_updated=shown)
    raise Conflict(f"The branch {spec.base} keeps moving. Try the rollback again in a moment.")


def _base_with(repository: Path, spec: BuildSpec, merge: str) -> str:
    base = branch_tip(repository, spec.base)
    if base is None:
        raise Conflict(f"The branch {spec.base} does not exist any more.")
    if commit_of(repository, merge) is None or not is_ancestor(repository, merge, base):
        raise Conflict(f"The merge is not in the branch {spec.base} any more, so there is nothing to take back.")
    return base


def _refuse_other_work(repository: Path, spec: BuildSpec, merge: str, work: str | None) -> None:
    """Of a merge that the owner made by hand nobody knows what it brought besides, unless it names just this work."""
    parents = git(repository, "rev-list", "-1", "--parents", merge).split()[1:]
    if len(parents) == 2:
        ours = (
            f"Jarvis-Run: {spec.id}"
            in git(repository, "log", "-1", "--no-show-signature", "--format=%B", merge).splitlines()
        )
        if ours or parents[1] == work:
            return
        raise Conflict(
            f"The work came into {spec.base} by hand, together with other work, in {merge[:10]}. {_NOTHING} "
            "Take it back by hand, with git revert."
        )
    raise Conflict(
        f"The work came into {spec.base} by hand and without a merge commit. {_NOTHING} "
        "Take its commits back by hand, with git revert."
    )


def _commit(repository: Path, spec: BuildSpec, old: str, merge: str, message: str, author: str) -> str:
    place = Path(spec.worktree).parent / f"{spec.id}-merge"
    with fresh_checkout(repository, place, old) as checkout:
        try:
            git(checkout, "revert", "--no-commit", "--mainline", "1", merge)
        except GitError as error:
            files = unmerged_files(checkout)
            if not files:
                raise
            raise Conflict(
                f"It can't be taken back cleanly: later commits in {spec.base} changed the same places in {files}. "
                f"{_NOTHING} Take it back by hand: git revert -m 1 {merge[:10]}"
            ) from error
        if says_yes(checkout, "diff", "--cached", "--quiet", "--no-ext-diff", "HEAD", "--"):
            raise Conflict(f"Other commits in {spec.base} have taken all of it back already. {_NOTHING}")
        tree = git(checkout, "write-tree").strip()
        words = ("commit-tree", tree, "-p", old)
        return git(checkout, *identity(author), *words, stdin=message.replace("\0", "")).strip()


def _told(repository: Path, spec: BuildSpec, commit: str) -> MergeDone:
    parent = commit_of(repository, f"{commit}^") or commit
    behind = left_behind(repository, spec.base)
    return MergeDone(commit=commit, parent=parent, checkout_updated=None if behind is None else not behind)
