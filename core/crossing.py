"""When a measured series will reach a threshold: a probability per horizon, and the expected moment.

Two views are mixed. What the series did before when it stood as it stands now (the distribution of its past rises,
those from a similar level, hour and time since the last reset counting more) says how likely a rise is that closes the
gap; it knows rotation, season and bursts, but not what has never been there. A trend with doubt and spread says when a
random walk with that drift first passes (Bachelier; Cox and Miller 1965, 5.7); it looks further than the past does. The
more independent stretches of the length of the horizon the past holds, the more it counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.growth import DAY, Series, Trend, series, trend

if TYPE_CHECKING:
    from core.growth import Floats

LONGEST = timedelta(days=3650)
"""Later than this is never."""
PARTS = 24
"""Steps that a horizon is cut into."""
MOST_STEPS = 1500
TRUSTED = 4.0
"""So many independent past stretches count as much as the trend."""
ZOOM = 6
"""A moment within a horizon is looked for again at a horizon that is so many times shorter."""
TAIL = 2
"""Of the kernels of likeness: their squares fall with the fourth power."""
CYCLES = 3
"""Resets from which on they are a rhythm."""
NODES = ((-2.857, 0.0113), (-1.3556, 0.2221), (0.0, 0.5333), (1.3556, 0.2221), (2.857, 0.0113))
"""Gauss and Hermite, five points, for a standard normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """What is expected within a horizon."""

    horizon: timedelta
    probability: float
    """That the threshold is reached at or before its end, 0..1."""
    expected_at: datetime | None
    """When it will be reached by the trend, which may be after the horizon; None: it isn't on its way there."""
    earliest: datetime | None = None
    latest: datetime | None = None
    """Nine in ten: 5 % and 95 %, as far as the trend tells; `latest` is None when it may never be."""


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
    expected = trend(given, hours)
    probability, passed = _probability(given, expected, threshold, hours)
    if probability >= 0.5 and hours / ZOOM >= given.interval:
        sooner = _crossing(given, threshold, now, horizon / ZOOM)
        if sooner.probability >= 0.5:  # seen in more detail from nearby
            return replace(sooner, horizon=horizon, probability=max(probability, sooner.probability))
    gap, stale = threshold - expected.level, float(given.at[-1])
    middle, soon, late = (
        _reached(gap, expected, expected.slope + sign * 1.645 * expected.doubt) + stale for sign in (0, 1, -1)
    )
    if passed is not None:
        clear = expected.slope * hours / (expected.spread * math.sqrt(hours) + expected.doubt * hours + 1e-12)
        share = clear**2 / (1 + clear**2) if middle < math.inf else 0.0
        middle = max(passed + stale, 1e-3) ** (1 - share) * max(middle, 1e-3) ** share if share else passed + stale
    soon, late = min(soon, middle), max(late, middle)
    moment, earliest, latest = (_after(now, each) for each in (middle, soon, late))
    return Crossing(
        horizon=horizon,
        probability=probability,
        expected_at=moment,
        earliest=earliest if moment else None,
        latest=latest if moment else None,
    )


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


def _probability(given: Series, expected: Trend, threshold: float, hours: float) -> tuple[float, float | None]:
    """And the hours after which half of the stretches like this one had passed; None when the trend knows better."""
    ahead = hours - float(given.at[-1])  # the last value may be old
    gap = threshold - float(given.values[-1])
    by_trend = _by_trend(expected, gap, ahead)
    if len(given.resets) >= CYCLES:
        by_trend *= _peaks_above(given, expected, threshold)
    by_past, stretches, passed = _by_past(given, gap, ahead)
    trust = stretches / (stretches + TRUSTED)
    probability = min(max(trust * by_past + (1 - trust) * by_trend, 0.0), 1.0)
    return probability, passed if trust >= 0.5 else None


def _by_trend(expected: Trend, gap: float, hours: float) -> float:
    """That a random walk with an uncertain drift passes the gap within the hours."""
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
    return total


def _peaks_above(given: Series, expected: Trend, threshold: float) -> float:
    """That the series gets so high before its next reset.

    Counted over the peaks before past resets, neither 0 nor 1 from few of them. The more these differ, the less does
    the height cause the reset: then it comes at any time.
    """
    import numpy as np

    peaks = given.values[given.resets - 1][-20:]
    falls = peaks - given.values[given.resets][-20:]
    share = (float((peaks >= threshold).sum()) + 0.5) / (len(peaks) + 1)
    chance = min(2 * float(np.std(peaks) / np.mean(falls)), 1.0)
    cycle = float(np.median(np.diff(given.at[given.resets])))
    wait = _reached(threshold - expected.level, expected, expected.slope)
    return max(share, chance * math.exp(-wait / cycle))


def _by_past(given: Series, gap: float, hours: float) -> tuple[float, float, float | None]:
    """That a rise like those of the past closes the gap; by how many independent stretches that is known; and the
    hours after which half of them had closed it, None when fewer did."""
    import numpy as np

    step = max(hours / PARTS, given.interval)
    ahead = max(1, round(hours / step))
    count = int(min(given.span / step, MOST_STEPS))
    if count < ahead + 2:
        return 0.0, 0.0, None
    times = given.at[-1] - step * np.arange(count, -1, -1.0)
    values = given.at_times(times, given.values)
    # The highest of each step, then of all steps of a stretch: what lies between two steps counts as well.
    places = np.searchsorted(given.at, times, side="right")
    highest = np.maximum(np.maximum.reduceat(given.values, np.minimum(places[:-1], len(given.at) - 1)), values[1:])
    highest = np.where(places[1:] > places[:-1], highest, values[1:])
    windows = np.lib.stride_tricks.sliding_window_view(highest, ahead)
    top = windows.max(axis=1)
    starts, rises = values[: len(top)], top - values[: len(top)]
    weights = _likeness(given, times[: len(top)], starts, step * ahead)
    blocks = np.add.reduceat(weights, np.arange(0, len(weights), ahead))
    stretches = float(blocks.sum() ** 2 / (blocks @ blocks))
    blur = max(float(rises.std()) * 0.3 * max(stretches, 1.0) ** -0.2, 1e-9 * abs(gap))
    likely = 0.5 + 0.5 * np.tanh(0.8 * (rises - gap) / blur)  # close to the normal distribution
    shrunk = (float(weights @ likely) / float(weights.sum()) * stretches + 0.02) / (stretches + 0.04)
    if shrunk < 0.5:
        return shrunk, stretches, None
    first = np.where(rises >= gap, np.argmax(windows >= (starts + gap)[:, None], axis=1), ahead)
    reached = np.cumsum(np.bincount(first, weights, minlength=ahead + 1))
    half = int(np.searchsorted(reached, reached[-1] / 2))
    return shrunk, stretches, half * step + (step + given.interval) / 2 if half < ahead else None


def _likeness(given: Series, times: Floats, starts: Floats, hours: float) -> Floats:
    """How much each past moment counts: recent ones more, and those that were like now.

    The kernels have long tails, so that something counts even when nothing was like now.
    """
    import numpy as np

    weights = np.exp((times - given.at[-1]) / max(8 * hours, given.span / 2))
    width = float(starts.std()) * 0.25
    if width > 0:
        apart = np.minimum(np.abs(starts - given.values[-1]) / width, 1e6)
        weights = weights / (1 + apart**2) ** TAIL
    if hours < 0.75 * DAY and given.span > 3 * DAY:
        apart = np.abs((times - given.at[-1] + DAY / 2) % DAY - DAY / 2)
        weights = weights / (1 + (apart / 2) ** 2) ** TAIL
    if len(given.resets) >= CYCLES:
        begun = given.at[given.resets]
        cycle = float(np.median(np.diff(begun)))
        places = np.searchsorted(begun, times, side="right") - 1
        since = np.where(places >= 0, times - begun[np.maximum(places, 0)], cycle)
        apart = (since - (given.at[-1] - begun[-1])) / (0.2 * cycle)
        weights = weights / (1 + apart**2) ** TAIL
    return np.asarray(np.maximum(weights, 1e-30))


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
