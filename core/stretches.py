"""What a series did before: how long it took to rise by a gap, from moments that were like now and from all.

Past moments count more the more recent they are. Those that were like now (in level, in the hour and the weekday, in
the time since the last reset) are counted by themselves; as far as they are few, all are. Stretches that have not ended
yet count as long as they are known (Kaplan and Meier 1958).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.growth import DAY, Series, least_squares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.growth import Floats

PARTS = 24
"""Steps that a horizon is cut into."""
MOST_STEPS = 1500
LOOK = 3
"""Times the horizon that past stretches are followed."""
MEMORY = 4.0
"""A moment counts 1/e when it is so many horizons ago, or a part of all that is known, if that is longer."""
ALIKE = 2.0
"""So many stretches that were like now count as much as all of them."""
TAIL = 2
"""Of the kernels of likeness: their squares fall with the fourth power."""
SEASONS = ((DAY, 2.0), (7 * DAY, DAY))
"""Hours: a period, and what is the same place in it."""
CYCLES = 3
"""Resets from which on they are a rhythm."""
LATEST = 20
"""Resets that tell how they are now."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """How past stretches closed a gap."""

    chance: Floats
    """By the end of each step, how many had; empty when too little is known."""
    like: Floats
    """The same of those that began like now alone: not as sure, but they tell best when."""
    ahead: int
    """Steps of the horizon."""
    step: float
    interval: float
    """Hours."""
    stretches: float
    """By how many independent stretches of the length of the horizon it is known."""

    @property
    def probability(self) -> float:
        """That the gap is closed within the horizon; neither 0 nor 1 from few stretches."""
        if not self.stretches:
            return 0.0
        return (float(self.chance[self.ahead - 1]) * self.stretches + 0.02) / (self.stretches + 0.04)

    def after(self, share: float) -> float | None:
        """Hours after which so many had closed it; None when fewer did."""
        import numpy as np

        if not len(self.like) or self.like[-1] < share:
            return None
        return float(np.argmax(self.like >= share)) * self.step + (self.step + self.interval) / 2


def look_back(given: Series, gap: float, hours: float) -> Past:
    """Follow each past moment until it has risen by the gap; the more the peaks before resets are alike, the more until
    it has reached the threshold itself."""
    import numpy as np

    step = max(hours / PARTS, given.interval)
    ahead = max(1, round(hours / step))
    count = int(min(given.span / step, MOST_STEPS))
    if count < ahead + 2:
        return Past(
            chance=np.zeros(0), like=np.zeros(0), ahead=ahead, step=step, interval=given.interval, stretches=0.0
        )
    times = given.at[-1] - step * np.arange(count, -1, -1.0)
    values = given.at_times(times, given.values)
    longest = min(LOOK * ahead, count)
    tops = np.append(_highest(given, times, values), np.full(longest, -np.inf))
    goals = values[:-1] + gap + (1 - peaks_differ(given)) * (given.values[-1] - values[:-1])
    closed = np.lib.stride_tricks.sliding_window_view(tops, longest)[:count] >= goals[:, None]
    first = closed.argmax(axis=1)
    first = np.where(closed[np.arange(count), first], first, longest)
    known = np.minimum(count - np.arange(count), longest)
    every = np.exp((times[:-1] - given.at[-1]) / max(MEMORY * step * ahead, given.span / MEMORY))
    every = np.where(values[:-1] < goals, every, 1e-30)
    like = every * _likeness(given, times[:-1], values[:-1], step * ahead)
    by_like, by_all = _independent(like, ahead), _independent(every, ahead)
    share = by_like / (by_like + ALIKE)
    by_now = _closed_by(first, known, like, longest)
    chance = share * by_now + (1 - share) * _closed_by(first, known, every, longest)
    stretches = share * by_like + (1 - share) * by_all
    return Past(chance=chance, like=by_now, ahead=ahead, step=step, interval=given.interval, stretches=stretches)


def peaks_differ(given: Series) -> float:
    """Whether the height causes the resets: 0 when all peaks before them are alike, 1 when they come at any height, or
    have no rhythm."""
    import numpy as np

    if len(given.resets) < CYCLES:
        return 1.0
    peaks = given.values[given.resets - 1][-LATEST:]
    falls = peaks - given.values[given.resets][-LATEST:]
    return min(2 * float(np.std(peaks) / np.mean(falls)), 1.0)


def _highest(given: Series, times: Floats, values: Floats) -> Floats:
    """The highest value of each step: what lies between two moments counts as well."""
    import numpy as np

    places = np.searchsorted(given.at, times, side="right")
    inside = np.maximum.reduceat(given.values, np.minimum(places[:-1], len(given.at) - 1))
    return np.where(places[1:] > places[:-1], np.maximum(inside, values[1:]), values[1:])


def _independent(weights: Floats, ahead: int) -> float:
    """How many stretches that don't overlap the weights come from, those counted that are known to their end."""
    import numpy as np

    whole = weights[: len(weights) - ahead + 1]
    blocks = np.add.reduceat(whole, np.arange(0, len(whole), ahead))
    return float(blocks.sum() ** 2 / (blocks @ blocks))


def _closed_by(first: NDArray[np.intp], known: NDArray[np.intp], weights: Floats, longest: int) -> Floats:
    """By each step, the share of stretches that have closed the gap, by the product of what was left at each."""
    import numpy as np

    ended = np.bincount(first, weights, minlength=longest + 1)[:longest]
    left = np.cumsum(np.bincount(np.minimum(first, known - 1), weights, minlength=longest)[::-1])[::-1]
    return np.asarray(1 - np.cumprod(1 - ended / np.maximum(left, 1e-300)))


def _likeness(given: Series, times: Floats, starts: Floats, hours: float) -> Floats:
    """How much each past moment was like now, at most 1.

    The kernels have long tails, so that something counts even when nothing was like now.
    """
    import numpy as np

    present, weights = float(given.values[-1]), np.ones_like(times)
    rhythm = len(given.resets) >= CYCLES
    # What grows for good has never been as high as now: it is compared with its own trend.
    levels = starts if rhythm else starts - least_squares(times, starts) * (times - given.at[-1])
    width = float(levels.std()) * 0.25
    if width > 1e-9 * abs(present):
        weights /= (1 + np.minimum(np.abs(levels - present) / width, 1e6) ** 2) ** TAIL
    for period, alike in SEASONS:
        if hours < 0.75 * period and given.span > 3 * period:
            apart = np.abs((times - given.at[-1] + period / 2) % period - period / 2)
            weights /= (1 + (apart / alike) ** 2) ** TAIL
    if rhythm:
        begun = given.at[given.resets]
        cycle = float(np.median(np.diff(begun)))
        places = np.searchsorted(begun, times, side="right") - 1
        since = np.where(places >= 0, times - begun[np.maximum(places, 0)], cycle)
        apart = (since - (given.at[-1] - begun[-1])) / (0.2 * cycle)
        weights /= (1 + apart**2) ** TAIL
    return np.maximum(weights, 1e-30)
