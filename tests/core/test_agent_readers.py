"""What agent programs print, as recorded from real runs against a scripted model, and what we make of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import agent_text
from core.agent_readers import LONGEST_LINE, READERS
from core.agent_watch import AgentWatch, troubled
from core.engines import BY_NAME
from core.model.agent import Acted, Closed, Said, Spent, Trouble, Usage
from core.model.build import AgentFailed, AgentTroubled, Engine, Outcome

NOW = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
DATA = Path(__file__).parent / "data" / "agents"


def watch(name: str) -> AgentWatch:
    kind = BY_NAME.get(name)
    engine = Engine(
        name=name, argv=("x",), reader=kind.reader if kind else name, must_close=bool(kind and kind.must_close)
    )
    return AgentWatch(engine, lambda: NOW, ZONE)


def after(recording: str) -> AgentWatch:
    """The watch that has followed a recorded run."""
    followed = watch(recording.partition("-")[0])
    followed.feed((DATA / f"{recording}.txt").read_bytes())
    followed.end()
    return followed


@pytest.mark.parametrize(
    ("recording", "usage", "action"),
    [
        ("claude-none", Usage(tokens_in=200, tokens_out=40, dollars=0.0016), "All done."),
        ("codex-none", Usage(tokens_in=200, tokens_out=40), "All done."),
        ("gemini-none", Usage(tokens_in=300, tokens_out=60), "All done."),
        ("opencode-none", Usage(tokens_in=200, tokens_out=40, dollars=0.0), "All done."),
        ("aider-none", Usage(tokens_in=100, tokens_out=20), "Edit hello.txt"),
        ("mini-none", Usage(dollars=0.0), "Exit:"),
    ],
)
def test_a_run_that_did_its_work(recording: str, usage: Usage, action: str) -> None:
    followed = after(recording)

    assert followed.failure(0, "last") is None
    assert (followed.usage, followed.action) == (usage, action)
    assert followed.trouble is None
    assert followed.progress > 2


@pytest.mark.parametrize("recording", ["claude-none", "codex-none", "gemini-none", "opencode-none"])
def test_what_it_did_is_told(recording: str) -> None:
    followed = watch(recording.partition("-")[0])

    events = followed.feed((DATA / f"{recording}.txt").read_bytes())

    actions = [event.what for event in events if isinstance(event, Acted)]
    assert any(what.startswith("$ ") and "echo hello > hello.txt" in what for what in actions)
    assert Said(text="All done.") in events
    assert followed.session


@pytest.mark.parametrize(
    ("recording", "exit_code", "trouble"),
    [
        ("claude-401", None, Trouble.LOGIN),
        ("codex-401", 1, Trouble.LOGIN),
        ("codex-429", 1, Trouble.RATE),
        ("codex-500", 1, Trouble.MODEL),
        ("gemini-401", 145, Trouble.LOGIN),
        ("gemini-429", 173, Trouble.LIMIT),
        ("gemini-500", None, Trouble.MODEL),
        ("opencode-401", 1, Trouble.LOGIN),
        ("aider-401", 0, Trouble.LOGIN),
        ("aider-500", None, Trouble.MODEL),
        ("mini-401", 1, Trouble.LOGIN),
        ("mini-500", None, Trouble.MODEL),
    ],
)
def test_a_run_without_its_model_is_told_by_its_cause(recording: str, exit_code: int | None, trouble: Trouble) -> None:
    followed = after(recording)

    outcome = followed.failure(exit_code, "last")

    assert isinstance(outcome, AgentTroubled)
    assert outcome.trouble is trouble
    assert outcome.detail
    assert troubled(followed) == outcome
    if trouble is Trouble.LIMIT:
        assert outcome.resets_at == NOW + timedelta(hours=2)


def feed(name: str, *events: dict[str, Any]) -> AgentWatch:
    followed = watch(name)
    for event in events:
        followed.feed(msgspec.json.encode(event) + b"\n")
    return followed


RESULT = {"type": "result", "subtype": "success", "is_error": False, "result": "ok", "total_cost_usd": 0.5}


@pytest.mark.parametrize(
    ("event", "exit_code", "outcome"),
    [
        (RESULT, 1, None),
        (RESULT, None, None),
        ({**RESULT, "is_error": True, "result": "no"}, 0, AgentFailed(exit_code=None, detail="no")),
        (
            {**RESULT, "is_error": True, "result": "Claude AI usage limit reached|1772600000"},
            0,
            AgentTroubled(
                trouble=Trouble.LIMIT,
                detail="Claude AI usage limit reached|1772600000",
                resets_at=datetime.fromtimestamp(1772600000, UTC),
            ),
        ),
        ({"type": "system"}, 0, AgentFailed(exit_code=None, detail="last")),
    ],
    ids=["exit code", "hang", "error", "limit", "no result"],
)
def test_the_result_of_claude_decides(event: dict[str, Any], exit_code: int | None, outcome: Outcome | None) -> None:
    assert feed("claude", event).failure(exit_code, "last") == outcome


def test_a_rejected_rate_of_claude_is_a_usage_limit() -> None:
    info = {"status": "rejected", "resetsAt": 1772600000}
    followed = feed("claude", {"type": "rate_limit_event", "rate_limit_info": info})
    outcome = followed.failure(0, "")
    assert isinstance(outcome, AgentTroubled)
    assert (outcome.trouble, outcome.resets_at) == (Trouble.LIMIT, datetime.fromtimestamp(1772600000, UTC))


def test_reconnecting_of_codex_is_not_fatal() -> None:
    followed = feed(
        "codex",
        {"type": "error", "message": "Reconnecting... 1/5 (stream disconnected before completion)"},
        {"type": "item.completed", "item": {"type": "file_change", "changes": [{"path": "a.py", "kind": "update"}]}},
        {"type": "turn.completed", "usage": {"input_tokens": 7, "output_tokens": 3}},
    )
    assert followed.failure(0, "") is None
    assert (followed.action, followed.usage) == ("Edit a.py", Usage(tokens_in=7, tokens_out=3))


def test_an_empty_answer_of_opencode_is_a_failure() -> None:
    end = {"type": "step_finish", "part": {"reason": "stop", "tokens": {"input": 5}, "cost": 0.1}}
    followed = feed("opencode", {"type": "step_start", "sessionID": "s"}, end)
    assert followed.failure(0, "") == AgentFailed(exit_code=None, detail="The agent ended without an answer.")
    assert followed.usage == Usage(tokens_in=5, dollars=0.1)


def test_a_permission_that_nobody_gave_is_told() -> None:
    part = {"tool": "bash", "state": {"status": "error", "error": "The user rejected permission to use this tool"}}
    outcome = feed("opencode", {"type": "tool_use", "part": part}).failure(0, "")
    assert isinstance(outcome, AgentTroubled)
    assert outcome.trouble is Trouble.PERMISSION


def test_costs_of_aider_add_up() -> None:
    followed = watch("aider")
    followed.feed(
        b"Tokens: 1.2k sent, 20 received. Cost: $0.01 message, $0.01 session.\n"
        b"Tokens: 2k sent, 1.5k cache hit, 30 received. Cost: $0.02 message, $0.03 session.\n"
    )
    assert followed.usage == Usage(tokens_in=3200, tokens_out=50, dollars=0.03)


@pytest.mark.parametrize("word", ["RepeatedFormatError", "LimitsExceeded", "TimeExceeded"])
def test_mini_that_gave_up_has_failed(word: str) -> None:
    followed = watch("mini")
    followed.feed(f"Exit:\n\n{word}\nSaved trajectory to 'x'\n".encode())
    assert followed.failure(0, "") == AgentFailed(exit_code=None, detail=word)


@pytest.mark.parametrize(
    ("output", "exit_code", "outcome"),
    [
        ("working\n", 0, None),
        ("HTTP 429 Too Many Requests\nretrying\nfine now\n", 0, None),
        ("Error 503: overloaded\n", 1, AgentTroubled(trouble=Trouble.MODEL, detail="Error 503: overloaded")),
        ("Error 503: overloaded\n" + "line\n" * 20, 1, AgentFailed(exit_code=1, detail="last")),
        ("fixed 500 tests in 429 files on port 401\n", 1, AgentFailed(exit_code=1, detail="last")),
        (
            "connect ECONNREFUSED 127.0.0.1\n",
            2,
            AgentTroubled(trouble=Trouble.NETWORK, detail="connect ECONNREFUSED 127.0.0.1"),
        ),
    ],
)
def test_an_agent_that_speaks_plain_text(output: str, exit_code: int, outcome: Outcome | None) -> None:
    followed = watch("plain")
    followed.feed(output.encode())
    assert followed.failure(exit_code, "last") == outcome


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("usage limit reached|1772600000", datetime.fromtimestamp(1772600000, UTC)),
        ("You've hit your limit · resets 3am", datetime(2026, 3, 4, 2, 0, tzinfo=UTC)),
        ("limit reached, resets at 10:30pm", datetime(2026, 3, 3, 21, 30, tzinfo=UTC)),
        ("You've hit your usage limit. Try again in 3 hours 5 minutes.", NOW + timedelta(hours=3, minutes=5)),
        ("Your quota will reset after 12h3m.", NOW + timedelta(hours=12, minutes=3)),
        ("quota exceeded, retry in 2 days", NOW + timedelta(days=2)),
        ("usage limit reached, resets at 2026-03-04T02:00:00Z", datetime(2026, 3, 4, 2, tzinfo=UTC)),
        ("usage limit reached, resets 2026-13-99T02:00:00Z", None),
        ("usage limit reached", None),
    ],
)
def test_the_end_of_a_usage_limit(text: str, until: datetime | None) -> None:
    found = agent_text.trouble(text, NOW, ZONE)
    assert found is not None
    assert (found.trouble, found.resets_at) == (Trouble.LIMIT, until)


def test_a_limit_that_ends_soon_is_a_matter_of_pace() -> None:
    found = agent_text.trouble("quota exceeded, please retry in 20s", NOW, ZONE)
    assert found is not None
    assert (found.trouble, found.resets_at) == (Trouble.RATE, None)


@pytest.mark.parametrize(
    "status", [(401, Trouble.LOGIN), (429, Trouble.RATE), (503, Trouble.MODEL), (402, Trouble.LIMIT)]
)
def test_the_status_tells_what_the_words_do_not(status: tuple[int, Trouble]) -> None:
    found = agent_text.trouble("it went wrong", NOW, ZONE, status[0])
    assert found is not None
    assert found.trouble is status[1]


def test_output_comes_in_any_pieces() -> None:
    data = (DATA / "claude-none.txt").read_bytes()
    whole, pieces = watch("claude"), watch("claude")
    whole.feed(data)
    for place in range(0, len(data), 7):
        pieces.feed(data[place : place + 7])
    assert (whole.usage, whole.closed, whole.action) == (pieces.usage, pieces.closed, pieces.action)
    assert isinstance(whole.closed, Closed)


def test_a_line_without_an_end_is_not_kept() -> None:
    followed = watch("claude")
    for _ in range(12):
        followed.feed(b"x" * 1_000_000)
    followed.feed(b"\n" + msgspec.json.encode(RESULT) + b"\n")
    assert followed.closed == Closed(ok=True, text="ok")
    assert sum(map(len, followed._pieces)) <= LONGEST_LINE


def test_other_tries_to_reach_the_model_are_no_progress() -> None:
    followed = watch("claude")
    retry = {"type": "system", "subtype": "api_retry", "attempt": 1, "error_status": 529, "error": "overloaded"}
    for _ in range(5):
        followed.feed(msgspec.json.encode(retry) + b"\n")
    assert followed.progress == 0
    followed.feed(b'{"type": "something_new"}\n')
    assert followed.progress == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
WORDS = sorted(
    {"type", "subtype", "message", "content", "usage", "item", "part", "state", "error", "data", "result", "stats"}
)
TYPES = sorted(
    {"system", "assistant", "result", "rate_limit_event", "thread.started", "item.started", "item.completed", "error"}
    | {"turn.failed", "turn.completed", "init", "message", "tool_use", "text", "step_finish", "step_start", "api_retry"}
)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(sorted(READERS)),
    kind=st.sampled_from(TYPES),
    event=st.dictionaries(st.sampled_from(WORDS), json_values, max_size=6),
    noise=st.binary(max_size=60),
)
def test_nothing_that_a_program_may_print_raises(name: str, kind: str, event: dict[str, Any], noise: bytes) -> None:
    followed = watch(name)
    followed.feed(msgspec.json.encode({**event, "type": kind}) + b"\n" + noise + b"\n")
    followed.feed(msgspec.json.encode({**event, "type": kind, "subtype": kind, "is_error": False}) + b"\n")
    followed.end()
    followed.failure(1, "last")
    assert followed.usage is None or followed.usage.tokens >= 0


@given(text=st.text(max_size=300), status=st.none() | st.integers(0, 10**6))
def test_any_words_may_be_classified(text: str, status: int | None) -> None:
    agent_text.trouble(text, NOW, ZONE, status)
    agent_text.resets_at(f"resets in {text}", NOW, ZONE)


def test_every_known_engine_has_a_reader() -> None:
    assert {kind.reader for kind in BY_NAME.values()} | {"plain"} == set(READERS)
    assert Spent(usage=Usage(tokens_in=1, tokens_out=2)).usage.tokens == 3
