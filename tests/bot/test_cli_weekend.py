"""`jarvis weekend-planner`: every verb of the client's document, as text, as JSON, twice, and refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import wiring
from core.model.task import DoneByHand, Split
from core.runtime.clock import utc_now
from storage import open_store
from tests import factories
from tests.bot.test_cli import Jarvis, jarvis, printed
from tests.fakes import SetClock

__all__ = ["jarvis"]

PLANNER = "weekend-planner"


@pytest.fixture(autouse=True)
def wednesday(clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.moment = datetime(2026, 11, 25, 12, tzinfo=UTC)
    monkeypatch.setattr(wiring, "utc_now", clock)


@pytest.fixture
def offered(home: Path, repository: Path) -> None:
    """Two projects: task_1 with a list of phases, and task_2."""
    store = open_store(home, utc_now)
    with store.transaction():
        store.projects.put("shop", factories.project(repository))
        listed = factories.task(1, title="Shop", hours=8.0, description="- Model (3h)\n- Pages (5h)")
        for task in (listed, factories.task(2, title="Blog", hours=10.0)):
            assert task.id == f"task_{store.number('task')}"
            store.tasks.put(task.id, task)
    store.close()


def refused(jarvis: Jarvis, *words: str) -> str:
    done = jarvis(PLANNER, *words)
    assert (done.code, done.out) == (1, "")
    return done.err.removeprefix("Error: ").strip()


def test_suggest(jarvis: Jarvis, offered: None) -> None:
    assert jarvis(PLANNER, "suggest").out.splitlines() == [
        "1. Shop (task_1, 8 h, score 0.38)",
        "   MEDIUM 3 × 1/8 h = 0.38",
        "   1. Model (3 h)",
        "   2. Pages (5 h)",
        "2. Blog (task_2, 10 h, score 0.30)",
        "   MEDIUM 3 × 1/10 h = 0.30",
        "   1. Outline (1.5 h)",
        "   2. Draft (5.5 h)",
        "   3. Examples and review (3 h)",
    ]
    first = printed(jarvis(PLANNER, "suggest", "--json"))[0]
    assert (first["task"], first["votes"], first["phases"][1]) == (
        "task_1",
        0,
        {"title": "Pages", "hours": 5.0, "task": None},
    )


def test_without_anything(jarvis: Jarvis) -> None:
    assert jarvis(PLANNER, "suggest").out == "No open project takes 8 to 12 h, so there is nothing to choose from.\n"
    assert printed(jarvis(PLANNER, "suggest", "--json")) == []
    for verb in ("progress", "summary"):
        assert jarvis(PLANNER, verb).out.startswith("No project is chosen.")
        assert printed(jarvis(PLANNER, verb, "--json")) is None
    assert refused(jarvis, "start").startswith("No project is chosen.")
    assert refused(jarvis, "complete", "1").startswith("There is no project of a weekend.")
    assert refused(jarvis, "vote", "1").startswith("No open project takes 8 to 12 h")
    assert refused(jarvis, "select", "1").startswith("There is no task_1.")
    assert refused(jarvis, "select", "soon").startswith("“soon” is no task.")
    assert jarvis(PLANNER, "select").code == 2


def test_vote_and_change_it(jarvis: Jarvis, offered: None) -> None:
    jarvis(PLANNER, "vote", "task_1")

    assert jarvis(PLANNER, "vote", "2").out.splitlines() == [
        "task    votes  title",
        "task_1  0      Shop",
        "task_2  1      Blog",
        "The vote ends Sat 2026-11-28 08:00.",
    ]
    assert "task_2, 10 h, score 0.30, votes: 1" in jarvis(PLANNER, "suggest").out
    votes = printed(jarvis(PLANNER, "vote", "2", "--json"))["votes"]
    assert [vote["task"] for vote in votes] == ["task_2"]
    assert refused(jarvis, "vote", "9").startswith("task_9 is no option of this weekend.")


def test_a_weekend_from_choice_to_summary(jarvis: Jarvis, offered: None, home: Path, clock: SetClock) -> None:
    assert jarvis(PLANNER, "select", "task_1").out.splitlines() == [
        "Shop is the project of the weekend from Sat 2026-11-28 09:00 on:",
        "1. Model (3 h, task_3)",
        "2. Pages (5 h, task_4)",
    ]
    assert printed(jarvis(PLANNER, "select", "task_1", "--json"))["state"]["state"] == "chosen"
    assert (
        refused(jarvis, "select", "2")
        == "This weekend is for “Shop”. “jarvis weekend-planner progress” shows how far it is."
    )
    missing = "task_3 can't be built yet: no agent is installed; “jarvis agents list” tells how to get one.\n"
    assert jarvis(PLANNER, "start").out == f"Its phases start as soon as there is room.\n{missing}"
    assert jarvis(PLANNER, "start").out == f"It was started already.\n{missing}"
    assert printed(jarvis(PLANNER, "start", "--json"))["started_at"] == "2026-11-25T12:00:00Z"

    assert jarvis(PLANNER, "complete", "model").out == "Done by hand: Shop: Model (task_3)\n"
    assert refused(jarvis, "complete", "model") == "task_3 is done by hand already."
    assert refused(jarvis, "complete", "cellar").startswith("“cellar” is no phase of “Shop”.")
    assert jarvis(PLANNER, "progress").out.splitlines() == [
        "Shop (task_1), 38% of 8 h",
        "phase  task    state         hours  actual  title",
        "1      task_3  done by hand  3      -       Model",
        "2      task_4  queued        5      -       Pages",
    ]
    assert printed(jarvis(PLANNER, "progress", "--json"))["share"] == 0.375
    assert printed(jarvis(PLANNER, "summary", "--json"))["summarised_at"] is None

    clock.moment = datetime(2026, 11, 29, 20, tzinfo=UTC)
    assert jarvis(PLANNER, "summary").out.splitlines()[-3:] == [
        "Shipped: 0 of 2 phases.",
        "Done by hand: Model.",
        "Left: Pages (5 h).",
    ]
    assert printed(jarvis("weekend_planner", "summary", "--json"))["summarised_at"] == "2026-11-29T20:00:00Z"
    store = open_store(home, utc_now)
    whole, first = store.tasks.get("task_1"), store.tasks.get("task_3")
    store.close()
    assert whole is not None
    assert isinstance(whole.state, Split)
    assert first is not None
    assert isinstance(first.state, DoneByHand)


def test_json_of_the_other_verbs(jarvis: Jarvis, offered: None) -> None:
    jarvis(PLANNER, "select", "1")

    assert printed(jarvis(PLANNER, "complete", "2", "--json"))["state"]["state"] == "done by hand"
    listed = jarvis("build-scheduler", "list", "--all").out
    assert "split" in listed
    assert "done by hand" in listed
    assert "split" in jarvis("build-scheduler", "stats").out


def test_the_data_file_has_the_name_of_the_document(jarvis: Jarvis, offered: None, home: Path) -> None:
    jarvis(PLANNER, "select", "1")
    store = open_store(home, utc_now)
    store.checkpoint()
    store.close()

    assert (home / "data" / "weekend_plan.json").is_file()
    assert '"2026-11-28"' in (home / "data" / "weekend_plan.json").read_text()
