"""Repositories that an agent makes inside its worktree: git would commit a bare reference to them, and no files."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from core.runtime.files import private_folder


def dissolve_nested(run: Callable[..., str], worktree: Path, base: str, kept: Path) -> None:
    """Make ordinary folders of them, except for the submodules that the commit `base` has.

    Their `.git` go into the folder `kept`. `run` runs git on the worktree. Raises GitError and OSError.
    """
    submodules = _references(run("ls-tree", "-r", "-z", "--full-tree", base))
    for number, place in enumerate(list(_nested(worktree, submodules))):
        private_folder(kept)
        free = next(n for n in range(number, number + 10_000) if not os.path.lexists(kept / str(n)))
        shutil.move(str(place), str(kept / str(free)))
    added = _references(run("ls-files", "--stage", "-z")) - submodules
    if added:
        # Else git takes the files below for those of a submodule, and leaves them out.
        names = "".join(f"{path}\0" for path in added).encode(errors="surrogateescape")
        run("update-index", "--force-remove", "-z", "--stdin", stdin=names)


def _references(listing: str) -> set[str]:
    """The paths of submodules in the output of `ls-tree` or `ls-files --stage`."""
    return {line.partition("\t")[2] for line in listing.split("\0") if line.startswith("160000 ")}


def _nested(worktree: Path, submodules: set[str]) -> Iterator[Path]:
    for name, folders, files in os.walk(worktree):
        folder = Path(name)
        if ".git" in (*folders, *files) and folder != worktree:
            yield folder / ".git"
        inside = [each for each in folders if each != ".git"]
        folders[:] = [each for each in inside if str((folder / each).relative_to(worktree)) not in submodules]
