"""What the agent programs really do, with a model that works, fails, stalls or is silent; docs/agents.md has the table.

Gemini's is part of every run where it is installed; `make test-agents` installs and runs them all.
"""

import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.model.agent import Trouble
from core.model.build import AgentFailed, AgentTroubled, BuildResult, BuildSpec, Limits, Outcome, Proven, TimedOut
from core.runtime.local_executor import LocalExecutor
from tests.agents import programs
from tests.agents.model_endpoint import Fault, Model
from tests.standing import progress_of, result_of

Git = Callable[..., str]
SpecFor = Callable[..., BuildSpec]
Finish = Callable[[BuildSpec], BuildResult]
WaitFor = Callable[[Callable[[], object]], None]

ALL = sorted(programs.VERSIONS) if os.environ.get("JARVIS_TEST_AGENTS_ALL") else ["gemini"]
PATIENT = Limits(wall=90, idle=60, verify=30, grace=1.0)
SHORT = Limits(wall=15, idle=6, verify=30, grace=0.5)

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("name", ALL)]


def test_a_task_is_done_and_proven(name: str, spec_for: SpecFor, finish: Finish, project: Path, owner: Git) -> None:
    spec = spec_for(name, limits=PATIENT)

    result = finish(spec)

    assert result.outcome == Proven(), result
    assert owner(project, "show", f"{spec.branch}:hello.txt") == "hello\n"
    assert owner(project, "diff", "--name-only", "main", spec.branch) == "hello.txt\n", "and nothing else"
    if name != "mini":
        assert result.usage is not None
        assert result.usage.tokens >= 120
    assert result.peak_memory


CAUSES = {
    Fault.ERROR_500: {Trouble.MODEL},
    Fault.ERROR_401: {Trouble.LOGIN},
    Fault.LIMIT_429: {Trouble.RATE, Trouble.LIMIT},
}


@pytest.mark.parametrize("fault", list(CAUSES), ids=lambda fault: fault.value)
def test_a_model_that_refuses_is_told_as_the_cause(
    fault: Fault, name: str, model: Model, spec_for: SpecFor, finish: Finish
) -> None:
    model.fault = fault

    outcome = finish(spec_for(name, limits=SHORT)).outcome

    if name == "opencode" and fault is not Fault.ERROR_401:
        assert outcome == TimedOut(limit=6, idle=True), "it tries again in silence"
    else:
        assert isinstance(outcome, AgentTroubled), outcome
        assert outcome.trouble in CAUSES[fault]


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.HANG], ids=lambda fault: fault.value)
def test_a_model_that_is_silent_ends_at_our_limit(
    fault: Fault, name: str, model: Model, spec_for: SpecFor, finish: Finish
) -> None:
    if fault is Fault.STALL and name in ("aider", "mini"):
        pytest.skip("it does not take answers in pieces")
    model.fault = fault

    outcome = finish(spec_for(name, limits=SHORT)).outcome

    assert _is_silence(outcome), outcome


def _is_silence(outcome: Outcome) -> bool:
    """Ended by us for want of work, or with the name that the program gave to the silence itself."""
    if isinstance(outcome, AgentTroubled):
        return outcome.trouble in (Trouble.NETWORK, Trouble.MODEL)
    return isinstance(outcome, TimedOut | AgentFailed)


def test_what_its_tools_leave_running_is_ended(
    name: str, model: Model, spec_for: SpecFor, finish: Finish, tmp_path: Path
) -> None:
    if name == "aider":
        pytest.skip("it runs no commands by itself")
    trace = f"left-by-{os.getpid()}"
    daemon = f"setsid sh -c 'trap \"\" TERM HUP; : {trace}; while :; do sleep 1; done' >/dev/null 2>&1 &"
    model.command = f"{daemon} echo hello > hello.txt"

    assert finish(spec_for(name, limits=PATIENT)).outcome == Proven()

    assert not [process for process in psutil.process_iter() if trace in _command(process)]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def test_stop_ends_it_with_all_it_has_started(
    name: str, model: Model, spec_for: SpecFor, executor: LocalExecutor, wait_for: WaitFor
) -> None:
    """Gemini ignores SIGTERM, or ends on it while its tools live on."""
    model.fault = Fault.HANG
    spec = spec_for(name, limits=PATIENT)
    executor.submit(spec)
    wait_for(lambda: model.requests or result_of(executor, spec.id))
    assert progress_of(executor, spec.id) is not None

    executor.cancel(spec.id)

    wait_for(lambda: result_of(executor, spec.id))
    assert not [process for process in psutil.process_iter() if str(spec.worktree) in _command(process)]


def test_keys_are_neither_on_a_command_line_nor_in_a_file(
    name: str, model: Model, spec_for: SpecFor, executor: LocalExecutor, wait_for: WaitFor, home: Path
) -> None:
    if name == "opencode":
        pytest.skip("its key stands in the settings of the owner, which it gets a copy of")
    model.fault = Fault.HANG
    spec = spec_for(name, limits=PATIENT)
    executor.submit(spec)
    wait_for(lambda: model.requests or result_of(executor, spec.id))

    shown = [_command(process) for process in psutil.process_iter()]
    kept = [path.read_bytes() for path in (home / "runs" / spec.id).iterdir() if path.is_file()]

    assert not [line for line in shown if "key-of-the-owner" in line]
    assert not [content for content in kept if b"key-of-the-owner" in content]
    executor.cancel(spec.id)
    wait_for(lambda: result_of(executor, spec.id))
