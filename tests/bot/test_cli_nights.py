"""`jarvis context-scheduler`, `jarvis overnight-runner` and `jarvis settings`: every verb, as text and as JSON."""

import json
import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
import time_machine

from bot.cli import overnight_runner
from core.errors import Refused
from core.model.build import Ended
from core.model.session import Session
from core.model.task import Completed
from core.runtime.by_hand import bot_is_there, lead_session
from core.runtime.clock import utc_now
from core.runtime.instance import hold_instance
from storage import open_store
from tests.bot.test_cli import ADD, Jarvis, jarvis, printed, spawn

__all__ = ["jarvis"]

NIGHT, DAY = datetime(2026, 3, 3, 23, 30, tzinfo=UTC), datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
SCHEDULER, RUNNER = "context-scheduler", "overnight-runner"
Travel = Callable[[datetime], None]


@pytest.fixture
def travel() -> Iterator[Travel]:
    """Sets the time; it goes on from there."""
    travellers: list[time_machine.travel] = []

    def to(moment: datetime) -> None:
        back()
        travellers.append(time_machine.travel(moment, tick=True))
        travellers[-1].start()

    def back() -> None:
        for one in travellers:
            one.stop()
        travellers.clear()

    yield to
    back()


@pytest.fixture(autouse=True)
def logging_of_the_tests() -> Iterator[None]:
    """Who leads a session sets up logging for its process."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def sessions(home: Path) -> list[Session]:
    store = open_store(home, utc_now)
    found = store.sessions.all()
    store.close()
    return found


# -- context-scheduler ------------------------------------------------------------------------------------------------


def test_detect_by_the_schedule(jarvis: Jarvis, travel: Travel) -> None:
    travel(NIGHT)
    assert jarvis(SCHEDULER, "detect").out == "SLEEPING: by your weekly schedule, until Wed 06:00\n"
    travel(DAY)
    read = printed(jarvis(SCHEDULER, "detect", "--json"))
    assert (read["context"], read["evidence"], read["until"]) == (
        "WORK",
        "your weekly schedule",
        "2026-03-03T17:00:00Z",
    )


def test_upcoming_is_twelve_hours(jarvis: Jarvis, travel: Travel) -> None:
    travel(DAY)

    rows = jarvis(SCHEDULER, "upcoming").out.splitlines()

    assert rows[0].split() == ["from", "to", "context"]
    assert [row.split()[-1] for row in rows[1:]] == ["WORK", "GYM", "UNKNOWN", "AVAILABLE", "SLEEPING"]
    told = printed(jarvis(SCHEDULER, "upcoming", "--json"))
    assert [one["context"] for one in told] == [row.split()[-1] for row in rows[1:]]
    assert [one["end"] for one in told[:-1]] == [one["start"] for one in told[1:]]


def test_set_and_take_back(jarvis: Jarvis, travel: Travel) -> None:
    travel(DAY)

    assert jarvis(SCHEDULER, "set", "sleeping").out == "SLEEPING: you said so, until Tue 17:00\n"
    assert jarvis(SCHEDULER, "set", "GYM", "2h").out == "GYM: you said so, until Tue 14:00\n"
    assert jarvis(SCHEDULER, "set", "gym", "until", "18:30").out == "GYM: you said so, until Tue 18:30\n"
    assert jarvis(SCHEDULER, "detect").out == "GYM: you said so, until Tue 18:30\n"
    assert printed(jarvis(SCHEDULER, "set", "work", "7:00", "--json"))["until"] == "2026-03-04T07:00:00Z"
    assert jarvis(SCHEDULER, "set", "auto").out == "WORK: by your weekly schedule, until Tue 17:00\n"


def test_summary(jarvis: Jarvis, travel: Travel) -> None:
    travel(DAY)
    jarvis(SCHEDULER, "set", "gym", "2h")

    lines = jarvis(SCHEDULER, "summary").out.splitlines()

    assert lines[:3] == [
        "GYM: you said so, until Tue 14:00",
        "builds at once: 2",
        "intensity: medium, fitness and health tools first",
    ]
    told = printed(jarvis(SCHEDULER, "summary", "--json"))
    assert set(told) == {"context", "slots", "upcoming", "places", "position"}
    assert (told["context"]["context"], told["slots"], told["position"]) == ("GYM", 2, None)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("set", "dancing"), 2, "choose one of gym, work, sleeping, available, unknown or auto"),
        (("set",), 2, "Missing argument"),
        (("set", "gym", "tomorrow"), 1, "no time of the day"),
        (("set", "gym", "0h"), 1, "That time is over"),
        (("set", "gym", "99999999999h"), 1, "too long"),
        (("set", "gym", "30", "days"), 1, "two weeks at most"),
        (("detect", "now"), 2, "unexpected extra argument"),
    ],
)
def test_what_cannot_be_set(jarvis: Jarvis, words: tuple[str, ...], code: int, said: str) -> None:
    before = printed(jarvis(SCHEDULER, "detect", "--json"))["evidence"]

    done = jarvis(SCHEDULER, *words)

    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert printed(jarvis(SCHEDULER, "detect", "--json"))["evidence"] == before


# -- settings ---------------------------------------------------------------------------------------------------------


def test_settings_are_listed_changed_and_taken_back(jarvis: Jarvis) -> None:
    rows = jarvis("settings").out.splitlines()
    assert rows[0].split() == ["setting", "value", "what"]
    assert any(row.startswith("BRIEF_AT") and "07:00" in row for row in rows)

    assert "07:30" in jarvis("settings", "brief", "7:30").out
    assert printed(jarvis("settings", "brief", "--json")) == [{"name": "BRIEF_AT", "value": "07:30", "changed": True}]
    assert [one["name"] for one in printed(jarvis("settings", "--json")) if one["changed"]] == ["BRIEF_AT"]
    assert "changed" not in jarvis("settings", "brief", "reset").out
    assert printed(jarvis("settings", "brief", "--json"))[0]["value"] == "07:00"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("colour", "red"), 1, "no setting “colour”"),
        (("weekend", "10:00"), 1, "can be several"),
        (("brief", "noon"), 1, "no time of the day"),
        (("brief", ""), 1, "no time of the day"),
        (("MAX_BUILDS", "0"), 1, "from 1 to 50"),
        (("brief", "7:30", "8:30"), 2, "unexpected extra argument"),
    ],
)
def test_bad_settings_change_nothing(jarvis: Jarvis, words: tuple[str, ...], code: int, said: str) -> None:
    done = jarvis("settings", *words)

    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert not any(one["changed"] for one in printed(jarvis("settings", "--json")))


# -- overnight-runner -------------------------------------------------------------------------------------------------


def test_is_overnight_by_exit_code(jarvis: Jarvis, travel: Travel) -> None:
    travel(NIGHT)
    done = jarvis(RUNNER, "is-overnight")
    assert (done.code, done.out) == (0, "Yes, until 07:00.\n")
    assert printed(jarvis(RUNNER, "is-overnight", "--json")) == {"overnight": True, "until": "2026-03-04T07:00:00Z"}

    travel(DAY)
    done = jarvis(RUNNER, "is-overnight")
    assert (done.code, done.out) == (1, "No.\n")
    assert json.loads(jarvis(RUNNER, "is-overnight", "--json").out) == {"overnight": False, "until": None}


def test_without_a_session(jarvis: Jarvis, travel: Travel) -> None:
    travel(DAY)
    assert jarvis(RUNNER, "status").out == "🌙 No session runs now.\n"
    assert jarvis(RUNNER, "status", "--json").out.strip() == "null"
    for verb, said in (("stop", "nothing to stop"), ("report", "There was no session yet. `start` begins one.")):
        done = jarvis(RUNNER, verb)
        assert (done.code, done.out) == (1, "")
        assert said in done.err


def test_begun_for_somebody_else_to_lead(jarvis: Jarvis, travel: Travel) -> None:
    travel(NIGHT)

    done = jarvis(RUNNER, "start", "--no-wait")

    assert done.out == "Started overnight-2026-03-03, until Wed 07:00; nobody leads it.\n"
    assert jarvis(RUNNER, "status").out.startswith("🌙 overnight · until Wed 07:00\n23:30 checked\n")
    assert printed(jarvis(RUNNER, "status", "--json"))["planned_at"].startswith("2026-03-03T23:30:")
    again = jarvis(RUNNER, "start", "--no-wait")
    assert (again.code, again.out) == (1, "")
    assert "runs already" in again.err

    made = printed(jarvis(RUNNER, "report", "--json"))
    assert (made["day"], made["session"], made["builds"]) == ("2026-03-04", "overnight-2026-03-03", [])
    assert "Nothing was built." in jarvis(RUNNER, "report").out
    assert jarvis(RUNNER, "stop").out == "Nothing more starts before Wed 07:00. Running builds go on.\n"
    assert "stopped" in jarvis(RUNNER, "status").out
    assert printed(jarvis(RUNNER, "start", "--no-wait", "--json"))["stopped_at"] is None


def test_while_the_bot_runs_it_leads_the_session(jarvis: Jarvis, home: Path, travel: Travel) -> None:
    travel(DAY)
    with hold_instance(home):
        assert bot_is_there(home)
        done = jarvis(RUNNER, "start")

    assert done.out == "Started by-hand-2026-03-03-1200, until Tue 20:00; the bot leads it.\n"
    assert not bot_is_there(home)


def test_two_commands_do_not_lead_at_once(jarvis: Jarvis, home: Path, travel: Travel) -> None:
    travel(DAY)
    with lead_session(home):
        done = jarvis(RUNNER, "start")

    assert done.code == 0
    assert done.out == "Started by-hand-2026-03-03-1200, until Tue 20:00; another command leads it.\n"
    with lead_session(home), pytest.raises(Refused, match="Another command leads"), lead_session(home):
        pass


def test_a_session_is_led_to_its_end(jarvis: Jarvis, home: Path, travel: Travel) -> None:
    jarvis("settings", "night", "23:00-23:31")
    travel(datetime(2026, 3, 3, 23, 30, 58, tzinfo=UTC))

    done = jarvis(RUNNER, "start")

    assert done.code == 0
    assert done.out.splitlines() == [
        "Started overnight-2026-03-03, until Tue 23:31; Ctrl+C ends it.",
        "The session is over. What it did: jarvis overnight-runner report",
    ]
    (session,) = sessions(home)
    assert session.closed_at is not None
    written = json.loads((home / "logs" / "overnight_report_2026-03-03.json").read_text())
    assert (written["session"], written["stopped"]) == ("overnight-2026-03-03", False)
    actions = [json.loads(line)["action"] for line in (home / "logs" / "overnight_execution.log").open()]
    assert [action for action in actions if action in ("started", "reported", "closed")] == [
        "started",
        "reported",
        "closed",
    ]


def test_when_a_bot_comes_it_goes_on(
    jarvis: Jarvis, home: Path, travel: Travel, monkeypatch: pytest.MonkeyPatch
) -> None:
    travel(DAY)
    bot = hold_instance(home)
    monkeypatch.setattr(overnight_runner, "_wait", lambda now, end: bot.__enter__())

    done = jarvis(RUNNER, "start")
    bot.__exit__(None, None, None)

    assert (done.code, done.err) == (0, "The bot is here and goes on.\n")
    assert sessions(home)[0].closed_at is None


def test_a_real_night_without_a_bot_that_another_process_stops(
    jarvis: Jarvis, home: Path, tmp_path: Path, repository: Path
) -> None:
    jarvis("projects", "add", str(repository))
    jarvis(*ADD, "Write b", "", "0.1", "docs", "--run", "echo two > b.txt")
    leader = spawn(home, tmp_path, RUNNER, "start")
    assert leader.stdout is not None
    assert leader.stdout.readline().startswith("Started ")

    store = open_store(home, utc_now)
    task = store.tasks.get("task_1")
    deadline = time.monotonic() + 30
    while not isinstance(task.state if task else None, Completed) and time.monotonic() < deadline:
        time.sleep(0.1)
        task = store.tasks.get("task_1")
    assert task is not None
    assert isinstance(task.state, Completed)
    assert isinstance(store.builds.all()[0].state, Ended)
    store.close()

    assert jarvis(RUNNER, "stop").code == 0
    out, err = _rest(leader)
    assert leader.returncode == 0
    assert [line.split("]")[1].split("[")[0].strip() for line in err.splitlines()] == ["build started", "build ended"]
    assert out == "The session is over. What it did: jarvis overnight-runner report\n"
    assert "📦 task_1 Write b" in jarvis(RUNNER, "report").out


def _rest(process: "subprocess.Popen[str]") -> tuple[str, str]:
    return process.communicate(timeout=30)
