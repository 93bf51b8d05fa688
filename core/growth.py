"""A measured series as arrays: brought to a grid, its resets found and taken out, its trend estimated.

Time is in hours before now, so it is negative. numpy is loaded when it is first needed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DAY = 24.0
HOLT = (0.4, 0.1)
"""How fast level and trend follow (Holt 1957); usual values for short series."""
LARGEST = 1e100
"""A value beyond that is no measurement; its square could not be computed."""
RECENT = 1000
"""So many of the latest measurements are all looked at."""
BACK = 7
"""Steps that a recent trend looks back on: a week of days."""
MOST_POINTS = 60
"""Enough for a stable slope; the pairs of Theil and Sen grow with the square."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """A series without its gaps and oddities, in the order of time."""

    at: Floats
    values: Floats
    resets: NDArray[np.intp]
    """Where a sharp fall begins a new stretch: indices of the first value after it."""
    interval: float
    """Hours between two recent measurements."""

    @property
    def span(self) -> float:
        """Hours."""
        return float(self.at[-1] - self.at[0])

    @cached_property
    def without_resets(self) -> Floats:
        """The values as if nothing had ever been cleaned up: each fall is added back to what comes after it."""
        import numpy as np

        if not len(self.resets):
            return self.values
        falls = np.zeros_like(self.values)
        falls[self.resets] = np.maximum(self.values[self.resets - 1] - self.values[self.resets], 0)
        return np.asarray(self.values + np.cumsum(falls) - falls.sum())

    @cached_property
    def slope_since_reset(self) -> float | None:
        """Trend since the last reset, if that is not too long ago; None when there was none or too little is known."""
        import numpy as np

        if not len(self.resets):
            return None
        at, values = self.at[self.resets[-1] :], self.values[self.resets[-1] :]
        if len(at) < 6 or len(at) > len(self.at) * 0.9:
            return None
        kept = np.linspace(0, len(at) - 1, min(len(at), MOST_POINTS)).astype(int)
        return theil_sen(at[kept], values[kept])

    def at_times(self, times: Floats, values: Floats) -> Floats:
        """What was last measured at each of these times."""
        import numpy as np

        return np.asarray(values[np.maximum(np.searchsorted(self.at, times, side="right") - 1, 0)])


def series(samples: Sequence[tuple[datetime, float]], now: datetime) -> Series | None:
    """Take what was measured until now; of two values of one moment the later one. None when there is nothing."""
    import numpy as np

    zero = now.timestamp()
    moments = [moment for moment, _ in samples]
    values = np.array([value for _, value in samples], dtype=float)
    if len(moments) > 2 * RECENT and all(map(operator.lt, moments, moments[1:])):
        kept = _thinned(values)
        moments, values = [moments[index] for index in kept.tolist()], values[kept]
    at = (np.fromiter(map(datetime.timestamp, moments), float, len(moments)) - zero) / 3600
    usable = (np.abs(values) < LARGEST) & (at <= 0)  # not a number is not smaller
    if not usable.all():
        at, values = at[usable], values[usable]
    if not len(at):
        return None
    if (np.diff(at) <= 0).any():
        order = np.argsort(at, kind="stable")
        at, values = at[order], values[order]
        last = np.append(np.diff(at) > 0, True)
        at, values = at[last], values[last]
    recent = np.diff(at[-200:])
    interval = float(np.median(recent)) if len(recent) else 1.0
    return Series(at=at, values=values, resets=falls(values), interval=interval)


def _thinned(values: Floats) -> NDArray[np.intp]:
    """Indices of what is kept of a long series, in their order: all that is recent, and of what is older as many, the
    highest and the last of each stretch. Reading when they were takes longer than all that is done with them."""
    import numpy as np

    old = len(values) - RECENT
    size = -(-old // (RECENT // 2))
    blocks = values[: old // size * size].reshape(-1, size)
    starts = size * np.arange(len(blocks))
    older = np.concatenate([starts + blocks.argmax(axis=1), starts + size - 1])
    return np.concatenate([np.unique(older), np.arange(len(blocks) * size, len(values))])


def falls(values: Floats) -> NDArray[np.intp]:
    """Where something was cleaned up or rotated: a sharp and lasting fall, far larger than the usual ups and downs.

    Compared are the three values before and after, so that a single odd measurement is no fall.
    """
    import numpy as np

    count = len(values)
    if count < 4:
        return np.zeros(0, dtype=np.intp)
    padded = np.concatenate([values[:1], values[:1], values, values[-1:], values[-1:]])
    low, high = _of_three(np.minimum, padded), _of_three(np.maximum, padded)  # of the values i-2 .. i
    down = low[: count - 1] - high[3 : count + 2]
    up = low[3 : count + 2] - high[: count - 1]
    usual = float(np.median(np.abs(np.diff(values)))) * 1.48
    extent = float(values.max() - values.min())
    least = max(8 * usual, 0.03 * extent)
    found = np.flatnonzero(down > least) + 1
    if not len(found) or extent == 0:
        return np.zeros(0, dtype=np.intp)
    # One fall is seen from up to three places: keep the steepest.
    groups = np.split(found, np.flatnonzero(np.diff(found) > 3) + 1)
    steepest = [group[np.argmin(values[group] - values[group - 1])] for group in groups]
    # What rises as sharply as it falls goes up and down; a clean-up has no counterpart.
    ups, downs = np.sort(up), np.sort(down)
    sizes = down[np.asarray(steepest) - 1] / 2
    alike = count - 1 - np.searchsorted(ups, sizes), count - 1 - np.searchsorted(downs, sizes)
    kept: NDArray[np.intp] = np.asarray(steepest, dtype=np.intp)[3 * alike[0] <= alike[1]]
    return kept


def _of_three(pick: Any, values: Floats) -> Floats:
    import numpy as np

    return np.asarray(pick(pick(values[:-2], values[1:-1]), values[2:]))


@dataclass(frozen=True, kw_only=True)
class Trend:
    """What is gained in an hour, resets left out."""

    level: float
    """Where it stands now, a single odd value smoothed away."""
    slope: float
    doubt: float
    """Standard error of the slope."""
    fades: float
    """Hours in which the slope falls to 1/e (a damped trend: Gardner and McKenzie 1985); infinite when it lasts."""
    spread: float
    """Standard deviation of what an hour brings besides the trend; it grows with the root of time."""


def trend(given: Series, horizon: float) -> Trend:
    """The trend at the scale of a horizon (hours): the median of several estimates, their disagreement as doubt."""
    import numpy as np

    step = min(max(horizon, given.interval), DAY)
    if given.span < 3 * step:
        step = max(given.span / 6, given.interval)
    count = int(min(given.span / step, 400)) + 1
    if count < 3:
        return Trend(
            level=float(given.values[-1]),
            slope=0.0,
            doubt=0.0,
            fades=math.inf,
            spread=_spread(given.values, given.interval),
        )
    times = given.at[-1] - step * np.arange(count - 1, -1, -1.0)
    values = given.at_times(times, given.without_resets)
    back = min(count, BACK + 1)
    estimates = [
        given.slope_since_reset or _holt(values) / step,
        least_squares(times[-back:], values[-back:]),
        _past_change(values, max(1, round(horizon / step))) / step,
    ]
    slope = float(np.median(estimates))
    changes = np.diff(values)
    scale = float(np.std(changes - changes.mean()))
    usual = float(np.median(np.abs(changes - np.median(changes)))) * 1.48
    spread = (0.5 * scale + 0.5 * usual) / math.sqrt(step)
    fades = _fades(times, values, spread)
    if math.isfinite(fades):  # what the slope loses on the way is no chance
        spread = min(spread, float(np.std(np.diff(changes))) / math.sqrt(2 * step))
    doubt = max(float(np.std(estimates)), spread / math.sqrt(given.span))
    return Trend(level=_level(given, slope), slope=slope, doubt=doubt, fades=fades, spread=spread)


def _fades(at: Floats, values: Floats, spread: float) -> float:
    """How fast growth slows down: slopes of both halves of the past compared; infinite unless they clearly differ."""
    half = len(at) // 2
    if half < 4:
        return math.inf
    first, second = least_squares(at[:half], values[:half]), least_squares(at[half:], values[half:])
    hours = float(at[-1] - at[half])
    if not 0 < second < first or first - second < 3 * spread * math.sqrt(2 / hours):
        return math.inf
    return hours / math.log(first / second)


def _level(given: Series, slope: float) -> float:
    """Median of the last few values, moved along the trend to the last moment."""
    import numpy as np

    begin = max(len(given.at) - BACK, int(given.resets[-1]) if len(given.resets) else 0)
    return float(np.median(given.values[begin:] + slope * (given.at[-1] - given.at[begin:])))


def least_squares(at: Floats, values: Floats) -> float:
    """Slope of the line through all points; 0 when there are fewer than two moments."""
    centred = at - at.mean()
    below = float(centred @ centred)
    return float(centred @ values) / below if below > 0 else 0.0


def theil_sen(at: Floats, values: Floats) -> float:
    """Median of the slopes of all pairs (Theil 1950, Sen 1968): up to 29 % of wild values don't move it."""
    import numpy as np

    first, second = np.triu_indices(len(at), 1)
    return float(np.median((values[second] - values[first]) / (at[second] - at[first])))


def _holt(values: Floats) -> float:
    """Trend per step by double exponential smoothing (Holt 1957)."""
    fast, slow = HOLT
    head = values[: BACK + 1]
    level, gain = float(values[0]), float(head[-1] - head[0]) / max(len(head) - 1, 1)
    for value in values[1:].tolist():
        before = level
        level = fast * value + (1 - fast) * (level + gain)
        gain = slow * (level - before) + (1 - slow) * gain
    return gain


def _past_change(values: Floats, steps: int) -> float:
    """Median change per step over past stretches of a length, the recent ones counting more."""
    import numpy as np

    steps = min(steps, max(1, len(values) // 3))
    changes = values[steps:] - values[:-steps]
    age = np.arange(len(changes) - 1, -1, -1.0)
    weights = np.exp(-age / max(4 * steps, len(changes) / 3))
    order = np.argsort(changes)
    reached = np.cumsum(weights[order])
    return float(changes[order][np.searchsorted(reached, reached[-1] / 2)]) / steps


def _spread(values: Floats, interval: float) -> float:
    import numpy as np

    return float(np.std(np.diff(values))) / math.sqrt(max(interval, 1e-9)) if len(values) > 2 else 0.0
