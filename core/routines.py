"""What the past of each type of event says about each half hour of a day: many simple forecasts, and their mixture.

For every type and every half hour of the day (its *slot*) the history is a series of days: was there an event within an
hour of that half hour, or not? On this series compete simple forecasts ("as often as on the same weekday lately", "as
often as two, four, six weeks ago", "as often as this many days after the last one"); each is the exponentially
forgetting rate of its own class of days, drawn towards a broader one while it has seen little. They are mixed by how
well each has forecast this very series so far (Bayesian model averaging with forgetting).
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SLOTS = 48
"""Half hours of a local day; slot k stands for the two hours around k * 30 minutes."""


@dataclass(frozen=True)
class Rate:
    """A forecast: the rate of hits on the days of one class, each visit weighing less as newer ones come."""

    name: str
    half_life: float
    """In visits of the class."""
    parent: str
    """The broader rate that it starts from; empty: a small constant."""
    classes: int
    start: float
    """Logarithm of the weight in the mixture before anything was forecast."""


RATES = (
    Rate("every day", 30, "", 1, -1.0),
    Rate("these days", 5, "every day", 1, -1.5),
    Rate("workdays or weekend", 15, "every day", 2, -1.0),
    Rate("weekday lately", 4, "workdays or weekend", 7, -1.0),
    Rate("weekday", 16, "workdays or weekend", 7, -0.5),
    Rate("every two weeks", 6, "weekday", 14, -1.5),
    Rate("every three weeks", 5, "weekday", 21, -3.0),
    Rate("every four weeks", 5, "weekday", 28, -2.5),
    Rate("nth weekday of the month", 6, "weekday", 35, -2.5),
    Rate("last weekday of the month", 6, "weekday", 35, -2.5),
    Rate("day of the month", 6, "every day", 31, -3.0),
    Rate("days to the end of the month", 6, "every day", 31, -3.0),
    Rate("workday of the month", 6, "workdays or weekend", 31, -3.0),
)
"""Forecasts whose class of a day follows from the calendar alone."""

OWN_RATES = (
    Rate("days since the last", 12, "weekday lately", 64, -2.5),
    Rate("yesterday, the day before and a week ago", 20, "weekday", 8, -1.5),
    Rate("one, two and four weeks ago", 12, "weekday", 8, -1.5),
)
"""Forecasts whose class of a day follows from the series itself."""

NAMES = tuple(rate.name for rate in (*RATES, *OWN_RATES))
SHOWN = (*range(6), *range(len(RATES), len(NAMES)))
"""The forecasts that are kept beside their mixture, by their place in NAMES."""
_PRIOR, _PRIOR_WEIGHT = 0.01, 0.6
_LOSS_HALF_LIFE = 120.0
"""Days after which it counts half how well a forecast did."""


def classes_of(day: date) -> list[int]:
    """The class of a day for each of RATES, in their order."""
    length = calendar.monthrange(day.year, day.month)[1]
    weekday, number, left = day.weekday(), day.toordinal(), length - day.day
    first = (weekday - day.day + 1) % 7
    workdays = sum((first + each) % 7 < 5 for each in range(day.day))
    return [
        0,
        0,
        int(weekday > 4),
        weekday,
        weekday,
        number % 14,
        number % 21,
        number % 28,
        (day.day - 1) // 7 * 7 + weekday,
        left // 7 * 7 + weekday,
        day.day - 1,
        left,
        workdays if weekday < 5 else 0,
    ]


@dataclass(frozen=True)
class Forecasts:
    """What was forecast for each kept day and series, before that day was known."""

    each: Floats
    """[day, forecast, place], in the order of SHOWN."""
    mixture: Floats
    """[day, place]"""
    recent: Floats
    """[day, 3, place]: hit a day, a week, two weeks before."""
    place: Ints
    """Of each series; equal ones share theirs."""


class Competition:
    """All forecasts on many series at once, day by day."""

    def __init__(self, series: int) -> None:
        every, fixed = (*RATES, *OWN_RATES), len(RATES)
        self._first_rows = np.cumsum([0, *(rate.classes for rate in RATES[:-1])])
        rows = sum(rate.classes for rate in RATES)
        self._own_rows = np.cumsum([0, *(rate.classes for rate in OWN_RATES[:-1])])[:, None] * series
        own_rows = sum(rate.classes for rate in OWN_RATES)
        self._sums = [np.zeros((rows, series), np.float32) for _ in range(2)]
        self._own_sums = [np.zeros(own_rows * series, np.float32) for _ in range(2)]
        self._seen = [np.zeros((len(every), series), np.float32) for _ in range(2)]
        """Hits and visits of the classes of the next day, faded."""
        self._fixed = fixed
        self._fade = np.array([[0.5 ** (1 / rate.half_life)] for rate in every], np.float32)
        self._series = np.arange(series)
        self._gap = np.full(series, OWN_RATES[0].classes - 1)
        self._past: list[Flags] = [np.zeros(series, np.bool_) for _ in range(28)]
        self._start = np.array([[rate.start] for rate in every], np.float32)
        self._score: Floats = np.zeros((len(every), series), np.float32)
        self._score_fade = np.full((1, 1), 0.5 ** (1 / _LOSS_HALF_LIFE), np.float32)
        self._begun = np.zeros(series, np.bool_)

    def forecast(self, classes: Sequence[int]) -> tuple[Floats, Floats]:
        """The probabilities of a hit on the next day: [forecast, series], and their mixture [series]."""
        self._at = self._first_rows + np.array(classes)
        self._own_at = self._own_rows + self._own_classes() * len(self._series) + self._series
        for sums, own, seen in zip(self._sums, self._own_sums, self._seen, strict=True):
            # with "clip" numpy writes straight to its destination; every index is valid
            np.take(sums, self._at, axis=0, out=seen[: self._fixed], mode="clip")
            np.take(own, self._own_at, out=seen[self._fixed :], mode="clip")
        self._forecasts = _blended(*self._seen)
        weights = self._start + self._score
        weights -= weights.max(axis=0)
        np.exp(weights, out=weights)
        mixture: Floats = np.einsum("ij,ij->j", weights, self._forecasts) / weights.sum(axis=0)
        return self._forecasts, mixture

    def learn(self, hit: Flags, known: Flags) -> None:
        """What happened on the day just forecast; what isn't known of it must be guessed in `hit`."""
        if known.any():
            self._count(hit, known)
        self._gap = np.where(hit, 0, np.minimum(self._gap + 1, OWN_RATES[0].classes - 1))
        self._past = [*self._past[1:], hit]

    def _count(self, hit: Flags, known: Flags) -> None:
        likelihood = self._forecasts - ~hit
        np.abs(likelihood, out=likelihood)
        np.log(likelihood, out=likelihood)
        fade: Floats = self._fade
        score_fade: Floats = self._score_fade
        if not known.all():
            likelihood *= known
            if (self._begun > known).any():  # what has not begun has nothing that could fade
                fade, score_fade = np.where(known, fade, np.float32(1)), np.where(known, score_fade, np.float32(1))
        self._begun |= known
        self._score *= score_fade
        self._score += likelihood
        for sums, own, seen, new in zip(self._sums, self._own_sums, self._seen, (hit & known, known), strict=True):
            faded = np.multiply(seen, fade, out=seen)
            faded += new
            sums[self._at], own[self._own_at] = faded[: self._fixed], faded[self._fixed :]

    def recent(self) -> Floats:
        """[3, series]: hit a day, a week, two weeks before the next day."""
        return np.stack([self._past[-1], self._past[-7], self._past[-14]]).astype(np.float32)

    def _own_classes(self) -> Ints:
        past = self._past
        return np.stack(
            [
                self._gap,
                past[-1] + 2 * past[-2] + 4 * past[-7].astype(np.int64),
                past[-7] + 2 * past[-14] + 4 * past[-28].astype(np.int64),
            ]
        )


_PARENTS = [NAMES.index(rate.parent) if rate.parent else -1 for rate in (*RATES, *OWN_RATES)]
_DEPTHS = [0] * len(NAMES)
for _index, _parent in enumerate(_PARENTS):
    _DEPTHS[_index] = _DEPTHS[_parent] + 1 if _parent >= 0 else 0
_LEVELS = [
    (level, [_PARENTS[each] for each in level])
    for depth in range(1, max(_DEPTHS) + 1)
    if (level := [each for each, found in enumerate(_DEPTHS) if found == depth])
]


def _blended(hits: Floats, visits: Floats) -> Floats:
    """Rates from their sums, each drawn to its parent's with the weight of less than one visit."""
    weight = visits + _PRIOR_WEIGHT
    rates = hits / weight
    np.divide(_PRIOR_WEIGHT, weight, out=weight)
    rates[0] += _PRIOR * weight[0]
    for level, parents in _LEVELS:
        rates[level] += weight[level] * rates[parents]
    return np.clip(rates, 0.001, 0.999, out=rates)


def compete(hits: Flags, known: Flags, days: Sequence[date], keep: int) -> Forecasts:
    """Forecast day after day: `hits` and `known` are [day, series]; the last `keep` days' forecasts are returned.

    A day that isn't known (before the type was first seen, or still to come) teaches nothing; where later days ask what
    happened on it, it counts as the mixture expected it.
    """
    hits, known, series = _distinct(hits, known)
    count, distinct = hits.shape
    competition = Competition(distinct)
    each: Floats = np.empty((keep, len(SHOWN), distinct), np.float32)
    mixture: Floats = np.empty((keep, distinct), np.float32)
    recent: Floats = np.empty((keep, 3, distinct), np.float32)
    shown = list(SHOWN)
    begin = min(int(np.argmax(known.any(axis=1))), count - keep)
    for index, day in enumerate(days[begin:], begin):
        forecasts, mixed = competition.forecast(classes_of(day))
        if (row := index - count + keep) >= 0:
            each[row], mixture[row], recent[row] = forecasts[shown], mixed, competition.recent()
        competition.learn(np.where(known[index], hits[index], mixed > 0.5), known[index])
    return Forecasts(each, mixture, recent, series)


def _distinct(hits: Flags, known: Flags) -> tuple[Flags, Flags, Ints]:
    """Each different series once, and for every series its place among them: what always comes at the same minute
    hits four slots alike."""
    bits = np.ascontiguousarray(np.packbits(np.concatenate((hits, known)), axis=0).T)
    whole = bits.view(np.dtype((np.void, bits.shape[1]))).ravel()
    _, first, place = np.unique(whole, return_index=True, return_inverse=True)
    return hits[:, first], known[:, first], place
