"""What the engines rely on in repositories: the same for git and for those in memory."""

from pathlib import Path
from typing import Protocol

import pytest

from core.errors import Conflict, Refused
from core.model.build import BuildSpec
from core.ports import Workspaces
from core.runtime.workspaces import GitWorkspaces
from tests import factories
from tests.conftest import Git
from tests.fakes import FakeWorkspaces


class Bench(Protocol):
    """A repository with `a.txt` on `main`, and the hands of its owner and of an agent."""

    port: Workspaces
    path: Path

    def commit(self, branch: str, file: str, content: str) -> str: ...
    def tip(self, branch: str) -> str | None: ...
    def delete(self, branch: str) -> None: ...
    def switch(self, branch: str) -> None: ...
    def work_on(self, file: str) -> None: ...
    def collect_garbage(self) -> None: ...
    def add_remote(self, name: str) -> None: ...
    def remote_tip(self, name: str, branch: str) -> str | None: ...
    def commit_elsewhere(self, name: str, branch: str) -> None: ...


class FakeBench:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.fake = FakeWorkspaces()
        self.port: Workspaces = self.fake
        self.fake.create(path)

    def commit(self, branch: str, file: str, content: str) -> str:
        return self.fake.commit(self.path, branch, file, content)

    def tip(self, branch: str) -> str | None:
        return next(iter(self.fake.repositories[self.path].branches.get(branch, [])[-1:]), None)

    def delete(self, branch: str) -> None:
        del self.fake.repositories[self.path].branches[branch]

    def switch(self, branch: str) -> None:
        self.fake.repositories[self.path].branches.setdefault(
            branch, list(self.fake.repositories[self.path].branches["main"])
        )
        self.fake.repositories[self.path].checked_out = branch

    def work_on(self, file: str) -> None:
        self.fake.repositories[self.path].uncommitted.add(file)

    def collect_garbage(self) -> None:
        self.fake.collect_garbage()

    def add_remote(self, name: str) -> None:
        self.fake.repositories[self.path].remotes[name] = {}

    def remote_tip(self, name: str, branch: str) -> str | None:
        return self.fake.repositories[self.path].remotes[name].get(branch)

    def commit_elsewhere(self, name: str, branch: str) -> None:
        self.fake.repositories[self.path].remotes[name][branch] = "e" * 40


class GitBench:
    def __init__(self, path: Path, git: Git) -> None:
        self.path = path
        self.port: Workspaces = GitWorkspaces()
        self._git = git

    def commit(self, branch: str, file: str, content: str) -> str:
        place = self.path.parent / "desk"
        known = self._git(self.path, "branch", "--list", branch).strip()
        self._git(self.path, "worktree", "add", "--quiet", "--detach", str(place), branch if known else "main")
        (place / file).write_text(content)
        self._git(place, "add", ".")
        self._git(place, "commit", "--quiet", "-m", f"change {file}")
        commit = self._git(place, "rev-parse", "HEAD").strip()
        checked_out = self._git(self.path, "branch", "--show-current").strip() == branch
        self._git(
            self.path, *(["merge", "--quiet", "--ff-only", commit] if checked_out else ["branch", "-f", branch, commit])
        )
        self._git(self.path, "worktree", "remove", "--force", str(place))
        return commit

    def tip(self, branch: str) -> str | None:
        return self._git(self.path, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").strip() or None

    def delete(self, branch: str) -> None:
        self._git(self.path, "update-ref", "-d", f"refs/heads/{branch}")

    def switch(self, branch: str) -> None:
        self._git(self.path, "switch", "--quiet", "-c", branch)

    def work_on(self, file: str) -> None:
        (self.path / file).write_text("not committed\n")

    def collect_garbage(self) -> None:
        self._git(self.path, "reflog", "expire", "--expire=now", "--all")
        self._git(self.path, "gc", "--quiet", "--prune=now")

    def add_remote(self, name: str) -> None:
        self._git(self.path.parent, "init", "--quiet", "--bare", f"{name}.git")
        self._git(self.path, "remote", "add", name, str(self.path.parent / f"{name}.git"))

    def remote_tip(self, name: str, branch: str) -> str | None:
        remote = self.path.parent / f"{name}.git"
        return self._git(remote, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").strip() or None

    def commit_elsewhere(self, name: str, branch: str) -> None:
        place = self.path.parent / "colleague"
        self._git(self.path.parent, "clone", "--quiet", "--branch", branch, f"{name}.git", str(place))
        self._git(place, "commit", "--quiet", "--allow-empty", "-m", "elsewhere")
        self._git(place, "push", "--quiet", "origin", branch)


@pytest.fixture(params=["git", "fake"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    if request.param == "fake":
        return FakeBench(tmp_path / "shop")
    return GitBench(request.getfixturevalue("repository"), request.getfixturevalue("owner"))


@pytest.fixture
def spec(bench: Bench, tmp_path: Path) -> BuildSpec:
    return factories.spec(repository=str(bench.path), worktree=str(tmp_path / "worktrees" / "task_1-1"))


def test_merge_adds_a_commit_to_the_base(bench: Bench, spec: BuildSpec) -> None:
    before = bench.tip("main")
    bench.commit(spec.branch, "b.txt", "two\n")

    done = bench.port.merge(spec, "Merge task_1\n")

    assert done.commit == bench.tip("main") != before
    assert done.parent == before
    assert done.checkout_updated is True


def test_a_second_merge_says_the_same_again(bench: Bench, spec: BuildSpec) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    first = bench.port.merge(spec, "Merge task_1\n")

    again = bench.port.merge(spec, "Merge task_1\n")
    assert again.commit == first.commit == bench.tip("main")

    bench.commit("main", "c.txt", "three\n")
    tip = bench.tip("main")
    assert bench.port.merge(spec, "Merge task_1\n").commit == first.commit
    assert bench.tip("main") == tip


def test_changes_of_both_sides_in_different_files_merge(bench: Bench, spec: BuildSpec) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    ours = bench.commit("main", "c.txt", "three\n")

    assert bench.port.merge(spec, "Merge task_1\n").parent == ours


def test_a_conflict_names_the_file_and_changes_nothing(bench: Bench, spec: BuildSpec) -> None:
    bench.commit(spec.branch, "a.txt", "theirs\n")
    bench.commit("main", "a.txt", "ours\n")
    before = bench.tip("main"), bench.tip(spec.branch)

    for _ in range(2):
        with pytest.raises(Conflict, match=r"does not merge cleanly into main: both sides changed a\.txt"):
            bench.port.merge(spec, "Merge task_1\n")

    assert (bench.tip("main"), bench.tip(spec.branch)) == before


def test_a_branch_that_is_gone(bench: Bench, spec: BuildSpec) -> None:
    with pytest.raises(Conflict, match=spec.branch):
        bench.port.merge(spec, "Merge task_1\n")

    bench.commit(spec.branch, "b.txt", "two\n")
    bench.switch("other")
    bench.delete("main")
    with pytest.raises(Conflict, match=r"main"):
        bench.port.merge(spec, "Merge task_1\n")


def test_a_base_that_is_not_checked_out_is_merged_all_the_same(bench: Bench, spec: BuildSpec) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    bench.switch("other")

    assert bench.port.merge(spec, "Merge task_1\n").checkout_updated is None


def test_a_checkout_with_uncommitted_work_is_left_alone_and_caught_up_on_request(bench: Bench, spec: BuildSpec) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    bench.work_on("a.txt")

    done = bench.port.merge(spec, "Merge task_1\n")
    assert done.checkout_updated is False
    bench.port.update_checkout(spec, done.commit)

    assert bench.port.merge(spec, "Merge task_1\n").checkout_updated is True


def test_uncommitted_work_in_the_same_file_is_never_overwritten(bench: Bench, spec: BuildSpec) -> None:
    bench.commit(spec.branch, "a.txt", "theirs\n")
    bench.work_on("a.txt")
    done = bench.port.merge(spec, "Merge task_1\n")

    with pytest.raises(Conflict, match=r"a\.txt"):
        bench.port.update_checkout(spec, done.commit)
    if isinstance(bench, GitBench):
        assert (bench.path / "a.txt").read_text() == "not committed\n"


def test_a_merge_that_is_not_in_the_base_is_not_caught_up_with(bench: Bench, spec: BuildSpec) -> None:
    commit = bench.commit(spec.branch, "b.txt", "two\n")

    with pytest.raises(Conflict, match=r"not in the branch main any more"):
        bench.port.update_checkout(spec, commit)


def test_discard_keeps_a_bundle_and_gives_it_again(bench: Bench, spec: BuildSpec, tmp_path: Path) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    trash = tmp_path / "trash"

    bundle = bench.port.discard(spec, trash)

    assert bundle.parent == trash
    assert bundle.stat().st_size > 0
    assert bench.tip(spec.branch) is None
    assert bench.port.discard(spec, trash) == bundle


def test_a_branch_that_never_was_can_not_be_discarded(bench: Bench, spec: BuildSpec, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"does not exist any more; there is nothing to discard"):
        bench.port.discard(spec, tmp_path / "trash")


def test_the_diff_shows_the_change(bench: Bench, spec: BuildSpec) -> None:
    base = bench.tip("main")
    commit = bench.commit(spec.branch, "b.txt", "two\n")

    diff = bench.port.diff(spec, factories.result(base_commit=base, commit=commit))

    assert "+++ b/b.txt" in diff
    assert "+two" in diff


def test_a_diff_without_commits_is_refused(bench: Bench, spec: BuildSpec) -> None:
    with pytest.raises(Refused, match=r"nothing to show"):
        bench.port.diff(spec, factories.result(commit=None))
    with pytest.raises(Refused, match=r"any more"):
        bench.port.diff(spec, factories.result(base_commit=bench.tip("main"), commit="b" * 40))


def test_what_is_a_repository_and_what_not(bench: Bench, tmp_path: Path) -> None:
    assert bench.port.check(bench.path) == bench.path
    with pytest.raises(Refused):
        bench.port.check(tmp_path / "elsewhere")


def test_branches(bench: Bench) -> None:
    assert bench.port.current_branch(bench.path) == "main"
    assert bench.port.has_branch(bench.path, "main")
    assert not bench.port.has_branch(bench.path, "gone")


# -- after the merge ------------------------------------------------------------------------------------------------

MESSAGE = "Merge task_1\n\nJarvis-Task: task_1\nJarvis-Run: task_1-1\n"
BACK = "Roll back task_1\n\nJarvis-Task: task_1\nJarvis-Run: task_1-1\n"


def test_a_merged_branch_is_dropped_and_the_merge_is_still_known(bench: Bench, spec: BuildSpec) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    assert not bench.port.drop_merged(spec)
    assert bench.tip(spec.branch) is not None
    done = bench.port.merge(spec, MESSAGE)

    assert bench.port.drop_merged(spec)
    assert bench.port.drop_merged(spec)

    assert bench.tip(spec.branch) is None
    bench.commit("main", "c.txt", "three\n")
    assert bench.port.merge(spec, MESSAGE).commit == done.commit


def test_a_merge_whose_branch_is_gone_is_known_by_the_commit_of_the_build(bench: Bench, spec: BuildSpec) -> None:
    work = bench.commit(spec.branch, "b.txt", "two\n")
    done = bench.port.merge(spec, "Taken over by hand\n")
    bench.delete(spec.branch)

    assert bench.port.merge(spec, MESSAGE, work).commit == done.commit
    with pytest.raises(Conflict, match=r"with the work does not exist any more"):
        bench.port.merge(spec, MESSAGE)


def test_a_branch_that_is_checked_out_or_has_more_is_not_dropped(bench: Bench, spec: BuildSpec) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    bench.port.merge(spec, MESSAGE)
    later = bench.commit(spec.branch, "c.txt", "three\n")

    assert not bench.port.drop_merged(spec)

    assert bench.tip(spec.branch) == later


def test_a_rollback_adds_a_commit_that_takes_the_work_back(bench: Bench, spec: BuildSpec) -> None:
    work = bench.commit(spec.branch, "b.txt", "two\n")
    merge = bench.port.merge(spec, MESSAGE)
    before = bench.commit("main", "c.txt", "three\n")

    done = bench.port.rollback(spec, merge.commit, work, BACK)

    assert (done.commit, done.parent, done.checkout_updated) == (bench.tip("main"), before, True)
    if isinstance(bench, GitBench):
        assert not (bench.path / "b.txt").exists()
        assert (bench.path / "c.txt").exists()


def test_a_second_rollback_says_the_same_again(bench: Bench, spec: BuildSpec) -> None:
    work = bench.commit(spec.branch, "b.txt", "two\n")
    merge = bench.port.merge(spec, MESSAGE)
    done = bench.port.rollback(spec, merge.commit, work, BACK)
    tip = bench.commit("main", "c.txt", "three\n")

    assert bench.port.rollback(spec, merge.commit, work, BACK).commit == done.commit
    assert bench.tip("main") == tip


def test_a_rollback_that_is_not_clean_names_the_file_and_changes_nothing(bench: Bench, spec: BuildSpec) -> None:
    work = bench.commit(spec.branch, "b.txt", "two\n")
    merge = bench.port.merge(spec, MESSAGE)
    tip = bench.commit("main", "b.txt", "two, and more\n")

    for _ in range(2):
        with pytest.raises(Conflict, match=r"can't be taken back cleanly: later commits in main changed .*b\.txt"):
            bench.port.rollback(spec, merge.commit, work, BACK)

    assert bench.tip("main") == tip


def test_a_rollback_of_what_is_not_in_the_base(bench: Bench, spec: BuildSpec) -> None:
    work = bench.commit(spec.branch, "b.txt", "two\n")

    with pytest.raises(Conflict, match=r"not in the branch main any more"):
        bench.port.rollback(spec, work, work, BACK)


def test_work_that_came_in_without_a_merge_commit_is_not_taken_back(bench: Bench, spec: BuildSpec) -> None:
    work = bench.commit("main", "b.txt", "two\n")

    with pytest.raises(Conflict, match=r"by hand and without a merge commit"):
        bench.port.rollback(spec, work, work, BACK)

    assert bench.tip("main") == work


def test_a_rollback_leaves_uncommitted_work_alone(bench: Bench, spec: BuildSpec) -> None:
    work = bench.commit(spec.branch, "b.txt", "two\n")
    merge = bench.port.merge(spec, MESSAGE)
    bench.work_on("a.txt")

    done = bench.port.rollback(spec, merge.commit, work, BACK)

    assert done.checkout_updated is False
    bench.port.update_checkout(spec, done.commit)
    assert bench.port.rollback(spec, merge.commit, work, BACK).checkout_updated is True


# -- the trash ------------------------------------------------------------------------------------------------------


def test_a_discarded_branch_comes_back_at_the_same_commit(bench: Bench, spec: BuildSpec, tmp_path: Path) -> None:
    work = bench.commit(spec.branch, "b.txt", "two\n")
    bundle = bench.port.discard(spec, tmp_path / "trash")
    bench.collect_garbage()

    assert bench.port.restore(spec, bundle) == work
    assert bench.port.restore(spec, bundle) == work

    assert bench.tip(spec.branch) == work
    assert bench.port.merge(spec, MESSAGE).commit == bench.tip("main")


def test_the_diff_of_a_discarded_branch_comes_from_the_bundle(bench: Bench, spec: BuildSpec, tmp_path: Path) -> None:
    result = factories.result(base_commit=bench.tip("main"), commit=bench.commit(spec.branch, "b.txt", "two\n"))
    bundle = bench.port.discard(spec, tmp_path / "trash")
    bench.collect_garbage()

    assert "+two" in bench.port.diff(spec, result, bundle)
    with pytest.raises(Refused, match=r"any more"):
        bench.port.diff(spec, result)
    bench.port.forget(bundle, tmp_path / "trash")
    with pytest.raises(Refused, match=r"any more"):
        bench.port.diff(spec, result, bundle)


def test_another_branch_of_that_name_is_not_overwritten(bench: Bench, spec: BuildSpec, tmp_path: Path) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    bundle = bench.port.discard(spec, tmp_path / "trash")
    other = bench.commit(spec.branch, "b.txt", "something else\n")

    with pytest.raises(Conflict, match=r"There is a branch .* already, and it is another one"):
        bench.port.restore(spec, bundle)

    assert bench.tip(spec.branch) == other


def test_a_bundle_that_is_gone_or_damaged(bench: Bench, spec: BuildSpec, tmp_path: Path) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    bundle = bench.port.discard(spec, tmp_path / "trash")
    bundle.write_bytes(b"not what it was\n")
    with pytest.raises(Refused, match=r"damaged"):
        bench.port.restore(spec, bundle)
    bundle.unlink()
    with pytest.raises(Refused, match=r"not in the trash any more"):
        bench.port.restore(spec, bundle)
    assert bench.tip(spec.branch) is None


def test_only_bundles_in_the_trash_are_forgotten(bench: Bench, spec: BuildSpec, tmp_path: Path) -> None:
    bench.commit(spec.branch, "b.txt", "two\n")
    trash = tmp_path / "trash"
    bundle = bench.port.discard(spec, trash)
    (tmp_path / "mine.bundle").touch()
    (trash / "mine.txt").touch()

    bench.port.forget(bundle, trash)
    bench.port.forget(bundle, trash)
    for other in (tmp_path / "mine.bundle", trash / "mine.txt"):
        with pytest.raises(Refused, match=r"left alone"):
            bench.port.forget(other, trash)
        assert other.exists()

    assert not bundle.exists()


# -- pushing --------------------------------------------------------------------------------------------------------


def test_a_push_brings_the_branch_to_the_remote(bench: Bench, spec: BuildSpec) -> None:
    work = bench.commit(spec.branch, "b.txt", "two\n")
    bench.add_remote("origin")

    bench.port.push(spec, spec.branch, "origin")
    bench.port.push(spec, spec.branch, "origin")

    assert bench.remote_tip("origin", spec.branch) == work
    assert bench.remote_tip("origin", "main") is None


def test_a_push_never_overwrites_what_others_have_pushed(bench: Bench, spec: BuildSpec) -> None:
    bench.add_remote("origin")
    bench.port.push(spec, "main", "origin")
    bench.commit_elsewhere("origin", "main")
    theirs = bench.remote_tip("origin", "main")
    bench.commit("main", "b.txt", "two\n")

    with pytest.raises(Refused, match=r"origin has commits in main that are not here"):
        bench.port.push(spec, "main", "origin")

    assert bench.remote_tip("origin", "main") == theirs


def test_a_push_of_what_is_not_there(bench: Bench, spec: BuildSpec) -> None:
    with pytest.raises(Refused, match=r"There is no remote origin"):
        bench.port.push(spec, "main", "origin")
    bench.add_remote("origin")
    with pytest.raises(Refused, match=r"does not exist any more"):
        bench.port.push(spec, spec.branch, "origin")
