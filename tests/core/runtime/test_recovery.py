"""`kill -9` of the build process in each of its phases: what then happens, as the table in docs/builds.md has it."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.model.build import BuildResult, BuildSpec, Confinement, Phase, Proven
from core.model.execution import Alive, Lost, NotStarted
from core.runtime.clock import utc_now
from core.runtime.local_executor import LocalExecutor
from tests.standing import is_alive, progress_of, result_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
WaitFor = Callable[[Callable[[], object]], None]


class Phased:
    """A build that waits in whatever phase it is told to, until `go` is there."""

    def __init__(self, make_spec: MakeSpec, folder: Path, walls: Confinement) -> None:
        self.folder = folder
        folder.mkdir()
        opened = Confinement(level=walls.level, hidden=walls.hidden, writable=(str(folder),))
        agent = f"echo ran >> '{folder}/agents'; {self._wait('working')}; echo two > a.txt; echo done"
        checks = f"if test -e a.txt && grep -q two a.txt; then {self._wait('proof')}; else {self._wait('baseline')}; fi"
        self.spec = make_spec(agent, verify=checks, confinement=opened)

    def _wait(self, name: str) -> str:
        place = f"{self.folder}/{name}"
        return f"touch '{place}.here'; while test -e '{place}.hold'; do sleep 0.02; done"

    def hold(self, name: str) -> None:
        (self.folder / f"{name}.hold").touch()

    def reached(self, name: str) -> bool:
        return (self.folder / f"{name}.here").exists()

    def release(self) -> None:
        for hold in self.folder.glob("*.hold"):
            hold.unlink()

    def agents(self) -> int:
        """How often the agent was started."""
        note = self.folder / "agents"
        return len(note.read_text().splitlines()) if note.exists() else 0


@pytest.fixture
def phased(make_spec: MakeSpec, tmp_path: Path, walls: Confinement) -> Phased:
    return Phased(make_spec, tmp_path / "phases", walls)


@pytest.fixture
def kill(executor: LocalExecutor, wait_for: WaitFor) -> Callable[[BuildSpec], None]:
    def end(spec: BuildSpec) -> None:
        wait_for(lambda: progress_of(executor, spec.id))
        progress = progress_of(executor, spec.id)
        assert progress is not None
        os.kill(progress.pid, signal.SIGKILL)
        wait_for(lambda: not is_alive(executor, spec.id))

    return end


Kill = Callable[[BuildSpec], None]


def test_killed_before_the_agent_began_it_starts_again(
    phased: Phased, executor: LocalExecutor, wait_for: WaitFor, kill: Kill, owner: Git, project: Path
) -> None:
    phased.hold("baseline")
    executor.submit(phased.spec)
    wait_for(lambda: phased.reached("baseline"))
    kill(phased.spec)
    assert executor.status(phased.spec.id) == NotStarted()

    phased.release()
    executor.submit(phased.spec)
    result = finished(executor, phased.spec, wait_for)

    assert result.outcome == Proven()
    assert phased.agents() == 1


def test_killed_while_the_agent_works_it_is_lost_and_its_work_is_kept(
    phased: Phased, executor: LocalExecutor, wait_for: WaitFor, kill: Kill, owner: Git, project: Path, home: Path
) -> None:
    phased.hold("working")
    executor.submit(phased.spec)
    wait_for(lambda: phased.reached("working"))
    (Path(phased.spec.worktree) / "half.txt").write_text("half\n")
    kill(phased.spec)
    assert executor.status(phased.spec.id) == Lost(resumable=False)

    executor.sweep(phased.spec.id)

    assert owner(project, "show", f"{phased.spec.branch}:half.txt") == "half\n"
    assert list((home / "worktrees").iterdir()) == []
    assert executor.status(phased.spec.id) == Lost(resumable=False)


def test_killed_while_the_result_is_proven_it_goes_on_without_the_agent(
    phased: Phased, executor: LocalExecutor, wait_for: WaitFor, kill: Kill, owner: Git, project: Path, home: Path
) -> None:
    phased.hold("proof")
    executor.submit(phased.spec)
    wait_for(lambda: phased.reached("proof"))
    kill(phased.spec)
    assert executor.status(phased.spec.id) == Lost(resumable=True)

    phased.release()
    LocalExecutor(home, utc_now).submit(phased.spec)
    result = finished(executor, phased.spec, wait_for)

    assert result.outcome == Proven()
    assert result.before is not None
    assert result.commit == owner(project, "rev-parse", phased.spec.branch).strip()
    assert phased.agents() == 1
    assert list((home / "worktrees").iterdir()) == []


def test_killed_again_and_again_it_still_ends(
    phased: Phased, executor: LocalExecutor, wait_for: WaitFor, kill: Kill
) -> None:
    phased.hold("proof")
    for _ in range(3):
        executor.submit(phased.spec)
        wait_for(lambda: phased.reached("proof"))
        kill(phased.spec)
        (phased.folder / "proof.here").unlink()
    phased.release()
    executor.submit(phased.spec)

    assert finished(executor, phased.spec, wait_for).outcome == Proven()
    assert phased.agents() == 1


def test_at_random_moments_nothing_is_lost_or_doubled(
    phased: Phased, executor: LocalExecutor, wait_for: WaitFor, owner: Git, project: Path, home: Path
) -> None:
    """Killed after 0 to 600 ms, until it ends: with the agent at most once, and one worktree at most."""
    executor.submit(phased.spec)
    for step in range(60):
        deadline = time.monotonic() + 0.01 * step
        while time.monotonic() < deadline and is_alive(executor, phased.spec.id):
            time.sleep(0.005)
        status = executor.status(phased.spec.id)
        if isinstance(status, Alive) and status.progress is not None and psutil.pid_exists(status.progress.pid):
            os.kill(status.progress.pid, signal.SIGKILL)
            wait_for(lambda: not is_alive(executor, phased.spec.id))
        status = executor.status(phased.spec.id)
        if status == Lost(resumable=False) or result_of(executor, phased.spec.id):
            break
        executor.submit(phased.spec)
    if executor.status(phased.spec.id) == Lost(resumable=False):
        executor.sweep(phased.spec.id)
    else:
        assert finished(executor, phased.spec, wait_for).outcome == Proven()
    assert phased.agents() <= 1
    assert list((home / "worktrees").iterdir()) == []
    assert len(owner(project, "worktree", "list").splitlines()) == 1
    # A commit whose branch was not moved any more is no damage.
    assert owner(project, "fsck", "--strict", "--no-dangling") == ""


def test_a_build_process_that_hangs_is_ended(
    phased: Phased, home: Path, executor: LocalExecutor, wait_for: WaitFor
) -> None:
    watchful = LocalExecutor(home, utc_now, stall_seconds=7.0)
    phased.hold("working")
    watchful.submit(phased.spec)
    wait_for(lambda: phased.reached("working"))
    progress = progress_of(watchful, phased.spec.id)
    assert progress is not None
    os.kill(progress.pid, signal.SIGSTOP)

    wait_for(lambda: watchful.status(phased.spec.id) == Lost(resumable=False))

    watchful.sweep(phased.spec.id)


def finished(executor: LocalExecutor, spec: BuildSpec, wait_for: WaitFor) -> BuildResult:
    wait_for(lambda: result_of(executor, spec.id))
    result = result_of(executor, spec.id)
    assert result is not None
    wait_for(lambda: not is_alive(executor, spec.id))
    return result


def test_the_phases_are_those_of_the_table() -> None:
    text = (Path(__file__).parents[3] / "docs" / "builds.md").read_text()
    for phase in Phase:
        assert f"| {phase.value} |" in text
