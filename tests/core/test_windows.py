"""Windows of autonomous time, at their edges and on the nights when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import windows
from core.model.routine import Routine
from tests import factories

BERLIN, NEW_YORK, LORD_HOWE = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
ZONES = (BERLIN, NEW_YORK, LORD_HOWE, ZoneInfo("UTC"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia"))
CONFIGS = {zone: factories.config(zone=zone) for zone in ZONES}


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


def names(zone: ZoneInfo, *parts: int) -> list[str]:
    return [window.name for window in windows.open_at(local(zone, *parts), CONFIGS[zone])]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ((2026, 3, 3, 18, 59, 59), []),
        ((2026, 3, 3, 19, 0), ["quick win"]),
        ((2026, 3, 3, 22, 59, 59), ["quick win"]),
        ((2026, 3, 3, 23, 0), ["overnight"]),
        ((2026, 3, 4, 0, 0), ["overnight"]),
        ((2026, 3, 4, 5, 59, 59), ["overnight"]),
        ((2026, 3, 4, 6, 0), ["overnight", "gym"]),
        ((2026, 3, 4, 7, 0), ["gym"]),
        ((2026, 3, 4, 7, 29, 59), ["gym"]),
        ((2026, 3, 4, 7, 30), []),
        ((2026, 3, 4, 8, 59, 59), []),
        ((2026, 3, 4, 9, 0), ["work hours"]),
        ((2026, 3, 4, 16, 59, 59), ["work hours"]),
        ((2026, 3, 4, 17, 0), ["gym"]),
        ((2026, 3, 4, 18, 30), []),
        # Friday evening runs on into the weekend, and the weekend into Monday's early morning.
        ((2026, 3, 6, 22, 59, 59), ["quick win"]),
        ((2026, 3, 6, 23, 59, 59), ["overnight"]),
        ((2026, 3, 7, 0, 0), ["overnight", "weekend"]),
        ((2026, 3, 7, 7, 0), ["weekend"]),
        ((2026, 3, 7, 19, 0), ["weekend"]),
        ((2026, 3, 8, 23, 30), ["weekend", "overnight"]),
        ((2026, 3, 9, 0, 0), ["overnight"]),
        ((2026, 3, 9, 7, 30), []),
        # A leap day is an ordinary Thursday.
        ((2024, 2, 29, 9, 0), ["work hours"]),
        ((2024, 2, 29, 23, 0), ["overnight"]),
        ((2024, 3, 1, 0, 0), ["overnight"]),
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, LORD_HOWE], ids=str)
def test_what_is_open_when(zone: ZoneInfo, moment: tuple[int, ...], expected: list[str]) -> None:
    assert names(zone, *moment) == expected


def test_the_evening_runs_on_until_the_end_of_the_gym() -> None:
    assert windows.autonomous_until(local(BERLIN, 2026, 3, 3, 20), CONFIGS[BERLIN]) == local(BERLIN, 2026, 3, 4, 7, 30)


def test_friday_evening_lasts_until_monday_morning() -> None:
    assert windows.autonomous_until(local(BERLIN, 2026, 3, 6, 19), CONFIGS[BERLIN]) == local(BERLIN, 2026, 3, 9, 7, 30)


def test_work_hours_run_on_into_the_gym_and_end_there() -> None:
    assert windows.autonomous_until(local(BERLIN, 2026, 3, 4, 9), CONFIGS[BERLIN]) == local(BERLIN, 2026, 3, 4, 18, 30)


def test_in_no_window_there_is_no_autonomous_time() -> None:
    now = local(BERLIN, 2026, 3, 4, 18, 45)

    assert windows.autonomous_until(now, CONFIGS[BERLIN]) == now


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, (2026, 3, 28), 7.0),
        (BERLIN, (2026, 10, 24), 9.0),
        (NEW_YORK, (2026, 3, 7), 7.0),
        (NEW_YORK, (2026, 10, 31), 9.0),
        (LORD_HOWE, (2026, 10, 3), 7.5),
        (LORD_HOWE, (2026, 4, 4), 8.5),
        (BERLIN, (2026, 6, 1), 8.0),
    ],
)
def test_the_length_of_the_night_when_the_clocks_change(
    zone: ZoneInfo, day: tuple[int, int, int], hours: float
) -> None:
    night = next(window for window in windows.occurrences(date(*day), 1, CONFIGS[zone]) if window.name == "overnight")

    assert night.end - night.start == timedelta(hours=hours)
    assert night.end.astimezone(zone).hour == 7


@pytest.mark.parametrize(
    ("hours", "moment", "name", "start"),
    [
        (1.0, (2026, 3, 4, 18, 45), "quick win", (2026, 3, 4, 19)),
        (1.0, (2026, 3, 4, 20), "quick win", (2026, 3, 4, 19)),
        (4.0, (2026, 3, 4, 8), "work hours", (2026, 3, 4, 9)),
        (8.0, (2026, 3, 4, 20), "work hours", (2026, 3, 5, 9)),
        (12.0, (2026, 3, 9, 8), "weekend", (2026, 3, 14, 0)),
        (12.0, (2026, 3, 8, 23, 59), "weekend", (2026, 3, 8, 0)),
    ],
)
def test_the_next_window_for_a_size(hours: float, moment: tuple[int, ...], name: str, start: tuple[int, ...]) -> None:
    window = windows.next_for(hours, local(BERLIN, *moment), CONFIGS[BERLIN])

    assert (window.name, window.start) == (name, local(BERLIN, *start))


@pytest.mark.parametrize(
    ("hours", "name"),
    [
        (0.1, "quick win"),
        (2.0, "quick win"),
        (2.01, "overnight"),
        (6.0, "overnight"),
        (6.5, "work hours"),
        (8.0, "work hours"),
        (8.25, "weekend"),
        (12.0, "weekend"),
    ],
)
def test_size_classes(hours: float, name: str) -> None:
    assert windows.size_class(hours) == name


def test_a_window_that_the_clocks_skip_falls_out() -> None:
    """In Berlin there is no 2:30 on 29 March: a span from there to 3:15 would end before it starts."""
    config = factories.config(zone=BERLIN, routine=Routine(sleep=(time(2, 30), time(3, 15))))
    nights = [window for window in windows.occurrences(date(2026, 3, 27), 4, config) if window.name == "overnight"]

    assert [f"{night.start.astimezone(BERLIN):%d %H:%M}" for night in nights] == ["27 02:30", "28 02:30", "30 02:30"]
    assert windows.next_named("overnight", local(BERLIN, 2026, 3, 28, 4), config) == nights[-1]


def test_a_night_that_begins_in_the_skipped_hour_begins_after_it() -> None:
    """In Nuuk the clocks jump from Saturday 23:00 to Sunday 0:00."""
    nuuk = ZoneInfo("America/Nuuk")
    night = windows.next_named("overnight", local(nuuk, 2026, 3, 28, 12), factories.config(zone=nuuk))

    assert (night.start, night.end) == (local(nuuk, 2026, 3, 29), local(nuuk, 2026, 3, 29, 7))


def test_a_changed_zone_or_routine_counts_at_once() -> None:
    config = factories.config(zone=BERLIN)
    now = local(BERLIN, 2026, 3, 3, 23, 30)
    assert [window.name for window in windows.open_at(now, config)] == ["overnight"]
    config.zone = NEW_YORK
    assert [window.name for window in windows.open_at(now, config)] == ["gym"]
    config.routine = Routine(gym=(), evening=(time(17), time(21)))
    assert [window.name for window in windows.open_at(now, config)] == ["quick win"]


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
spans = st.tuples(clocks, clocks).filter(lambda span: span[0] != span[1])
routines = st.builds(Routine, sleep=spans, work=spans, gym=st.lists(spans, max_size=2).map(tuple), evening=spans)
changes = st.sampled_from(
    [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25)]
)


@given(changes, st.sampled_from(ZONES), routines)
def test_whatever_the_settings_no_window_is_empty_or_negative(day: date, zone: ZoneInfo, routine: Routine) -> None:
    config = factories.config(zone=zone, routine=routine)
    found = windows.occurrences(day - timedelta(days=2), 9, config)

    assert list(found) == sorted(found, key=lambda window: window.start)
    for window in found:
        assert timedelta() < window.end - window.start <= timedelta(hours=25)
    for name in ("overnight", "work hours", "quick win", "weekend"):
        assert windows.next_named(name, found[0].start, config).end > found[0].start


FIRST = datetime(2020, 1, 1, tzinfo=UTC)
moments = st.integers(0, 16 * 365 * 24 * 3600).map(lambda seconds: FIRST + timedelta(seconds=seconds))


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.sampled_from(ZONES))
def test_no_window_is_empty_or_negative(first: date, zone: ZoneInfo) -> None:
    for window in windows.occurrences(first, 3, CONFIGS[zone]):
        assert window.start < window.end
        assert window.end - window.start <= timedelta(hours=25)


@given(moments, st.sampled_from(ZONES))
def test_what_is_open_agrees_with_the_occurrences(now: datetime, zone: ZoneInfo) -> None:
    around = windows.occurrences(now.astimezone(zone).date() - timedelta(days=3), 6, CONFIGS[zone])

    assert windows.open_at(now, CONFIGS[zone]) == [window for window in around if window.start <= now < window.end]


@given(moments, st.sampled_from(ZONES))
def test_autonomous_time_is_unbroken_and_ends_where_nothing_is_open(now: datetime, zone: ZoneInfo) -> None:
    until = windows.autonomous_until(now, CONFIGS[zone])

    assert until >= now
    if not windows.open_at(now, CONFIGS[zone]):
        assert until == now
        return
    assert not windows.open_at(until, CONFIGS[zone])
    steps = int((until - now) / timedelta(minutes=30))
    assert all(windows.open_at(now + timedelta(minutes=30) * step, CONFIGS[zone]) for step in range(steps))


@given(moments, st.sampled_from(ZONES), st.floats(0.1, 12))
def test_there_is_always_a_next_window(now: datetime, zone: ZoneInfo, hours: float) -> None:
    window = windows.next_for(hours, now, CONFIGS[zone])

    assert window.end > now
    assert window.max_hours >= hours
