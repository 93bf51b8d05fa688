"""Histograms of latencies: percentiles near the true ones, also after merging."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import latency

LATENCIES = st.lists(st.floats(latency.SHORTEST, latency.LONGEST), min_size=1, max_size=200)
SHARES = st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 1.0])


def true_percentile(values: list[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


@given(LATENCIES, SHARES)
def test_a_percentile_is_within_five_percent_of_the_true_one(values: list[float], share: float) -> None:
    found = latency.percentile(latency.histogram(values), share)

    assert found == pytest.approx(true_percentile(values, share), rel=latency.ERROR + 1e-9)


@given(LATENCIES, LATENCIES, LATENCIES)
def test_merging_is_measuring_together_in_any_order(one: list[float], two: list[float], three: list[float]) -> None:
    a, b, c = map(latency.histogram, (one, two, three))

    together = latency.histogram([*one, *two, *three])
    assert latency.merge(latency.merge(a, b), c) == latency.merge(c, a, b) == together
    assert latency.count(together) == len(one) + len(two) + len(three)


@given(LATENCIES, SHARES)
def test_whether_a_percentile_is_slow_is_no_matter_of_rounding(values: list[float], share: float) -> None:
    found = latency.percentile(latency.histogram(values), share)

    assert found is not None
    assert (found > latency.SLOW) == (true_percentile(values, share) > latency.SLOW)


@pytest.mark.parametrize(("ms", "slow"), [(5000.0, False), (math.nextafter(5000.0, 0), False), (5000.001, True)])
def test_the_bound_itself(ms: float, slow: bool) -> None:
    assert (latency.bucket(ms) > 0) == slow


def test_what_is_beyond_the_scale_still_counts() -> None:
    both = latency.histogram([0.0, 1e12])

    assert latency.count(both) == 2
    assert latency.percentile(both, 1.0) == pytest.approx(latency.LONGEST, rel=latency.ERROR)


def test_nothing_measured_has_no_percentile() -> None:
    assert latency.percentile(latency.histogram([]), 0.95) is None


def test_a_day_of_one_operation_stays_small() -> None:
    widest = latency.histogram([1.07**n for n in range(300)])

    assert len(widest.buckets) <= 210
