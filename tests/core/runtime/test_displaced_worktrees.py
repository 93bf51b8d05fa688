"""An agent puts something else in the place of its worktree: nothing that is not ours is touched."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from core.model.build import AgentFailed, BuildResult, BuildSpec, Empty, Proven
from core.runtime.local_executor import LocalExecutor
from tests.standing import is_alive, progress_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Finish = Callable[[BuildSpec], BuildResult]
WaitFor = Callable[[Callable[[], object]], None]


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    folder = tmp_path / "precious"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "thesis.txt").write_text("years\n")
    (folder / "deep").chmod(0o500)
    return folder


def intact(folder: Path) -> bool:
    thesis = folder / "deep" / "thesis.txt"
    return thesis.read_text() == "years\n" and (folder / "deep").stat().st_mode & 0o777 == 0o500


def no_leftovers(home: Path, project: Path, owner: Git) -> bool:
    return not list((home / "worktrees").iterdir()) and len(owner(project, "worktree", "list").splitlines()) == 1


def test_a_link_to_a_folder(
    precious: Path, project: Path, home: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    spec = make_spec(f'W=$PWD; cd /; rm -rf "$W"; ln -s "{precious}" "$W"', verify="true")
    result = finish(spec)
    assert isinstance(result.outcome, AgentFailed)
    assert "put a link in the place of its worktree" in result.outcome.detail
    assert result.commit is None or result.diff is None
    assert intact(precious)
    assert no_leftovers(home, project, owner)
    assert owner(project, "branch", "--list", spec.branch) == ""


def test_a_link_to_the_checkout_of_the_owner(
    project: Path, home: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    (project / "b.txt").write_text("mine\n")
    result = finish(make_spec(f'W=$PWD; cd /; rm -rf "$W"; ln -s "{project}" "$W"'))
    assert isinstance(result.outcome, AgentFailed)
    assert owner(project, "status", "--porcelain") == " M b.txt\n"
    assert (project / ".git").is_dir()
    assert no_leftovers(home, project, owner)


def test_another_folder(precious: Path, project: Path, home: Path, make_spec: MakeSpec, finish: Finish) -> None:
    spec = make_spec(f'W=$PWD; cd /; mv "$W" "$W-old"; mv "{precious}" "$W"; rm -rf "$W-old"')
    result = finish(spec)
    assert isinstance(result.outcome, AgentFailed)
    assert "put another folder in the place" in result.outcome.detail
    assert intact(Path(spec.worktree))


def test_a_file(project: Path, home: Path, make_spec: MakeSpec, finish: Finish) -> None:
    result = finish(make_spec('W=$PWD; cd /; rm -rf "$W"; echo x > "$W"'))
    assert isinstance(result.outcome, AgentFailed)
    assert "put a file in the place" in result.outcome.detail


@pytest.mark.parametrize("name", ["proof", "baseline", "merge"])
def test_links_in_the_places_of_the_checks(
    name: str, precious: Path, project: Path, home: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    spec = make_spec(f'echo two > a.txt; ln -s "{precious}" "$PWD-{name}"', verify="true")
    result = finish(spec)
    assert result.outcome == Proven()
    assert intact(precious)


def test_a_check_that_replaces_its_own_checkout(
    precious: Path, project: Path, home: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    verify = f'W=$PWD; cd /; rm -rf "$W"; ln -s "{precious}" "$W"'
    assert finish(make_spec("echo two > a.txt", verify=verify)).outcome == Proven()
    assert intact(precious)
    assert no_leftovers(home, project, owner)


def test_a_worktree_that_is_gone_is_no_displaced_one(make_spec: MakeSpec, finish: Finish) -> None:
    assert finish(make_spec('rm -rf "$PWD"')).outcome == Empty()


def test_the_sweep_after_a_crash_does_not_follow_a_link(
    precious: Path,
    project: Path,
    home: Path,
    owner: Git,
    make_spec: MakeSpec,
    executor: LocalExecutor,
    wait_for: WaitFor,
    tmp_path: Path,
) -> None:
    swap = f'W=$PWD; cd /; rm -rf "$W"; ln -s "{precious}" "$W"; touch "{tmp_path}/on"; exec sleep 300'
    spec = make_spec(swap)
    executor.submit(spec)
    wait_for((tmp_path / "on").exists)
    progress = progress_of(executor, spec.id)
    assert progress is not None
    os.kill(progress.pid, signal.SIGKILL)
    wait_for(lambda: not is_alive(executor, spec.id))
    executor.sweep(spec.id)
    assert intact(precious)
    assert no_leftovers(home, project, owner)
