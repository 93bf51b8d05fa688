"""Makes the branch and the worktree of a build, or takes them up again after a crash of the same build."""

from pathlib import Path

from core.model.build import BuildSpec
from core.runtime.committing import commit_message, commit_work, drop_empty_branch
from core.runtime.git import GitError, branch_tip, git, is_ancestor
from core.runtime.private_git import give_private_git
from core.runtime.run_folder import RunFolder
from core.runtime.worktrees import add, record_folder, remove, take_up


class Unpreparable(Exception):
    """No worktree can be made; the text is a sentence for the owner."""


def prepare(folder: RunFolder, spec: BuildSpec) -> str:
    """Check the branch of the build out in its worktree; returns the commit that it was made from.

    Raises Unpreparable; nothing of the owner's has changed then.
    """
    repository = Path(spec.repository)
    try:
        return _prepare(folder, spec, repository)
    except GitError as error:
        if not repository.is_dir():
            raise Unpreparable(f"The project folder {repository} is gone.") from error
        if "not a git repository" in error.stderr:
            raise Unpreparable(f"{repository} is not a git repository any more.") from error
        raise Unpreparable(f"No worktree could be made: {error}.") from error


def _prepare(folder: RunFolder, spec: BuildSpec, repository: Path) -> str:
    made_from = folder.base_commit()
    if made_from is not None:
        save_unfinished(folder, spec)
    base, tip = branch_tip(repository, spec.base), branch_tip(repository, spec.branch)
    if base is None:
        if git(repository, "rev-list", "--max-count=1", "--all"):
            raise Unpreparable(f"The base branch {spec.base} does not exist any more.")
        raise Unpreparable(f"The repository {repository} has no commits yet.")
    if tip is not None and made_from is None:
        raise Unpreparable(f"A branch {spec.branch} exists already, and this build has not made it.")
    if tip is None or made_from is None:
        made_from = _start(repository, spec, base)
        _make_branch(folder, spec, repository, made_from)
    else:
        take_up(repository, Path(spec.worktree), spec.branch)
    record = record_folder(repository, Path(spec.worktree))
    if record is None:
        raise GitError("worktree", None, f"{spec.worktree} was not recorded")
    give_private_git(repository, Path(spec.worktree), record, spec.branch, folder.git)
    folder.note_prepared(True)
    return made_from


def _start(repository: Path, spec: BuildSpec, base: str) -> str:
    """The base with the results that the build needs, merged without touching any branch or checkout."""
    start = base
    for branch in spec.onto:
        tip = branch_tip(repository, branch)
        if tip is None or is_ancestor(repository, tip, start):
            continue
        start = tip if is_ancestor(repository, start, tip) else _joined(repository, spec, start, tip, branch)
    return start


def _joined(repository: Path, spec: BuildSpec, one: str, other: str, branch: str) -> str:
    try:
        tree = git(repository, "merge-tree", "--write-tree", "--no-messages", one, other).split()[0]
    except GitError as error:
        if error.exit_code != 1:
            raise
        raise Unpreparable(f"It builds on {branch}, which does not merge cleanly with {spec.base} any more.") from error
    message = f"Start of {spec.task}: {spec.base} with {branch}"
    return git(repository, "commit-tree", tree, "-p", one, "-p", other, "-m", message).strip()


def _make_branch(folder: RunFolder, spec: BuildSpec, repository: Path, base: str) -> None:
    folder.write_base_commit(base)
    try:
        add(repository, Path(spec.worktree), base, branch=spec.branch)
    except GitError:
        drop_empty_branch(repository, spec.branch, base)
        raise


def save_unfinished(folder: RunFolder, spec: BuildSpec) -> None:
    """Commit what an interrupted build left in its worktree, and remove the worktree. Raises GitError.

    A worktree that was only half checked out is removed and not committed: the agent had not begun, and the files that
    it lacks would look as if they had been deleted.
    """
    if folder.is_prepared():
        commit_work(folder, spec, commit_message(spec, "Unfinished work: "))
    remove(Path(spec.repository), Path(spec.worktree))
    folder.note_prepared(False)
