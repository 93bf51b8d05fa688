"""Rollbacks, deleted branches, restored bundles and pushes, in real repositories with the owner's work in them."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from core.errors import Conflict, Refused
from core.model.build import BuildResult, BuildSpec, MergeDone, Unverified
from core.runtime import pushing
from core.runtime.clock import utc_now
from core.runtime.git import GitError
from core.runtime.workspaces import GitWorkspaces

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Work = Callable[..., BuildSpec]
WaitFor = Callable[[Callable[[], object]], None]

SPACES = GitWorkspaces("Ann Ö <ann@example.com>")
MESSAGE = "Merge task_1: Change\n\nJarvis-Task: task_1\nJarvis-Run: task_1-1\n"
BACK = "Roll back task_1: Change\n\nJarvis-Task: task_1\nJarvis-Run: task_1-1\n"


@pytest.fixture
def work(project: Path, owner: Git, make_spec: MakeSpec, tmp_path: Path) -> Work:
    """A branch with a commit for each file on top of the present `main`: `work({"a.txt": "two"})`."""

    def make(files: dict[str, str], build: str = "task_1-1") -> BuildSpec:
        spec = make_spec(build=build)
        place = tmp_path / "by hand"
        owner(project, "worktree", "add", "-q", "-b", spec.branch, str(place), "main")
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(f"{text}\n")
            owner(place, "add", ".")
            owner(place, "commit", "-qm", f"work on {name}")
        owner(project, "worktree", "remove", str(place))
        return spec

    return make


@pytest.fixture
def merged(work: Work, project: Path, owner: Git) -> tuple[BuildSpec, str, str]:
    """Two commits that were merged: the specification, the merge, and the tip of the branch."""
    spec = work({"a.txt": "two", "deep/c.txt": "new"})
    commit = tip(owner, project, spec.branch)
    return spec, SPACES.merge(spec, MESSAGE, commit).commit, commit


def tip(owner: Git, project: Path, branch: str = "main") -> str:
    return owner(project, "rev-parse", branch).strip()


def everything(project: Path, owner: Git) -> tuple[dict[str, bytes], str, str]:
    """Files, branches and worktrees."""
    files = {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file() and ".git" not in path.parts}
    return files, owner(project, "for-each-ref"), owner(project, "worktree", "list")


# -- rollback -------------------------------------------------------------------------------------------------------


def test_a_clean_checkout_shows_the_rollback(project: Path, owner: Git, merged: tuple[BuildSpec, str, str]) -> None:
    spec, merge, commit = merged
    (project / "untracked.txt").write_text("mine\n")

    done = SPACES.rollback(spec, merge, commit, BACK)

    assert done == MergeDone(commit=tip(owner, project), parent=merge, checkout_updated=True)
    assert (project / "a.txt").read_text() == "one\n"
    assert not (project / "deep").exists()
    assert owner(project, "status", "--porcelain") == "?? untracked.txt\n"
    assert owner(project, "worktree", "list").count("\n") == 1
    assert owner(project, "diff", "--stat", f"{merge}^", "main") == ""
    told = owner(project, "log", "-1", "--format=%an <%ae> %cn <%ce>%n%B")
    assert told.strip() == f"Ann Ö <ann@example.com> Ann Ö <ann@example.com>\n{BACK}Jarvis-Reverts: {merge}"
    trailers = owner(project, "log", "-1", "--format=%(trailers:only)").split("\n")
    assert trailers[:3] == ["Jarvis-Task: task_1", "Jarvis-Run: task_1-1", f"Jarvis-Reverts: {merge}"]
    assert tip(owner, project, f"{merge}^2") == commit


def test_a_rollback_behind_uncommitted_work_is_caught_up(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    spec, merge, commit = merged
    (project / "b.txt").write_text("mine\n")
    before, index = everything(project, owner)[0], owner(project, "ls-files", "--stage")

    done = SPACES.rollback(spec, merge, commit, BACK)

    assert done.checkout_updated is False
    assert (everything(project, owner)[0], owner(project, "ls-files", "--stage")) == (before, index)
    assert SPACES.rollback(spec, merge, commit, BACK) == done
    SPACES.update_checkout(spec, done.commit)
    assert (project / "a.txt").read_text() == "one\n"
    assert owner(project, "status", "--porcelain") == " M b.txt\n"


def test_uncommitted_work_in_a_file_of_the_rollback_stays(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    spec, merge, commit = merged
    (project / "a.txt").write_text("mine\n")
    before = everything(project, owner)[0]

    done = SPACES.rollback(spec, merge, commit, BACK)

    assert done.checkout_updated is False
    with pytest.raises(Conflict, match=r"uncommitted work"):
        SPACES.update_checkout(spec, done.commit)
    assert everything(project, owner)[0] == before


def test_a_rollback_of_a_merge_that_the_checkout_has_not_seen(project: Path, owner: Git, work: Work) -> None:
    spec = work({"a.txt": "two"})
    commit = tip(owner, project, spec.branch)
    (project / "b.txt").write_text("mine\n")
    merge = SPACES.merge(spec, MESSAGE, commit)

    done = SPACES.rollback(spec, merge.commit, commit, BACK)
    SPACES.update_checkout(spec, done.commit)

    assert (project / "a.txt").read_text() == "one\n"
    assert owner(project, "status", "--porcelain") == " M b.txt\n"


def test_a_rollback_while_the_owner_rebases(project: Path, owner: Git, merged: tuple[BuildSpec, str, str]) -> None:
    spec, merge, commit = merged
    owner(project, "commit", "-q", "--allow-empty", "-m", "more")
    owner(project, "-c", "sequence.editor=sed -i.bak s/^pick/edit/", "rebase", "-qi", "--keep-empty", "HEAD~1")
    before = everything(project, owner)

    with pytest.raises(Conflict, match=r"A rebase of main is under way in .*\. Finish or abort it, then try again\."):
        SPACES.rollback(spec, merge, commit, BACK)

    assert everything(project, owner) == before
    owner(project, "rebase", "--abort")
    assert SPACES.rollback(spec, merge, commit, BACK).checkout_updated is True


def test_a_rollback_on_a_base_that_nobody_has_checked_out(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    spec, merge, commit = merged
    owner(project, "checkout", "-qb", "elsewhere")

    assert SPACES.rollback(spec, merge, commit, BACK).checkout_updated is None
    assert (project / "a.txt").read_text() == "two\n"
    assert owner(project, "show", "main:a.txt") == "one\n"


def test_later_work_in_other_files_is_kept(project: Path, owner: Git, merged: tuple[BuildSpec, str, str]) -> None:
    spec, merge, commit = merged
    (project / "b.txt").write_text("later\n")
    owner(project, "commit", "-qam", "later")

    SPACES.rollback(spec, merge, commit, BACK)

    assert [(project / name).read_text() for name in ("a.txt", "b.txt")] == ["one\n", "later\n"]


def test_every_file_in_the_way_of_a_rollback_is_named(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    spec, merge, commit = merged
    (project / "a.txt").write_text("three\n")
    (project / "deep" / "c.txt").write_text("newer\n")
    owner(project, "commit", "-qam", "later")
    before = everything(project, owner)

    with pytest.raises(Conflict, match=r"in a\.txt, deep/c\.txt\. Nothing was changed\..* git revert -m 1"):
        SPACES.rollback(spec, merge, commit, BACK)

    assert everything(project, owner) == before


def test_what_the_owner_has_taken_back_already(project: Path, owner: Git, merged: tuple[BuildSpec, str, str]) -> None:
    spec, merge, commit = merged
    owner(project, "revert", "--no-edit", "-m", "1", merge)
    before = everything(project, owner)

    with pytest.raises(Conflict, match=r"Other commits in main have taken all of it back already"):
        SPACES.rollback(spec, merge, commit, BACK)

    assert everything(project, owner) == before


def test_a_merge_by_hand_of_this_work_alone_is_taken_back(project: Path, owner: Git, work: Work) -> None:
    spec = work({"a.txt": "two"})
    commit = tip(owner, project, spec.branch)
    owner(project, "merge", "-q", "--no-ff", "--no-edit", spec.branch)
    merge = SPACES.merge(spec, MESSAGE, commit).commit

    SPACES.rollback(spec, merge, commit, BACK)

    assert (project / "a.txt").read_text() == "one\n"


def test_work_that_came_in_by_hand_with_other_work_or_without_a_merge_is_left_to_the_owner(
    project: Path, owner: Git, work: Work
) -> None:
    spec = work({"a.txt": "two"})
    commit = tip(owner, project, spec.branch)
    owner(project, "checkout", "-qb", "release", spec.branch)
    owner(project, "commit", "-q", "--allow-empty", "-m", "other work")
    owner(project, "checkout", "-q", "main")
    owner(project, "merge", "-q", "--no-ff", "--no-edit", "release")
    together = SPACES.merge(spec, MESSAGE, commit).commit
    alone = work({"b.txt": "two"}, "task_2-1")
    owner(project, "merge", "-q", "--ff-only", alone.branch)
    before = everything(project, owner)

    with pytest.raises(Conflict, match=r"by hand, together with other work, in .* Nothing was changed"):
        SPACES.rollback(spec, together, commit, BACK)
    work_2 = tip(owner, project, alone.branch)
    with pytest.raises(Conflict, match=r"by hand and without a merge commit"):
        SPACES.rollback(alone, SPACES.merge(alone, MESSAGE, work_2).commit, work_2, BACK)

    assert everything(project, owner) == before


def test_settings_and_hooks_of_the_owner_do_not_get_in_the_way_of_a_rollback(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    spec, merge, commit = merged
    SPACES.drop_merged(spec)
    settings = ("log.showSignature=true", "color.ui=always", "revert.reference=true", "commit.gpgsign=true")
    for setting in (*settings, "core.editor=false", "merge.ff=only", "diff.noprefix=true", "log.follow=true"):
        owner(project, "config", *setting.split("=", 1))
    for name in ("post-checkout", "pre-commit", "commit-msg", "reference-transaction"):
        hook = project / ".git" / "hooks" / name
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)

    assert SPACES.merge(spec, MESSAGE).commit == merge
    done = SPACES.rollback(spec, merge, commit, BACK)

    assert SPACES.rollback(spec, merge, commit, BACK) == done
    assert (project / "a.txt").read_text() == "one\n"


def test_a_base_that_was_reset_or_is_gone_has_nothing_to_take_back(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str], tmp_path: Path
) -> None:
    spec, merge, commit = merged
    owner(project, "reset", "-q", "--hard", "HEAD~1")
    with pytest.raises(Conflict, match=r"not in the branch main any more"):
        SPACES.rollback(spec, merge, commit, BACK)
    owner(project, "branch", "-m", "main", "trunk")
    with pytest.raises(Conflict, match=r"The branch main does not exist any more"):
        SPACES.rollback(spec, merge, commit, BACK)
    project.rename(tmp_path / "moved")
    with pytest.raises(Conflict, match=r"is gone"):
        SPACES.rollback(spec, merge, commit, BACK)


def test_pressed_twice_at_once_it_is_taken_back_once(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    spec, merge, commit = merged
    found: list[MergeDone] = []
    threads = [
        threading.Thread(target=lambda: found.append(SPACES.rollback(spec, merge, commit, BACK))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [found[0]] * 4
    assert len(owner(project, "rev-list", f"{merge}..main").split()) == 1


def test_a_rollback_that_died_before_the_branch_moved_leaves_nothing_in_the_way(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    spec, merge, commit = merged
    left = Path(spec.worktree).parent / f"{spec.id}-merge"
    left.parent.mkdir(parents=True, exist_ok=True)
    owner(project, "worktree", "add", "-q", "--detach", str(left), "main")
    (left / "a.txt").write_text("half\n")

    SPACES.rollback(spec, merge, commit, BACK)

    assert not left.exists()
    assert (project / "a.txt").read_text() == "one\n"


def test_the_same_work_can_be_built_merged_and_rolled_back_again(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str], work: Work
) -> None:
    spec, merge, commit = merged
    SPACES.drop_merged(spec)
    SPACES.rollback(spec, merge, commit, BACK)
    again = work({"a.txt": "two"}, "task_1-2")
    commit = tip(owner, project, again.branch)
    message = MESSAGE.replace("task_1-1", "task_1-2")

    done = SPACES.merge(again, message, commit)
    assert (project / "a.txt").read_text() == "two\n"
    SPACES.rollback(again, done.commit, commit, BACK)

    assert (project / "a.txt").read_text() == "one\n"


# -- authors and branches -------------------------------------------------------------------------------------------


def test_a_merge_is_by_the_author_of_the_settings(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    said = owner(project, "log", "-1", "--format=%an <%ae> %cn <%ce>", merged[1]).strip()

    assert said == "Ann Ö <ann@example.com> Ann Ö <ann@example.com>"


def test_the_commit_of_a_build_is_by_the_author_of_the_settings(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Callable[[BuildSpec], BuildResult]
) -> None:
    spec = msgspec.structs.replace(make_spec("echo two > a.txt"), author="Ann Ö <ann@example.com>")

    finish(spec)

    said = owner(project, "log", "-1", "--format=%an <%ae> %cn <%ce>", spec.branch).strip()
    assert said == "Ann Ö <ann@example.com> Ann Ö <ann@example.com>"


def test_a_branch_that_is_checked_out_or_rebased_is_kept(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str], tmp_path: Path
) -> None:
    spec = merged[0]
    owner(project, "worktree", "add", "-q", str(tmp_path / "look"), spec.branch)
    assert not SPACES.drop_merged(spec)
    owner(
        tmp_path / "look", "-c", "sequence.editor=sed -i.bak s/^pick/edit/", "rebase", "-qi", "--keep-empty", "HEAD~1"
    )
    assert not SPACES.drop_merged(spec)
    owner(tmp_path / "look", "rebase", "--abort")
    owner(project, "worktree", "remove", str(tmp_path / "look"))

    assert SPACES.drop_merged(spec)
    assert owner(project, "branch", "--list", "jarvis/*") == ""


def test_a_merge_is_known_after_its_branch_is_gone(
    project: Path, owner: Git, merged: tuple[BuildSpec, str, str]
) -> None:
    spec, merge, commit = merged
    SPACES.drop_merged(spec)
    owner(project, "commit", "-q", "--allow-empty", "-m", "later\n\nJarvis-Run: task_1-11")

    assert SPACES.merge(spec, MESSAGE).commit == merge
    assert SPACES.merge(spec, "no trailer", commit).commit == merge


# -- the trash ------------------------------------------------------------------------------------------------------


def result(base: str, commit: str) -> BuildResult:
    now = utc_now()
    return BuildResult(outcome=Unverified(), base_commit=base, commit=commit, started_at=now, ended_at=now)


def forget_commits(project: Path, owner: Git) -> None:
    owner(project, "reflog", "expire", "--expire=now", "--all")
    owner(project, "gc", "--quiet", "--prune=now")


def test_a_bundle_is_read_without_touching_the_repository(
    project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    base, spec = tip(owner, project), work({"a.txt": "two"})
    commit = tip(owner, project, spec.branch)
    bundle = SPACES.discard(spec, tmp_path / "trash")
    forget_commits(project, owner)
    before = owner(project, "count-objects", "-v"), everything(project, owner)

    assert "+two" in SPACES.diff(spec, result(base, commit), bundle)

    assert (owner(project, "count-objects", "-v"), everything(project, owner)) == before


@pytest.mark.parametrize("place", [0.05, 0.6, 0.95])
def test_a_bundle_with_a_wrong_byte_restores_nothing(
    place: float, project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    spec = work({"a.txt": "two\n" * 200})
    bundle = SPACES.discard(spec, tmp_path / "trash")
    forget_commits(project, owner)
    content = bytearray(bundle.read_bytes())
    content[int(len(content) * place)] ^= 0xFF
    bundle.write_bytes(content)
    before = everything(project, owner)

    with pytest.raises(Refused):
        SPACES.restore(spec, bundle)

    assert everything(project, owner) == before


def test_a_bundle_that_was_cut_off(project: Path, owner: Git, work: Work, tmp_path: Path) -> None:
    spec = work({"a.txt": "two"})
    bundle = SPACES.discard(spec, tmp_path / "trash")
    forget_commits(project, owner)
    bundle.write_bytes(bundle.read_bytes()[:-30])

    with pytest.raises(Refused, match=r"is damaged"):
        SPACES.restore(spec, bundle)
    assert owner(project, "branch", "--list", spec.branch) == ""


def test_a_bundle_on_top_of_commits_that_are_gone(project: Path, owner: Git, work: Work, tmp_path: Path) -> None:
    (project / "a.txt").write_text("later\n")
    owner(project, "commit", "-qam", "later")
    spec = work({"b.txt": "two"})
    bundle = SPACES.discard(spec, tmp_path / "trash")
    owner(project, "reset", "-q", "--hard", "HEAD~1")
    forget_commits(project, owner)

    with pytest.raises(Refused, match=r"builds on commits that are not in the repository any more"):
        SPACES.restore(spec, bundle)


def test_a_bundle_of_another_build(project: Path, work: Work, tmp_path: Path) -> None:
    bundle = SPACES.discard(work({"a.txt": "two"}), tmp_path / "trash")
    other = work({"a.txt": "three"}, "task_2-1")
    SPACES.discard(other, tmp_path / "trash")

    with pytest.raises(Refused, match=r"does not hold the branch jarvis/task_2-1"):
        SPACES.restore(other, bundle)


def test_a_restore_where_the_project_is_gone(project: Path, work: Work, tmp_path: Path) -> None:
    spec = work({"a.txt": "two"})
    bundle = SPACES.discard(spec, tmp_path / "trash")
    project.rename(tmp_path / "moved")

    with pytest.raises(Conflict, match=r"is gone"):
        SPACES.restore(spec, bundle)
    assert bundle.exists()


def test_a_restore_where_a_branch_stands_in_the_way_of_the_name(
    project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    spec = work({"a.txt": "two"})
    bundle = SPACES.discard(spec, tmp_path / "trash")
    owner(project, "branch", "jarvis")
    before = everything(project, owner)

    with pytest.raises(Conflict, match=r"could not be made"):
        SPACES.restore(spec, bundle)
    assert everything(project, owner) == before


def test_a_link_in_the_trash_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "trash").mkdir()
    (tmp_path / "mine.bundle").write_text("mine\n")
    link = tmp_path / "trash" / "task_1-1.bundle"
    link.symlink_to(tmp_path / "mine.bundle")

    with pytest.raises(Refused, match=r"left alone"):
        SPACES.forget(link, tmp_path / "trash")
    assert (tmp_path / "mine.bundle").exists()


# -- pushing --------------------------------------------------------------------------------------------------------


def ssh(project: Path, owner: Git, script: str) -> None:
    """A remote by ssh, where this script stands for ssh."""
    program = project.parent / "ssh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    owner(project, "config", "core.sshCommand", f"'{program}'")
    owner(project, "config", "ssh.variant", "ssh")
    owner(project, "remote", "add", "origin", "ssh://nowhere.example/shop.git")


def test_a_push_asks_nobody_and_says_why_it_failed(project: Path, owner: Git, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    ssh(project, owner, f'echo "$@" > "{seen}"; env >> "{seen}"; echo "Permission denied (publickey)." >&2; exit 255')

    with pytest.raises(Refused, match=r"origin did not take main: "):
        pushing.push(project, "main", "origin")

    said = seen.read_text()
    assert "-o BatchMode=yes" in said
    assert "GIT_TERMINAL_PROMPT=0" in said
    assert "SSH_ASKPASS_REQUIRE=never" in said


def test_a_push_that_hangs_is_ended_with_all_that_it_started(
    project: Path, owner: Git, tmp_path: Path, wait_for: WaitFor
) -> None:
    ssh(project, owner, f'echo $$ > "{tmp_path}/pid.new"; mv "{tmp_path}/pid.new" "{tmp_path}/pid"; sleep 1000')
    refusals: list[str] = []

    def push() -> None:
        try:
            pushing.push(project, "main", "origin", 3.0)
        except Refused as error:
            refusals.append(str(error))

    began = time.monotonic()
    push()

    assert refusals == ["The push did not end within 3 s."]
    assert time.monotonic() - began < 20
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not _lives(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_password_in_the_address_is_not_told(project: Path, owner: Git) -> None:
    owner(project, "remote", "add", "origin", "http://ann:s3cret@127.0.0.1:9/shop.git")

    with pytest.raises(Refused) as refusal:
        pushing.push(project, "main", "origin")

    assert "s3cret" not in str(refusal.value)
    assert str(refusal.value).startswith("origin did not take main: ")


def test_hooks_and_settings_of_the_owner_do_not_widen_a_push(project: Path, owner: Git, tmp_path: Path) -> None:
    owner(tmp_path, "init", "--quiet", "--bare", "remote.git")
    owner(project, "remote", "add", "origin", str(tmp_path / "remote.git"))
    owner(project, "tag", "-a", "v1", "-m", "v1")
    owner(project, "branch", "other")
    for setting in ("push.followTags=true", "push.default=matching", "remote.origin.push=+refs/heads/*:refs/heads/*"):
        owner(project, "config", *setting.split("=", 1))
    hook = project / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)

    pushing.push(project, "main", "origin")

    assert owner(tmp_path / "remote.git", "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_a_remote_that_refuses_the_branch(project: Path, owner: Git, tmp_path: Path) -> None:
    owner(tmp_path, "init", "--quiet", "--bare", "remote.git")
    hook = tmp_path / "remote.git" / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    owner(project, "remote", "add", "origin", str(tmp_path / "remote.git"))

    with pytest.raises(Refused, match=r"origin did not take main: \[remote rejected\] \(hook declined\)\."):
        pushing.push(project, "main", "origin")


def test_a_project_that_is_gone_is_not_pushed(project: Path, tmp_path: Path) -> None:
    project.rename(tmp_path / "moved")
    with pytest.raises(Refused, match=r"is gone"):
        pushing.push(project, "main", "origin")
    with pytest.raises((Refused, GitError)):
        pushing.push(tmp_path, "main", "origin")
