"""Whole nights with the timetable, as the bot and a session by hand lead them; the process may die at any commit."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.tending import Tending
from bot.wiring import Installation
from core.errors import Refused, StoreUnavailable
from core.model.ids import BuildId, ChatId, UserId
from core.model.metrics import Sample
from core.model.notification import MorningBrief, NightPlanned
from core.model.task import Completed, Running
from storage import JournalStore, open_store
from storage.disk import Disk
from storage.rows import Transaction
from tests import factories
from tests.fakes import FakeExecutor, FakePrograms, SetClock

LOGS = ("overnight_execution.log", "queue_actions.log", "subagent_spawns.jsonl", "decisions.jsonl")


def at(hour: int, minute: int = 0, *, day: int = 3) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


class Dead(BaseException):
    """The end of the process: nothing catches it."""


class Unsynced(Disk):
    """The process dies, not the machine: what was written is there."""

    def sync(self, step: str, fd: int) -> None:
        pass

    def sync_folder(self, step: str, folder: Path) -> None:
        pass


class Night:
    """A home with two tasks, whose builds take until 1:00 and 3:00; the processes that look after it come and go."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = SetClock(at(22, 30))
        self.executor = FakeExecutor(home, self.clock)
        self.store: JournalStore = open_store(home, self.clock, disk=Unsynced())
        self.machine = {"disk": 40.0, "memory": 30.0}
        self.commits = 0
        self.dies_at: tuple[int, bool] | None = None
        """The number of a commit, and whether it is made."""
        self.arrive()
        with self.store.transaction():
            self.store.projects.put("shop", factories.project())
        self.at.people.meet(UserId(7), ChatId(7), self.clock())
        for hours in (2.0, 3.0):
            self.at.queue.add_to_queue(factories.new_task(f"{hours:g} hours", hours=hours), self.clock())

    def arrive(self) -> None:
        """A process begins."""
        self.at = Installation(factories.config(self.home), self.store, self.clock)
        own = vars(self.at)
        own["executor"], own["programs"] = self.executor, FakePrograms("agent")
        own["measure"] = lambda now: Sample(at=now, values=dict(self.machine))
        own["_inspect"] = lambda spec, result: []
        self.tending = Tending(self.at)
        commit = self.store._replica.commit

        def counted(transaction: Transaction) -> None:
            self.commits += 1
            made = self.dies_at[1] if self.dies_at and self.dies_at[0] == self.commits else None
            if made is not False:
                commit(transaction)
            if made is not None:
                raise Dead

        vars(self.store._replica)["commit"] = counted

    def come_back(self) -> None:
        """The next process after the end of one."""
        with suppress(RuntimeError):
            self.store.close()
        self.store = open_store(self.home, self.clock, disk=Unsynced())
        self.arrive()

    def tend(self, moment: datetime) -> None:
        """Twice: as often as wanted must be the same as once. Who dies comes back at once."""
        for build, end in (("task_1-1", at(1, day=4)), ("task_2-1", at(3, day=4))):
            if moment == end:
                self.clock.moment = moment
                self.executor.end(BuildId(build))
        self.clock.moment = moment
        for _ in range(2):
            try:
                self.tending.all(moment)
            except Dead:
                self.come_back()
                self.tending.all(moment)

    def through(self) -> None:
        moments = [at(22, 44), at(22, 45), at(23), at(23, 5), at(23, 10), at(23, 40)]
        moments += [at(hour, minute, day=4) for hour, minute in ((1, 0), (3, 0), (6, 30), (7, 0), (7, 1), (9, 0))]
        for moment in moments:
            self.tend(moment)

    def report(self) -> Any:
        return json.loads((self.home / "logs" / "overnight_report_2026-03-04.json").read_text())

    def told(self, log: str) -> list[dict[str, Any]]:
        file = self.home / "logs" / log
        lines = file.read_text().splitlines() if file.exists() else []
        return [{key: value for key, value in json.loads(line).items() if key != "n"} for line in lines]

    def outcome(self) -> dict[str, Any]:
        """All that a night leaves behind, as somebody would look at it."""
        store = self.store
        return {
            "sessions": store.sessions.all(),
            "tasks": store.tasks.all(),
            "builds": [(build.id, build.started_at, build.state) for build in store.builds.all()],
            "news": sorted(note.key for note in store.notifications.all()),
            "timetable": store.timetable.all(),
            "marks": dict(store.marks.items()),
            "report": self.report(),
            "launched": self.executor.launched,
            **{log: self.told(log) for log in LOGS},
        }


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Callable[[], Night]]:
    made: list[Night] = []

    def make() -> Night:
        made.append(Night(tmp_path / f"home{len(made)}"))
        return made[-1]

    yield make
    for night in made:
        night.store.close()


def test_a_night_from_the_plan_to_the_brief(nights: Callable[[], Night]) -> None:
    night = nights()

    night.through()

    told = night.told("overnight_execution.log")
    done = [(line["action"], line["at"][11:16]) for line in told if line.get("session") == "overnight-2026-03-03"]
    checks = [("checked", moment) for moment in ("23:10", "23:40", "01:00", "03:00", "06:30")]
    assert done == [
        ("opened", "23:00"),
        ("scanned", "23:00"),
        ("prepared", "23:05"),
        ("planned", "23:10"),
        *checks,
        ("reported", "06:30"),
        ("closed", "07:00"),
    ]
    assert night.executor.launched == ["task_1-1", "task_2-1"]
    assert all(isinstance(task.state, Completed) for task in night.store.tasks.all())
    assert night.report()["hours_shipped"] == 5.0
    subjects = [note.subject for note in night.store.notifications.all()]
    assert [type(one) for one in subjects].count(NightPlanned) == 1
    (brief,) = [one for one in subjects if isinstance(one, MorningBrief)]
    assert (brief.day, brief.at) == ("2026-03-04", at(7, day=4))


@pytest.mark.parametrize("made", [False, True])
def test_the_process_may_die_at_any_commit_of_the_night(nights: Callable[[], Night], made: bool) -> None:
    whole = nights()
    begun = whole.commits
    whole.through()
    expected = whole.outcome()
    total = whole.commits - begun
    assert total > 30

    for number in range(1, total + 1):
        night = nights()
        night.dies_at = (night.commits + number, made)
        night.through()
        outcome = night.outcome()
        for part, value in expected.items():
            assert outcome[part] == value, f"{part} after the end of the process at commit {number}"
        night.store.close()


# -- without a bot ----------------------------------------------------------------------------------------------------


def test_one_part_that_fails_does_not_keep_the_others_from_being_done(nights: Callable[[], Night]) -> None:
    night = nights()
    night.executor.refusal = Refused("No more processes.")
    night.at.overnight.start(at(23, 30))
    night.clock.moment = at(23, 30)

    with pytest.raises(Refused):
        night.tending.all(at(23, 30))

    assert night.store.sessions.all()[0].planned_at == at(23, 30)
    assert night.told("overnight_execution.log") != []
    night.clock.moment = at(23, 31)
    night.tending.all(at(23, 31))
    assert [task.state.__struct_config__.tag for task in night.store.tasks.all()] == ["in progress"] * 2


def test_a_measurement_that_fails_does_not_keep_builds_from_being_collected(nights: Callable[[], Night]) -> None:
    night = nights()
    night.tend(at(23, 10))
    build = night.executor.launched[0]
    night.executor.end(build)

    def broken(now: datetime) -> Sample:
        raise StoreUnavailable("The disk can't be read.")

    vars(night.at)["measure"] = broken
    with pytest.raises(StoreUnavailable):
        night.tending.all(at(23, 20))

    assert isinstance(night.at.scheduler.find(night.store.builds.all()[0].task).task.state, Completed)


def test_a_full_machine_costs_the_least_valuable_build_and_the_night_goes_on(nights: Callable[[], Night]) -> None:
    night = nights()
    for moment in (at(23), at(23, 10)):
        night.tend(moment)
    night.machine["memory"] = 93.0

    night.tend(at(23, 20))
    night.tend(at(23, 21))
    night.machine["memory"] = 50.0
    night.tend(at(23, 30))

    assert sorted(night.executor.launched) == ["task_1-1", "task_2-1", "task_2-2"]
    assert all(isinstance(task.state, Running) for task in night.store.tasks.all())
