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
    """[day, forecast, series], in the order of NAMES."""
    mixture: Floats
    """[day, series]"""
    recent: Floats
    """[day, 3, series]: hit a day, a week, two weeks before."""


class Competition:
    """All forecasts on many series at once, day by day."""

    def __init__(self, series: int) -> None:
        every = (*RATES, *OWN_RATES)
        self._first_rows = np.cumsum([0, *(rate.classes for rate in every[:-1])])
        rows = sum(rate.classes for rate in every)
        self._hits: Floats = np.zeros((rows, series), np.float32)
        self._visits: Floats = np.zeros((rows, series), np.float32)
        self._fade = np.array([[0.5 ** (1 / rate.half_life)] for rate in every], np.float32)
        self._series = np.arange(series)
        self._gap = np.full(series, OWN_RATES[0].classes - 1)
        self._past: list[Flags] = [np.zeros(series, np.bool_) for _ in range(28)]
        self._start = np.array([[rate.start] for rate in every], np.float32)
        self._score: Floats = np.zeros((len(every), series), np.float32)
        self._score_fade = np.float32(0.5 ** (1 / _LOSS_HALF_LIFE))

    def forecast(self, classes: Sequence[int]) -> tuple[Floats, Floats]:
        """The probabilities of a hit on the next day: [forecast, series], and their mixture [series]."""
        fixed = self._first_rows[: len(RATES)] + np.array(classes)
        own = self._first_rows[len(RATES) :, None] + self._own_classes()
        self._at = (fixed, (own, self._series))
        self._seen = [np.concatenate([sums[at] for at in self._at]) for sums in (self._hits, self._visits)]
        self._forecasts = _blended(*self._seen)
        weights = self._start + self._score
        weights -= weights.max(axis=0)
        np.exp(weights, out=weights)
        mixture: Floats = np.einsum("ij,ij->j", weights, self._forecasts) / weights.sum(axis=0)
        return self._forecasts, mixture

    def learn(self, hit: Flags, known: Flags) -> None:
        """What happened on the day just forecast; what isn't known of it must be guessed in `hit`."""
        every = bool(known.all())
        likelihood = self._forecasts - ~hit
        np.abs(likelihood, out=likelihood)
        np.log(likelihood, out=likelihood)
        self._score *= self._score_fade if every else np.where(known, self._score_fade, np.float32(1))
        self._score += likelihood if every else likelihood * known
        fade = self._fade if every else np.where(known, self._fade, np.float32(1))
        for sums, seen, new in ((self._hits, self._seen[0], hit & known), (self._visits, self._seen[1], known)):
            faded = seen * fade + new
            sums[self._at[0]], sums[self._at[1]] = faded[: len(RATES)], faded[len(RATES) :]
        self._gap = np.where(hit, 0, np.minimum(self._gap + 1, OWN_RATES[0].classes - 1))
        self._past = [*self._past[1:], hit]

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
    count, series = hits.shape
    competition = Competition(series)
    each: Floats = np.empty((keep, len(NAMES), series), np.float32)
    mixture: Floats = np.empty((keep, series), np.float32)
    recent: Floats = np.empty((keep, 3, series), np.float32)
    begin = min(int(np.argmax(known.any(axis=1))), count - keep)
    for index, day in enumerate(days[begin:], begin):
        forecasts, mixed = competition.forecast(classes_of(day))
        if (row := index - count + keep) >= 0:
            each[row], mixture[row], recent[row] = forecasts, mixed, competition.recent()
        competition.learn(np.where(known[index], hits[index], mixed > 0.5), known[index])
    return Forecasts(each, mixture, recent)
