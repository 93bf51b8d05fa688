"""When a series reaches its threshold."""

import itertools
import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problem_predictor import Crossing, forecast

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
Samples = list[tuple[datetime, float]]


def hourly(values: list[float]) -> Samples:
    """The last of them now."""
    return [(NOW - timedelta(hours=len(values) - 1 - i), value) for i, value in enumerate(values)]


def one(samples: Samples, threshold: float, horizon: timedelta) -> Crossing:
    (found,) = forecast(samples, threshold, NOW, [horizon])
    return found


def test_a_disk_that_fills_steadily() -> None:
    samples = hourly([40 + 0.1 * i for i in range(24 * 10)])  # 63.9 now, 2.4 a day: 80 is reached in 6.7 days

    day, week, month = forecast(samples, 80.0, NOW, [DAY, WEEK, MONTH])

    assert day.probability < 0.05
    assert week.probability > 0.6
    assert month.probability > 0.95
    assert month.expected_at is not None
    assert abs(month.expected_at - (NOW + timedelta(days=6.7))) < timedelta(hours=12)
    assert month.earliest is not None
    assert month.latest is not None
    assert month.earliest <= month.expected_at <= month.latest


def test_a_flat_series_is_on_its_way_nowhere() -> None:
    found = one(hourly([50.0] * 500), 80.0, MONTH)

    assert found.probability < 0.01
    assert found.expected_at is None


def test_what_stands_at_the_threshold_has_reached_it() -> None:
    found = one(hourly([1.0, 80.0]), 80.0, DAY)

    assert (found.probability, found.expected_at) == (1.0, NOW)


def test_a_clean_up_is_no_trend() -> None:
    """It grew by 2.4 a day for ten days, was cleaned up two days ago, and grows on: the fall does not hide that."""
    values = [40 + 0.1 * i for i in range(240)] + [45 + 0.1 * i for i in range(48)]

    found = one(hourly(values), 55.0, WEEK)

    assert found.probability > 0.8
    assert found.expected_at is not None
    assert abs((found.expected_at - NOW) / timedelta(hours=1) - 53) < 12


def test_a_log_that_is_rotated_at_its_size_never_gets_beyond_it() -> None:
    samples = hourly([float(i % 31) for i in range(24 * 30)])

    assert one(samples, 40.0, WEEK).probability < 0.05
    assert one(samples, 25.0, WEEK).probability > 0.9


def test_a_history_of_months_is_read_in_part_and_not_misread() -> None:
    count = 15_000
    samples = [(NOW - timedelta(minutes=10 * (count - i)), float(i % 190)) for i in range(count)]

    assert one(samples, 250.0, WEEK).probability < 0.05
    soon = one(samples, 185.0, WEEK)
    assert soon.probability > 0.9
    assert soon.expected_at is not None
    assert soon.expected_at < NOW + timedelta(hours=6)


def test_a_season_is_known() -> None:
    """High every afternoon: at noon it is about to come, in the evening it is not."""

    def memory(until: datetime) -> Samples:
        times = [until - timedelta(hours=i) for i in range(24 * 21, -1, -1)]
        rng = random.Random(1)
        return [(at, 50 + 20 * math.sin(2 * math.pi * (at.hour - 9) / 24) + rng.gauss(0, 1)) for at in times]

    evening = NOW.replace(hour=21)
    (soon,) = forecast(memory(NOW), 67.0, NOW, [timedelta(hours=4)])
    (later,) = forecast(memory(evening), 67.0, evening, [timedelta(hours=4)])

    assert soon.probability > 0.8
    assert later.probability < 0.1


def test_growth_that_slows_down_is_not_a_line() -> None:
    values = [50 - 30 * math.exp(-i / 200) for i in range(24 * 30)]

    assert one(hourly(values), 55.0, MONTH).probability < 0.2


def test_what_comes_after_now_is_not_looked_at() -> None:
    samples = hourly([50.0] * 100)
    future = [(NOW + timedelta(hours=i), 50.0 + i) for i in range(1, 100)]

    assert forecast(samples + future, 80.0, NOW, [WEEK]) == forecast(samples, 80.0, NOW, [WEEK])


def test_order_and_doubles_do_not_matter() -> None:
    samples = hourly([40 + 0.1 * i for i in range(240)])
    shuffled = samples + samples[:10]
    random.Random(3).shuffle(shuffled)

    assert forecast(shuffled, 80.0, NOW, [WEEK]) == forecast(samples, 80.0, NOW, [WEEK])


@pytest.mark.parametrize("samples", [[], [(NOW, 1.0)], [(NOW, math.nan)], [(NOW - DAY, 1.0), (NOW, 1.0)]])
def test_little_is_known(samples: Samples) -> None:
    found = one(samples, 80.0, DAY)

    assert found.probability < 0.05
    assert found.expected_at is None


def test_thinned_history_is_as_good() -> None:
    """Daily, then hourly, then every ten minutes: one line."""
    ages = [*range(100 * 1440, 91 * 1440, -1440), *range(91 * 1440, 7 * 1440, -60), *range(7 * 1440, -1, -10)]
    samples = [(NOW - timedelta(minutes=age), 70 - age / 1440 * 0.5) for age in ages]

    found = one(samples, 75.0, MONTH)

    assert found.probability > 0.9
    assert found.expected_at is not None
    assert abs(found.expected_at - (NOW + timedelta(days=10))) < timedelta(days=1)


numbers = st.floats(allow_nan=True, allow_infinity=True)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=150, deadline=None)
@given(
    samples=st.lists(st.tuples(moments, numbers), max_size=60),
    threshold=st.floats(-1e9, 1e9),
    horizons=st.lists(st.timedeltas(timedelta(), timedelta(days=900)), min_size=1, max_size=4),
)
def test_it_answers_whatever_is_measured(samples: Samples, threshold: float, horizons: list[timedelta]) -> None:
    found = forecast(samples, threshold, NOW, horizons)

    assert [each.horizon for each in found] == horizons
    assert all(0.0 <= each.probability <= 1.0 for each in found)
    assert all(each.expected_at is None or each.expected_at >= NOW for each in found)
    ordered = sorted(found, key=lambda each: each.horizon)
    assert all(a.probability <= b.probability for a, b in itertools.pairwise(ordered))
