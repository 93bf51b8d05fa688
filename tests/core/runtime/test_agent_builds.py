"""Builds by agents that speak as the known ones do: small scripts in their place, in real build processes."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from core.engines import engine
from core.model.agent import Trouble, Usage
from core.model.build import (
    AgentFailed,
    AgentTroubled,
    BuildResult,
    BuildSpec,
    Empty,
    Limits,
    OverLimit,
    Proven,
    Resource,
    TimedOut,
    Unverified,
)
from core.ports import Program
from core.runtime.local_executor import LocalExecutor
from tests import factories
from tests.standing import progress_of, result_of

Git = Callable[..., str]
Finish = Callable[[BuildSpec], BuildResult]
WaitFor = Callable[[Callable[[], object]], None]
Script = Callable[..., BuildSpec]

INIT = {"type": "system", "subtype": "init", "session_id": "s-1", "model": "m"}
RETRY = {"type": "system", "subtype": "api_retry", "error_status": 529, "error": "overloaded"}
DONE = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "result": "Fixed it.",
    "total_cost_usd": 0.25,
    "usage": {"input_tokens": 900, "cache_read_input_tokens": 90, "output_tokens": 10},
}
QUICK = Limits(wall=30, idle=20, verify=20, grace=0.3)


def says(*events: Mapping[str, object]) -> str:
    return "\n".join(f"cat <<'JSON'\n{json.dumps(event)}\nJSON" for event in events)


def edit(path: str) -> Mapping[str, object]:
    """A message with a tool call, and its usage."""
    block = {"type": "tool_use", "id": "t", "name": "Edit", "input": {"file_path": path}}
    usage = {"input_tokens": 100, "output_tokens": 5}
    return {"type": "assistant", "message": {"id": path, "content": [block], "usage": usage}}


@pytest.fixture
def script(make_spec: Callable[..., BuildSpec], tmp_path: Path) -> Script:
    """A build by a script in the place of a known agent, claude unless another one is named."""

    def make(body: str, name: str = "claude", **changes: object) -> BuildSpec:
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        known = engine(name, factories.config(), Program(path=str(program)))
        return msgspec.structs.replace(make_spec("true", **{"limits": QUICK, **changes}), engine=known)

    return make


def test_what_it_did_and_spent_is_on_record(script: Script, finish: Finish, home: Path) -> None:
    text = {"type": "assistant", "message": {"id": "2", "content": [{"type": "text", "text": "I look.\nThen"}]}}
    spec = script(f"echo a warning >&2; {says(INIT, text, edit('a.txt'))}\necho two > a.txt\n{says(DONE)}")

    result = finish(spec)

    assert result.outcome == Unverified()
    assert result.usage == Usage(tokens_in=990, tokens_out=10, dollars=0.25)
    assert result.tail == "I look. Then\n▸ Edit a.txt"
    folder = home / "runs" / spec.id
    assert (folder / "readable.log").read_text() == "I look. Then\n▸ Edit a.txt\n"
    events = [json.loads(line)["event"] for line in (folder / "events.jsonl").read_text().splitlines()]
    assert events == ["started", "spent", "said", "spent", "acted", "spent", "closed"]
    assert '"subtype": "init"' in (folder / "output.log").read_text()


def test_progress_tells_the_last_action_and_what_is_spent(
    script: Script, executor: LocalExecutor, wait_for: WaitFor
) -> None:
    spec = script(f"{says(INIT, edit('a.txt'))}\nexec sleep 300")
    executor.submit(spec)

    def shown() -> bool:
        progress = progress_of(executor, spec.id)
        return progress is not None and progress.last_line == "Edit a.txt" and progress.usage is not None

    wait_for(shown)
    progress = progress_of(executor, spec.id)
    assert progress is not None
    assert progress.usage == Usage(tokens_in=100, tokens_out=5)
    assert executor.log(spec.id).data == "▸ Edit a.txt\n".encode()
    executor.cancel(spec.id)
    wait_for(lambda: result_of(executor, spec.id))


def test_one_that_hangs_after_its_last_word_has_done_its_work(script: Script, finish: Finish) -> None:
    begun = time.monotonic()
    spec = script(f"echo two > a.txt; {says(DONE)}\ntrap '' TERM; sleep 300 & exec sleep 300", verify="true")

    assert finish(spec).outcome == Proven()
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ({"dollars": 0.2}, OverLimit(resource=Resource.DOLLARS, limit=0.2)),
        ({"dollars": 0.25}, Unverified()),
        ({"tokens": 500}, OverLimit(resource=Resource.TOKENS, limit=500)),
        ({"tokens": 1000}, Unverified()),
    ],
)
def test_a_budget_is_a_hard_limit_and_the_work_is_kept(
    limits: dict[str, float], outcome: object, script: Script, finish: Finish, project: Path, owner: Git
) -> None:
    spec = script(f"echo two > a.txt; {says(DONE)}\nsleep 1", limits=msgspec.structs.replace(QUICK, **limits))

    result = finish(spec)

    assert result.outcome == outcome
    assert owner(project, "show", f"{spec.branch}:a.txt") == "two\n"
    assert result.usage is not None


def test_one_that_only_tries_again_is_ended_as_silent_and_its_trouble_is_told(script: Script, finish: Finish) -> None:
    limits = msgspec.structs.replace(QUICK, idle=1.5)
    spec = script(f"{says(INIT)}\nwhile :; do {says(RETRY)}\nsleep 0.2; done", limits=limits)

    assert finish(spec).outcome == AgentTroubled(trouble=Trouble.MODEL, detail="overloaded")


def test_one_that_falls_silent_is_ended_as_silent(script: Script, finish: Finish) -> None:
    limits = msgspec.structs.replace(QUICK, idle=1.0)
    assert finish(script(f"{says(INIT)}\nexec sleep 300", limits=limits)).outcome == TimedOut(limit=1.0, idle=True)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("echo two > a.txt", AgentFailed(exit_code=None, detail="The agent ended without an answer.")),
        ("echo two > a.txt; echo oh no >&2; exit 1", AgentFailed(exit_code=1, detail="oh no")),
        (says(DONE), Empty()),
        (f"{says({**DONE, 'is_error': True})}\nexit 0", AgentFailed(exit_code=None, detail="Fixed it.")),
        (f"echo two > a.txt; {says(DONE)}\nexit 7", Unverified()),
    ],
    ids=["no answer", "no answer and a code", "nothing changed", "error", "an exit code that is no evidence"],
)
def test_its_own_word_decides(body: str, outcome: object, script: Script, finish: Finish) -> None:
    assert finish(script(body)).outcome == outcome


def test_logins_are_copied_and_keys_passed_to_the_agent_alone(
    script: Script, finish: Finish, tmp_path: Path, project: Path, owner: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = tmp_path / "user" / ".claude" / ".credentials.json"
    login.parent.mkdir()
    login.write_text("the-login")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "the-key")
    monkeypatch.setenv("OPENAI_API_KEY", "of-another")
    check = 'test -z "$ANTHROPIC_API_KEY" && test ! -e "$HOME/.claude"'
    body = (
        'cat "$HOME/.claude/.credentials.json" > seen.txt; echo "$ANTHROPIC_API_KEY$OPENAI_API_KEY" >> seen.txt;'
        ' ls -l "$HOME/.claude/.credentials.json" | cut -c1-10 >> seen.txt; echo changed > "$HOME/.claude/x";'
        f" cat > prompt.txt; {says(DONE)}"
    )

    spec = script(body, verify=check, prompt="Do $(it).\n")

    assert finish(spec).outcome == Proven()
    assert owner(project, "show", f"{spec.branch}:seen.txt") == "the-loginthe-key\n-rw-------\n"
    assert owner(project, "show", f"{spec.branch}:prompt.txt") == "Do $(it).\n"
    assert login.read_text() == "the-login"
    assert [path.name for path in login.parent.iterdir()] == [".credentials.json"]


def test_a_prompt_in_a_file_of_settings(script: Script, finish: Finish, project: Path, owner: Git) -> None:
    body = 'for last; do case "$last" in */task.yaml) cp "$last" seen.txt;; esac; done; echo Exit:; echo; echo Saved'
    spec = script(body, name="mini", prompt='Say "hi": {x}\n')

    assert finish(spec).outcome == Unverified()
    assert owner(project, "show", f"{spec.branch}:seen.txt") == 'run:\n  task: "Say \\"hi\\": {x}\\n"\n'
