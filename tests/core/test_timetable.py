"""The timetable: every time of a job is run once or recorded as missed once, whatever happens to clock and zone."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit import OVERNIGHT
from core.model.config import Config
from core.model.session import JobRecord
from core.timetable import KEPT_MISSES, Job, Timetable, TooLate
from storage import JournalStore, open_store
from tests import factories
from tests.fakes import SetClock

BERLIN, NEW_YORK, LORD_HOWE = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
NUUK, AUCKLAND, HONOLULU, TOKYO = map(ZoneInfo, ("America/Nuuk", "Pacific/Auckland", "Pacific/Honolulu", "Asia/Tokyo"))
EVERY_DAY = frozenset(range(7))
FRIDAY = frozenset({4})


class Plan:
    """A timetable with jobs that note when they ran: `(name, due, now)`."""

    def __init__(self, store: JournalStore, zone: ZoneInfo = BERLIN) -> None:
        self.store = store
        self.config: Config = factories.config(zone=zone)
        self.jobs: dict[str, Job] = {}
        self.ran: list[tuple[str, datetime, datetime]] = []
        self.broken: dict[str, Exception] = {}
        self.timetable = Timetable(store, self.config, lambda: list(self.jobs.values()))

    def job(self, name: str = "brief", at: time = time(7), grace: float = 6, **more: Any) -> None:
        """Put a job into the table, or change it; `grace` in hours."""

        def run(due: datetime, now: datetime) -> None:
            if name in self.broken:
                raise self.broken[name]
            self.ran.append((name, due, now))

        days = more.pop("weekdays", EVERY_DAY)
        self.jobs[name] = Job(name, days, at, timedelta(hours=grace), run, **more)

    def local(self, *parts: int) -> datetime:
        return local(self.config.zone, *parts)

    def at(self, *parts: int) -> list[str]:
        """Call it at a local time."""
        return self.timetable.run_due(self.local(*parts))

    def moments(self, name: str = "brief") -> list[str]:
        """The local times for which a job ran."""
        return [f"{due.astimezone(self.config.zone):%d %H:%M}" for ran, due, _ in self.ran if ran == name]

    def notes(self) -> list[tuple[str, str, int]]:
        lines: list[dict[str, Any]] = [line.entry for line in self.store.audit.all() if line.log == OVERNIGHT]
        return [(entry["action"], entry["job"], entry["late_minutes"]) for entry in lines]

    def missed(self, name: str = "brief") -> list[str]:
        record = self.timetable.last(name)
        return [f"{due.astimezone(self.config.zone):%d %H:%M}" for due in record.missed] if record else []


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


@pytest.fixture
def plan(store: JournalStore) -> Plan:
    """With a brief at 7:00 that is known since the afternoon before Tuesday, 3 March 2026."""
    made = Plan(store)
    made.job()
    assert made.at(2026, 3, 2, 15) == []
    return made


# -- one job, one day -------------------------------------------------------------------------------------------------


def test_a_job_runs_at_its_time_and_only_once(plan: Plan) -> None:
    assert plan.at(2026, 3, 3, 6, 59, 59) == []
    assert plan.at(2026, 3, 3, 7) == ["brief"]
    assert plan.at(2026, 3, 3, 7) == []
    assert plan.at(2026, 3, 4, 6, 59, 59) == []
    assert plan.ran == [("brief", plan.local(2026, 3, 3, 7), plan.local(2026, 3, 3, 7))]
    assert plan.notes() == []
    assert plan.timetable.last("brief") == JobRecord(
        name="brief",
        due=plan.local(2026, 3, 3, 7),
        done_at=plan.local(2026, 3, 3, 7),
        kept=plan.local(2026, 3, 3, 7),
    )


@pytest.mark.parametrize(
    ("parts", "runs", "notes"),
    [
        ((7, 2), True, []),
        ((7, 2, 1), True, [("late", "brief", 2)]),
        ((13, 0), True, [("late", "brief", 360)]),
        ((13, 0, 1), False, [("missed", "brief", 360)]),
        ((23, 59, 59), False, [("missed", "brief", 1020)]),
    ],
)
def test_what_is_slept_over_is_done_late_or_missed(
    plan: Plan, parts: tuple[int, ...], runs: bool, notes: list[tuple[str, str, int]]
) -> None:
    assert plan.at(2026, 3, 3, *parts) == (["brief"] if runs else [])
    assert plan.notes() == notes
    assert plan.missed() == ([] if runs else ["03 07:00"])
    assert plan.at(2026, 3, 3, 23, 59, 59) == []
    assert plan.notes() == notes


def test_after_days_asleep_the_last_one_is_made_up_for_and_the_others_are_missed(plan: Plan) -> None:
    assert plan.at(2026, 3, 6, 9) == ["brief"]
    assert plan.moments() == ["06 07:00"]
    assert plan.missed() == ["03 07:00", "04 07:00", "05 07:00"]
    assert plan.notes()[-1] == ("late", "brief", 120)


def test_after_days_asleep_too_late_for_today(plan: Plan) -> None:
    assert plan.at(2026, 3, 5, 20) == []
    assert plan.missed() == ["03 07:00", "04 07:00", "05 07:00"]
    assert plan.at(2026, 3, 6, 7) == ["brief"]


def test_after_months_asleep_only_the_last_days_are_told(plan: Plan) -> None:
    assert plan.at(2026, 9, 1, 8) == ["brief"]
    assert len(plan.missed()) == KEPT_MISSES
    assert plan.missed()[-1] == "31 07:00"
    assert sum(note[0] == "missed" for note in plan.notes()) == 14


def test_the_record_of_misses_stays_short(plan: Plan) -> None:
    for day in range(3, 31):
        plan.at(2026, 3, day, 20)
    assert plan.missed() == [f"{day:02} 07:00" for day in range(21, 31)]


def test_weekdays(plan: Plan) -> None:
    plan.job("vote", time(18), weekdays=FRIDAY)
    plan.at(2026, 3, 5, 18)
    for day in range(6, 14):
        plan.at(2026, 3, day, 18, 0)
    assert plan.moments("vote") == ["06 18:00", "13 18:00"]


def test_friday_to_monday(plan: Plan) -> None:
    plan.job("check-in", time(19), 2, weekdays=frozenset(range(5)))
    plan.at(2026, 3, 6, 18)
    assert plan.at(2026, 3, 6, 19) == ["check-in"]
    assert plan.timetable.next_at(plan.local(2026, 3, 7, 19)) == plan.local(2026, 3, 8, 7)
    assert plan.at(2026, 3, 7, 19) == plan.at(2026, 3, 8, 19) == []
    assert plan.at(2026, 3, 9, 19) == ["check-in"]
    assert plan.missed("check-in") == []


def test_a_leap_day_is_a_day(store: JournalStore) -> None:
    plan = Plan(store)
    plan.job(grace=1)
    for day in ((2028, 2, 28), (2028, 2, 29), (2028, 3, 1)):
        plan.at(*day, 6)
        plan.at(*day, 7)
    assert plan.moments() == ["28 07:00", "29 07:00", "01 07:00"]


@pytest.mark.parametrize("at", [time(0), time(23, 59), time(12)])
def test_the_edges_of_the_day(store: JournalStore, at: time) -> None:
    plan = Plan(store)
    plan.job("edge", at, 1)
    start = plan.local(2026, 3, 1, 12, 30)
    for minute in range(4 * 24 * 60):
        plan.timetable.run_due(start + timedelta(minutes=minute))
    first = 1 if at > time(12, 30) else 2
    assert plan.moments("edge") == [f"{day:02} {at:%H:%M}" for day in range(first, first + 4)]
    assert plan.notes() == []


def test_next_is_the_first_of_all_jobs(plan: Plan) -> None:
    plan.job("plan", time(22, 45))
    assert plan.timetable.next_at(plan.local(2026, 3, 3, 6, 59, 59)) == plan.local(2026, 3, 3, 7)
    assert plan.timetable.next_at(plan.local(2026, 3, 3, 7)) == plan.local(2026, 3, 3, 22, 45)
    assert plan.timetable.next_at(plan.local(2026, 3, 3, 22, 45)) == plan.local(2026, 3, 4, 7)


# -- the first start --------------------------------------------------------------------------------------------------


def test_the_first_start_makes_up_for_nothing(store: JournalStore) -> None:
    plan = Plan(store)
    plan.job()
    assert plan.at(2026, 3, 3, 7, 0, 1) == []
    assert plan.at(2026, 3, 3, 12) == []
    assert plan.at(2026, 3, 4, 7) == ["brief"]
    assert plan.notes() == []


def test_the_first_start_in_the_evening_of_the_night_opens_it(store: JournalStore) -> None:
    plan = Plan(store)
    plan.job("night", time(23), 7, since_start=True)
    assert plan.at(2026, 3, 4, 2) == ["night"]
    assert plan.moments("night") == ["03 23:00"]


def test_the_first_start_after_the_night_records_no_miss(store: JournalStore) -> None:
    plan = Plan(store)
    plan.job("night", time(23), 7, since_start=True)
    assert plan.at(2026, 3, 3, 8) == []
    assert plan.missed("night") == []


def test_the_first_night_of_all_is_recorded_when_it_was_slept_over(store: JournalStore) -> None:
    plan = Plan(store)
    plan.job("night", time(23), 7, since_start=True)
    plan.at(2026, 3, 3, 15)
    assert plan.at(2026, 3, 4, 15) == []
    assert plan.missed("night") == ["03 23:00"]


# -- jobs that fail ---------------------------------------------------------------------------------------------------


def test_one_that_fails_is_tried_again_and_holds_up_nobody(plan: Plan) -> None:
    plan.job("second", time(7), 6)
    plan.jobs = {name: plan.jobs[name] for name in ("brief", "second")}
    plan.at(2026, 3, 2, 16)
    before = plan.timetable.last("brief")
    plan.broken["brief"] = ZeroDivisionError("no")

    with pytest.raises(ZeroDivisionError):
        plan.at(2026, 3, 3, 7)
    assert plan.moments("second") == ["03 07:00"]
    assert plan.timetable.last("brief") == before

    plan.broken.clear()
    assert plan.at(2026, 3, 3, 7, 30) == ["brief"]
    assert plan.moments("second") == ["03 07:00"]
    assert plan.notes() == [("late", "brief", 30)]


def test_one_that_fails_takes_back_what_it_has_changed(plan: Plan) -> None:
    def run(due: datetime, now: datetime) -> None:
        plan.store.marks.put("half", now)
        raise ZeroDivisionError

    plan.jobs["brief"] = Job("brief", EVERY_DAY, time(7), timedelta(hours=6), run)
    with pytest.raises(ZeroDivisionError):
        plan.at(2026, 3, 3, 7)
    assert plan.store.marks.get("half") is None
    assert plan.notes() == []


def test_one_that_fails_for_good_is_missed_in_the_end(plan: Plan) -> None:
    plan.broken["brief"] = ZeroDivisionError("no")
    for minute in range(0, 361, 60):
        with pytest.raises(ZeroDivisionError):
            plan.timetable.run_due(plan.local(2026, 3, 3, 7) + timedelta(minutes=minute))
    assert plan.at(2026, 3, 3, 13, 1) == []
    assert plan.missed() == ["03 07:00"]


def test_a_job_that_finds_its_time_over_is_missed(plan: Plan) -> None:
    plan.broken["brief"] = TooLate()
    assert plan.at(2026, 3, 3, 7, 30) == []
    assert plan.missed() == ["03 07:00"]
    assert plan.notes() == [("missed", "brief", 30)]


def test_a_crash_between_two_jobs_loses_neither(home: Path, clock: SetClock) -> None:
    class Killed(BaseException):
        """Not an error that anybody handles."""

    store = open_store(home, clock)
    plan = Plan(store)
    plan.job("first", time(7))
    plan.job("second", time(7))
    plan.at(2026, 3, 3, 6)

    def die(due: datetime, now: datetime) -> None:
        raise Killed

    plan.jobs["second"] = Job("second", EVERY_DAY, time(7), timedelta(hours=6), die)
    with pytest.raises(Killed):
        plan.at(2026, 3, 3, 7)
    store.close()

    again = open_store(home, clock)
    after = Plan(again)
    after.job("first", time(7))
    after.job("second", time(7))
    assert after.at(2026, 3, 3, 7, 1) == ["second"]
    again.close()


# -- two processes ----------------------------------------------------------------------------------------------------


@pytest.fixture
def other(home: Path, clock: SetClock, store: JournalStore) -> Iterator[JournalStore]:
    """What a second process has open; after `store`."""
    opened = open_store(home, clock)
    yield opened
    opened.close()


def test_what_one_process_did_the_other_does_not_do_again(plan: Plan, other: JournalStore) -> None:
    second = Plan(other)
    second.job()
    assert second.at(2026, 3, 3, 6) == []
    assert plan.at(2026, 3, 3, 7) == ["brief"]
    assert second.at(2026, 3, 3, 7) == []
    assert second.at(2026, 3, 4, 7) == ["brief"]
    assert plan.at(2026, 3, 4, 7) == []


def test_two_processes_at_the_same_moment_run_it_once(plan: Plan, other: JournalStore) -> None:
    second = Plan(other)
    second.job()
    for one in (plan, second):
        for number in range(5):
            one.job(f"job {number}")
        one.at(2026, 3, 2, 16)
    together = threading.Barrier(2)

    def run(one: Plan) -> None:
        for day in range(3, 9):
            together.wait()
            one.at(2026, 3, day, 7)

    threads = [threading.Thread(target=run, args=(one,)) for one in (plan, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    times = Counter((name, due) for name, due, _ in plan.ran + second.ran)
    assert len(times) == 6 * 6
    assert set(times.values()) == {1}
    assert plan.notes() == []


def test_a_process_that_looked_before_the_other_ran_it_looks_again(plan: Plan, other: JournalStore) -> None:
    """It decides anew when it has the store to itself: here the other one runs in between."""
    second = Plan(other)
    second.job()

    class Late(Timetable):
        def _due(self, job: Job, record: JobRecord, now: datetime) -> list[datetime]:
            due = super()._due(job, record, now)
            if due and not second.ran:
                second.at(2026, 3, 3, 7)
            return due

    plan.timetable = Late(plan.store, plan.config, lambda: list(plan.jobs.values()))
    assert plan.at(2026, 3, 3, 7) == []
    assert second.moments() == ["03 07:00"]


# -- changed settings -------------------------------------------------------------------------------------------------


def test_no_second_brief_on_a_day_because_its_time_was_changed(plan: Plan) -> None:
    plan.at(2026, 3, 3, 7)
    plan.job(at=time(9))
    assert plan.at(2026, 3, 3, 9) == plan.at(2026, 3, 3, 23) == []
    assert plan.at(2026, 3, 4, 9) == ["brief"]
    plan.job(at=time(6))
    assert plan.at(2026, 3, 4, 23) == []
    assert plan.at(2026, 3, 5, 6) == ["brief"]
    assert plan.notes() == []


def test_a_time_that_is_moved_ahead_of_now_waits_for_it(plan: Plan) -> None:
    plan.job(at=time(8))
    assert plan.at(2026, 3, 3, 7) == []
    assert plan.at(2026, 3, 3, 8) == ["brief"]


def test_a_time_that_is_moved_before_now_is_made_up_for(plan: Plan) -> None:
    plan.at(2026, 3, 3, 6, 30)
    plan.job(at=time(6))
    assert plan.at(2026, 3, 3, 6, 30) == ["brief"]
    plan.job(at=time(7))
    assert plan.at(2026, 3, 3, 7) == []


def test_a_time_that_was_missed_can_be_moved_to_later_on_the_day(plan: Plan) -> None:
    plan.at(2026, 3, 3, 14)
    plan.job(at=time(15))
    assert plan.at(2026, 3, 3, 15) == ["brief"]
    assert plan.at(2026, 3, 3, 16) == []
    assert plan.missed() == ["03 07:00"]


# -- zones ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, date(2026, 3, 29), 23),
        (BERLIN, date(2026, 10, 25), 25),
        (NEW_YORK, date(2026, 3, 8), 23),
        (NEW_YORK, date(2026, 11, 1), 25),
        (LORD_HOWE, date(2026, 10, 4), 23.5),
        (LORD_HOWE, date(2026, 4, 5), 24.5),
        (NUUK, date(2026, 3, 28), 23),
        (NUUK, date(2026, 10, 24), 25),
    ],
)
@pytest.mark.parametrize("at", [time(1, 30), time(1, 45), time(2), time(2, 15), time(2, 30), time(3), time(23, 30)])
def test_a_time_that_the_clocks_skip_or_double_comes_once_a_day(
    store: JournalStore, zone: ZoneInfo, day: date, hours: float, at: time
) -> None:
    start, end = (local(zone, each.year, each.month, each.day) for each in (day, day + timedelta(days=1)))
    assert end - start == timedelta(hours=hours)
    plan = Plan(store, zone)
    plan.job("job", at, 0.3)
    moment = start - timedelta(days=1)
    while moment < end + timedelta(days=2):
        plan.timetable.run_due(moment)
        moment += timedelta(minutes=15)
    days = [day + timedelta(days=n) for n in (-1, 0, 1, 2)]
    if at == time(23, 30) and zone is NUUK:
        assert len(plan.ran) == 4
    else:
        assert [due.astimezone(zone).date() for _, due, _ in plan.ran] == days
    assert plan.notes() == []


def test_a_night_that_the_clocks_move_past_midnight_does_not_cost_the_next(store: JournalStore) -> None:
    """In Nuuk the clocks jump from Saturday 23:00 to Sunday 00:00: Sunday has two begins of a night."""
    plan = Plan(store, NUUK)
    plan.job("night", time(23), 7)
    plan.at(2026, 3, 28, 12)
    assert plan.at(2026, 3, 29, 0) == ["night"]
    assert plan.at(2026, 3, 29, 22, 59) == []
    assert plan.at(2026, 3, 29, 23) == ["night"]
    assert plan.at(2026, 3, 30, 23) == ["night"]
    assert plan.notes() == []


def test_a_day_that_an_island_has_left_out_is_not_counted(store: JournalStore) -> None:
    """Samoa went from 29 to 31 December 2011."""
    plan = Plan(store, ZoneInfo("Pacific/Apia"))
    plan.job()
    plan.at(2011, 12, 29, 7)
    plan.at(2011, 12, 31, 6)
    assert plan.at(2011, 12, 31, 7) == ["brief"]
    assert plan.at(2012, 1, 1, 7) == ["brief"]
    assert plan.moments() == ["31 07:00", "01 07:00"]
    assert plan.notes() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BERLIN, NEW_YORK),
        (NEW_YORK, BERLIN),
        (NEW_YORK, TOKYO),
        (AUCKLAND, HONOLULU),
        (HONOLULU, AUCKLAND),
        (ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")),
    ],
    ids=str,
)
@pytest.mark.parametrize("hours", range(0, 24, 5))
def test_a_zone_that_changes_in_flight(store: JournalStore, before: ZoneInfo, after: ZoneInfo, hours: int) -> None:
    """No local day of either zone has two briefs, and no two are further apart than two days."""
    plan = Plan(store, before)
    plan.job(grace=3)
    start = local(before, 2026, 3, 2, 8)
    landing = local(before, 2026, 3, 4, 7) + timedelta(hours=hours)
    for step in range(24 * 8 * 2):
        now = start + timedelta(minutes=30 * step)
        if now >= landing:
            plan.config.zone = after
        plan.timetable.run_due(now)

    for zone in (before, after):
        runs = [due for _, due, now in plan.ran if (now >= landing) == (zone is after)]
        days = [due.astimezone(zone).date() for due in runs]
        assert len(days) == len(set(days))
    on_after = [due.astimezone(after).date() for _, due, now in plan.ran]
    assert len(on_after) == len(set(on_after))
    gaps = [later[1] - earlier[1] for earlier, later in zip(plan.ran, plan.ran[1:], strict=False)]
    assert max(gaps) < timedelta(hours=48)


def test_a_miss_on_the_way_does_not_allow_a_second_brief(plan: Plan) -> None:
    """On 5 March in Lord Howe; in New York that was still the 4th, where the next time was missed meanwhile."""
    plan.config.zone = LORD_HOWE
    plan.at(2026, 3, 4, 8)
    assert plan.at(2026, 3, 5, 7) == ["brief"]
    plan.config.zone = NEW_YORK
    plan.job(at=time(0), grace=1)
    assert plan.timetable.run_due(local(LORD_HOWE, 2026, 3, 5, 20)) == []
    assert plan.missed()[-1:] == ["05 00:00"]
    plan.config.zone = LORD_HOWE
    plan.job(at=time(21), grace=1)
    assert plan.at(2026, 3, 5, 21) == []
    assert plan.at(2026, 3, 6, 21) == ["brief"]


# -- a clock that was wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=1), timedelta(hours=12)])
def test_a_clock_that_is_set_back_a_little_repeats_nothing_and_silences_nothing(plan: Plan, back: timedelta) -> None:
    now = plan.local(2026, 3, 3, 7)
    plan.timetable.run_due(now)
    assert plan.timetable.run_due(now - back) == plan.timetable.run_due(now) == []
    assert plan.at(2026, 3, 4, 7) == ["brief"]
    assert plan.notes() == []


def test_a_clock_that_is_set_back_by_a_day(plan: Plan) -> None:
    plan.at(2026, 3, 3, 7)
    plan.at(2026, 3, 4, 7)
    assert plan.at(2026, 3, 3, 7) == plan.at(2026, 3, 4, 7) == []
    assert plan.at(2026, 3, 5, 7) == ["brief"]
    assert plan.notes() == []


def test_a_clock_that_was_a_week_ahead_silences_one_day_at_most(plan: Plan) -> None:
    plan.at(2026, 3, 3, 7)
    assert plan.at(2026, 3, 10, 7) == ["brief"]  # by the wrong clock
    for day in range(4, 13):
        for minute in (0, 5):
            plan.at(2026, 3, day, 6, 59)
            plan.at(2026, 3, day, 7, minute)
    assert plan.moments() == ["03 07:00", "10 07:00", *(f"{day:02} 07:00" for day in (4, 5, 6, 7, 8, 9, 11, 12))]


def test_a_clock_that_was_a_year_ahead_silences_nothing(plan: Plan) -> None:
    plan.at(2027, 3, 3, 7)
    plan.at(2026, 3, 3, 6)
    assert plan.at(2026, 3, 3, 7) == ["brief"]
    assert plan.at(2026, 3, 4, 7) == ["brief"]
    record = plan.timetable.last("brief")
    assert record is not None
    assert record.ahead == plan.local(2027, 3, 3, 7)


@pytest.mark.parametrize("wrong", [(2000, 1, 1, 0), (2025, 3, 3, 6), (2026, 2, 26, 12)])
def test_a_machine_that_starts_with_a_clock_of_the_past_repeats_nothing(plan: Plan, wrong: tuple[int, ...]) -> None:
    """Its battery is empty; seconds later the clock is set right. Neither a second brief nor a list of misses."""
    plan.at(2026, 3, 3, 7)
    assert plan.at(*wrong) == []
    assert plan.at(2026, 3, 3, 8) == []
    assert plan.notes() == []
    assert plan.at(2026, 3, 4, 7) == ["brief"]
    record = plan.timetable.last("brief")
    assert record is not None
    assert record.ahead is None


# -- any sequence of calls --------------------------------------------------------------------------------------------

ZONES = (BERLIN, NEW_YORK, LORD_HOWE, NUUK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia"))
gaps = st.one_of(st.integers(0, 120), st.integers(0, 3000), st.integers(0, 12_000))
starts = st.sampled_from([date(2026, 3, 7), date(2026, 3, 27), date(2026, 4, 4), date(2026, 10, 3), date(2026, 10, 23)])
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))


def _expected(job: Job, zone: ZoneInfo, after: datetime, until: datetime) -> set[datetime]:
    """All times of a job, without the timetable."""
    day, found = after.astimezone(zone).date() - timedelta(days=2), set()
    while day <= until.astimezone(zone).date() + timedelta(days=1):
        moment = local(zone, day.year, day.month, day.day, job.at.hour, job.at.minute)
        if day.weekday() in job.weekdays and after < moment <= until:
            found.add(moment)
        day += timedelta(days=1)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(gaps, min_size=1, max_size=25),
    st.sampled_from(ZONES),
    starts,
    times,
    st.sets(st.integers(0, 6), min_size=1),
    st.floats(0.1, 30),
)
def test_every_time_is_run_or_missed_exactly_once(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[int],
    zone: ZoneInfo,
    first: date,
    at: time,
    days: set[int],
    grace: float,
) -> None:
    store = open_store(tmp_path_factory.mktemp("timetable"), SetClock())
    plan = Plan(store, zone)
    plan.job("job", at, grace, weekdays=frozenset(days))
    start = now = local(zone, first.year, first.month, first.day, 12)
    plan.timetable.run_due(now)
    for step in steps:
        now += timedelta(minutes=step)
        plan.timetable.run_due(now)

    run = [due for _, due, _ in plan.ran]
    missed = [
        datetime.fromisoformat(str(line.entry["due"])) for line in store.audit.all() if line.entry["action"] == "missed"
    ]
    store.close()
    assert Counter(run + missed) == Counter(_expected(plan.jobs["job"], zone, start, now))
    assert all(timedelta() <= ran_at - due <= timedelta(hours=grace) for _, due, ran_at in plan.ran)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(1, 1500), st.sampled_from(ZONES), times), min_size=1, max_size=30))
def test_never_twice_on_a_local_day_whatever_is_changed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, ZoneInfo, time]]
) -> None:
    """The times rise, and each brief is of a later day than the one before, as the zone sees both."""
    store = open_store(tmp_path_factory.mktemp("timetable"), SetClock())
    plan = Plan(store)
    now = local(BERLIN, 2026, 3, 2, 12)
    for step, zone, at in steps:
        plan.config.zone = zone
        plan.job(at=at, grace=8)
        before = plan.ran[-1][1] if plan.ran else None
        now += timedelta(minutes=step)
        if plan.timetable.run_due(now) and before is not None:
            due = plan.ran[-1][1]
            assert due > before
            assert due.astimezone(zone).date() > before.astimezone(zone).date() or zone is NUUK
    store.close()
