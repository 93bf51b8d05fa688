"""`jarvis pattern-learner`: every verb of the client's document, as text, as JSON, across processes, and refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import wiring
from core.runtime.clock import utc_now
from storage import open_store
from tests import factories
from tests.bot.test_cli import Jarvis, jarvis, printed
from tests.fakes import SetClock

__all__ = ["jarvis"]

LEARNER = "pattern-learner"
THURSDAY = datetime(2026, 3, 5, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def thursday(clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.moment = THURSDAY
    monkeypatch.setattr(wiring, "utc_now", clock)


@pytest.fixture
def shop(home: Path, repository: Path) -> None:
    store = open_store(home, utc_now)
    with store.transaction():
        store.projects.put("shop", factories.project(repository))
    store.close()


@pytest.fixture
def routine(jarvis: Jarvis, clock: SetClock) -> None:
    """Eight Thursdays at six, each logged by a process of its own."""
    for back in range(8, 0, -1):
        clock.moment = THURSDAY + timedelta(hours=3) - timedelta(weeks=back)
        assert jarvis(LEARNER, "log", "nba_rankings", '{"source": "manual"}').code == 0
    clock.moment = THURSDAY


def refused(jarvis: Jarvis, *words: str) -> str:
    done = jarvis(LEARNER, *words)
    assert (done.code, done.out) == (1, "")
    return done.err.removeprefix("Error: ").strip()


def test_what_is_added_on_the_command_line_is_a_request_like_one_in_the_chat(
    jarvis: Jarvis, shop: None, home: Path, clock: SetClock
) -> None:
    for back in range(6, 0, -1):
        clock.moment = THURSDAY + timedelta(hours=3) - timedelta(weeks=back)
        title = f"Update the NBA rankings for {back} March"
        assert jarvis("autonomous-queue", "add", title, "", "2", "Documentation", "--project", "shop").code == 0
    clock.moment = THURSDAY

    (pattern,) = printed(jarvis(LEARNER, "list", "--json"))

    assert (pattern["type"], pattern["expected"][0]["at"]) == ("update nba rankings", "2026-03-05T18:00:00Z")
    store = open_store(home, utc_now)
    known = store.moments.get("update nba rankings")
    store.close()
    assert known is not None
    assert (known.example, known.sources) == (
        "Update the NBA rankings 2h #documentation @shop",
        {"command line": 6},
    )


def test_log(jarvis: Jarvis) -> None:
    assert jarvis(LEARNER, "log", "nba_rankings", '{"source": "manual"}').out == "Recorded nba_rankings; so far: 1.\n"
    assert jarvis("pattern_learner", "log", "NBA_rankings").out == "Recorded nba_rankings; so far: 2.\n"
    assert printed(jarvis(LEARNER, "log", "nba_rankings", '{"at": "2026-03-04T18:00"}', "--json")) == {
        "type": "nba_rankings",
        "at": "2026-03-04T18:00:00Z",
        "source": "command line",
        "times": 3,
    }


def test_log_refuses_what_it_can_not_take(jarvis: Jarvis) -> None:
    for bad in ("{", "[1]", '{"color": "red"}', '{"source": 1}'):
        assert refused(jarvis, "log", "nba", bad).startswith("That is not what may be said about a request (")
    assert refused(jarvis, "log", "nba", '{"at": "soon"}') == "“soon” is no time. Write it like 2026-03-05T18:00."
    assert refused(jarvis, "log", "nba", '{"at": "2026-03-06T18:00"}') == (
        "What was asked for can't lie in the future."
    )
    assert refused(jarvis, "log", " ").startswith("Name the type")
    assert jarvis(LEARNER, "log").code == 2


def test_without_anything(jarvis: Jarvis) -> None:
    assert jarvis(LEARNER, "list").out.startswith("No routine was found yet")
    assert jarvis(LEARNER, "predict").out == "Nothing is expected in the next seven days.\n"
    assert jarvis(LEARNER, "suggest").out == "Nothing is expected in 2 to 4 hours.\n"
    for verb in ("list", "predict", "suggest"):
        assert printed(jarvis(LEARNER, verb, "--json")) == []
    for words in (("enable", "pattern_1"), ("disable", "pattern_1"), ("feedback", "pattern_1", "useful")):
        assert refused(jarvis, *words) == "There is no pattern “pattern_1”. “jarvis pattern-learner list” lists them."


def test_predict_suggest_and_list(jarvis: Jarvis, routine: None) -> None:
    assert jarvis(LEARNER, "predict").out.splitlines() == [
        "expected              confidence  band  type",
        "Thu 2026-03-05 18:00  0.96        high  nba_rankings",
    ]
    (one,) = printed(jarvis(LEARNER, "predict", "--json"))
    assert one == {
        "pattern": "pattern_1",
        "type": "nba_rankings",
        "at": "2026-03-05T18:00:00Z",
        "confidence": 0.96,
        "band": "high",
    }
    assert (
        jarvis(LEARNER, "suggest").out.splitlines()[1] == "pattern_1  18:00     0.96        nba_rankings  no action yet"
    )
    assert jarvis(LEARNER, "list").out.splitlines()[1] == (
        "pattern_1  nba_rankings  8      0.96 high   Thu 2026-03-05 18:00  disabled  -"
    )
    assert printed(jarvis(LEARNER, "list", "--json"))[0]["times"] == 8


def test_enable_with_an_action_and_disable(jarvis: Jarvis, routine: None, shop: None) -> None:
    assert jarvis(LEARNER, "enable", "pattern_1").out.splitlines() == [
        "pattern_1 (nba_rankings) is enabled.",
        "Say what to build: jarvis pattern-learner action pattern_1 'Update the rankings 1h @shop'",
    ]
    assert jarvis(LEARNER, "action", "nba_rankings", "Rank them 2h @shop").out == (
        "pattern_1 (nba_rankings) builds “Rank them”.\n"
    )
    (one,) = printed(jarvis(LEARNER, "suggest", "--json"))
    assert (one["by_itself"], one["action"]["title"], one["action"]["project"], one["task"]) == (
        True,
        "Rank them",
        "shop",
        None,
    )
    assert jarvis(LEARNER, "suggest").out.splitlines()[1].endswith("Rank them, by itself")
    assert "no project “gone”" in refused(jarvis, "action", "pattern_1", "Rank them @gone")
    assert refused(jarvis, "feedback", "pattern_1", "useful") == "Nothing was handed over for it yet."
    assert jarvis(LEARNER, "feedback", "pattern_1", "good").code == 2
    assert printed(jarvis(LEARNER, "disable", "pattern_1", "--json"))["enabled"] is False


def test_feedback_on_what_another_process_has_handed_over(
    jarvis: Jarvis, routine: None, home: Path, clock: SetClock
) -> None:
    jarvis(LEARNER, "enable", "nba_rankings")
    store = open_store(home, clock)
    clock.moment = THURSDAY + timedelta(hours=3)
    patterns = wiring.Installation(factories.config(home), store, clock).patterns
    assert len(patterns.hand_over(clock())) == 1
    store.close()

    assert jarvis(LEARNER, "feedback", "pattern_1", "useless").out == (
        "pattern_1 (nba_rankings) was useful 0 times, not 1 times.\n"
    )
    assert printed(jarvis(LEARNER, "feedback", "pattern_1", "useful", "--json"))["useful"] == 1
