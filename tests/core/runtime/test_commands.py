import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.errors import Refused
from core.runtime.commands import run_check


def check(project: Path, tmp_path: Path, command: str, seconds: float = 20.0, branch: str = "main") -> object:
    return run_check(command, project, branch, seconds, tmp_path / "scratch")


def test_a_command_that_runs(project: Path, tmp_path: Path) -> None:
    (project / "a.txt").write_text("uncommitted\n")
    (project / "untracked").touch()
    scratch = tmp_path / "scratch"
    assert run_check("grep one a.txt && test ! -e untracked", project, "main", 20, scratch).passed
    failing = run_check("echo '1 failed in 0.1s'; exit 1", project, "main", 20, scratch)
    assert not failing.passed
    assert failing.tests is not None
    assert failing.tests.failed == 1
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "reason"),
    [("no-such-program --test", "no-such-program.*not found"), ("./a.txt", "denied")],
)
def test_a_command_that_cannot_run(command: str, reason: str, project: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=reason):
        check(project, tmp_path, command)


def test_a_command_that_hangs_is_ended_with_all_it_started(
    project: Path, tmp_path: Path, wait_for: Callable[[Callable[[], object]], None]
) -> None:
    pid = tmp_path / "pid"
    begun = time.monotonic()
    with pytest.raises(Refused, match=r"did not end within 0\.5 s"):
        check(project, tmp_path, f"setsid sh -c 'echo $$ > \"{pid}\"; sleep 300' & sleep 300", 0.5)
    assert time.monotonic() - begun < 10
    wait_for(lambda: not psutil.pid_exists(int(pid.read_text())))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_branch_that_is_not_there(project: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not exist"):
        check(project, tmp_path, "true", branch="nope")
