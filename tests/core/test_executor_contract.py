"""What the engines rely on in build processes: the same for real ones and for those in memory."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.model.build import BuildSpec, Engine, Stopped, Unverified
from core.model.execution import LogPart, Lost
from core.model.ids import BuildId
from core.ports import Executor
from core.runtime.clock import utc_now
from core.runtime.local_executor import LocalExecutor
from tests import factories
from tests.fakes import FakeExecutor
from tests.standing import is_alive, progress_of, result_of

QUICK, ENDLESS = "echo x > new.txt", "echo begun; exec sleep 300"

UNKNOWN = BuildId("task_99-1")


@pytest.fixture(params=["local", "fake"])
def contract(request: pytest.FixtureRequest, home: Path) -> Iterator[Executor]:
    if request.param == "fake":
        fake = FakeExecutor(home, utc_now)
        fake.endings = {QUICK: Unverified()}
        yield fake
        return
    local = LocalExecutor(home, utc_now)
    yield local
    local.cancel(BuildId("task_1-1"))
    until(lambda: not is_alive(local, BuildId("task_1-1")))


def spec(home: Path, repository: Path, command: str) -> BuildSpec:
    return factories.spec(
        repository=str(repository),
        worktree=str(home / "worktrees" / "task_1-1"),
        engine=Engine(name="shell", shell=command),
    )


@pytest.fixture
def quick(home: Path, repository: Path) -> BuildSpec:
    return spec(home, repository, QUICK)


@pytest.fixture
def endless(home: Path, repository: Path) -> BuildSpec:
    return spec(home, repository, ENDLESS)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come so far in time"
        time.sleep(0.02)


def test_nothing_is_known_of_a_build_that_was_never_started(contract: Executor) -> None:
    assert progress_of(contract, UNKNOWN) is None
    assert result_of(contract, UNKNOWN) is None
    assert not is_alive(contract, UNKNOWN)
    contract.sweep(UNKNOWN)
    assert contract.log(UNKNOWN) == LogPart(data=b"", offset=0, size=0)


def test_a_build_runs_to_its_result(contract: Executor, quick: BuildSpec) -> None:
    contract.submit(quick)
    until(lambda: result_of(contract, quick.id))
    until(lambda: not is_alive(contract, quick.id))

    result = result_of(contract, quick.id)

    assert result is not None
    assert result.outcome == Unverified()
    assert result.started_at <= result.ended_at


def test_starting_again_changes_nothing(contract: Executor, quick: BuildSpec) -> None:
    contract.submit(quick)
    contract.submit(quick)
    until(lambda: result_of(contract, quick.id))
    first = result_of(contract, quick.id)
    contract.submit(quick)

    assert result_of(contract, quick.id) == first
    until(lambda: not is_alive(contract, quick.id))


def test_a_running_build_is_alive_without_a_result_and_ends_when_told_to(
    contract: Executor, endless: BuildSpec
) -> None:
    contract.submit(endless)
    until(lambda: progress_of(contract, endless.id))
    assert is_alive(contract, endless.id)
    assert result_of(contract, endless.id) is None
    contract.sweep(endless.id)
    assert is_alive(contract, endless.id)

    contract.cancel(endless.id)
    contract.cancel(endless.id)
    until(lambda: not is_alive(contract, endless.id))

    result = result_of(contract, endless.id)
    assert result is not None
    assert result.outcome == Stopped()


def test_a_build_that_is_stopped_before_it_starts_ends_at_once(contract: Executor, endless: BuildSpec) -> None:
    contract.cancel(endless.id)
    contract.submit(endless)
    until(lambda: result_of(contract, endless.id))

    result = result_of(contract, endless.id)

    assert result is not None
    assert result.outcome == Stopped()
    until(lambda: not is_alive(contract, endless.id))


def test_a_build_whose_process_vanished_is_lost(contract: Executor, endless: BuildSpec) -> None:
    contract.submit(endless)
    until(lambda: (told := progress_of(contract, endless.id)) and told.last_line)
    if isinstance(contract, FakeExecutor):
        contract.vanish(endless.id)
    else:
        progress = progress_of(contract, endless.id)
        assert progress is not None
        os.kill(progress.pid, 9)

    until(lambda: not is_alive(contract, endless.id))

    assert contract.status(endless.id) == Lost(resumable=False)
    contract.sweep(endless.id)
    contract.sweep(endless.id)
    assert contract.status(endless.id) == Lost(resumable=False)


def test_stopping_what_has_ended_does_nothing(contract: Executor, quick: BuildSpec) -> None:
    contract.submit(quick)
    until(lambda: result_of(contract, quick.id))
    before = result_of(contract, quick.id)

    contract.cancel(quick.id)

    assert result_of(contract, quick.id) == before
    until(lambda: not is_alive(contract, quick.id))
