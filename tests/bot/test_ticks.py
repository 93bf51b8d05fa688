"""The table of jobs with fixed times, and what APScheduler makes of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot.pulse import Pulse
from bot.ticks import SWEEP_SECONDS, Every, Ticks, table
from bot.wiring import Installation
from core.model.ids import ChatId, UserId
from core.model.notification import CheckIn, MorningBrief
from core.model.routine import Routine
from core.model.session import SessionKind
from core.timetable import Job
from storage import JournalStore
from tests import factories
from tests.fakes import FakeExecutor, FakePrograms, SetClock

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
WORK_DAYS = frozenset(range(5))


def local(*parts: int, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


@pytest.fixture
def at(store: JournalStore, clock: SetClock, home: Path) -> Installation:
    made = Installation(factories.config(home, zone=BERLIN), store, clock)
    vars(made)["executor"] = FakeExecutor(home, clock)
    vars(made)["programs"] = FakePrograms("agent")
    made.people.meet(UserId(7), ChatId(7), clock())
    return made


def row(at: Installation, name: str) -> Job:
    return next(job for job in table(at) if job.name == name)


def run(at: Installation, *parts: int) -> list[str]:
    return at.timetable.run_due(local(*parts))


# -- the table --------------------------------------------------------------------------------------------------------


def test_the_table(at: Installation) -> None:
    assert [(job.name, len(job.weekdays), job.at, job.grace) for job in table(at)] == [
        ("night", 7, time(23), timedelta(hours=7)),
        ("working day", 5, time(9), timedelta(hours=7)),
        ("gym 1", 5, time(6), timedelta(hours=1, minutes=15)),
        ("gym 2", 5, time(17), timedelta(hours=1, minutes=15)),
        ("plan", 7, time(22, 45), timedelta(minutes=45)),
        ("brief", 7, time(7), timedelta(hours=6)),
        ("weekend vote", 1, time(18), timedelta(hours=13)),
        ("weekend reminder", 1, time(21), timedelta(hours=10)),
        ("weekend choice", 1, time(8), timedelta(days=1)),
        ("weekend start", 1, time(9), timedelta(days=1)),
        ("weekend summary", 1, time(20), timedelta(hours=18)),
        ("check-in", 5, time(19), timedelta(hours=2)),
    ]


@pytest.mark.parametrize(
    ("span", "grace"),
    [
        ((time(22), time(6)), timedelta(hours=7)),
        ((time(0), time(8)), timedelta(hours=7)),
        ((time(23), time(22, 59)), timedelta(hours=22, minutes=59)),
        ((time(1), time(2, 30)), timedelta(minutes=45)),
        ((time(1), time(2)), timedelta(minutes=30)),
        ((time(1), time(1, 1)), timedelta(seconds=30)),
    ],
)
def test_a_session_can_be_late_until_little_is_left_of_it(
    at: Installation, span: tuple[time, time], grace: timedelta
) -> None:
    at.config.routine = Routine(sleep=span)
    assert row(at, "night").grace == grace


def test_without_training_there_is_no_session_for_it(at: Installation) -> None:
    at.config.routine = Routine(gym=())
    assert [job.name for job in table(at) if job.name.startswith("gym")] == []


def test_names_are_unique(at: Installation) -> None:
    at.config.routine = Routine(gym=((time(6), time(7)), (time(6), time(7)), (time(8), time(9))))
    names = [job.name for job in table(at)]
    assert len(names) == len(set(names)) == 13


# -- what the jobs do -------------------------------------------------------------------------------------------------


def test_a_day_of_the_real_table(at: Installation, store: JournalStore) -> None:
    now, ran = local(2026, 3, 3, 12), []
    while now < local(2026, 3, 5, 12):
        ran += [f"{now.astimezone(BERLIN):%a %H:%M} {name}" for name in at.timetable.run_due(now)]
        now += timedelta(minutes=1)
    assert ran == [
        "Tue 12:00 working day",
        "Tue 17:00 gym 2",
        "Tue 19:00 check-in",
        "Tue 22:45 plan",
        "Tue 23:00 night",
        "Wed 06:00 gym 1",
        "Wed 07:00 brief",
        "Wed 09:00 working day",
        "Wed 17:00 gym 2",
        "Wed 19:00 check-in",
        "Wed 22:45 plan",
        "Wed 23:00 night",
        "Thu 06:00 gym 1",
        "Thu 07:00 brief",
        "Thu 09:00 working day",
    ]
    news = [note.subject for note in store.notifications.all()]
    assert [one.day for one in news if isinstance(one, MorningBrief)] == ["2026-03-04", "2026-03-05"]
    assert [one.day for one in news if isinstance(one, CheckIn)] == ["2026-03-03", "2026-03-04"]
    assert [one.start for one in store.sessions.all() if one.kind is SessionKind.OVERNIGHT] == [
        local(2026, 3, 3, 23),
        local(2026, 3, 4, 23),
    ]


def test_asleep_over_several_days_gives_one_late_brief_and_no_old_sessions(
    at: Installation, store: JournalStore
) -> None:
    run(at, 2026, 3, 3, 12)
    assert run(at, 2026, 3, 7, 8, 30) == ["brief", "weekend choice"]
    (brief,) = [note.subject for note in store.notifications.all() if isinstance(note.subject, MorningBrief)]
    assert (brief.day, brief.due, brief.at) == ("2026-03-07", local(2026, 3, 7, 7), local(2026, 3, 7, 8, 30))
    record = at.timetable.last("night")
    assert record is not None
    assert [f"{due.astimezone(BERLIN):%d %H}" for due in record.missed] == ["03 23", "04 23", "05 23", "06 23"]
    assert run(at, 2026, 3, 7, 9) == ["weekend start"]


@pytest.mark.parametrize(
    ("evening", "morning", "opens"),
    [
        ((2026, 3, 3, 12), (2026, 3, 4, 6), True),
        ((2026, 3, 3, 12), (2026, 3, 4, 6, 0, 1), False),
        # The night is an hour shorter: at six only one is left, as in any other.
        ((2026, 3, 28, 12), (2026, 3, 29, 6), True),
        ((2026, 3, 28, 12), (2026, 3, 29, 6, 30), False),
    ],
)
def test_a_night_that_is_opened_or_recorded_as_missed(
    at: Installation, store: JournalStore, evening: tuple[int, ...], morning: tuple[int, ...], opens: bool
) -> None:
    run(at, *evening)
    assert ("night" in run(at, *morning)) == opens
    record = at.timetable.last("night")
    assert record is not None
    assert len(record.missed) == (0 if opens else 1)
    assert any(one.kind is SessionKind.OVERNIGHT for one in store.sessions.all()) == opens


def test_a_short_night_is_opened_too(at: Installation, store: JournalStore) -> None:
    at.config.routine = Routine(sleep=(time(1), time(1, 40)))
    run(at, 2026, 3, 3, 12)
    assert run(at, 2026, 3, 4, 1, 10)[:1] == ["night"]
    assert any(one.kind is SessionKind.OVERNIGHT for one in store.sessions.all())


def test_a_night_that_the_clocks_move_past_midnight_and_the_next_are_two(at: Installation, store: JournalStore) -> None:
    """In Nuuk the clocks jump from Saturday 23:00 to Sunday 0:00."""
    at.config.zone = nuuk = ZoneInfo("America/Nuuk")
    for moment in ((28, 12), (29, 0), (29, 12), (29, 23), (30, 12)):
        at.timetable.run_due(local(2026, 3, *moment, zone=nuuk))
        at.overnight.step(local(2026, 3, *moment, zone=nuuk))
    nights = [one for one in store.sessions.all() if one.kind is SessionKind.OVERNIGHT]
    assert [one.start for one in nights] == [local(2026, 3, 29, zone=nuuk), local(2026, 3, 29, 23, zone=nuuk)]
    assert [one.id for one in nights] == ["overnight-2026-03-29-0000", "overnight-2026-03-29"]


# -- APScheduler ------------------------------------------------------------------------------------------------------


async def nothing() -> None:
    """Nothing is due."""


@pytest.fixture
async def ticks() -> AsyncIterator[Ticks]:
    made = Ticks([Every("pulse", 3600.0, nothing)], nothing)
    made.start()
    yield made
    made.stop()


def wakes(ticks: Ticks, zone: ZoneInfo) -> set[str]:
    """The local times of the next wakes."""
    jobs = [job for job in ticks._scheduler.get_jobs() if isinstance(job.trigger, CronTrigger)]
    return {f"{job.next_run_time.astimezone(zone):%H:%M}" for job in jobs}


WEEKEND = {"08:00", "09:00", "18:00", "20:00", "21:00"}


async def test_it_wakes_at_each_time_of_the_table(ticks: Ticks, at: Installation) -> None:
    ticks.arrange(table(at), BERLIN)
    assert wakes(ticks, BERLIN) == {
        *("06:00", "07:00", "09:00", "17:00", "19:00", "22:45", "23:00"),
        *WEEKEND,
    }


async def test_a_changed_time_or_zone_counts_at_once(ticks: Ticks, at: Installation) -> None:
    ticks.arrange(table(at), BERLIN)
    at.config.routine = Routine(brief=time(8, 15), gym=())
    later = {"08:15", "09:00", "19:00", "22:45", "23:00", *WEEKEND}
    ticks.arrange(table(at), BERLIN)
    assert wakes(ticks, BERLIN) == later
    ticks.arrange(table(at), NEW_YORK)
    assert wakes(ticks, NEW_YORK) == later
    ticks.arrange(table(at), BERLIN)
    assert wakes(ticks, BERLIN) == later


async def test_what_has_not_changed_is_left_alone(ticks: Ticks, at: Installation) -> None:
    ticks.arrange(table(at), BERLIN)
    before = {id(job) for job in ticks._scheduler.get_jobs()}
    ticks.arrange(table(at), BERLIN)
    assert {id(job) for job in ticks._scheduler.get_jobs()} == before


async def test_nothing_is_dropped_because_it_is_late_and_many_are_one(ticks: Ticks, at: Installation) -> None:
    ticks.arrange(table(at), BERLIN)
    jobs = ticks._scheduler.get_jobs()
    assert len(jobs) == 14
    for job in jobs:
        assert job.misfire_grace_time is None
        assert job.coalesce
        assert job.max_instances == 1


async def test_the_weekdays_are_those_of_the_job(ticks: Ticks) -> None:
    def quiet(due: datetime, now: datetime) -> None:
        """Nothing."""

    friday = Job("vote", frozenset({4}), time(18), timedelta(hours=1), quiet)
    ticks.arrange([friday], NEW_YORK)
    (job,) = [job for job in ticks._scheduler.get_jobs() if isinstance(job.trigger, CronTrigger)]
    wake = job.next_run_time.astimezone(NEW_YORK)
    assert (wake.weekday(), wake.hour, wake.minute, wake.second) == (4, 18, 0, 0)


async def test_what_was_slept_over_is_swept_up_within_half_a_minute(ticks: Ticks) -> None:
    (sweep,) = [job for job in ticks._scheduler.get_jobs() if job.id == "sweep"]
    assert sweep.trigger.interval == timedelta(seconds=SWEEP_SECONDS)
    assert SWEEP_SECONDS <= 60


async def test_a_wake_runs_what_is_due() -> None:
    woken = asyncio.Event()

    async def due() -> None:
        woken.set()

    ticks = Ticks([], due)
    ticks.start()
    ticks.arrange([Job("soon", frozenset(range(7)), time(7), timedelta(), lambda due, now: None)], BERLIN)
    for job in ticks._scheduler.get_jobs():
        if job.id != "sweep":
            job.modify(next_run_time=job.next_run_time - timedelta(days=3))
    await asyncio.wait_for(woken.wait(), 5)
    ticks.stop()


# -- with the pulse ---------------------------------------------------------------------------------------------------


async def test_the_pulse_follows_a_change_in_the_chat_even_when_a_job_fails(
    ticks: Ticks, at: Installation, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse = Pulse(at, None)  # type: ignore[arg-type]  # nothing is sent here
    monkeypatch.setattr(pulse, "wake", lambda: None)
    pulse.attach(ticks)
    clock.moment = local(2026, 3, 3, 6, 30)
    await pulse.keep_times()
    assert "07:00" in wakes(ticks, BERLIN)

    def fail(due: datetime, now: datetime) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(at.daily, "brief", fail)
    at.preferences.set("BRIEF_AT", "6:31", clock())
    at.preferences.set("TIMEZONE", "Europe/London", clock())
    clock.moment = local(2026, 3, 3, 7, 31)
    await pulse.keep_times()
    found = wakes(ticks, ZoneInfo("Europe/London"))
    assert "06:31" in found
    assert "07:00" not in found
