"""What an agent may leave in its worktree that git must not meet: repositories, whose settings it would listen to and
whose files it would leave out, and pipes and devices, which hold it up."""

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from core.runtime.files import private_folder


def dissolve_nested(run: Callable[..., str], worktree: Path, base: str, kept: Path) -> list[str]:
    """Make ordinary folders of the repositories in the worktree, and remove all that is neither file, folder nor link.

    Returns the paths of the submodules that the commit `base` has and that are there: they stay as they were, so git
    must leave them out. The `.git` of all go into the folder `kept`. `run` runs git on the worktree. Raises GitError
    and OSError.
    """
    submodules = _references(run("ls-tree", "-r", "-z", "--full-tree", base))
    for number, place in enumerate(_clear(worktree)):
        private_folder(kept)
        free = next(n for n in range(number, number + 10_000) if not os.path.lexists(kept / str(n)))
        shutil.move(str(place), str(kept / str(free)))
    added = _references(run("ls-files", "--stage", "-z")) - submodules
    if added:
        # Else git takes the files below for those of a submodule, and leaves them out.
        names = "".join(f"{path}\0" for path in added).encode(errors="surrogateescape")
        run("update-index", "--force-remove", "-z", "--stdin", stdin=names)
    return sorted(path for path in submodules if (worktree / path).is_dir())


def _references(listing: str) -> set[str]:
    """The paths of submodules in the output of `ls-tree` or `ls-files --stage`."""
    return {line.partition("\t")[2] for line in listing.split("\0") if line.startswith("160000 ")}


def _clear(worktree: Path) -> list[Path]:
    """Remove pipes, sockets and devices; returns the `.git` below the top."""
    found, folders = [], [worktree]
    while folders:
        folder = folders.pop()
        with contextlib.suppress(OSError):  # too deep, or locked: git will say what it can't read
            for entry in list(os.scandir(folder)):
                mode = entry.stat(follow_symlinks=False).st_mode
                if entry.name == ".git":
                    found += [Path(entry.path)] if folder != worktree else []
                elif stat.S_ISDIR(mode):
                    folders.append(Path(entry.path))
                elif not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
                    Path(entry.path).unlink()
    return found
