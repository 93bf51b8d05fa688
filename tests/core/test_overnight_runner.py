"""Sessions of autonomous work: a night from 23:00 to 7:00, days and trainings, by hand, late, stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import Conflict
from core.model.build import AgentFailed, Proven, Stopped
from core.model.metrics import Sample
from core.model.session import Session, SessionKind
from core.model.task import Running
from core.overnight_runner import OvernightRunner
from tests.core.conftest import OWNER, Engines

DAY = datetime(2026, 3, 3, tzinfo=UTC)
"""A Tuesday."""
NIGHT = "overnight-2026-03-03"
LOG = "overnight_execution.log"


def at(hour: int, minute: int = 0, *, day: int = 3) -> datetime:
    return DAY.replace(day=day, hour=hour, minute=minute)


def opened(engines: Engines, kind: SessionKind, due: datetime, now: datetime | None = None) -> Session | None:
    """As the timetable does it."""
    engines.clock.moment = now or due
    with engines.store.transaction():
        return engines.overnight.open(kind, due, engines.now)


def step(engines: Engines, moment: datetime) -> Session:
    """Do what is due at that time; the session of the night by then."""
    engines.clock.moment = moment
    engines.overnight.step(moment)
    return known(engines)


def known(engines: Engines, name: str = NIGHT) -> Session:
    found = {session.id: session for session in engines.store.sessions.all()}
    return found[name]  # type: ignore[index]


def lines(engines: Engines) -> list[tuple[str, str]]:
    """What was done in sessions, with the times."""
    told = (line for line in engines.lines(LOG) if "session" in line)
    return [(f"{datetime.fromisoformat(line['at']):%H:%M}", line["action"]) for line in told]


def report(engines: Engines, name: str = "2026-03-04") -> dict[str, Any]:
    return engines.records.reports[f"overnight_report_{name}.json"]


# -- the phases -------------------------------------------------------------------------------------------------------


def test_a_whole_night(engines: Engines) -> None:
    task, other = engines.add("Long", hours=4.0), engines.add("Longer", hours=5.0)
    engines.machine["load"] = 0.5

    opened(engines, SessionKind.OVERNIGHT, at(23))
    moments = [at(23, minute) for minute in range(1, 60)]
    moments += [at(hour, minute, day=4) for hour in range(8) for minute in range(60)]
    for moment in moments:
        step(engines, moment)
        if moment >= at(23, 10):
            engines.queue.schedule_builds(moment)
        if moment == at(3, 15, day=4):
            engines.executor.end(f"{task.id}-1")  # type: ignore[arg-type]
            engines.queue.collect(moment)

    done = lines(engines)
    assert done[:5] == [
        ("23:00", "opened"),
        ("23:01", "scanned"),
        ("23:05", "prepared"),
        ("23:10", "planned"),
        ("23:10", "checked"),
    ]
    checks = [moment for moment, action in done if action == "checked"]
    assert checks == [f"{(at(23, 10) + timedelta(minutes=30 * n)):%H:%M}" for n in range(16)]
    assert [entry for entry in done[5:] if entry[1] != "checked"] == [("06:30", "reported"), ("07:00", "closed")]

    session = known(engines)
    assert (session.checks, session.closed_at) == (16, at(7, day=4))
    made = report(engines)
    assert (made["day"], made["completed"], made["running"], made["failed"]) == ("2026-03-04", 1, 1, 0)
    assert [line["task"] for line in made["builds"]] == [task.id, other.id]
    assert made["hours_shipped"] == 4.0
    assert made["written_at"] == "2026-03-04T06:30:00Z"
    assert engines.store.metrics.all()[0].values == {"disk": 40.0, "memory": 30.0, "load": 0.5}


def test_each_check_tells_what_has_ended_since_the_one_before(engines: Engines) -> None:
    good, bad = engines.add("Good"), engines.add("Bad")
    opened(engines, SessionKind.OVERNIGHT, at(23))
    step(engines, at(23, 10))
    engines.clock.moment = at(23, 20)
    engines.finish(good)
    engines.finish(bad, AgentFailed(exit_code=1, detail="no"))
    long = engines.add("Long", hours=3.0)
    build = engines.start(long)

    step(engines, at(23, 40))
    step(engines, at(0, 10, day=4))

    first, second = [line for line in engines.lines(LOG) if line["action"] == "checked"][1:]
    assert (first["completed"], first["failed"], first["running"]) == ([good.id], [bad.id], [build.id])
    assert (second["completed"], second["failed"], second["running"]) == ([], [], [build.id])
    assert second["machine"] == {"disk": 40.0, "memory": 30.0}


def test_doing_it_again_changes_nothing(engines: Engines) -> None:
    engines.add()
    for _ in range(2):
        opened(engines, SessionKind.OVERNIGHT, at(23))
    for moment in (at(23, 12), at(6, 31, day=4)):
        before = step(engines, moment)
        for _ in range(3):
            assert step(engines, moment + timedelta(seconds=15)) == before

    assert len(engines.store.sessions.all()) == 1
    assert [action for _, action in lines(engines)].count("reported") == 1


def test_once_it_is_closed_it_stays_so(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    closed = step(engines, at(7, day=4))

    assert step(engines, at(9, day=4)) == closed
    assert engines.overnight.current(at(9, day=4)) is None


def test_what_could_not_be_done_in_time_is_made_up_for_at_the_end(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))

    session = step(engines, at(12, day=4))  # the machine slept through the night

    assert session.scanned_at is None
    assert session.reported_at == session.closed_at == at(12, day=4)
    assert report(engines)["builds"] == []


def test_in_the_middle_of_the_night_nothing_is_waited_for(engines: Engines) -> None:
    session = opened(engines, SessionKind.OVERNIGHT, at(23), at(2, day=4))
    assert session is not None
    assert session.start == at(23)

    session = step(engines, at(2, day=4))

    assert session.planned_at == session.checked_at == at(2, day=4)
    step(engines, at(6, 30, day=4))
    assert report(engines)["opened_late_minutes"] == 180.0


@pytest.mark.parametrize(
    ("kind", "due", "last"),
    [
        (SessionKind.OVERNIGHT, at(23), at(6, day=4)),
        (SessionKind.WORK, at(9), at(16)),
        (SessionKind.GYM, at(6), at(7, 15)),
        (SessionKind.GYM, at(17), at(18, 15)),
    ],
)
def test_a_session_opens_late_while_enough_of_it_is_left(
    engines: Engines, kind: SessionKind, due: datetime, last: datetime
) -> None:
    assert opened(engines, kind, due, last + timedelta(seconds=1)) is None
    assert engines.store.sessions.all() == []
    assert engines.lines(LOG) == []

    assert opened(engines, kind, due, last) is not None


def test_a_short_night_can_be_late_as_well(engines: Engines) -> None:
    engines.preferences.set("SLEEP_HOURS", "23:00-23:40", engines.now)

    assert opened(engines, SessionKind.OVERNIGHT, at(23), at(23, 20)) is not None


def test_days_and_trainings_start_at_once_and_write_no_report(engines: Engines) -> None:
    for kind, due, name, end in (
        (SessionKind.WORK, at(9), "work-hours-2026-03-03", at(17)),
        (SessionKind.GYM, at(6), "gym-2026-03-03-0600", at(7, 30)),
        (SessionKind.GYM, at(17), "gym-2026-03-03-1700", at(18, 30)),
    ):
        opened(engines, kind, due)
        engines.overnight.step(due)
        session = known(engines, name)
        assert session.planned_at == session.checked_at == due
        engines.overnight.step(end)
        assert known(engines, name).closed_at == end

    assert engines.records.reports == {}


def test_where_the_schedule_is_in_another_zone_the_session_is_named_by_it(engines: Engines) -> None:
    engines.preferences.set("TIMEZONE", "America/New_York", engines.now)
    due = at(4, day=4)  # 23:00 in New York

    session = opened(engines, SessionKind.OVERNIGHT, due)

    assert session is not None
    assert (session.id, session.start, session.end) == (NIGHT, due, due + timedelta(hours=8))


# -- what goes wrong --------------------------------------------------------------------------------------------------


def with_preparations(engines: Engines, *preparations: Any) -> OvernightRunner:
    return OvernightRunner(
        engines.store,
        engines.config,
        plan=engines.scheduler.schedule,
        measure=engines.overnight._measure,
        reports=engines.reports,
        write_report=engines.records.report,
        preparations=preparations,
    )


def test_a_preparation_that_fails_is_told_and_the_night_goes_on(engines: Engines) -> None:
    def broken(now: datetime) -> list[str]:
        raise ZeroDivisionError("no patterns")

    engines.overnight = with_preparations(engines, broken, lambda now: ["Rotated two logs."])
    opened(engines, SessionKind.OVERNIGHT, at(23))

    session = step(engines, at(23, 10))

    assert session.planned_at == at(23, 10)
    (prepared,) = [line for line in engines.lines(LOG) if line["action"] == "prepared"]
    assert prepared["done"] == ["ZeroDivisionError: no patterns", "Rotated two logs."]


def test_one_failing_build_is_no_reason_to_end_the_night(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    step(engines, at(23, 10))
    engines.finish(engines.add("Bad"), AgentFailed(exit_code=1, detail="no"))
    good = engines.finish(engines.add("Good"))

    step(engines, at(6, 30, day=4))

    assert good.state.__struct_config__.tag == "completed"
    made = report(engines)
    assert (made["completed"], made["failed"]) == (1, 1)
    assert made["builds"][0]["summary"] == "It ended with exit code 1: no."


def test_what_was_stopped_is_no_failure(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    step(engines, at(23, 10))
    engines.finish(engines.add(), Stopped())

    made = engines.overnight.report(at(23, 50))

    assert (made.completed, made.failed, made.stopped_builds, made.running) == (0, 0, 1, 0)


def test_a_report_that_cannot_be_written_is_written_later(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    step(engines, at(23, 10))
    write, engines.overnight._write_report = engines.overnight._write_report, _full_disk

    with pytest.raises(OSError, match="full"):
        step(engines, at(6, 30, day=4))
    assert known(engines).reported_at is None
    engines.overnight._write_report = write

    assert step(engines, at(7, 5, day=4)).reported_at == at(7, 5, day=4)
    assert report(engines)["session"] == NIGHT


def _full_disk(name: str, content: object) -> None:
    raise OSError("the disk is full")


def test_a_clock_that_was_set_back_does_not_stop_the_checks(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    step(engines, at(3, day=4))

    assert step(engines, at(1, day=4)).checks == 2
    assert step(engines, at(1, 29, day=4)).checks == 2
    assert step(engines, at(1, 30, day=4)).checks == 3
    assert step(engines, at(7, day=4)).closed_at is not None


def test_two_processes_that_are_at_it_do_nothing_twice(engines: Engines) -> None:
    engines.add(hours=9.0, start_now=True)
    opened(engines, SessionKind.OVERNIGHT, at(23))
    other, measure, doing = with_preparations(engines), engines.overnight._measure, list[datetime]()

    def meanwhile(now: datetime) -> Sample:
        if not doing:
            doing.append(now)
            other.step(now)
            doing.clear()
        return measure(now)

    engines.overnight._measure = meanwhile
    for moment in (at(23), at(23, 5), at(23, 10), at(23, 40), at(6, 30, day=4), at(7, day=4)):
        step(engines, moment)

    assert lines(engines) == [
        ("23:00", "opened"),
        ("23:00", "scanned"),
        ("23:05", "prepared"),
        ("23:10", "planned"),
        ("23:10", "checked"),
        ("23:40", "checked"),
        ("06:30", "checked"),
        ("06:30", "reported"),
        ("07:00", "closed"),
    ]
    assert known(engines).checks == 3


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_by_hand_at_night_it_is_the_session_of_the_night(engines: Engines) -> None:
    session = engines.overnight.start(at(23, 30), OWNER)

    assert (session.id, session.start, session.end) == (NIGHT, at(23, 30), at(7, day=4))
    assert opened(engines, SessionKind.OVERNIGHT, at(23), at(23, 31)) == session
    assert step(engines, at(23, 31)).planned_at == at(23, 31)  # who starts it by hand does not want to wait


def test_by_hand_at_night_what_the_timetable_began_goes_on(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))

    session = engines.overnight.start(at(23, 2), OWNER)

    assert (session.id, session.start, session.by) == (NIGHT, at(23), OWNER)
    assert step(engines, at(23, 2)).planned_at == at(23, 2)
    assert len(engines.store.sessions.all()) == 1


def test_by_hand_by_day_it_lasts_eight_hours_and_has_a_report_of_its_own(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23, day=2))
    engines.overnight.step(at(7))
    night = report(engines, "2026-03-03")

    session = engines.overnight.start(at(9), OWNER)
    engines.overnight.step(at(9))
    engines.overnight.step(at(17))

    assert (session.id, session.kind, session.end) == ("by-hand-2026-03-03-0900", SessionKind.BY_HAND, at(17))
    assert report(engines, "2026-03-03") == night
    assert report(engines, session.id)["session"] == session.id
    assert known(engines, session.id).closed_at == at(17)


def test_only_one_is_started_at_a_time(engines: Engines) -> None:
    engines.overnight.start(at(10), OWNER)

    with pytest.raises(Conflict, match="runs already"):
        engines.overnight.start(at(10, 1), OWNER)

    assert len(engines.store.sessions.all()) == 1
    assert engines.overnight.start(at(18), OWNER).start == at(18)


def test_stopped_nothing_more_starts_but_what_runs_goes_on(engines: Engines) -> None:
    first, second = engines.add("First", hours=2.0), engines.add("Second")
    engines.config.max_builds = 1
    opened(engines, SessionKind.OVERNIGHT, at(23))
    engines.clock.moment = at(23, 10)
    build = engines.start(second)

    engines.overnight.stop(at(23, 15), OWNER)
    engines.executor.end(build.id, Proven())
    engines.clock.moment = at(23, 40)
    engines.queue.collect(engines.now)

    assert engines.queue.schedule_builds(engines.now) == []
    why = "this session was stopped; work goes on after 07:00"
    assert engines.scheduler.why_waiting(first.id, engines.now) == why
    assert step(engines, at(23, 45)).checks == 0
    with pytest.raises(Conflict, match="stopped already"):
        engines.overnight.stop(at(23, 46), OWNER)
    assert step(engines, at(6, 30, day=4)).reported_at is not None
    assert report(engines)["stopped"] is True
    step(engines, at(7, day=4))
    engines.queue.schedule_builds(at(9, day=4))
    assert isinstance(engines.task(first).state, Running)


def test_urgent_work_starts_in_spite_of_a_stopped_session(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    engines.overnight.stop(at(23, 15), OWNER)
    task = engines.add(start_now=True)

    engines.queue.schedule_builds(at(23, 20))

    assert isinstance(engines.task(task).state, Running)


@pytest.mark.parametrize(
    ("kind", "due", "then"),
    [
        (SessionKind.OVERNIGHT, at(23), at(23, 30)),
        (SessionKind.WORK, at(9), at(11)),
        (SessionKind.GYM, at(17), at(17, 30)),
    ],
)
def test_what_was_stopped_goes_on(engines: Engines, kind: SessionKind, due: datetime, then: datetime) -> None:
    task = engines.add(hours=0.5)
    before = opened(engines, kind, due)
    engines.overnight.stop(then, OWNER)
    assert engines.queue.schedule_builds(then) == []

    session = engines.overnight.start(then + timedelta(minutes=5), OWNER)

    assert before is not None
    assert session == before
    engines.queue.schedule_builds(then + timedelta(minutes=5))
    assert isinstance(engines.task(task).state, Running)


def test_a_session_by_hand_goes_on_as_well(engines: Engines) -> None:
    task = engines.add(hours=0.5)
    before = engines.overnight.start(at(12), OWNER)
    engines.overnight.stop(at(12, 30), OWNER)

    assert engines.overnight.start(at(12, 45), OWNER) == before
    engines.queue.schedule_builds(at(12, 45))

    assert isinstance(engines.task(task).state, Running)
    assert [action for _, action in lines(engines)] == ["started", "stopped", "goes on"]


def test_a_stop_counts_for_the_session_that_begins_meanwhile_and_is_taken_back_with_it(engines: Engines) -> None:
    task = engines.add(hours=0.5)
    engines.overnight.start(at(22), OWNER)
    engines.overnight.stop(at(22, 30), OWNER)
    opened(engines, SessionKind.OVERNIGHT, at(23))

    shown = engines.overnight.current(at(23, 30))
    assert shown is not None
    assert shown.stopped_at == at(22, 30)
    assert engines.queue.schedule_builds(at(23, 30)) == []

    engines.overnight.start(at(23, 40), OWNER)
    engines.queue.schedule_builds(at(23, 40))
    assert isinstance(engines.task(task).state, Running)


def test_a_stopped_session_of_before_the_clock_was_set_back_holds_nothing(engines: Engines) -> None:
    task = engines.add()
    engines.overnight.start(at(12, day=9), OWNER)
    engines.overnight.stop(at(12, 30, day=9), OWNER)

    engines.queue.schedule_builds(at(12))

    assert isinstance(engines.task(task).state, Running)


def test_without_a_session_there_is_nothing_to_stop_and_nothing_to_tell(engines: Engines) -> None:
    with pytest.raises(Conflict, match="No session runs now"):
        engines.overnight.stop(at(12), OWNER)
    with pytest.raises(Conflict, match="no session yet"):
        engines.overnight.report(at(12))
    assert engines.reports.latest(at(12)) is None


def test_the_report_of_the_last_session_can_be_read_by_day(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    step(engines, at(23, 10))
    engines.finish(engines.add())
    step(engines, at(7, day=4))

    made = engines.overnight.report(at(12, day=4))

    assert (made.session, made.completed) == (NIGHT, 1)
    assert engines.reports.latest(at(12, day=4)) == made


def test_the_training_that_begins_at_the_end_of_the_night_does_not_hide_it(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    opened(engines, SessionKind.GYM, at(6, day=4))

    assert engines.overnight.report(at(6, 30, day=4)).session == NIGHT
    shown = engines.overnight.current(at(6, 30, day=4))
    assert shown is not None
    assert shown.id == NIGHT
    engines.overnight.step(at(7, day=4))
    shown = engines.overnight.current(at(7, day=4))
    assert shown is not None
    assert shown.kind is SessionKind.GYM
    assert engines.overnight.report(at(7, 15, day=4)).session == NIGHT


def test_a_day_has_a_report_when_there_was_no_night_yet(engines: Engines) -> None:
    opened(engines, SessionKind.WORK, at(9))

    assert engines.overnight.report(at(12)).session == "work-hours-2026-03-03"


def test_is_it_night(engines: Engines) -> None:
    for moment, night in ((at(22, 59), False), (at(23), True), (at(6, 59, day=4), True), (at(7, day=4), False)):
        assert (engines.overnight.is_overnight(moment) is not None) is night


def test_builds_of_the_time_before_and_after_are_no_part_of_the_report(engines: Engines) -> None:
    before = engines.add("Before")
    engines.clock.moment = at(20)
    engines.finish(before)
    opened(engines, SessionKind.OVERNIGHT, at(23))
    across = engines.add("Across", hours=2.0)
    engines.clock.moment = at(23, 10)
    engines.start(across)
    step(engines, at(7, day=4))
    after = engines.add("After")
    engines.clock.moment = at(9, day=4)
    engines.start(after)

    made = engines.overnight.report(at(12, day=4))

    assert [line.task for line in made.builds] == [across.id]


def test_a_session_follows_the_settings(engines: Engines) -> None:
    opened(engines, SessionKind.OVERNIGHT, at(23))
    engines.preferences.set("SLEEP_HOURS", "23:00-09:30", at(23, 30))

    assert step(engines, at(23, 31)).end == at(9, 30, day=4)

    engines.preferences.set("TIMEZONE", "America/Los_Angeles", at(23, 40))
    closed = step(engines, at(23, 41))  # a quarter to four in the afternoon there
    assert closed.closed_at == at(23, 41)


def test_a_second_night_of_one_local_day_has_a_session_of_its_own(engines: Engines) -> None:
    first = opened(engines, SessionKind.OVERNIGHT, at(23))
    engines.preferences.set("TIMEZONE", "America/Los_Angeles", at(23, 40))
    step(engines, at(23, 41))
    night = at(7, day=4)  # 23:00 there, on the same local day

    second = opened(engines, SessionKind.OVERNIGHT, night)

    assert first is not None
    assert second is not None
    assert second.id != first.id
    assert second.start == night
