"""Tidies up after processes that vanished. Only what provably belongs to their runs is touched."""

import contextlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from core.model.build import BuildSpec
from core.model.ids import BuildId
from core.runtime.committing import drop_empty_branch
from core.runtime.files import remove_tree
from core.runtime.git import GitError, git
from core.runtime.locks import is_locked
from core.runtime.preparing import save_unfinished
from core.runtime.process_limit import end_group, group_name, grouped
from core.runtime.process_tree import end_all, known, marked, staying_in
from core.runtime.run_folder import RunFolder
from core.runtime.worktrees import is_untouched, record_folder, remove, repository_of

CHECK_PREFIX = "check-"
"""What the folders of `core.runtime.commands.run_check` begin with."""
_SUFFIXES = ("-baseline", "-proof", "-merge")
_GRACE = 1.0

_log = logging.getLogger(__name__)


def sweep(home: Path, folder: RunFolder, spec: BuildSpec) -> None:
    """End the processes of the run, save uncommitted work on its branch, and remove its worktrees and temporary files.

    The caller holds the lock on the run folder. Raises GitError; worktrees with unsaved work are still there then.
    """
    repository, worktree = Path(spec.repository), Path(spec.worktree)
    ours = _is_ours(home, worktree)
    places = [worktree, *(Path(f"{worktree}{suffix}") for suffix in _SUFFIXES)] if ours else []
    end_leftovers(folder, places, spec.limits.grace)
    for private in (folder.temporary, folder.home):
        remove_tree(private)
    if not repository.is_dir() or not ours:
        return
    base = folder.base_commit()
    if base is not None:
        save_unfinished(folder, spec)
    for place in places[1:]:
        remove(repository, place)
    if base is not None:
        drop_empty_branch(repository, spec.branch, base)
    remove_tree(folder.git)


def end_leftovers(folder: RunFolder, places: Sequence[Path] = (), grace: float = _GRACE) -> None:
    """End the processes of a run whose build process died: known by marker, by folder, or seen by it before."""

    def find() -> list[psutil.Process]:
        found = marked(folder.path) + staying_in([folder.path, *places]) + known(folder.processes())
        for pid in grouped(group_name(folder.path)):
            with contextlib.suppress(psutil.Error):
                found.append(psutil.Process(pid))
        return list({process.pid: process for process in found}.values())

    end_all(find, grace, time.sleep)
    end_group(group_name(folder.path))


def sweep_leftovers(home: Path, active: set[BuildId]) -> None:
    """Remove the worktrees below `home` that nobody works in any more. Those with unsaved work are kept, and logged."""
    folder = home / "worktrees"
    for place in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            if place.is_symlink():
                # What it leads to is none of our business.
                place.unlink()
            elif place.name.startswith(CHECK_PREFIX):
                _sweep_check(place)
            else:
                _sweep_place(home, place, active)
        except (GitError, OSError) as error:
            _log.warning("%s is left over and could not be removed: %s", place, error)


def _sweep_check(place: Path) -> None:
    if is_locked(place / "lock"):
        return
    end_all(lambda: marked(place) + staying_in([place]), _GRACE, time.sleep)
    checkout = place / "checkout"
    repository = repository_of(checkout)
    if repository is not None:
        remove(repository, checkout)
    remove_tree(place)


def _sweep_place(home: Path, place: Path, active: set[BuildId]) -> None:
    suffix = next((each for each in _SUFFIXES if place.name.endswith(each)), "")
    build = BuildId(place.name.removesuffix(suffix))
    folder = RunFolder.of(home, build)
    if build in active or is_locked(folder.lock):
        return
    spec = folder.spec()
    repository = Path(spec.repository) if spec is not None else repository_of(place)
    record = None if repository is None else record_folder(repository, place)
    if repository is None or record is None or not is_untouched(record, place):
        _log.warning("%s is left over and kept: it is no worktree of a project.", place)
    elif not suffix and _has_unsaved_work(folder, record, place):
        _log.warning("%s is left over and kept: there is work in it that is in no branch.", place)
    else:
        remove(repository, place)
        base = folder.base_commit()
        if spec is not None and base is not None and not suffix:
            drop_empty_branch(repository, spec.branch, base)


def _has_unsaved_work(folder: RunFolder, record: Path, place: Path) -> bool:
    if folder.spec() is not None and not folder.is_prepared():
        return False  # only half checked out, so no agent has begun there
    where = (f"--git-dir={record}", f"--work-tree={place}")
    status = git(
        place,
        *where,
        "-c",
        f"core.excludesFile={folder.path / 'excludes'}",
        "status",
        "--porcelain",
        "-z",
        "--ignore-submodules=all",
    )
    return bool(status or git(place, *where, "rev-list", "--max-count=1", "HEAD", "--not", "--branches"))


def _is_ours(home: Path, worktree: Path) -> bool:
    """Below our own folder; that git has it on record as a worktree is checked where it is removed."""
    return worktree.parent.resolve() == (home / "worktrees").resolve()
