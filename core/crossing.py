"""When a measured series will reach a threshold: a probability per horizon, and the expected moment.

Two views are mixed. What the series did before (`core.stretches`) says how likely a rise is that closes the gap; it
knows rotation, season and bursts, but not what has never been there. A trend with doubt and spread says when a
random walk with that drift first passes (Bachelier; Cox and Miller 1965, 5.7); it looks further than the past does. The
more independent stretches of the length of the horizon the past holds, the more it counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.growth import Series, Trend, series, trend
from core.stretches import LATEST, Past, look_back, peaks_differ

LONGEST = timedelta(days=3650)
"""Later than this is never."""
TRUSTED = 2.0
"""So many independent past stretches count as much as the trend."""
TOLD = 0.4
"""How much the past has to count for the moment to be taken from it."""
ZOOM = 6
"""A moment within a horizon is looked for again at a horizon that is so many times shorter."""
WEEK = 168.0
"""Hours."""
NODES = ((-2.857, 0.0113), (-1.3556, 0.2221), (0.0, 0.5333), (1.3556, 0.2221), (2.857, 0.0113))
"""Gauss and Hermite, five points, for a standard normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """What is expected within a horizon."""

    horizon: timedelta
    probability: float
    """That the threshold is reached at or before its end, 0..1."""
    expected_at: datetime | None
    """The measurement that is expected to show it, which may be after the horizon; None: it isn't on its way there."""
    earliest: datetime | None = None
    latest: datetime | None = None
    """Nine in ten: 5 % and 95 %; `latest` is None when it may never be."""


def forecast(
    samples: Sequence[tuple[datetime, float]], threshold: float, now: datetime, horizons: Sequence[timedelta]
) -> list[Crossing]:
    """For each horizon, in their order. Samples are (aware datetime, value) in any order and at any intervals.

    Only what was measured until now counts. Without a sample nothing is expected; a series that stands at or above the
    threshold has reached it.
    """
    given = series(samples, now)
    if given is None:
        return [Crossing(horizon=horizon, probability=0.0, expected_at=None) for horizon in horizons]
    gap = threshold - float(given.values[-1])
    if gap <= 0:
        return [Crossing(horizon=each, probability=1.0, expected_at=now, earliest=now, latest=now) for each in horizons]
    return _monotone([_crossing(given, threshold, now, horizon) for horizon in horizons])


def _crossing(given: Series, threshold: float, now: datetime, horizon: timedelta) -> Crossing:
    hours = horizon.total_seconds() / 3600
    stale = float(given.at[-1])  # the last value may be old
    expected = trend(given, hours)
    past = look_back(given, threshold - float(given.values[-1]), hours - stale)
    trust = past.stretches / (past.stretches + TRUSTED)
    probability = trust * past.probability + (1 - trust) * _by_trend(given, expected, threshold, hours - stale)
    probability = min(max(probability, 0.0), 1.0)
    if probability >= 0.5 and hours / ZOOM >= given.interval:
        sooner = _crossing(given, threshold, now, horizon / ZOOM)
        if sooner.probability >= 0.5:  # seen in more detail from nearby
            return replace(sooner, horizon=horizon, probability=max(probability, sooner.probability))
    moments = _moments(given, expected, threshold, past if trust >= TOLD else None)
    moment, earliest, latest = (_after(now, each + stale) for each in moments)
    return Crossing(
        horizon=horizon,
        probability=probability,
        expected_at=moment,
        earliest=earliest if moment else None,
        latest=latest if moment else None,
    )


def _moments(given: Series, expected: Trend, threshold: float, past: Past | None) -> tuple[float, float, float]:
    """Hours after the last measurement: the expected ones, and a range around them; by the past as far as it tells."""
    gap = threshold - expected.level
    middle, soon, late = (
        _measured(_reached(gap, expected, expected.slope + sign * 1.645 * expected.doubt), given.interval)
        for sign in (0, 1, -1)
    )
    half = past.after(0.5) if past else None
    if past is None or half is None:
        return middle, soon, late
    if middle < math.inf:
        share = _weight(expected, half)
        half = half ** (1 - share) * max(middle, half / 100) ** share
    return half, min(past.after(0.05) or half, half), max(past.after(0.95) or late, half)


def _weight(expected: Trend, hours: float) -> float:
    """How much the trend counts for the moment beside the past, 0..1.

    The clearer it stands out from chance the more, since the past has not always grown as it does now; but a trend of
    days knows nothing of what an hour or a weekday brings.
    """
    clear = expected.slope * hours / (expected.spread * math.sqrt(hours) + expected.doubt * hours + 1e-12)
    return clear**2 / (1 + clear**2) * hours**2 / (hours**2 + WEEK**2)


def _after(now: datetime, hours: float) -> datetime | None:
    return now + timedelta(hours=max(hours, 0.0)) if hours < LONGEST.total_seconds() / 3600 else None


def _reached(gap: float, expected: Trend, slope: float) -> float:
    """Hours until the trend closes the gap; infinite when it never does."""
    if gap <= 0:
        return 0.0
    if slope <= 0:
        return math.inf
    if math.isinf(expected.fades):
        return gap / slope
    part = gap / (slope * expected.fades)
    return -expected.fades * math.log(1 - part) if part < 1 else math.inf


def _measured(hours: float, interval: float) -> float:
    """When a measurement will show it: the next one after it."""
    return math.ceil(hours / interval - 1e-6) * interval if hours < math.inf else hours


def _by_trend(given: Series, expected: Trend, threshold: float, hours: float) -> float:
    """That a random walk with an uncertain drift reaches the threshold within the hours, before it is reset."""
    gap = threshold - float(given.values[-1])
    spread = max(expected.spread * math.sqrt(hours), 1e-9 * gap, 1e-100)
    fades, total = expected.fades, 0.0
    lasting = hours if math.isinf(fades) else fades * -math.expm1(-hours / fades)
    for node, weight in NODES:
        drift = (expected.slope + node * expected.doubt) * lasting
        passed = _normal((drift - gap) / spread)
        exponent = 2 * drift * gap / spread**2
        if exponent < 500:  # beyond, the first part is 1 already
            passed += math.exp(exponent) * _normal((-gap - drift) / spread)
        total += weight * min(passed, 1.0)
    return total * _peaks_above(given, expected, threshold) if len(given.resets) else total


def _peaks_above(given: Series, expected: Trend, threshold: float) -> float:
    """That the series gets so high before its next reset.

    Counted over the peaks before past resets, neither 0 nor 1 from few of them. The more these differ, the less does
    the height cause the reset: then it comes at any time.
    """
    import numpy as np

    peaks = given.values[given.resets - 1][-LATEST:]
    share = (float((peaks >= threshold).sum()) + 0.5) / (len(peaks) + 1)
    cycle = float(np.median(np.diff(np.append(given.at[0], given.at[given.resets]))))
    wait = _reached(threshold - expected.level, expected, expected.slope)
    return max(share, peaks_differ(given) * math.exp(-wait / cycle))


def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))


def _monotone(made: Sequence[Crossing]) -> list[Crossing]:
    """A longer horizon holds the shorter ones."""
    least: dict[timedelta, float] = {}
    highest = 0.0
    for one in sorted(made, key=lambda each: each.horizon):
        highest = max(highest, one.probability)
        least[one.horizon] = highest
    return [replace(one, probability=least[one.horizon]) for one in made]
