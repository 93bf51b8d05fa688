"""Branches that were thrown away, kept as git bundles in one folder of ours."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Conflict, Refused
from core.model.build import BuildSpec
from core.runtime.files import private_folder, sync_folder
from core.runtime.git import GitError, branch_tip, git
from core.runtime.repository_lock import alone
from core.runtime.worktrees import checkout_of


def discard(spec: BuildSpec, trash: Path) -> Path:
    """Put the branch as a bundle into `trash` and delete it; returns the bundle. Again: the same bundle.

    Raises Refused when the branch is gone and there is no bundle, Conflict when the branch is checked out somewhere or
    moves meanwhile.
    """
    repository = Path(spec.repository)
    bundle = trash.resolve() / f"{spec.id}.bundle"
    if not repository.is_dir():
        return _discarded(spec, bundle)
    with alone(repository):
        tip = branch_tip(repository, spec.branch)
        if tip is None:
            return _discarded(spec, bundle)
        if place := checkout_of(repository, spec.branch):
            raise Conflict(f"The branch {spec.branch} is checked out in {place}. Switch to another one there first.")
        _write(repository, spec, bundle)
        try:
            git(repository, "update-ref", "-d", f"refs/heads/{spec.branch}", tip)
        except GitError as error:
            raise Conflict(f"The branch {spec.branch} has moved meanwhile. Look at it again.") from error
    return bundle


def restore(spec: BuildSpec, bundle: Path) -> str:
    """Bring the branch back from the bundle; returns its commit. Again: the same.

    Raises Conflict when there is another branch of that name or the repository is gone, Refused when the bundle is gone
    or can't be used; nothing has changed then.
    """
    repository = Path(spec.repository)
    if not repository.is_dir():
        raise Conflict(f"The project folder {repository} is gone.")
    with alone(repository):
        wanted = _commit_in(repository, spec, bundle)
        present = branch_tip(repository, spec.branch)
        if present == wanted:
            return wanted
        if present is not None:
            raise Conflict(
                f"There is a branch {spec.branch} already, and it is another one ({present[:10]}). Rename it first."
            )
        _unbundle(repository, bundle)
        try:
            git(
                repository,
                "update-ref",
                "-m",
                "jarvis: restore",
                f"refs/heads/{spec.branch}",
                wanted,
                "0" * len(wanted),
            )
        except GitError as error:
            raise Conflict(f"The branch {spec.branch} could not be made: {error.line}.") from error
    return wanted


def forget(bundle: Path, trash: Path) -> None:
    """Delete a bundle that `discard` has put into `trash`; nothing happens when it is gone. Raises Refused."""
    if bundle.suffix != ".bundle" or bundle.parent.resolve() != trash.resolve() or bundle.is_symlink():
        raise Refused(f"{bundle} is no bundle in {trash}, so it is left alone.")
    try:
        bundle.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"{bundle} can't be deleted: {error.strerror}.") from error


@contextmanager
def opened(repository: Path, bundle: Path) -> Iterator[Path]:
    """A repository for the length of the block that has the commits of both; neither of them is changed.

    Raises Refused when the bundle can't be used.
    """
    with tempfile.TemporaryDirectory(prefix="jarvis-") as folder:
        place = Path(folder)
        common = git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").rstrip("\n")
        kind = git(repository, "rev-parse", "--show-object-format").strip()
        git(place, "init", "--quiet", "--bare", f"--object-format={kind}", "--template=")
        (place / "objects" / "info").mkdir(parents=True, exist_ok=True)
        (place / "objects" / "info" / "alternates").write_text(f"{common}/objects\n", errors="surrogateescape")
        _unbundle(place, bundle)
        yield place


def _commit_in(repository: Path, spec: BuildSpec, bundle: Path) -> str:
    if not bundle.is_file():
        raise Refused(f"The bundle {bundle.name} is not in the trash any more.")
    try:
        listing = git(repository, "bundle", "list-heads", str(bundle), f"refs/heads/{spec.branch}").split()
    except GitError as error:
        raise Refused(f"The bundle {bundle.name} is damaged: {error.line}.") from error
    if not listing:
        raise Refused(f"The bundle {bundle.name} does not hold the branch {spec.branch}.")
    return listing[0]


def _unbundle(repository: Path, bundle: Path) -> None:
    """Take the commits in; git checks each of them. Raises Refused."""
    try:
        git(repository, "bundle", "verify", str(bundle))
    except GitError as error:
        if "prerequisite" in error.stderr:
            raise Refused(
                f"The bundle {bundle.name} builds on commits that are not in the repository any more."
            ) from error
        raise Refused(f"The bundle {bundle.name} is damaged: {error.line}.") from error
    try:
        git(repository, "bundle", "unbundle", str(bundle))
    except GitError as error:
        raise Refused(f"The bundle {bundle.name} is damaged: {error.line}.") from error


def _discarded(spec: BuildSpec, bundle: Path) -> Path:
    if bundle.exists():
        return bundle
    raise Refused(f"The branch {spec.branch} does not exist any more; there is nothing to discard.")


def _write(repository: Path, spec: BuildSpec, bundle: Path) -> None:
    private_folder(bundle.parent)
    ref, base = f"refs/heads/{spec.branch}", f"refs/heads/{spec.base}"
    own = [ref, f"^{base}"] if branch_tip(repository, spec.base) else [ref]
    if not git(repository, "rev-list", "--max-count=1", *own):
        # The base has all of it, and git makes no empty bundles: the last commit stands for the branch.
        own = ["--max-count=1", ref]
    temporary = bundle.with_name(f".{bundle.name}")
    try:
        git(repository, "bundle", "create", "--quiet", str(temporary), *own)
        git(repository, "bundle", "verify", "--quiet", str(temporary))
        temporary.chmod(0o600)
        temporary.replace(bundle)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(bundle.parent)
