"""A git repository for the agent alone: it sees the owner's history, and can change nothing of the owner's.

The worktree is a real one of the owner's repository. While the agent works, its `.git` points to a repository in the
run folder, which borrows the objects of the owner's (see gitrepository-layout(5), `info/alternates`) and has copies of
the branches. Agents commit, branch and configure there as they like; afterwards their commits are fetched from it.
"""

import os
import re
import shutil
import stat
from pathlib import Path

from core.runtime.files import private_folder, remove_tree
from core.runtime.git import GitError, commit_of, git

_COPIED = re.compile(
    r"core\.(filemode|autocrlf|eol|safecrlf|ignorecase|symlinks|precomposeunicode|sparsecheckout(cone)?)"
    r"|user\..*|filter\..*|extensions\.objectformat"
)
"""Settings of the owner's repository that change how files are read; addresses and keys are none of them."""
_FETCH = (
    *("-c", "protocol.file.allow=always", "-c", "fetch.fsckObjects=true", "-c", "fetch.writeCommitGraph=false"),
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"),
)


def give_private_git(repository: Path, worktree: Path, record: Path, branch: str, place: Path) -> None:
    """Make the repository at `place`, and let the worktree (whose record in the owner's repository is `record`) use it.

    What an earlier try left at `place` is replaced. Raises GitError and OSError.
    """
    remove_tree(place)
    private_folder(place / "objects" / "info")
    private_folder(place / "refs" / "heads")
    private_folder(place / "info")
    common = Path(git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").rstrip("\n"))
    listed = git(
        repository, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags", "refs/remotes"
    )
    (place / "packed-refs").write_text(listed, errors="surrogateescape")
    (place / "HEAD").write_text(f"ref: refs/heads/{branch}\n", errors="surrogateescape")
    _configure(repository, place)
    for name in ("info/exclude", "info/attributes", "info/sparse-checkout", "shallow"):
        _copy(common / name, place / name)
    for file in (record / "index", record / "info" / "sparse-checkout", *record.glob("sharedindex.*")):
        _copy(file, place / file.relative_to(record))
    # In this order: the agent's commands must find a complete repository.
    (worktree / ".git").write_text(f"gitdir: {place}\n", errors="surrogateescape")


def bring_back(repository: Path, place: Path) -> str | None:
    """Fetch what the agent has checked out in its repository; returns the commit, None if there is nothing sound.

    Nothing that the agent has configured there is listened to, and malformed objects are refused.
    """
    if place.is_symlink():
        return None
    try:
        _keep_plain(place)
        _disarm(repository, place)
        head = git(place, f"--git-dir={place}", "rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
        if commit_of(repository, head) is None:
            git(repository, *_FETCH, str(place), "HEAD")
    except (GitError, OSError):
        return None
    return head if commit_of(repository, head) is not None else None


def _keep_plain(place: Path) -> None:
    """Remove all but files and folders: by a link git would read or write what is not the agent's, and a pipe or a
    device holds it up for ever. Raises OSError."""
    folders = [place]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    folders.append(Path(entry.path))
                elif not stat.S_ISREG(mode):
                    Path(entry.path).unlink()


def _disarm(repository: Path, place: Path) -> None:
    """Take away all by which a repository tells git to run programs or to look elsewhere."""
    for name in ("config", "config.worktree", "commondir", "gitdir", "hooks", "objects/info/alternates"):
        remove_tree(place / name)
    _configure(repository, place)


def _configure(repository: Path, place: Path) -> None:
    objects = git(repository, "rev-parse", "--path-format=absolute", "--git-path", "objects").rstrip("\n")
    private_folder(place / "objects" / "info")
    (place / "objects" / "info" / "alternates").write_text(f"{objects}\n", errors="surrogateescape")
    entries = [line.partition("\n")[::2] for line in git(repository, "config", "--list", "--local", "-z").split("\0")]
    copied = [(name, value) for name, value in entries if _COPIED.fullmatch(name)]
    version = "1" if any(name.startswith("extensions.") for name, _ in copied) else "0"
    ours = [("core.repositoryformatversion", version), ("core.bare", "false"), ("gc.auto", "0")]
    known = {name for name, _ in copied}
    identity = [(f"user.{what}", git(repository, "config", f"user.{what}").strip()) for what in ("name", "email")]
    ours += [(name, value) for name, value in identity if name not in known]
    (place / "config").write_text("".join(_setting(*pair) for pair in [*ours, *copied]), errors="surrogateescape")


def _setting(name: str, value: str) -> str:
    """One setting in the syntax of git-config(1)."""
    section, _, rest = name.partition(".")
    subsection, _, key = rest.rpartition(".")
    head = f'[{section} "{_quoted(subsection)}"]' if subsection else f"[{section}]"
    return f'{head}\n\t{key} = "{_quoted(value)}"\n'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        private_folder(target.parent)
        shutil.copyfile(source, target)
