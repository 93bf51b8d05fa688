"""Merging, showing and discarding work, in real repositories with real uncommitted work in them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Conflict, Refused
from core.model.build import BuildResult, BuildSpec, Unverified
from core.ports import Workspaces
from core.runtime.clock import utc_now
from core.runtime.workspaces import GitWorkspaces

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Work = Callable[..., BuildSpec]

MESSAGE = "Merge task_1: Change\n\nJarvis-Task: task_1\nJarvis-Run: task_1-1\n"


@pytest.fixture
def spaces() -> Workspaces:
    return GitWorkspaces()


@pytest.fixture
def work(project: Path, owner: Git, make_spec: MakeSpec, tmp_path: Path) -> Work:
    """A branch with one commit on top of the present `main`, as a build leaves it: `work("a.txt", "two")`."""

    def make(file: str, text: str, build: str = "task_1-1") -> BuildSpec:
        spec = make_spec(build=build)
        place = tmp_path / "by hand"
        owner(project, "worktree", "add", "-q", "-b", spec.branch, str(place), "main")
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_text(f"{text}\n")
        owner(place, "add", ".")
        owner(place, "commit", "-qm", f"work on {file}")
        owner(project, "worktree", "remove", str(place))
        return spec

    return make


def snapshot(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {str(path): path.read_bytes() for path in (*files, folder / ".git" / "index")}


def tip(owner: Git, project: Path, branch: str = "main") -> str:
    return owner(project, "rev-parse", branch).strip()


def no_temporary_worktree(project: Path, owner: Git) -> bool:
    return len(owner(project, "worktree", "list").splitlines()) == 1


def test_a_clean_checkout_shows_the_merge(spaces: Workspaces, project: Path, owner: Git, work: Work) -> None:
    spec = work("a.txt", "two")
    (project / "untracked.txt").write_text("mine\n")
    old = tip(owner, project)
    done = spaces.merge(spec, MESSAGE)
    assert done.checkout_updated is True
    assert done.parent == old
    assert done.commit == tip(owner, project)
    assert (project / "a.txt").read_text() == "two\n"
    assert owner(project, "status", "--porcelain") == "?? untracked.txt\n"
    assert owner(project, "log", "-1", "--format=%an <%ae>%n%B").strip() == (
        "Jarvis <jarvis@localhost>\n" + MESSAGE.strip()
    )
    parents = owner(project, "log", "-1", "--format=%P").split()
    assert parents == [old, tip(owner, project, spec.branch)]
    assert no_temporary_worktree(project, owner)


@pytest.mark.parametrize("ahead", [False, True])
def test_merged_again_it_says_the_same(ahead: bool, spaces: Workspaces, project: Path, owner: Git, work: Work) -> None:
    spec = work("a.txt", "two")
    if ahead:
        owner(project, "commit", "-q", "--allow-empty", "-m", "meanwhile")
    first = spaces.merge(spec, MESSAGE)
    assert spaces.merge(spec, MESSAGE) == first
    for n in range(5):
        owner(project, "commit", "-q", "--allow-empty", "-m", f"later {n}")
    assert spaces.merge(spec, MESSAGE) == first


def test_work_that_the_owner_took_over_by_hand_counts_as_merged(
    spaces: Workspaces, project: Path, owner: Git, work: Work
) -> None:
    spec = work("a.txt", "two")
    old = tip(owner, project)
    owner(project, "merge", "-q", "--ff-only", spec.branch)
    done = spaces.merge(spec, MESSAGE)
    assert done.commit == tip(owner, project, spec.branch)
    assert done.parent == old


def test_a_branch_that_nobody_has_checked_out(spaces: Workspaces, project: Path, owner: Git, work: Work) -> None:
    spec = work("a.txt", "two")
    owner(project, "checkout", "-qb", "elsewhere")
    before = snapshot(project)
    done = spaces.merge(spec, MESSAGE)
    assert done.checkout_updated is None
    assert tip(owner, project) == done.commit
    assert snapshot(project) == before


@pytest.mark.parametrize("staged", [False, True])
def test_a_checkout_with_uncommitted_work_stays_as_it_is(
    staged: bool, spaces: Workspaces, project: Path, owner: Git, work: Work
) -> None:
    spec = work("a.txt", "two")
    (project / "b.txt").write_text("mine\n")
    if staged:
        owner(project, "add", "b.txt")
    before = snapshot(project)

    done = spaces.merge(spec, MESSAGE)

    assert done.checkout_updated is False
    assert tip(owner, project) == done.commit
    assert snapshot(project) == before
    assert spaces.merge(spec, MESSAGE) == done

    spaces.update_checkout(spec, done.commit)
    spaces.update_checkout(spec, done.commit)

    assert (project / "a.txt").read_text() == "two\n"
    assert (project / "b.txt").read_text() == "mine\n"
    assert owner(project, "status", "--porcelain") == ("M  b.txt\n" if staged else " M b.txt\n")
    assert spaces.merge(spec, MESSAGE).checkout_updated is True


def test_several_merges_behind_uncommitted_work(spaces: Workspaces, project: Path, owner: Git, work: Work) -> None:
    (project / "b.txt").write_text("mine\n")
    spaces.merge(work("a.txt", "two"), MESSAGE)
    second = work("a.txt", "three", "task_2-1")
    spaces.merge(second, MESSAGE)
    third = work("c.txt", "new", "task_3-1")
    done = spaces.merge(third, MESSAGE)
    assert done.checkout_updated is False
    assert (project / "a.txt").read_text() == "one\n"
    spaces.update_checkout(third, done.commit)
    assert (project / "a.txt").read_text() == "three\n"
    assert owner(project, "status", "--porcelain") == " M b.txt\n"


def test_uncommitted_work_in_a_file_of_the_merge_is_a_conflict_for_the_update(
    spaces: Workspaces, project: Path, work: Work
) -> None:
    spec = work("a.txt", "two")
    (project / "a.txt").write_text("mine\n")
    done = spaces.merge(spec, MESSAGE)
    assert done.checkout_updated is False
    before = snapshot(project)
    with pytest.raises(Conflict, match="uncommitted work"):
        spaces.update_checkout(spec, done.commit)
    after = snapshot(project)
    index = str(project / ".git" / "index")
    assert {**after, index: b""} == {**before, index: b""}


def test_a_checkout_that_the_owner_brought_forward_is_left_alone(
    spaces: Workspaces, project: Path, owner: Git, work: Work
) -> None:
    spec = work("a.txt", "two")
    (project / "b.txt").write_text("mine\n")
    done = spaces.merge(spec, MESSAGE)
    owner(project, "reset", "-q", "--hard")
    (project / "b.txt").write_text("later\n")
    spaces.update_checkout(spec, done.commit)
    assert owner(project, "status", "--porcelain") == " M b.txt\n"
    second = work("c.txt", "new", "task_2-1")
    again = spaces.merge(second, MESSAGE)
    assert again.checkout_updated is False
    spaces.update_checkout(second, again.commit)
    assert owner(project, "status", "--porcelain") == " M b.txt\n"


def test_an_untracked_file_in_the_way_is_kept(spaces: Workspaces, project: Path, owner: Git, work: Work) -> None:
    spec = work("c.txt", "theirs")
    (project / "c.txt").write_text("mine\n")
    before = snapshot(project)
    done = spaces.merge(spec, MESSAGE)
    assert done.checkout_updated is False
    assert snapshot(project) == before
    with pytest.raises(Conflict):
        spaces.update_checkout(spec, done.commit)
    (project / "c.txt").unlink()
    spaces.update_checkout(spec, done.commit)
    assert owner(project, "status", "--porcelain") == ""


def test_a_conflict_names_the_files_and_changes_nothing(
    spaces: Workspaces, project: Path, owner: Git, work: Work
) -> None:
    spec = work("a.txt", "theirs")
    (project / "a.txt").write_text("mine\n")
    owner(project, "commit", "-qam", "mine")
    before, old = snapshot(project), tip(owner, project)
    with pytest.raises(Conflict, match=r"a\.txt"):
        spaces.merge(spec, MESSAGE)
    assert (snapshot(project), tip(owner, project)) == (before, old)
    assert no_temporary_worktree(project, owner)


def test_branches_that_are_gone(spaces: Workspaces, project: Path, owner: Git, work: Work) -> None:
    spec = work("a.txt", "two")
    owner(project, "branch", "-m", "main", "trunk")
    with pytest.raises(Conflict, match="main to merge into does not exist"):
        spaces.merge(spec, MESSAGE)
    owner(project, "branch", "-m", "trunk", "main")
    owner(project, "branch", "-D", spec.branch)
    with pytest.raises(Conflict, match="with the work does not exist"):
        spaces.merge(spec, MESSAGE)


def test_a_rebase_of_the_base_must_end_first(spaces: Workspaces, project: Path, owner: Git, work: Work) -> None:
    spec = work("a.txt", "two")
    owner(project, "commit", "-q", "--allow-empty", "-m", "more")
    owner(project, "-c", "sequence.editor=sed -i.bak s/^pick/edit/", "rebase", "-qi", "--keep-empty", "HEAD~1")
    with pytest.raises(Conflict, match="rebase of main is under way"):
        spaces.merge(spec, MESSAGE)
    owner(project, "rebase", "--abort")
    assert spaces.merge(spec, MESSAGE).checkout_updated is True


def test_the_base_is_checked_out_in_another_worktree(
    spaces: Workspaces, project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    spec = work("a.txt", "two")
    owner(project, "checkout", "-qb", "elsewhere")
    second = tmp_path / "second"
    owner(project, "worktree", "add", "-q", str(second), "main")
    assert spaces.merge(spec, MESSAGE).checkout_updated is True
    assert (second / "a.txt").read_text() == "two\n"
    assert (project / "a.txt").read_text() == "one\n"


def test_hooks_and_settings_of_the_owner_do_not_get_in_the_way(
    spaces: Workspaces, project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    for name in ("post-checkout", "pre-merge-commit", "commit-msg", "post-merge", "reference-transaction"):
        hook = project / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\necho {name} >> '{tmp_path}/hooks'\nexit 1\n")
        hook.chmod(0o755)
    for setting in ("merge.ff=only", "commit.gpgsign=true", "diff.noprefix=true", "color.ui=always"):
        owner(project, "config", *setting.split("="))
    # Made with the hooks in place, so the owner's own commands have to go around them.
    (tmp_path / "no hooks").mkdir()
    owner(project, "config", "core.hooksPath", str(tmp_path / "no hooks"))
    owner(project, "config", "commit.gpgsign", "false")
    spec = work("a.txt", "two")
    owner(project, "config", "--unset", "core.hooksPath")
    owner(project, "config", "commit.gpgsign", "true")
    assert spaces.merge(spec, MESSAGE).checkout_updated is True
    assert not (tmp_path / "hooks").exists()


def test_worktrees_of_the_owner_that_are_unplugged_are_not_forgotten(
    spaces: Workspaces, project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    spec = work("a.txt", "two")
    owner(project, "worktree", "add", "-q", "-b", "side", str(tmp_path / "stick"))
    (tmp_path / "stick").rename(tmp_path / "unplugged")
    spaces.merge(spec, MESSAGE)
    (tmp_path / "unplugged").rename(tmp_path / "stick")
    assert owner(tmp_path / "stick", "rev-parse", "--abbrev-ref", "HEAD") == "side\n"


def result(base: str | None, commit: str | None) -> BuildResult:
    now = utc_now()
    return BuildResult(outcome=Unverified(), base_commit=base, commit=commit, started_at=now, ended_at=now)


def test_diff(spaces: Workspaces, project: Path, owner: Git, work: Work) -> None:
    spec = work("ü x.txt", "two")
    owner(project, "config", "diff.noprefix", "true")
    owner(project, "config", "color.ui", "always")
    text = spaces.diff(spec, result(tip(owner, project), tip(owner, project, spec.branch)))
    assert "+++ b/ü x.txt" in text
    assert text.endswith("+two\n")
    with pytest.raises(Refused, match="changed nothing"):
        spaces.diff(spec, result(tip(owner, project), None))
    with pytest.raises(Refused, match="not in"):
        spaces.diff(spec, result(tip(owner, project), "1" * 40))


def test_a_discarded_branch_is_in_the_bundle(
    spaces: Workspaces, project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    spec = work("a.txt", "two")
    commit = tip(owner, project, spec.branch)
    bundle = spaces.discard(spec, tmp_path / "trash")
    assert bundle == tmp_path / "trash" / "task_1-1.bundle"
    assert owner(project, "branch", "--list", spec.branch) == ""
    assert spaces.discard(spec, tmp_path / "trash") == bundle
    owner(project, "fetch", "-q", str(bundle), "refs/heads/*:refs/heads/*")
    assert tip(owner, project, spec.branch) == commit


def test_a_merged_branch_can_be_discarded_too(
    spaces: Workspaces, project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    spec = work("a.txt", "two")
    spaces.merge(spec, MESSAGE)
    assert spaces.discard(spec, tmp_path / "trash").exists()
    assert owner(project, "branch", "--list", spec.branch) == ""


def test_a_branch_in_use_or_gone_is_not_discarded(
    spaces: Workspaces, project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    spec = work("a.txt", "two")
    owner(project, "checkout", "-q", spec.branch)
    with pytest.raises(Conflict, match="checked out in"):
        spaces.discard(spec, tmp_path / "trash")
    owner(project, "checkout", "-q", "main")
    owner(project, "branch", "-D", spec.branch)
    with pytest.raises(Refused, match="nothing to discard"):
        spaces.discard(spec, tmp_path / "trash")


def test_check(spaces: Workspaces, project: Path, owner: Git, tmp_path: Path) -> None:
    (project / "deep" / "down").mkdir(parents=True)
    assert spaces.check(project / "deep" / "down") == project
    with pytest.raises(Refused, match="no folder"):
        spaces.check(tmp_path / "missing")
    with pytest.raises(Refused, match="not in a git repository"):
        spaces.check(tmp_path)
    with pytest.raises(Refused, match="without files"):
        spaces.check(project / ".git")
    empty = tmp_path / "empty"
    empty.mkdir()
    owner(empty, "init", "-q")
    with pytest.raises(Refused, match="no commits yet"):
        spaces.check(empty)


def test_branches(spaces: Workspaces, project: Path, owner: Git) -> None:
    owner(project, "branch", "feature/x")
    assert spaces.current_branch(project) == "main"
    assert spaces.has_branch(project, "feature/x")
    for wrong in ("feature", "-x", "", "main~0", "main x", "main\0"):
        assert not spaces.has_branch(project, wrong), wrong
    owner(project, "checkout", "-q", "--detach")
    assert spaces.current_branch(project) is None
