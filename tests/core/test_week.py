"""The weekly schedule as contexts, at its edges and in the nights when the clocks change."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import week
from core.model.config import Config
from core.model.context import Context, Evidence, Interval
from core.model.routine import Routine
from tests import factories

BERLIN, NEW_YORK, LORD_HOWE, NUUK = map(
    ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Nuuk")
)
ZONES = (BERLIN, NEW_YORK, LORD_HOWE, NUUK, ZoneInfo("Asia/Beirut"), ZoneInfo("Pacific/Apia"))
CONFIGS = {zone: factories.config(zone=zone) for zone in ZONES}
SLEEPING, WORK, GYM, AVAILABLE, UNKNOWN = (
    Context.SLEEPING,
    Context.WORK,
    Context.GYM,
    Context.AVAILABLE,
    Context.UNKNOWN,
)


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


def shown(intervals: list[Interval], zone: ZoneInfo) -> list[tuple[str, str]]:
    return [(f"{one.start.astimezone(zone):%a %H:%M}", one.context.value) for one in intervals]


@pytest.mark.parametrize(
    ("moment", "context", "end"),
    [
        ((2026, 3, 3, 0, 0), SLEEPING, (2026, 3, 3, 6)),
        ((2026, 3, 3, 5, 59, 59), SLEEPING, (2026, 3, 3, 6)),
        # Who trains at six is up, though the night of the machine goes on until seven.
        ((2026, 3, 3, 6, 0), GYM, (2026, 3, 3, 7, 30)),
        ((2026, 3, 3, 7, 29, 59), GYM, (2026, 3, 3, 7, 30)),
        ((2026, 3, 3, 7, 30), UNKNOWN, (2026, 3, 3, 9)),
        ((2026, 3, 3, 9, 0), WORK, (2026, 3, 3, 17)),
        ((2026, 3, 3, 16, 59, 59), WORK, (2026, 3, 3, 17)),
        ((2026, 3, 3, 17, 0), GYM, (2026, 3, 3, 18, 30)),
        ((2026, 3, 3, 18, 30), UNKNOWN, (2026, 3, 3, 19)),
        ((2026, 3, 3, 19, 0), AVAILABLE, (2026, 3, 3, 23)),
        ((2026, 3, 3, 22, 59, 59), AVAILABLE, (2026, 3, 3, 23)),
        ((2026, 3, 3, 23, 0), SLEEPING, (2026, 3, 4, 6)),
        # Friday to Monday.
        ((2026, 3, 6, 19, 0), AVAILABLE, (2026, 3, 6, 23)),
        ((2026, 3, 6, 23, 0), SLEEPING, (2026, 3, 7, 7)),
        ((2026, 3, 7, 7, 0), UNKNOWN, (2026, 3, 7, 10)),
        ((2026, 3, 7, 10, 0), AVAILABLE, (2026, 3, 7, 18)),
        ((2026, 3, 7, 18, 0), UNKNOWN, (2026, 3, 7, 23)),
        ((2026, 3, 8, 17, 59, 59), AVAILABLE, (2026, 3, 8, 18)),
        ((2026, 3, 8, 23, 0), SLEEPING, (2026, 3, 9, 6)),
        # A leap day is an ordinary Tuesday.
        ((2028, 2, 29, 9, 0), WORK, (2028, 2, 29, 17)),
        ((2028, 2, 29, 23, 0), SLEEPING, (2028, 3, 1, 6)),
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, LORD_HOWE], ids=str)
def test_what_the_schedule_says(
    zone: ZoneInfo, moment: tuple[int, ...], context: Context, end: tuple[int, ...]
) -> None:
    found = week.scheduled(local(zone, *moment), CONFIGS[zone])

    assert (found.context, found.end, found.evidence) == (context, local(zone, *end), Evidence.SCHEDULE)
    assert found.start <= local(zone, *moment)


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        (BERLIN, (2026, 3, 28, 23), 7.0),
        (BERLIN, (2026, 10, 24, 23), 9.0),
        (NEW_YORK, (2026, 3, 7, 23), 7.0),
        (NEW_YORK, (2026, 10, 31, 23), 9.0),
        (LORD_HOWE, (2026, 10, 3, 23), 7.5),
        (LORD_HOWE, (2026, 4, 4, 23), 8.5),
    ],
)
def test_the_night_when_the_clocks_change_is_one_stretch(
    zone: ZoneInfo, evening: tuple[int, ...], hours: float
) -> None:
    start = local(zone, *evening)
    first, second = itertools.islice(week.intervals(start, CONFIGS[zone]), 2)

    assert (first.context, first.start, first.end - first.start) == (SLEEPING, start, timedelta(hours=hours))
    assert (second.context, second.start) == (UNKNOWN, first.end)


def test_a_day_in_a_row() -> None:
    start = local(BERLIN, 2026, 3, 3, 20, 30)
    found = list(week.ahead(start, start + timedelta(hours=24), CONFIGS[BERLIN]))

    assert shown(found, BERLIN) == [
        ("Tue 20:30", "AVAILABLE"),
        ("Tue 23:00", "SLEEPING"),
        ("Wed 06:00", "GYM"),
        ("Wed 07:30", "UNKNOWN"),
        ("Wed 09:00", "WORK"),
        ("Wed 17:00", "GYM"),
        ("Wed 18:30", "UNKNOWN"),
        ("Wed 19:00", "AVAILABLE"),
    ]
    assert found[-1].end == start + timedelta(hours=24)


def test_nothing_lies_ahead_of_nothing() -> None:
    now = local(BERLIN, 2026, 3, 3, 20)
    assert list(week.ahead(now, now, CONFIGS[BERLIN])) == []


def test_what_lies_ahead_goes_on_after_the_week_that_is_kept() -> None:
    start = local(BERLIN, 2026, 3, 3, 20)
    found = list(week.ahead(start, start + timedelta(days=30), CONFIGS[BERLIN]))

    assert (found[0].start, found[-1].end) == (start, start + timedelta(days=30))
    assert all(one.end == two.start for one, two in itertools.pairwise(found))
    assert sum(one.context is GYM for one in found) == 44


def test_spans_across_midnight() -> None:
    routine = Routine(work=(time(20), time(4)), sleep=(time(5), time(13)), evening=(time(14), time(18)), gym=())
    config = factories.config(zone=BERLIN, routine=routine)

    assert week.scheduled(local(BERLIN, 2026, 3, 4, 3, 59), config).context is WORK
    assert week.scheduled(local(BERLIN, 2026, 3, 7, 3, 59), config).context is WORK, "of Friday"
    assert week.scheduled(local(BERLIN, 2026, 3, 8, 3, 59), config).context is UNKNOWN
    assert week.scheduled(local(BERLIN, 2026, 3, 9, 3, 59), config).context is UNKNOWN, "work begins on Monday evening"


def test_a_changed_zone_or_routine_counts_at_once() -> None:
    config = factories.config(zone=BERLIN)
    now = local(BERLIN, 2026, 3, 3, 23, 30)
    assert week.scheduled(now, config).context is SLEEPING
    config.zone = NEW_YORK
    assert week.scheduled(now, config).context is GYM
    config.routine = Routine(gym=())
    assert week.scheduled(now, config).context is UNKNOWN


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45, 59]))
spans = st.tuples(clocks, clocks).filter(lambda span: span[0] != span[1])
routines = st.builds(
    Routine, sleep=spans, work=spans, gym=st.lists(spans, max_size=3).map(tuple), evening=spans, weekend=spans
)
moments = st.one_of(
    st.integers(0, 4 * 365 * 24 * 60).map(
        lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.tuples(
        st.sampled_from([date(2026, 3, 7), date(2026, 3, 28), date(2026, 4, 4), date(2026, 10, 3), date(2026, 10, 24)]),
        st.integers(-1440, 4 * 1440),
    ).map(lambda found: datetime.combine(found[0], time(), UTC) + timedelta(minutes=found[1])),
)


def context_at(moment: datetime, config: Config) -> Context:
    """Straight from the settings, without intervals."""
    routine = config.routine
    today = moment.astimezone(config.zone).date()
    days = [today + timedelta(days=n) for n in (-2, -1, 0, 1)]

    def lies_in(span: tuple[time, time], on: frozenset[int]) -> bool:
        for day in days:
            start = datetime.combine(day, span[0], config.zone).astimezone(UTC)
            last = day + timedelta(days=span[1] <= span[0])
            if day.weekday() in on and start <= moment < datetime.combine(last, span[1], config.zone).astimezone(UTC):
                return True
        return False

    work_days, weekend = frozenset(range(5)), frozenset({5, 6})
    if any(lies_in(span, work_days) for span in routine.gym):
        return GYM
    if lies_in(routine.work, work_days):
        return WORK
    if lies_in(routine.sleep, work_days | weekend):
        return SLEEPING
    return AVAILABLE if lies_in(routine.evening, work_days) or lies_in(routine.weekend, weekend) else UNKNOWN


@settings(max_examples=150, deadline=None)
@given(moments, st.sampled_from(ZONES), routines, st.integers(1, 12 * 24))
def test_no_gap_and_no_overlap_and_each_as_the_settings_say(
    start: datetime, zone: ZoneInfo, routine: Routine, hours: int
) -> None:
    config = factories.config(zone=zone, routine=routine)
    until = start + timedelta(hours=hours)
    found = list(week.ahead(start, until, config))

    assert (found[0].start, found[-1].end) == (start, until)
    for one, two in itertools.pairwise(found):
        assert one.end == two.start
    for one in found:
        assert one.start < one.end
        for moment in (one.start, one.start + (one.end - one.start) / 2, one.end - timedelta(seconds=1)):
            assert context_at(moment, config) is one.context


@settings(max_examples=100, deadline=None)
@given(moments, st.sampled_from(ZONES))
def test_neighbours_differ_and_agree_with_the_schedule_of_the_moment(now: datetime, zone: ZoneInfo) -> None:
    found = list(itertools.islice(week.intervals(now, CONFIGS[zone]), 5))

    assert week.scheduled(now, CONFIGS[zone]) == found[0]
    assert found[0].start <= now < found[0].end
    for one, two in itertools.pairwise(found):
        assert one.context is not two.context
        assert week.scheduled(one.end, CONFIGS[zone]).context is two.context
