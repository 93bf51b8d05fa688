"""Git, for whole operations: the adapter behind `core.ports.Workspaces`."""

from pathlib import Path

from core.errors import Conflict, Refused
from core.model.build import BuildResult, BuildSpec, MergeDone
from core.runtime import checkouts, merging, pushing, reverting
from core.runtime import trash as bundles
from core.runtime.git import GitError, branch_tip, commit_of, git, is_ancestor
from core.runtime.repository_lock import alone

_DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/")


class GitWorkspaces:
    """Works on the owner's repositories by branches and worktrees of its own; `author` is `Name <mail>`."""

    def __init__(self, author: str = "Jarvis <jarvis@localhost>") -> None:
        self._author = author

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

    def merge(self, spec: BuildSpec, message: str, work: str | None = None) -> MergeDone:
        """Merge the build's branch into its base; if that has happened already, say so again.

        `message` is the whole commit message, trailers included; `work` the commit that the build ended with. Raises
        Conflict when it does not merge cleanly or a branch is gone, GitError when git fails; the base branch is as it
        was then.
        """
        return merging.merge(spec, message, self._author, work)

    def drop_merged(self, spec: BuildSpec) -> bool:
        """Delete the build's branch if the base has all of it and nobody has it checked out; whether it is gone now.

        Raises GitError.
        """
        return merging.drop_merged(spec)

    def rollback(self, spec: BuildSpec, merge: str, work: str | None, message: str) -> MergeDone:
        """Take back what `merge` brought into the base, by a commit on top; if that has happened already, say so again.

        `work` is the commit that the build ended with. To the trailers of the message `Jarvis-Reverts: <merge>` is
        added. Raises Conflict when it can't be taken back cleanly or is no merge of this work alone, GitError when git
        fails; the base branch is as it was then.
        """
        return reverting.rollback(spec, merge, work, message, self._author)

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

    def diff(self, spec: BuildSpec, result: BuildResult, bundle: Path | None = None) -> str:
        """The change of the build as a unified diff; its commits may be in a bundle only.

        Raises Refused when there is none, or its commits are gone.
        """
        repository = Path(spec.repository)
        if result.base_commit is None or result.commit is None:
            raise Refused("This build has changed nothing, so there is nothing to show.")
        if not repository.is_dir():
            raise Refused(f"The project folder {repository} is gone.")
        ends = (result.base_commit, result.commit)
        if _has(repository, *ends):
            return git(repository, *_DIFF, *ends, "--", errors="replace")
        if bundle is not None and bundle.is_file():
            with bundles.opened(repository, bundle) as both:
                if _has(both, *ends):
                    return git(both, *_DIFF, *ends, "--", errors="replace")
        raise Refused(f"The commit {result.commit[:10]} is not in {repository} any more.")

    def discard(self, spec: BuildSpec, trash: Path) -> Path:
        """Put the branch as a bundle into `trash` and delete it; returns the bundle. Again: the same bundle.

        Raises Refused when the branch is gone and there is no bundle, Conflict when the branch is checked out somewhere
        or moves meanwhile.
        """
        return bundles.discard(spec, trash)

    def restore(self, spec: BuildSpec, bundle: Path) -> str:
        """Bring the branch back from the bundle; returns its commit. Again: the same.

        Raises Conflict when there is another branch of that name or the repository is gone, Refused when the bundle is
        gone or can't be used; nothing has changed then.
        """
        return bundles.restore(spec, bundle)

    def forget(self, bundle: Path, trash: Path) -> None:
        """Delete a bundle that `discard` has put into `trash`, if it is there. Raises Refused for any other file."""
        bundles.forget(bundle, trash)

    def push(self, spec: BuildSpec, branch: str, remote: str) -> None:
        """Push a branch of the repository to the one of the same name, never by force; ends within a minute.

        Raises Refused with the reason when the remote does not have it then.
        """
        pushing.push(Path(spec.repository), branch, remote)


def _has(repository: Path, *commits: str) -> bool:
    return all(commit_of(repository, commit) is not None for commit in commits)
