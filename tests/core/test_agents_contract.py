"""What the engines rely on in build processes: the same for real ones and for those in memory."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.model.build import BuildSpec, Engine, Stopped, Unverified
from core.model.ids import BuildId
from core.ports import Agents
from core.runtime.clock import utc_now
from core.runtime.local_agents import LocalAgents
from tests import factories
from tests.fakes import FakeAgents

QUICK, ENDLESS = "echo x > new.txt", "echo begun; exec sleep 300"

UNKNOWN = BuildId("task_99-1")


@pytest.fixture(params=["local", "fake"])
def contract(request: pytest.FixtureRequest, home: Path) -> Iterator[Agents]:
    if request.param == "fake":
        fake = FakeAgents(home, utc_now)
        fake.endings = {QUICK: Unverified()}
        yield fake
        return
    local = LocalAgents(home, utc_now)
    yield local
    local.stop(BuildId("task_1-1"))
    until(lambda: not local.alive(BuildId("task_1-1")))


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


def test_nothing_is_known_of_a_build_that_was_never_started(contract: Agents) -> None:
    assert contract.progress(UNKNOWN) is None
    assert contract.result(UNKNOWN) is None
    assert not contract.alive(UNKNOWN)
    contract.sweep(UNKNOWN)
    assert not contract.log(UNKNOWN).exists()


def test_a_build_runs_to_its_result(contract: Agents, quick: BuildSpec) -> None:
    contract.start(quick)
    until(lambda: contract.result(quick.id))
    until(lambda: not contract.alive(quick.id))

    result = contract.result(quick.id)

    assert result is not None
    assert result.outcome == Unverified()
    assert result.started_at <= result.ended_at
    assert contract.progress(quick.id) is not None
    assert contract.log(quick.id).parts[-2:] == ("task_1-1", "output.log")


def test_starting_again_changes_nothing(contract: Agents, quick: BuildSpec) -> None:
    contract.start(quick)
    contract.start(quick)
    until(lambda: contract.result(quick.id))
    first = contract.result(quick.id)
    contract.start(quick)

    assert contract.result(quick.id) == first
    until(lambda: not contract.alive(quick.id))


def test_a_running_build_is_alive_without_a_result_and_ends_when_told_to(contract: Agents, endless: BuildSpec) -> None:
    contract.start(endless)
    until(lambda: contract.progress(endless.id))
    assert contract.alive(endless.id)
    assert contract.result(endless.id) is None
    contract.sweep(endless.id)
    assert contract.alive(endless.id)

    contract.stop(endless.id)
    contract.stop(endless.id)
    until(lambda: not contract.alive(endless.id))

    result = contract.result(endless.id)
    assert result is not None
    assert result.outcome == Stopped()


def test_a_build_that_is_stopped_before_it_starts_ends_at_once(contract: Agents, endless: BuildSpec) -> None:
    contract.stop(endless.id)
    contract.start(endless)
    until(lambda: contract.result(endless.id))

    result = contract.result(endless.id)

    assert result is not None
    assert result.outcome == Stopped()
    until(lambda: not contract.alive(endless.id))


def test_a_build_process_that_vanished_leaves_progress_but_no_result(contract: Agents, endless: BuildSpec) -> None:
    contract.start(endless)
    until(lambda: contract.progress(endless.id))
    if isinstance(contract, FakeAgents):
        contract.vanish(endless.id)
    else:
        progress = contract.progress(endless.id)
        assert progress is not None
        os.kill(progress.pid, 9)

    until(lambda: not contract.alive(endless.id))

    assert contract.progress(endless.id) is not None
    assert contract.result(endless.id) is None
    contract.sweep(endless.id)
    contract.sweep(endless.id)


def test_stopping_what_has_ended_does_nothing(contract: Agents, quick: BuildSpec) -> None:
    contract.start(quick)
    until(lambda: contract.result(quick.id))
    before = contract.result(quick.id)

    contract.stop(quick.id)

    assert contract.result(quick.id) == before
    until(lambda: not contract.alive(quick.id))
