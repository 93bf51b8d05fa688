"""Problems: found once each, updated, resolved, told once; fixes recorded before they act, measured, taken back."""

import random
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from core import audit, metrics, windows
from core.errors import NotFound, Refused
from core.model.ids import RepairId
from core.model.metrics import Sample
from core.model.notification import ProblemFound
from core.model.problem import Fix, FixKind, Repair, RepairState, Severity
from core.problem_predictor import ProblemPredictor
from storage import open_store
from tests.core.conftest import Engines

LOGS = "/srv/logs"
HOUR = timedelta(hours=1)


class Machine:
    """Says what it is told to, and counts how often something is done."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {"disk": 50.0, "memory": 30.0, "swap": 0.0, "load": 0.5}
        self.devices: dict[str, int] = {"disk": 1}
        self.todo: list[Fix] = []
        self.broken = ""
        self.done: list[str] = []
        """Where things come back to."""

    def sample(self, now: object) -> Sample:
        return Sample(at=now, values=dict(self.values))  # type: ignore[arg-type]

    def disks(self) -> Mapping[str, int]:
        return self.devices

    def alone(self) -> AbstractContextManager[None]:
        return nullcontext()

    def plan(self, now: object) -> list[Fix]:
        return list(self.todo)

    def keep_at(self, repair: RepairId, fix: Fix) -> str:
        return f"/trash/{repair}"

    def act(self, fix: Fix, kept: str) -> "Machine.Done":
        if self.broken:
            raise Refused(self.broken)
        self.done.append(f"{fix.kind.value} {fix.path}")
        self.todo.remove(fix)
        self.values["disk"] -= 20
        return Machine.Done()

    def restore(self, repair: Repair) -> str:
        self.done.append(f"restore {repair.fix.path}")
        self.todo.append(repair.fix)
        return f"{repair.fix.root}/{repair.fix.path}"

    def purge(self, repair: Repair) -> None:
        self.done.append(f"purge {repair.fix.path}")

    class Done:
        freed = 12_000_000
        stamp = "as left"


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def predictor(engines: Engines, machine: Machine) -> ProblemPredictor:
    return ProblemPredictor(engines.store, engines.config, machine, machine, engines.audit.flush)


def history(engines: Engines, series: str, values: list[float]) -> None:
    """Hourly, until an hour ago."""
    for hours, value in enumerate(reversed(values), start=1):
        metrics.record(engines.store, Sample(at=engines.now - hours * HOUR, values={series: value}))


def told(engines: Engines) -> list[ProblemFound]:
    return [subject for subject in engines.subjects() if isinstance(subject, ProblemFound)]


def rotation(path: str = "app.log") -> Fix:
    return Fix(kind=FixKind.ROTATE, root=LOGS, path=path, frees=12_000_000)


def test_nothing_is_wrong(predictor: ProblemPredictor, engines: Engines) -> None:
    assert predictor.scan(engines.now) == []
    assert len(engines.store.metrics.all()) == 1


def test_a_disk_that_fills_is_foretold(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    history(engines, "disk", [60 + 0.1 * hour for hour in range(150)])
    machine.values["disk"] = 75.0

    (problem,) = predictor.scan(engines.now)

    assert (problem.series, problem.severity) == ("disk", Severity.MEDIUM)
    assert problem.evidence == "Disk: 75 %, limit 80 %"
    assert problem.prediction.startswith("80 % in 2 days")
    assert problem.outlook.week > 0.8
    assert told(engines) == []


def test_nothing_is_foretold_from_the_minutes_after_the_start(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    for minute in range(10):
        machine.values |= {"disk": 50.0 + 0.1 * minute, "memory": 30.0 + 0.5 * minute}
        found = predictor.scan(engines.now + timedelta(minutes=minute))

    assert found == []


def test_noise_of_the_first_hours_is_no_problem(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    chance = random.Random(1)
    found = []
    for sample in range(72):
        machine.values |= {"memory": chance.gauss(6, 1.5), "disk": 23.0 if sample < 2 else 23.5}
        found += predictor.scan(engines.now + timedelta(minutes=10 * sample))

    assert found == []


def test_a_disk_that_fills_within_hours_is_foretold_in_the_first_one(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    for sample in range(7):
        machine.values["disk"] = 60.0 + sample
        found = predictor.scan(engines.now + timedelta(minutes=10 * sample))

    assert [(problem.series, problem.severity) for problem in found] == [("disk", Severity.HIGH)]


def test_one_problem_per_cause_updated_and_resolved(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    machine.values |= {"disk": 85.0, "disk:/srv": 85.0}
    machine.devices["disk:/srv"] = 1
    first = predictor.scan(engines.now)
    machine.values["disk"] = 86.0
    second = predictor.scan(engines.now + HOUR)
    machine.values |= {"disk": 40.0, "disk:/srv": 40.0}
    third = predictor.scan(engines.now + 2 * HOUR)

    assert [each.id for each in first] == [each.id for each in second]
    assert [each.value for each in second] == [86.0]
    assert second[0].found_at == engines.now
    assert third == []
    (known,) = engines.store.problems.all()
    assert known.resolved_at == engines.now + 2 * HOUR


def test_a_critical_problem_is_told_once(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    machine.values["disk"] = 95.0
    for hours in range(3):
        (problem,) = predictor.scan(engines.now + hours * HOUR)

    assert problem.severity is Severity.CRITICAL
    assert told(engines) == [ProblemFound(problem=problem.id)]


def test_what_comes_back_within_a_day_is_not_told_again(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    for hours, value in enumerate([95.0, 50.0, 95.0, 50.0]):
        machine.values["disk"] = value
        predictor.scan(engines.now + hours * HOUR)
    assert len(told(engines)) == 1

    machine.values["disk"] = 95.0
    predictor.scan(engines.now + timedelta(days=3))
    assert len(told(engines)) == 2


def test_a_short_peak_of_memory_is_no_problem(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    rng = random.Random(1)
    history(engines, "memory", [40 + rng.gauss(0, 2) for _ in range(100)])
    for minutes in (20, 10):
        metrics.record(engines.store, Sample(at=engines.now - timedelta(minutes=minutes), values={"memory": 41.0}))
    machine.values["memory"] = 99.0

    assert predictor.scan(engines.now) == []


def test_load_is_a_problem_when_it_lasts(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    machine.values["load"] = 6.0
    found = [predictor.scan(engines.now + timedelta(minutes=10 * sample)) for sample in range(4)]

    assert [len(each) for each in found] == [0, 0, 0, 1]
    assert found[-1][0].series == "load"


def test_a_few_looks_in_a_minute_foretell_nothing_of_the_memory(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    for seconds in range(12):
        machine.values["memory"] = 5 + seconds / 10
        found = predictor.scan(engines.now + timedelta(seconds=seconds))

    assert found == []


def test_a_dry_run_touches_nothing(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    machine.todo = [rotation()]

    fixed = predictor.fix(engines.now, dry_run=True)

    assert fixed.fixes == [rotation()]
    assert (fixed.repairs, machine.done, engines.store.repairs.all()) == ((), [], [])


def test_a_fix_is_recorded_before_it_acts_and_verified_after(
    predictor: ProblemPredictor, machine: Machine, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.values["disk"] = 85.0
    machine.todo = [rotation()]
    seen: list[list[object]] = []
    act = machine.act

    def watched(fix: Fix, kept: str) -> Machine.Done:
        seen.append([line["action"] for line in engines.lines(audit.FIXES)])
        return act(fix, kept)

    monkeypatch.setattr(machine, "act", watched)
    (before,) = predictor.scan(engines.now)
    fixed = predictor.fix(engines.now)

    assert before.fix == "/fix can rotate 1 large log: about 12 MB"
    assert seen == [["found", "rotate"]]
    assert fixed.freed == 12_000_000
    assert fixed.before is not None
    assert fixed.after is not None
    assert (fixed.before["disk"], fixed.after["disk"]) == (85.0, 65.0)
    assert predictor.open_problems() == []
    engines.audit.flush()
    assert [line["action"] for line in engines.lines(audit.FIXES)] == ["found", "rotate", "done", "resolved"]


def test_a_fix_that_is_refused_says_why(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    machine.todo, machine.broken = [rotation()], "it is in use"

    (repair,) = predictor.fix(engines.now).repairs

    assert (repair.state, repair.detail, repair.kept) == (RepairState.FAILED, "it is in use", "")


def test_a_fix_is_taken_back_once(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    machine.todo = [rotation()]
    (repair,) = predictor.fix(engines.now).repairs

    restored, place = predictor.restore(repair.id, engines.now)

    assert (restored.state, place) == (RepairState.RESTORED, f"{LOGS}/app.log")
    with pytest.raises(Refused, match="restored already"):
        predictor.restore(repair.id, engines.now)
    with pytest.raises(NotFound):
        predictor.restore(RepairId("repair_99"), engines.now)
    assert machine.done == ["rotate app.log", "restore app.log"]


def test_one_file_that_stays_in_the_trash_holds_up_no_other(
    predictor: ProblemPredictor, machine: Machine, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.todo = [rotation(), rotation("b.log")]
    predictor.fix(engines.now)
    purge = machine.purge

    def picky(repair: Repair) -> None:
        if repair.fix.path == "app.log":
            raise Refused("It can't be deleted.")
        purge(repair)

    monkeypatch.setattr(machine, "purge", picky)

    assert predictor.purge(engines.now + timedelta(days=31)) == 1
    assert machine.done[-1] == "purge b.log"

    monkeypatch.undo()
    assert predictor.purge(engines.now + timedelta(days=32)) == 1
    assert machine.done[-1] == "purge app.log"


def test_limits_of_swap_and_load_are_the_owners(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    engines.config.swap_limit, engines.config.load_limit = 20.0, 1.5
    machine.values |= {"swap": 30.0, "load": 2.0}

    found = [predictor.scan(engines.now + timedelta(minutes=10 * sample)) for sample in range(4)]

    assert [problem.evidence for problem in found[-1]] == [
        "Swap: 30 %, limit 20 %",
        "Load: 2.0 per processor, limit 1.5 per processor",
    ]
    engines.config.swap_limit, engines.config.load_limit = 80.0, 4.0
    assert predictor.scan(engines.now + 2 * HOUR) == []


def test_two_processes_tell_of_one_problem_once(engines: Engines, machine: Machine, home: Path) -> None:
    """Also after a restart; the limit changes while it is open."""
    machine.values["disk"] = 95.0
    for hours in range(4):
        store = open_store(home, lambda: engines.now) if hours % 2 else engines.store
        predictor = ProblemPredictor(store, engines.config, machine, machine)
        (problem,) = predictor.scan(engines.now + hours * HOUR)
        engines.config.disk_limit = 70.0 + hours
        if hours % 2:
            store.close()

    assert problem.evidence == "Disk: 95 %, limit 72 %"
    assert [subject.problem for subject in told(engines)] == [problem.id]
    assert len(engines.store.problems.all()) == 1


def test_the_trash_is_emptied_after_thirty_days(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    machine.todo = [rotation()]
    (repair,) = predictor.fix(engines.now).repairs

    assert predictor.purge(engines.now + timedelta(days=29)) == 0
    assert predictor.purge(engines.now + timedelta(days=31)) == 1
    assert machine.done[-1] == "purge app.log"
    with pytest.raises(Refused):
        predictor.restore(repair.id, engines.now)


def test_before_a_night_it_says_what_it_found_and_did(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    machine.values["disk"] = 85.0
    machine.todo = [rotation(), rotation("b.log")]

    evening = predictor.prepare(engines.now)
    night = windows.next_named(windows.OVERNIGHT, engines.now, engines.config).start
    said = predictor.prepare(night + timedelta(minutes=5))

    assert evening == ["Disk: 85 %, limit 80 %. The limit is reached."]
    assert said == [
        "Disk: 85 %, limit 80 %. The limit is reached.",
        "Cleaned up: rotated 2 large logs; freed 24 MB.",
    ]


def test_a_night_leaves_alone_what_was_taken_back(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    machine.todo = [rotation(), rotation("b.log")]
    first, _ = predictor.fix(engines.now).repairs
    predictor.restore(first.id, engines.now)
    night = windows.next_named(windows.OVERNIGHT, engines.now, engines.config).start + timedelta(minutes=5)

    assert predictor.prepare(night) == []
    assert [fix.path for fix in predictor.fix(night, dry_run=True).fixes] == ["app.log"]  # whoever asks may


def test_problems_survive_a_restart(
    predictor: ProblemPredictor, machine: Machine, engines: Engines, home: Path
) -> None:
    machine.values["disk"] = 85.0
    (problem,) = predictor.scan(engines.now)
    engines.store.checkpoint()

    assert problem.id in (home / "data" / "problems.json").read_text()


# -- builds -----------------------------------------------------------------------------------------------------------


def filling(engines: Engines, machine: Machine) -> None:
    """The disk is at its limit in a few hours."""
    history(engines, "disk", [40 + 0.5 * hour for hour in range(75)])
    machine.values["disk"] = 77.5


def test_fewer_builds_run_when_the_disk_is_likely_to_fill_in_the_night(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    usual = engines.builds.look_around(engines.now)
    filling(engines, machine)
    (problem,) = predictor.scan(engines.now)

    around = engines.builds.look_around(engines.now)
    plan = engines.scheduler.schedule(engines.now)

    assert problem.outlook.night > 0.8
    assert (usual.tight, around.slots) == (None, usual.slots - 1)
    assert plan.tight == f"disk is likely to reach 80 % within the night ({problem.outlook.night:.2f})"


def test_one_build_may_always_run(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    engines.config.max_builds = 1
    filling(engines, machine)
    predictor.scan(engines.now)

    assert engines.builds.look_around(engines.now).slots == 1


def test_a_forecast_of_long_ago_holds_nothing_up(
    predictor: ProblemPredictor, machine: Machine, engines: Engines
) -> None:
    filling(engines, machine)
    predictor.scan(engines.now)

    assert engines.builds.look_around(engines.now + 2 * HOUR).tight is None


def test_a_month_is_no_reason_to_build_less(predictor: ProblemPredictor, machine: Machine, engines: Engines) -> None:
    history(engines, "disk", [60 + 0.02 * hour for hour in range(500)])
    machine.values["disk"] = 70.0
    (problem,) = predictor.scan(engines.now)

    assert problem.outlook.month > 0.9
    assert engines.builds.look_around(engines.now).tight is None
