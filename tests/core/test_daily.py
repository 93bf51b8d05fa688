"""The news of fixed times: the brief in the morning, the check-in in the evening, the plan before the night."""

from datetime import UTC, datetime, timedelta

import pytest

from core.daily import Daily
from core.model.ids import ChatId, UserId
from core.model.notification import CheckIn, MorningBrief, NightPlanned, Notification
from core.model.routine import WORK_DAYS
from core.model.task import Category, NeedsApproval, Task
from core.timetable import Job, Timetable
from tests.core.conftest import Engines

EVERY_DAY = frozenset(range(7))


def at(hour: int, minute: int = 0, *, day: int = 3) -> datetime:
    """March 2026; the 3rd is a Tuesday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def timetable(engines: Engines) -> Timetable:
    """With the jobs of the day, first looked at on Monday night."""
    made = _timetable(engines)
    made.run_due(at(23, 30, day=2))
    return made


def _timetable(engines: Engines) -> Timetable:
    daily, routine = engines.daily, engines.config.routine
    return Timetable(
        engines.store,
        engines.config,
        lambda: (
            Job("plan", EVERY_DAY, routine.plan, timedelta(minutes=45), daily.plan),
            Job("brief", EVERY_DAY, routine.brief, timedelta(hours=6), daily.brief),
            Job("check-in", WORK_DAYS, routine.check_in, timedelta(hours=2), daily.check_in),
        ),
    )


def told(engines: Engines, kind: type[MorningBrief | CheckIn | NightPlanned]) -> list[Notification]:
    return [note for note in engines.news() if isinstance(note.subject, kind)]


def briefs(engines: Engines) -> list[MorningBrief]:
    return [note.subject for note in engines.news() if isinstance(note.subject, MorningBrief)]


# -- the brief --------------------------------------------------------------------------------------------------------


def test_one_brief_a_day_whatever_restarts(engines: Engines, timetable: Timetable) -> None:
    for minute in (0, 1, 2, 30):
        timetable.run_due(at(7, minute))
        timetable = _timetable(engines)
    timetable.run_due(at(7, day=4))

    assert [(one.day, one.since, one.due, one.at) for one in briefs(engines)] == [
        ("2026-03-03", at(7) - timedelta(days=1), at(7), at(7)),
        ("2026-03-04", at(7), at(7, day=4), at(7, day=4)),
    ]


def test_every_owner_gets_one(engines: Engines, timetable: Timetable) -> None:
    engines.people.meet(UserId(8), ChatId(8), at(5))

    timetable.run_due(at(7))

    assert {note.chat for note in told(engines, MorningBrief)} == {7, 8}


def test_without_a_sound_when_nothing_happened(engines: Engines, timetable: Timetable) -> None:
    timetable.run_due(at(7))
    engines.clock.moment = at(20)
    engines.finish(engines.add())
    for moment in (at(20), at(22, 45), at(7, day=4)):
        timetable.run_due(moment)

    assert [note.silent for note in told(engines, MorningBrief)] == [True, False]


def test_it_tells_what_happened_since_the_last_one(engines: Engines, timetable: Timetable) -> None:
    engines.clock.moment = at(1)
    before = engines.finish(engines.add("Before"))
    timetable.run_due(at(7))
    engines.clock.moment = at(1, day=4)
    after = engines.finish(engines.add("After"))
    timetable.run_due(at(7, day=4))

    first, second = briefs(engines)
    compose = engines.briefs.compose
    assert [entry.task.id for entry in compose(first.at, first.since, first.due).shipped] == [before.id, after.id]
    assert [entry.task.id for entry in compose(second.at, second.since, second.due).shipped] == [after.id]


def test_a_late_brief_says_so(engines: Engines, timetable: Timetable) -> None:
    timetable.run_due(at(9, 30))

    (subject,) = briefs(engines)

    assert engines.briefs.compose(subject.at, subject.since, subject.due).late == timedelta(hours=2, minutes=30)


def test_too_late_it_is_missed_and_the_next_one_tells(engines: Engines, timetable: Timetable) -> None:
    timetable.run_due(at(7))
    for moment in (at(15, day=5), at(19, day=5), at(22, 45, day=5)):  # off for two days; at 15:00 it is too late
        timetable.run_due(moment)
    timetable.run_due(at(7, day=6))

    first, second = briefs(engines)
    assert (first.day, second.day, second.since) == ("2026-03-03", "2026-03-06", at(7))
    brief = engines.briefs.compose(second.at, second.since, second.due)
    assert brief.missed == [
        ("check-in", at(19)),
        ("plan", at(22, 45)),
        ("brief", at(7, day=4)),
        ("check-in", at(19, day=4)),
        ("plan", at(22, 45, day=4)),
        ("brief", at(7, day=5)),
    ]
    assert not brief.is_quiet


def test_after_a_long_time_off_it_looks_back_a_week(engines: Engines, timetable: Timetable) -> None:
    timetable.run_due(at(7))
    timetable.run_due(at(7, day=25))

    assert briefs(engines)[-1].since == at(7, day=18)


def test_a_clock_that_was_set_back_gives_a_day_to_look_back_on(engines: Engines, timetable: Timetable) -> None:
    timetable.run_due(at(7, day=20))
    timetable.run_due(at(12, day=5))
    timetable.run_due(at(7, day=6))

    assert briefs(engines)[-1].since == at(7, day=5)


# -- the plan of the night --------------------------------------------------------------------------------------------


def test_the_plan_comes_when_there_is_something_to_say(engines: Engines, timetable: Timetable) -> None:
    timetable.run_due(at(22, 45))
    assert told(engines, NightPlanned) == []

    engines.add("Wait", category=Category.FEATURE)
    timetable.run_due(at(22, 45, day=4))
    timetable.run_due(at(22, 46, day=4))

    assert [note.subject for note in told(engines, NightPlanned)] == [NightPlanned(day="2026-03-04")]


def test_the_plan_is_of_the_night_that_comes(engines: Engines) -> None:
    task = engines.add(hours=4.0)

    for now in (at(12), at(22, 45), at(23), at(23, 30)):
        plan = engines.daily.plan_of_night(now)
        assert plan.until == at(7, day=4)
        assert [entry.task.id for entry in plan.planned] == [task.id]
        assert plan.planned[0].start == max(now, at(23, 10))


# -- the check-in -----------------------------------------------------------------------------------------------------


def test_the_check_in_comes_on_weekdays(engines: Engines, timetable: Timetable) -> None:
    for day in range(3, 10):
        timetable.run_due(at(19, day=day))

    assert [note.subject for note in told(engines, CheckIn)] == [
        CheckIn(day=f"2026-03-0{day}") for day in (3, 4, 5, 6, 9)
    ]


def test_an_evening_without_anything(engines: Engines) -> None:
    evening = engines.daily.evening(at(19))

    assert (evening.quick_wins, evening.ready_for_night, evening.candidates) == ([], 0, [])
    assert evening.plan.planned == []


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (3, 3), (5, 3)])
def test_at_most_three_quick_wins_best_first(engines: Engines, count: int, shown: int) -> None:
    for number in range(count):
        engines.add(f"Win {number}", hours=2.0 - number / 10)
    engines.add("Long", hours=2.1)
    engines.add("Asks first", category=Category.FEATURE, hours=0.5)

    evening = engines.daily.evening(at(19))

    titles = [one.task.title for one in evening.quick_wins]
    assert titles == [f"Win {number}" for number in reversed(range(count))][:shown]


def test_quick_wins_that_something_keeps_waiting_are_not_offered(engines: Engines) -> None:
    first = engines.add("First", hours=5.0)
    engines.add("Behind", depends=(first.id,))

    assert engines.daily.evening(at(19)).quick_wins == []


def waiting(engines: Engines, *titles: str) -> list[Task]:
    return [engines.add(title, category=Category.FEATURE, hours=4.0) for title in titles]


def test_candidates_for_the_night_when_fewer_than_five_are_ready(engines: Engines) -> None:
    first, second = waiting(engines, "First", "Second")
    engines.add("Asks, but too long", category=Category.FEATURE, hours=8.0)
    for number in range(4):
        engines.add(f"Ready {number}", hours=6.0)

    evening = engines.daily.evening(at(19))

    assert evening.ready_for_night == 4
    assert [task.id for task in evening.candidates] == [first.id, second.id]
    assert all(isinstance(task.state, NeedsApproval) for task in evening.candidates)

    engines.add("Ready", hours=3.0)
    assert engines.daily.evening(at(19)).candidates == []


def test_tasks_that_are_no_work_for_a_night_do_not_count(engines: Engines) -> None:
    for length in (0.5, 2.0, 6.5, 12.0):
        engines.add(f"{length}", hours=length)

    assert engines.daily.evening(at(19)).ready_for_night == 0


def test_it_belongs_to_the_day_of_the_owner(engines: Engines) -> None:
    engines.preferences.set("TIMEZONE", "Pacific/Auckland", engines.now)
    daily = Daily(engines.store, engines.briefs, engines.scheduler, engines.config, engines.improver.offer)

    with engines.store.transaction():
        daily.check_in(at(6), at(6))  # 19:00 in Auckland
        daily.brief(at(18), at(18))  # 7:00 on the next day

    assert told(engines, CheckIn)[0].subject == CheckIn(day="2026-03-03")
    assert briefs(engines)[0].day == "2026-03-04"
