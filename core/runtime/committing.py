"""Brings what an agent left in its worktree onto the branch of the build, whatever state it left it in."""

import os
from functools import partial
from pathlib import Path

from core.model.build import BuildSpec, DiffStat
from core.runtime.files import write_atomically
from core.runtime.git import GitError, branch_tip, git, identity, is_ancestor, says_yes
from core.runtime.nested_repositories import dissolve_nested
from core.runtime.private_git import bring_back
from core.runtime.run_folder import RunFolder
from core.runtime.worktrees import is_untouched, record_folder

_CACHES = """
# What programs leave behind when they run; no part of a change.
__pycache__/
*.py[cod]
.pytest_cache/
.mypy_cache/
.ruff_cache/
.hypothesis/
.tox/
.venv/
*.egg-info/
.coverage
node_modules/
.DS_Store
.aider*
"""
_SUBJECT_LENGTH = 200


def commit_message(spec: BuildSpec, prefix: str = "") -> str:
    """Title and trailers for the commit of a build."""
    printable = "".join(letter if letter.isprintable() else " " for letter in f"{prefix}{spec.title}")
    subject = " ".join(printable.split())[:_SUBJECT_LENGTH].strip() or "Build"
    return f"{subject}\n\nJarvis-Task: {spec.task}\nJarvis-Run: {spec.id}\n"


def commit_work(folder: RunFolder, spec: BuildSpec, message: str) -> str | None:
    """Commit all that differs in the worktree, and make the branch contain it; returns the tip of the branch.

    Own commits of the agent stay, also those on another branch or on none. Caches are left out. Repositories that the
    agent made in the worktree become ordinary folders; their histories are kept in the run folder. Nothing is committed
    when something else stands in the place of the worktree. None when there is neither branch nor worktree any more.
    Raises GitError and OSError; worktree and branch are as they were then.
    """
    repository, worktree = Path(spec.repository), Path(spec.worktree)
    record = record_folder(repository, worktree)
    tip = branch_tip(repository, spec.branch)
    if record is None or not is_untouched(record, worktree):
        return _keep_commits(repository, folder, spec.branch, tip)
    # By both folders, because the agent may have done anything to the `.git` of the worktree.
    run = partial(git, worktree, f"--git-dir={record}", f"--work-tree={worktree}")
    _remove_stale_locks(repository, record, spec.branch)
    excludes = folder.path / "excludes"
    write_atomically(excludes, (_owners_excludes(repository) + _CACHES).encode(errors="replace"), durable=False)
    submodules = dissolve_nested(run, worktree, folder.base_commit() or spec.base, folder.nested)
    all_but = (".", *(f":(exclude,literal){path}" for path in submodules))
    run("-c", f"core.excludesFile={excludes}", "-c", "core.safecrlf=false", "add", "--all", "--sparse", "--", *all_but)
    tree = run("write-tree").strip()
    has_own = os.path.lexists(folder.git)
    head = bring_back(repository, folder.git) if has_own else _head(record, worktree)
    parents = _parents(repository, head, tip)
    if len(parents) == 1 and run("rev-parse", f"{parents[0]}^{{tree}}").strip() == tree:
        new = parents[0]
    else:
        ancestry = [word for parent in parents for word in ("-p", parent)]
        new = run(*identity(spec.author), "commit-tree", tree, *ancestry, stdin=message).strip()
    git(repository, "update-ref", "-m", "jarvis: build", f"refs/heads/{spec.branch}", new, tip or "0" * len(new))
    return new


def change_size(repository: Path, base: str, commit: str) -> DiffStat | None:
    """How much the commit differs from the base; None when it does not differ. Raises GitError."""
    if says_yes(repository, "diff", "--quiet", "--no-ext-diff", base, commit, "--"):
        return None
    rows = git(repository, "diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", base, commit, "--").split("\0")
    counts = [row.split("\t")[:2] for row in rows if row]
    # Binary files have no lines: git writes "-" for them.
    return DiffStat(
        files=len(counts),
        insertions=sum(int(added) for added, _ in counts if added != "-"),
        deletions=sum(int(removed) for _, removed in counts if removed != "-"),
    )


def drop_empty_branch(repository: Path, branch: str, base_commit: str) -> None:
    """Delete the branch if it has nothing of its own; it must not be checked out."""
    if branch_tip(repository, branch) == base_commit:
        git(repository, "update-ref", "-d", f"refs/heads/{branch}", base_commit)


def _keep_commits(repository: Path, folder: RunFolder, branch: str, tip: str | None) -> str | None:
    """For a worktree that is not there any more: what the agent committed before."""
    head = bring_back(repository, folder.git) if os.path.lexists(folder.git) else None
    if tip is None or head in (None, tip) or not is_ancestor(repository, tip, head or tip):
        return tip
    git(repository, "update-ref", "-m", "jarvis: build", f"refs/heads/{branch}", head or tip, tip)
    return head


def _head(record: Path, worktree: Path) -> str | None:
    try:
        return git(worktree, f"--git-dir={record}", "rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
    except GitError:
        return None


def _parents(repository: Path, head: str | None, tip: str | None) -> list[str]:
    """Branch tip and checked-out commit, without one that the other contains already."""
    if head is None or tip is None or head == tip:
        return [commit for commit in (tip or head,) if commit is not None]
    if is_ancestor(repository, tip, head):
        return [head]
    return [tip] if is_ancestor(repository, head, tip) else [tip, head]


def _remove_stale_locks(repository: Path, record: Path, branch: str) -> None:
    """A git command of the agent that was killed leaves its locks behind. Nobody else works in these places."""
    common = Path(git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").rstrip("\n"))
    for lock in (record / "index.lock", record / "HEAD.lock", common / "refs" / "heads" / f"{branch}.lock"):
        lock.unlink(missing_ok=True)


def _owners_excludes(repository: Path) -> str:
    """What the owner's own settings exclude everywhere, since naming our file replaces theirs."""
    try:
        configured = git(repository, "config", "--type=path", "core.excludesFile").rstrip("\n")
        return Path(configured).read_text(errors="replace") + "\n"
    except (GitError, OSError):
        pass
    try:
        return (Path.home() / ".config" / "git" / "ignore").read_text(errors="replace") + "\n"
    except OSError:
        return ""
