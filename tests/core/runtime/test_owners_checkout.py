"""What a merge may do to the checkout of the owner: show it whole, or leave everything as it was."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Conflict
from core.model.build import BuildSpec, MergeDone, Proven
from core.runtime.git import GitError, git
from core.runtime.local_executor import LocalExecutor
from core.runtime.workspaces import GitWorkspaces
from tests.standing import result_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Work = Callable[..., BuildSpec]
WaitFor = Callable[[Callable[[], object]], None]

SPACES = GitWorkspaces()


@pytest.fixture
def work(project: Path, owner: Git, make_spec: MakeSpec, tmp_path: Path) -> Work:
    """A branch with one commit that writes these files: `work({"a.txt": "two"})`."""

    def make(files: dict[str, str], build: str = "task_1-1") -> BuildSpec:
        spec = make_spec(build=build)
        place = tmp_path / "by hand"
        owner(project, "worktree", "add", "-q", "-b", spec.branch, str(place), "main")
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
        owner(place, "add", "--force", ".")
        owner(place, "commit", "-qm", "work")
        owner(project, "worktree", "remove", str(place))
        return spec

    return make


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}


def tip(owner: Git, project: Path) -> str:
    return owner(project, "rev-parse", "main").strip()


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("secret.key", "secret.key"),
        ("secret.key", "secret.key/below"),
        ("secret.key/mine", "secret.key"),
        ("deep/secret.key", "deep/secret.key"),
        ("untracked", "untracked/below"),
        ("folder/untracked", "folder"),
    ],
)
def test_ignored_and_untracked_files_are_never_overwritten(
    mine: str, theirs: str, project: Path, owner: Git, work: Work
) -> None:
    (project / ".git" / "info" / "exclude").write_text("secret.key\n")
    spec = work({theirs: "theirs\n", "z.txt": "new\n"})
    (project / mine).parent.mkdir(parents=True, exist_ok=True)
    (project / mine).write_text("mine\n")
    before = files_of(project)

    done = SPACES.merge(spec, "Merge")

    assert done.checkout_updated is False
    assert done.commit == tip(owner, project)
    assert files_of(project) == before
    with pytest.raises(Conflict, match=theirs):
        SPACES.update_checkout(spec, done.commit)
    assert files_of(project) == before
    (project / mine).rename(project.parent / "moved away")
    SPACES.update_checkout(spec, done.commit)
    assert (project / theirs).read_text() == "theirs\n"
    assert owner(project, "status", "--porcelain") == ""


def test_a_linked_folder_of_the_owner_is_not_written_through(
    project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    spec = work({"data/x": "theirs\n"})
    (tmp_path / "elsewhere").mkdir()
    (project / "data").symlink_to(tmp_path / "elsewhere")
    assert SPACES.merge(spec, "Merge").checkout_updated is False
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_empty_folder_is_not_in_the_way(project: Path, work: Work) -> None:
    spec = work({"x": "theirs\n", "folder/y": "theirs\n"})
    (project / "x" / "empty").mkdir(parents=True)
    (project / "folder").mkdir()
    assert SPACES.merge(spec, "Merge").checkout_updated is True


def test_merge_options_of_the_owner_do_not_count(project: Path, owner: Git, work: Work) -> None:
    spec = work({"a.txt": "two\n"})
    owner(project, "config", "branch.main.mergeoptions", "--squash")
    done = SPACES.merge(spec, "Merge")
    assert done.checkout_updated is True
    assert done.commit == tip(owner, project)
    assert owner(project, "status", "--porcelain") == ""


def test_a_lock_of_another_git_command(project: Path, owner: Git, work: Work) -> None:
    spec = work({"a.txt": "two\n"})
    old = tip(owner, project)
    (project / ".git" / "index.lock").touch()
    with pytest.raises(Conflict, match="Another git command is at work"):
        SPACES.merge(spec, "Merge")
    assert tip(owner, project) == old
    (project / ".git" / "index.lock").unlink()
    assert SPACES.merge(spec, "Merge").checkout_updated is True


def failing_half_way(project: Path, owner: Git, marker: Path) -> None:
    """The owner's filter can't write `.bin` files into their own checkout while the marker is there."""
    (project / ".gitattributes").write_text("*.bin filter=picky\n")
    owner(project, "add", ".gitattributes")
    owner(project, "commit", "-qm", "attributes")
    owner(project, "config", "filter.picky.clean", "cat")
    owner(project, "config", "filter.picky.smudge", f'case "$PWD" in "{project}") test ! -e "{marker}";; esac && cat')
    owner(project, "config", "filter.picky.required", "true")


def test_a_checkout_that_can_only_half_be_shown_is_put_back(
    project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    marker = tmp_path / "fail"
    failing_half_way(project, owner, marker)
    spec = work({"a.txt": "two\n", "c.txt": "new\n", "z.bin": "new\n"})
    (project / "untracked").write_text("mine\n")
    before, old = files_of(project), tip(owner, project)
    marker.touch()
    with pytest.raises(GitError):
        SPACES.merge(spec, "Merge")
    assert (files_of(project), tip(owner, project)) == (before, old)
    assert owner(project, "status", "--porcelain") == "?? untracked\n"
    marker.unlink()
    assert SPACES.merge(spec, "Merge").checkout_updated is True
    assert owner(project, "status", "--porcelain") == "?? untracked\n"


def test_an_update_that_fails_half_way_keeps_uncommitted_work(
    project: Path, owner: Git, work: Work, tmp_path: Path
) -> None:
    marker = tmp_path / "fail"
    failing_half_way(project, owner, marker)
    spec = work({"a.txt": "two\n", "c.txt": "new\n", "z.bin": "new\n"})
    (project / "b.txt").write_text("mine\n")
    done = SPACES.merge(spec, "Merge")
    before = files_of(project)
    marker.touch()
    with pytest.raises(GitError):
        SPACES.update_checkout(spec, done.commit)
    assert files_of(project) == before
    marker.unlink()
    SPACES.update_checkout(spec, done.commit)
    assert owner(project, "status", "--porcelain") == " M b.txt\n"


def test_a_branch_that_cannot_be_moved(project: Path, owner: Git, work: Work) -> None:
    spec = work({"a.txt": "two\n"})
    before, old = files_of(project), tip(owner, project)
    lock = project / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    with pytest.raises(GitError):
        SPACES.merge(spec, "Merge")
    assert (files_of(project), tip(owner, project)) == (before, old)
    lock.unlink()
    assert owner(project, "status", "--porcelain") == ""


def together(calls: list[Callable[[], MergeDone]]) -> list[MergeDone | BaseException]:
    found: list[MergeDone | BaseException] = []

    def note(call: Callable[[], MergeDone]) -> None:
        try:
            found.append(call())
        except BaseException as error:  # noqa: BLE001, RUF100
            found.append(error)

    threads = [threading.Thread(target=note, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_pressed_twice_at_once_it_merges_once(project: Path, owner: Git, work: Work) -> None:
    spec = work({"a.txt": "two\n"})
    found = together([lambda: SPACES.merge(spec, "Merge")] * 4)
    assert found == [found[0]] * 4
    assert isinstance(found[0], MergeDone)
    assert found[0].checkout_updated is True
    assert len(owner(project, "rev-list", "--merges", "main").split()) == 1


def test_several_merges_and_builds_at_once(
    project: Path, owner: Git, work: Work, make_spec: MakeSpec, executor: LocalExecutor, wait_for: WaitFor
) -> None:
    specs = [work({f"{n}.txt": "new\n"}, f"task_{n}-1") for n in range(1, 4)]
    running = [make_spec(f"echo {n} > a.txt", build=f"task_{n}-1", verify="true") for n in (8, 9)]
    for spec in running:
        executor.submit(spec)
    found = together([lambda spec=spec: SPACES.merge(spec, "Merge") for spec in specs])  # type: ignore[misc]
    assert [isinstance(done, MergeDone) and done.checkout_updated for done in found] == [True] * 3
    wait_for(lambda: all(result_of(executor, spec.id) for spec in running))
    results = [result_of(executor, spec.id) for spec in running]
    assert [result.outcome for result in results if result] == [Proven()] * 2
    assert owner(project, "status", "--porcelain") == ""


def test_a_project_that_is_gone(project: Path, work: Work, tmp_path: Path) -> None:
    spec = work({"a.txt": "two\n"})
    project.rename(tmp_path / "moved")
    for call in (lambda: SPACES.merge(spec, "Merge"), lambda: SPACES.update_checkout(spec, "1" * 40)):
        with pytest.raises(Conflict, match="is gone"):
            call()
    with pytest.raises(GitError, match="there is no folder"):
        git(project, "status")


def test_an_error_names_the_command_and_the_reason(project: Path, owner: Git) -> None:
    with pytest.raises(GitError, match=r"git commit-tree failed: not a valid object name nope"):
        git(project, "-c", "core.pager=cat", "commit-tree", "nope")
    (project / "ignored").touch()
    (project / ".git" / "info" / "exclude").write_text("ignored\n")
    with pytest.raises(GitError) as caught:
        git(project, "add", "ignored")
    assert "hint" not in str(caught.value)
