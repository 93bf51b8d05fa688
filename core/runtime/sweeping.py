"""Tidies up after a build process that vanished. Only what provably belongs to its run is touched."""

import time
from pathlib import Path
from shutil import rmtree

from core.model.build import BuildSpec
from core.runtime.committing import drop_empty_branch
from core.runtime.preparing import save_unfinished
from core.runtime.process_tree import end_all, marked
from core.runtime.run_folder import RunFolder
from core.runtime.worktrees import remove


def sweep(home: Path, folder: RunFolder, spec: BuildSpec) -> None:
    """End the processes of the run, save uncommitted work on its branch, and remove its worktrees and temporary files.

    The caller holds the lock on the run folder. Raises GitError; worktrees with unsaved work are still there then.
    """
    end_all(lambda: marked(folder.path), spec.limits.grace, time.sleep)
    rmtree(folder.temporary, ignore_errors=True)
    repository, worktree = Path(spec.repository), Path(spec.worktree)
    base = folder.base_commit()
    if base is None or not repository.is_dir() or not _is_ours(home, worktree):
        return
    save_unfinished(folder, spec)
    for name in ("baseline", "proof"):
        remove(repository, Path(f"{worktree}-{name}"))
    drop_empty_branch(repository, spec.branch, base)


def _is_ours(home: Path, worktree: Path) -> bool:
    """Below our own folder; that git has it on record as a worktree is checked where it is removed."""
    return worktree.parent.resolve() == (home / "worktrees").resolve()
