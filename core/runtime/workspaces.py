"""Git, for whole operations: the adapter behind `core.ports.Workspaces`."""

from pathlib import Path

from core.errors import Conflict, Refused
from core.model.build import BuildResult, BuildSpec, MergeDone
from core.runtime import checkouts, merging
from core.runtime.files import private_folder, sync_folder
from core.runtime.git import GitError, branch_tip, commit_of, git, is_ancestor
from core.runtime.repository_lock import alone
from core.runtime.worktrees import checkout_of

_DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/")


class GitWorkspaces:
    """Works on the owner's repositories by branches and worktrees of its own."""

    def check(self, path: Path) -> Path:
        """The root of the checkout that `path` lies in. Raises Refused when it is none, or has no commit yet."""
        if not path.is_dir():
            raise Refused(f"There is no folder {path}.")
        try:
            root = Path(git(path, "rev-parse", "--show-toplevel", discover=True).rstrip("\n"))
        except GitError as error:
            if "dubious ownership" in error.stderr:
                raise Refused(f"{path} belongs to another user, and git does not trust it.") from error
            if "not a git repository" in error.stderr:
                raise Refused(f"{path} is not in a git repository. Run `git init` there, and commit.") from error
            if "work tree" in error.stderr:
                raise Refused(f"{path} is a repository without files. Give the folder of a checkout.") from error
            raise
        if not git(root, "rev-list", "--max-count=1", "--all"):
            raise Refused(f"The repository {root} has no commits yet. Commit something first.")
        return root

    def current_branch(self, path: Path) -> str | None:
        """The branch that is checked out; None when detached. Raises GitError."""
        try:
            return git(path, "symbolic-ref", "--quiet", "--short", "HEAD", discover=True).strip()
        except GitError as error:
            if error.exit_code == 1:
                return None
            raise

    def has_branch(self, path: Path, branch: str) -> bool:
        """Whether the local branch exists and has a commit."""
        return branch_tip(self.check(path), branch) is not None

    def merge(self, spec: BuildSpec, message: str) -> MergeDone:
        """Merge the build's branch into its base; if that has happened already, say so again.

        `message` is the whole commit message, trailers included. Raises Conflict when it does not merge cleanly or a
        branch is gone, GitError when git fails; the base branch is as it was then.
        """
        return merging.merge(spec, message)

    def update_checkout(self, spec: BuildSpec, commit: str) -> None:
        """Bring a checkout that was left behind by merges up to the tip of the base, keeping uncommitted work.

        Raises Conflict when a file with uncommitted work is concerned, or `commit` is not in the base any more;
        nothing has changed then.
        """
        repository = Path(spec.repository)
        if not repository.is_dir():
            raise Conflict(f"The project folder {repository} is gone.")
        with alone(repository):
            tip = branch_tip(repository, spec.base)
            if tip is None or commit_of(repository, commit) is None or not is_ancestor(repository, commit, tip):
                raise Conflict(f"The merge is not in the branch {spec.base} any more.")
            checkouts.catch_up(repository, spec.base)

    def diff(self, spec: BuildSpec, result: BuildResult) -> str:
        """The change of the build as a unified diff. Raises Refused when there is none, or its commits are gone."""
        repository = Path(spec.repository)
        if result.base_commit is None or result.commit is None:
            raise Refused("This build has changed nothing, so there is nothing to show.")
        if not repository.is_dir():
            raise Refused(f"The project folder {repository} is gone.")
        for commit in (result.base_commit, result.commit):
            if commit_of(repository, commit) is None:
                raise Refused(f"The commit {commit[:10]} is not in {repository} any more.")
        return git(repository, *_DIFF, result.base_commit, result.commit, "--", errors="replace")

    def discard(self, spec: BuildSpec, trash: Path) -> Path:
        """Put the branch as a bundle into `trash` and delete it; returns the bundle. Again: the same bundle.

        Restore it with `git fetch BUNDLE 'refs/heads/*:refs/heads/*'`. Raises Refused when the branch is gone and
        there is no bundle, Conflict when the branch is checked out somewhere or moves meanwhile.
        """
        repository = Path(spec.repository)
        bundle = trash.resolve() / f"{spec.id}.bundle"
        if not repository.is_dir():
            return self._discarded(spec, bundle)
        with alone(repository):
            tip = branch_tip(repository, spec.branch)
            if tip is None:
                return self._discarded(spec, bundle)
            if place := checkout_of(repository, spec.branch):
                raise Conflict(
                    f"The branch {spec.branch} is checked out in {place}. Switch to another one there first."
                )
            self._bundle(repository, spec, bundle)
            try:
                git(repository, "update-ref", "-d", f"refs/heads/{spec.branch}", tip)
            except GitError as error:
                raise Conflict(f"The branch {spec.branch} has moved meanwhile. Look at it again.") from error
        return bundle

    def _discarded(self, spec: BuildSpec, bundle: Path) -> Path:
        if bundle.exists():
            return bundle
        raise Refused(f"The branch {spec.branch} does not exist any more; there is nothing to discard.")

    def _bundle(self, repository: Path, spec: BuildSpec, bundle: Path) -> None:
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
