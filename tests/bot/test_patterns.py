"""Routines as the process tends them: noted, written, learned, built ahead by the night, and there in the morning."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.tending import Tending
from bot.wiring import Installation
from core.model.ids import ChatId, ProjectName, UserId
from core.model.metrics import Sample
from core.model.notification import PatternDue
from core.model.pattern import Action
from core.model.task import Category, Running
from storage import open_store
from tests import factories
from tests.fakes import FakeExecutor, FakePrograms, SetClock


def at(hour: int, minute: int = 0, day: int = 4) -> datetime:
    """4 March 2026 is a Wednesday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def installation(home: Path, clock: SetClock) -> Iterator[Installation]:
    store = open_store(home, clock)
    made = Installation(factories.config(home), store, clock)
    own = vars(made)
    own["executor"], own["programs"] = FakeExecutor(home, clock), FakePrograms("agent")
    own["measure"] = lambda now: Sample(at=now, values={"disk": 40.0, "memory": 30.0})
    own["_inspect"] = lambda spec, result: []
    with store.transaction():
        store.projects.put("shop", factories.project())
    made.people.meet(UserId(7), ChatId(7), clock())
    yield made
    store.close()


def test_the_night_builds_what_the_morning_will_want(installation: Installation, clock: SetClock, home: Path) -> None:
    patterns, tending = installation.patterns, Tending(installation)
    for week in range(8, 0, -1):
        patterns.note("nba rankings", at(8, day=5) - timedelta(weeks=week), "person 7")
    clock.moment = at(22)
    tending.all(clock())
    action = Action(title="Rank them", project=ProjectName("shop"), category=Category.DOCUMENTATION)
    patterns.set_action("nba rankings", action, clock())
    patterns.enable("nba rankings", clock())

    for moment in (at(23), at(23, 5), at(23, 10)):
        clock.moment = moment
        tending.all(moment)

    (task,) = installation.store.tasks.all()
    assert isinstance(task.state, Running)
    log = (home / "logs" / "overnight_execution.log").read_text().splitlines()
    done = [json.loads(line).get("done") for line in log]
    assert ["task_1 “Rank them” is built ahead of the time at which it is usually asked for"] in done

    clock.moment = at(2, day=5)
    installation.executor.end(task.state.build)  # type: ignore[attr-defined]
    tending.all(clock())
    assert not _handed_over(installation)
    clock.moment = at(8, day=5)
    tending.all(clock())
    assert _handed_over(installation) == [task.id]


def test_a_working_day_does_not_build_what_is_far_off(installation: Installation, clock: SetClock) -> None:
    patterns, tending = installation.patterns, Tending(installation)
    for week in range(8, 0, -1):
        patterns.note("nba rankings", at(16) - timedelta(weeks=week), "person 7")
    clock.moment = at(8, 30)
    tending.all(clock())
    action = Action(title="Rank them", project=ProjectName("shop"), category=Category.DOCUMENTATION)
    patterns.set_action("nba rankings", action, clock())
    patterns.enable("nba rankings", clock())

    clock.moment = at(9)
    tending.all(clock())
    assert installation.store.sessions.all()
    assert installation.store.tasks.all() == []
    clock.moment = at(12)
    tending.all(clock())
    assert len(installation.store.tasks.all()) == 1


def _handed_over(installation: Installation) -> list[object]:
    subjects = [note.subject for note in installation.store.notifications.all()]
    return [subject.task for subject in subjects if isinstance(subject, PatternDue)]
