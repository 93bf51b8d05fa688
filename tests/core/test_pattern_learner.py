"""What the learner of routines says about plain cases, odd input, and clocks that change."""

import random
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.confidence import band
from core.pattern_learner import MINIMUM, Learner, Prediction

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2025, 1, 6)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def at(day: date, hour: float, zone: tzinfo = BERLIN) -> datetime:
    return (datetime.combine(day, time()) + timedelta(hours=hour)).replace(tzinfo=zone).astimezone(UTC)


def learned(events: list[tuple[datetime, str]], zone: ZoneInfo | None = BERLIN, minimum: float = MINIMUM) -> Learner:
    learner = Learner(zone, minimum=minimum)
    learner.observe(events)
    return learner


def day_after(learner: Learner, day: date, hour: float = 0) -> list[Prediction]:
    """What is expected in the 24 hours from some hour of a day on."""
    now = at(day, hour)
    return learner.predict(now, now, now + DAY)


def weekly(weeks: int, hour: float = 10, weekday: int = 3) -> list[tuple[datetime, str]]:
    return [(at(MONDAY + timedelta(weeks=week, days=weekday), hour), "report") for week in range(weeks)]


def test_a_weekly_routine_is_expected_on_its_day_and_no_other() -> None:
    learner = learned(weekly(12))

    expected = [day_after(learner, MONDAY + timedelta(weeks=12, days=day)) for day in range(7)]

    assert [len(each) for each in expected] == [0, 0, 0, 1, 0, 0, 0]
    [(kind, when, confidence)] = expected[3]
    assert (kind, when) == ("report", at(MONDAY + timedelta(weeks=12, days=3), 10))
    assert confidence > 0.7


@pytest.mark.parametrize(("weeks", "days"), [(2, 14), (4, 28)])
def test_every_other_and_every_fourth_week(weeks: int, days: int) -> None:
    times = 12
    events = [(at(MONDAY + timedelta(weeks=weeks * each), 15.25), "meeting") for each in range(times)]
    learner = learned(events)

    found = [
        (offset, each.confidence)
        for offset in range(days)
        for each in day_after(learner, MONDAY + timedelta(days=times * days - days + 1 + offset))
    ]

    assert [offset for offset, _ in found] == [days - 1]
    assert found[0][1] > 0.5


def test_the_last_friday_of_the_month() -> None:
    days = [MONDAY + timedelta(days=each) for each in range(4, 420, 7)]
    last = [day for day in days if (day + timedelta(days=7)).month != day.month]
    learner = learned([(at(day, 16), "retro") for day in last[:-1]])

    found = [day for day in days if last[-2] < day <= last[-1] and day_after(learner, day)]

    assert found == [last[-1]]


def test_several_times_a_day_are_several_predictions() -> None:
    events = [(at(MONDAY + DAY * day, hour), "pills") for day in range(30) for hour in (7.5, 13, 21.75)]

    expected = day_after(learned(events), MONDAY + DAY * 30)

    assert [each.at for each in expected] == [at(MONDAY + DAY * 30, hour) for hour in (7.5, 13, 21.75)]


@pytest.mark.parametrize("middle", [7.0, 23.98, 0.0, 12.5])
def test_a_routine_astride_the_hour_or_midnight_is_one_with_its_time_in_the_middle(middle: float) -> None:
    rng = random.Random(3)
    events = [(at(MONDAY + DAY * day, middle + rng.gauss(0, 0.15)), "walk") for day in range(40)]
    begin = at(MONDAY + DAY * 40, middle) - 12 * HOUR

    expected = learned(events).predict(begin, begin, begin + DAY)

    assert len(expected) == 1
    assert abs(expected[0].at - at(MONDAY + DAY * 40, middle)) < timedelta(minutes=15)


def test_what_stops_is_forgotten() -> None:
    learner = learned(weekly(15), minimum=0.01)

    said = [
        max((each.confidence for each in day_after(learner, MONDAY + timedelta(weeks=15 + week, days=3))), default=0.0)
        for week in range(6)
    ]

    assert said[0] > 0.7
    assert all(later <= earlier for earlier, later in pairwise(said))
    assert said[4] < 0.3


def test_few_occurrences_are_never_sure() -> None:
    for count, limit in ((1, 0.0), (2, 0.5), (3, 0.5), (4, 0.7), (5, 0.7)):
        events = [(at(MONDAY + DAY * day, 9), "new") for day in range(count)]
        said = [each.confidence for each in day_after(learned(events, minimum=0.0), MONDAY + DAY * count)]
        assert max(said, default=0.0) <= limit
        assert all(confidence < limit for confidence in said)


def test_bands_are_those_of_the_document() -> None:
    assert [band(each, 20) for each in (0.0, 0.49, 0.5, 0.69, 0.7, 1.0)] == ["low"] * 2 + ["medium"] * 2 + ["high"] * 2
    assert [band(0.9, each) for each in (2, 3, 4, 5, 6)] == ["low", "low", "medium", "medium", "high"]


@pytest.mark.parametrize("change", [date(2025, 3, 30), date(2025, 10, 26)])
def test_seven_in_the_morning_stays_so_when_the_clocks_change(change: date) -> None:
    learner = learned([(at(change - DAY * days, 7), "run") for days in range(1, 40)])

    expected = day_after(learner, change)

    assert [each.at.astimezone(BERLIN).strftime("%d %H:%M") for each in expected] == [f"{change.day} 07:00"]


def test_a_time_that_the_clocks_skip_is_still_a_time() -> None:
    change = date(2025, 3, 30)
    learner = learned([(at(change - DAY * days, 2.5), "backup") for days in range(1, 40)])

    [expected] = day_after(learner, change)

    assert expected.at.astimezone(BERLIN).strftime("%H:%M") == "03:30"


def test_without_a_zone_the_events_own_local_time_counts() -> None:
    events = [(at(MONDAY + DAY * day, 7).astimezone(BERLIN), "run") for day in range(70, 100)]

    expected = day_after(learned(events, None), MONDAY + DAY * 100)

    assert [each.at for each in expected] == [at(MONDAY + DAY * 100, 7)]
    assert expected[0].at.utcoffset() == 2 * HOUR


def test_without_a_zone_each_type_has_the_hours_of_its_own() -> None:
    tokyo, denver = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/Denver")
    events = [
        (at(MONDAY + DAY * day, hour, zone).astimezone(zone), kind)
        for day in range(30)
        for hour, zone, kind in ((9, tokyo, "tea"), (20, denver, "news"), (12, UTC, "lunch"))
    ]
    now = at(MONDAY + DAY * 30, 0, ZoneInfo("UTC"))

    expected = learned(events, None).predict(now, now, now + DAY)

    wanted = [("tea", 0, 9 * HOUR), ("news", 3, -7 * HOUR), ("lunch", 12, 0 * HOUR)]
    assert [(each.type, each.at, each.at.utcoffset()) for each in expected] == [
        (kind, now + hour * HOUR, offset) for kind, hour, offset in wanted
    ]


def test_only_what_lies_before_now_counts_and_neither_order_nor_batches_do() -> None:
    events = [*weekly(12), *((at(MONDAY + DAY * day, 7), "run") for day in range(90))]
    now, shuffled = at(MONDAY + DAY * 80, 1), events[:]
    random.Random(1).shuffle(shuffled)
    batches = Learner(BERLIN)
    for begin in range(0, len(shuffled), 7):
        batches.observe(shuffled[begin : begin + 7])

    expected = learned([event for event in events if event[0] < now]).predict(now, now, now + DAY * 3)

    assert expected
    assert batches.predict(now, now, now + DAY * 3) == expected
    assert batches.predict(now, now, now + DAY * 3) == expected


def test_the_same_event_twice_is_one() -> None:
    events = weekly(10)

    assert day_after(learned(events + events), MONDAY + DAY * 73) == day_after(learned(events), MONDAY + DAY * 73)


def test_two_weeks_of_holidays_do_not_end_a_routine() -> None:
    days = [day for day in range(100) if not 70 <= day < 84]
    events = [(at(MONDAY + DAY * day, 8), "standup") for day in days if (MONDAY + DAY * day).weekday() < 5]
    learner = learned(events)

    assert [each.confidence > 0.5 for each in day_after(learner, MONDAY + DAY * 101)] == [True]
    assert day_after(learner, MONDAY + DAY * 103) == []


def test_what_has_happened_today_is_not_expected_again() -> None:
    events = [(at(MONDAY + DAY * day, 9), "standup") for day in range(31)]

    assert day_after(learned(events), MONDAY + DAY * 30, 9.2) == [] or (
        day_after(learned(events), MONDAY + DAY * 30, 9.2)[0].at > at(MONDAY + DAY * 31, 8)
    )


# moments without a zone are odd input too
NAIVE = st.datetimes(datetime(1960, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001
MOMENTS = st.one_of(NAIVE, st.builds(lambda at, zone: at.replace(tzinfo=zone), NAIVE, st.timezones()))
NOWS = NAIVE.map(lambda at: at.replace(tzinfo=UTC))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(MOMENTS, st.sampled_from(["", "a", "b", "ÿ\x00"])), max_size=30),
    st.none() | st.sampled_from([BERLIN, ZoneInfo("Pacific/Apia")]),
    NOWS,
    st.timedeltas(timedelta(days=-3), timedelta(days=90)),
)
def test_odd_input_is_no_error(
    events: list[tuple[datetime, str]], zone: ZoneInfo | None, now: datetime, length: timedelta
) -> None:
    near = [(now - timedelta(hours=each), kind) for each, (_, kind) in enumerate(events)]

    expected = learned([*events, *near], zone, 0.0).predict(now, now, now + length)

    for each in expected:
        assert now <= each.at < now + length
        assert 0 <= each.confidence <= 1
