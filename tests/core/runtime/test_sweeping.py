"""What processes that are gone have left in `worktrees`: removed, unless somebody's work would be lost."""

import logging
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from core.model.build import BuildSpec
from core.model.ids import BuildId
from core.runtime.local_executor import LocalExecutor
from core.runtime.locks import try_lock
from core.runtime.worktrees import add

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
WaitFor = Callable[[Callable[[], object]], None]
Leave = Callable[..., Path]


@pytest.fixture
def leave(project: Path, home: Path, make_spec: MakeSpec, owner: Git) -> Leave:
    """A worktree as a vanished process leaves it: `leave("-merge")`, `leave(build="task_2-1")`."""

    def make(suffix: str = "", *, build: str = "task_1-1", spec_known: bool = True) -> Path:
        spec = make_spec(build=build)
        run = home / "runs" / build
        run.mkdir(parents=True, exist_ok=True)
        if spec_known:
            (run / "spec.json").write_bytes(msgspec.json.encode(spec))
        (run / "base").write_text(owner(project, "rev-parse", "main"))
        (run / "prepared").touch()
        place = Path(f"{spec.worktree}{suffix}")
        add(project, place, "main", branch=None if suffix else spec.branch)
        return place

    return make


def records(project: Path, owner: Git) -> int:
    return len(owner(project, "worktree", "list").splitlines()) - 1


@pytest.mark.parametrize("spec_known", [True, False])
@pytest.mark.parametrize("suffix", ["", "-baseline", "-proof", "-merge"])
def test_leftovers_are_removed(
    suffix: str, spec_known: bool, leave: Leave, project: Path, owner: Git, executor: LocalExecutor
) -> None:
    place = leave(suffix, spec_known=spec_known)
    executor.reattach(set())
    assert not place.exists()
    assert records(project, owner) == 0


def test_unsaved_work_is_kept_and_logged(
    leave: Leave, project: Path, owner: Git, executor: LocalExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    changed, new, detached, saved = (leave(build=f"task_{n}-1") for n in (1, 2, 3, 4))
    (changed / "a.txt").write_text("two\n")
    (new / "new.txt").write_text("two\n")
    owner(detached, "checkout", "-q", "--detach")
    for place in (detached, saved):
        (place / "a.txt").write_text(f"{place.name}\n")
        owner(place, "commit", "-qam", "work")
    with caplog.at_level(logging.WARNING):
        executor.reattach(set())
    assert [place.exists() for place in (changed, new, detached, saved)] == [True, True, True, False]
    assert all(str(place) in caplog.text for place in (changed, new, detached))
    assert owner(project, "show", "jarvis/task_4-1:a.txt") == "task_4-1\n"


def test_what_is_in_use_stays(leave: Leave, home: Path, executor: LocalExecutor) -> None:
    active, alive = leave("-proof"), leave("-proof", build="task_2-1")
    lock = try_lock(home / "runs" / "task_2-1" / "lock")
    assert lock is not None
    with lock:
        executor.reattach({BuildId("task_1-1")})
    assert active.exists()
    assert alive.exists()


def test_links_and_foreign_folders(
    leave: Leave, home: Path, project: Path, executor: LocalExecutor, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").touch()
    link = leave().with_name("task_2-1")
    link.symlink_to(precious)
    link.with_name("check-abc").symlink_to(precious)
    foreign = link.with_name("task_3-1-proof")
    foreign.mkdir()
    (foreign / "thesis.txt").touch()
    executor.reattach(set())
    assert (precious / "thesis.txt").exists()
    assert not link.is_symlink()
    assert not link.with_name("check-abc").is_symlink()
    assert (foreign / "thesis.txt").exists()


def test_the_sweep_of_a_build_removes_all_its_places(
    leave: Leave, project: Path, home: Path, owner: Git, executor: LocalExecutor
) -> None:
    for suffix in ("-baseline", "-proof", "-merge"):
        leave(suffix)
    executor.sweep(BuildId("task_1-1"))
    assert list((home / "worktrees").iterdir()) == []
    assert records(project, owner) == 0


def test_a_try_of_a_command_that_was_killed(
    project: Path, home: Path, owner: Git, executor: LocalExecutor, wait_for: WaitFor, tmp_path: Path
) -> None:
    code = (
        "import sys, pathlib; from core.runtime.commands import run_check\n"
        "run_check(sys.argv[1], pathlib.Path(sys.argv[2]), 'main', 60.0, pathlib.Path(sys.argv[3]))"
    )
    command = f'touch "{tmp_path}/on"; exec sleep 300'
    root = Path(__file__).resolve().parents[3]
    child = subprocess.Popen(
        [sys.executable, "-c", code, command, str(project), str(home / "worktrees")],
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    wait_for((tmp_path / "on").exists)
    executor.reattach(set())
    assert len(list((home / "worktrees").iterdir())) == 1, "it still runs"
    child.kill()
    child.wait()
    executor.reattach(set())
    assert list((home / "worktrees").iterdir()) == []
    assert records(project, owner) == 0


def test_somebody_who_looks_around_in_a_terminal_is_not_ended(leave: Leave, executor: LocalExecutor) -> None:
    place = leave()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place)
        os.execvp("sh", ["sh", "-c", "echo here; read answer"])
    assert b"here" in os.read(terminal, 100)
    daemon = subprocess.Popen(["sleep", "300"], cwd=place, start_new_session=True)
    executor.sweep(BuildId("task_1-1"))
    assert daemon.wait(10) < 0
    os.write(terminal, b"bye\n")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
