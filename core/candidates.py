"""The moments worth asking about, on past days and on those ahead, and what is known about each: rows of features.

A past row has the same features as one ahead, computed from what was known the day before, and besides it is known
whether it came true: from these rows the weights of the features are learned (see core.calibration).
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core import occurrences
from core.occurrences import HISTORY, LEARNED_FROM, History, Series
from core.routines import NAMES, SHOWN, SLOTS, Flags, Floats, Forecasts, Ints, compete

FEATURES = (
    "constant",
    "mixture",
    "active day and time of day",
    *(NAMES[each] for each in SHOWN),
    "hit yesterday",
    "hit a week ago",
    "hit two weeks ago",
    "hits so far",
    "few hits and mixture",
    "days known",
    "type overdue",
    "type lately",
    "everything lately",
    "type a day",
    "dense",
)
_NEAR = 4
"""Slots: two hours, from where on two moments have nothing in common."""
_DENSE = 0.7
_LEAST = 0.03
"""A moment less likely than this is not asked about."""
_CHUNK = 4_000
_TIME_HALF_LIFE = 12.0
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Rows:
    """Candidates: [row] or [row, feature]."""

    type: Ints
    """A row of the History."""
    day: Ints
    """0 is today."""
    slot: Ints
    features: Floats
    hits: Ints
    """How often the slot was hit before."""
    hit: Flags
    """Came true; of days ahead: has happened already today."""


def candidates(history: History, ahead: int) -> tuple[Rows, Rows]:
    """The rows of the past LEARNED_FROM days, and those of today and the `ahead` days after it."""
    past: list[Rows] = []
    future: list[Rows] = []
    levels = _levels(occurrences.daily_counts(history))
    for begin, end in _chunks(history):
        piece = occurrences.part(history, begin, end)
        found = _Piece(piece, levels[:, :, begin:end], ahead)
        for rows, into in ((found.past(), past), (found.future(), future)):
            into.append(Rows(rows.type + begin, rows.day, rows.slot, rows.features, rows.hits, rows.hit))
    return _joined(past), _joined(future)


def _chunks(history: History) -> list[tuple[int, int]]:
    """Ranges of types with a bounded number of series each, so that memory is bounded too."""
    types = len(history.types)
    slots = np.unique(history.of * SLOTS + (history.wall // occurrences.HALF_HOUR).astype(np.int64) % SLOTS)
    size = np.clip(np.bincount(slots // SLOTS, minlength=types) * 4, 14, SLOTS)
    chunk = np.cumsum(size) // _CHUNK
    edges = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), types] if types else [0]
    return list(pairwise(edges))


def _levels(counts: Floats) -> Floats:
    """[24 hours, (days since the last, usual gap, lately, everything lately, a day), type], each after those hours; of
    the last LEARNED_FROM and one more, and of now."""
    days = len(counts)
    hit, after = counts > 0, np.arange(days - LEARNED_FROM - 1, days + 1)
    last = np.maximum.accumulate(np.where(hit, np.arange(days, dtype=np.int32)[:, None], -100), axis=0)
    gap = (after[:, None] - 1 - last[after - 1]).astype(np.float32)
    seen = np.where(last[after - 1] < 0, 0, after[:, None] - hit.argmax(axis=0)).astype(np.float32)
    short, long = _faded(counts, after, _halved(4)), _faded(counts, after, _halved(30))
    rate, norm = long / np.maximum(1 - 0.5 ** (seen / 30), 0.02), np.maximum(1 - 0.5 ** (seen / 4), 0.15)
    total = np.minimum(counts, 3).sum(axis=1, keepdims=True)
    every_short, every_long = _faded(total, after, 0.3), _faded(total, after, 0.023)
    everything = np.broadcast_to(np.log((every_short + 0.3) / (every_long + 0.3)), gap.shape)
    lately = np.log((short / norm + 0.15) / (rate + 0.15))
    return np.stack((gap, _usual_gaps(hit, last)[after], lately, everything, rate), axis=1)


def _usual_gaps(hit: Flags, last: NDArray[np.int32]) -> Floats:
    """[24 hours, type]: from hit to hit, before the first and after each of them; a new one counts a fifth."""
    again = hit[1:] & (last[:-1] >= 0)
    fade = np.where(again, np.float32(0.8), np.float32(1))
    newest = np.float32(0.2) * again * np.minimum(np.arange(1, len(hit))[:, None] - last[:-1], 60).astype(np.float32)
    usual: Floats = np.full((len(hit) + 1, hit.shape[1]), 3.0, np.float32)
    for index in range(1, len(hit)):
        np.multiply(usual[index], fade[index - 1], out=usual[index + 1])
        usual[index + 1] += newest[index - 1]
    return usual


def _faded(values: Floats, after: Ints, fade: float) -> Floats:
    """[len(after), column]: the mean of the values before each, the newest counting `fade`, the one before it less."""
    age = after[:, None] - 1 - np.arange(len(values))
    by_age = (fade * (1 - fade) ** np.arange(len(values))).astype(np.float32)
    found: Floats = np.where(age >= 0, by_age[np.maximum(age, 0)], 0) @ values
    return found


def _halved(half_life: float) -> float:
    fade: float = 1 - 0.5 ** (1 / half_life)
    return fade


def _joined(pieces: list[Rows]) -> Rows:
    if not pieces:
        none = np.zeros(0, np.int64)
        return Rows(none, none, none, np.zeros((0, len(FEATURES)), np.float32), none, none > 0)
    return Rows(
        *(
            np.concatenate([getattr(rows, name) for rows in pieces])
            for name in ("type", "day", "slot", "features", "hits", "hit")
        )
    )


class _Piece:
    """The types of one chunk."""

    def __init__(self, history: History, levels: Floats, ahead: int) -> None:
        self.types, self.ahead, self.levels = len(history.types), ahead, levels
        self.slots = occurrences.series(history)
        days = [date.fromordinal(_EPOCH + history.today + each) for each in range(-HISTORY, ahead + 1)]
        self.keep = LEARNED_FROM + 1 + ahead
        active = occurrences.active_days(history)
        hits, known = _until(self.slots, ahead)
        # the days as such compete along with the slots of them
        every, series = (
            [np.concatenate(each, axis=1) for each in zip((hits, known), _until(active, ahead), strict=True)],
            len(hits.T),
        )
        self.forecasts = compete(every[0], every[1], days, self.keep)
        self.place, self.active_place = self.forecasts.place[:series], self.forecasts.place[series:]
        self.time = self._times_of_day(active, hits, known)
        self.so_far = np.cumsum(hits & known, axis=0, dtype=np.int32) - (hits & known)
        first = HISTORY - np.argmax(known, axis=0)
        self.age = np.where(known.any(axis=0), first, 0)
        self.hits, self.known = hits, known

    def _times_of_day(self, active: Series, hits: Flags, known: Flags) -> Floats:
        """[kept day, series]: how often the slot is hit on the days on which its type occurs at all."""
        of = self.slots.type
        fade = np.float32(0.5 ** (1 / _TIME_HALF_LIFE))
        hit = np.zeros(len(of), np.float32)
        visits = np.zeros(len(of), np.float32)
        rates = np.empty((self.keep, len(of)), np.float32)
        for index in range(len(hits)):
            if (row := index - len(hits) + self.keep) >= 0:
                rates[row] = (hit + 0.05) / (visits + 0.5)
            if index <= HISTORY:
                counts = (active.hits[index, of] | hits[index]) & known[index]
                hit = np.where(counts, hit * fade + hits[index], hit)
                visits = np.where(counts, visits * fade + 1, visits)
        return rates

    def past(self) -> Rows:
        """Of each complete day the moments that would have been asked about."""
        known = self.known[HISTORY - LEARNED_FROM : HISTORY]
        mixture = self._grid(self.forecasts.mixture[:LEARNED_FROM, self.place] * known)
        row, slot = np.nonzero(peaks(mixture.reshape(-1, SLOTS), self._dense(LEARNED_FROM).reshape(-1, SLOTS)))
        return self._rows(row // self.types, row % self.types, slot)

    def future(self) -> Rows:
        """The moments to ask about today and on the days after it, told apart over midnight as well."""
        days = 1 + self.ahead
        grid = np.moveaxis(self._grid(self.forecasts.mixture[LEARNED_FROM:, self.place]), 0, 1).reshape(self.types, -1)
        dense = np.moveaxis(self._dense(days), 0, 1).reshape(self.types, -1)
        of, moment = np.nonzero(peaks(grid, dense))
        return self._rows(LEARNED_FROM + moment // SLOTS, of, moment % SLOTS)

    def _grid(self, values: Floats) -> Floats:
        """[day, series] laid out as [day, type, slot]."""
        grid = np.zeros((len(values), self.types, SLOTS), np.float32)
        grid[:, self.slots.type, self.slots.slot] = values
        return grid

    def _dense(self, days: int) -> Floats:
        return self._grid(np.broadcast_to(self.slots.dense, (days, len(self.slots.dense))))

    def _rows(self, kept: Ints, of: Ints, slot: Ints) -> Rows:
        number = np.zeros((self.types, SLOTS), np.int64)
        number[self.slots.type, self.slots.slot] = np.arange(len(self.slots.type))
        series = number[of, slot]
        day = kept + HISTORY - LEARNED_FROM
        hits = self.so_far[np.minimum(day, HISTORY), series].astype(np.int64)
        features = self._features(kept, of, series, hits)
        return Rows(of, day - HISTORY, slot, features, hits, self.hits[day, series])

    def _features(self, kept: Ints, of: Ints, series: Ints, hits: Ints) -> Floats:
        day = kept + HISTORY - LEARNED_FROM
        forecasts: Forecasts = self.forecasts
        place = self.place[series]
        mixture = _logit(forecasts.mixture[kept, place])
        gap, usual, lately, everything, a_day = np.moveaxis(
            self.levels[np.where(kept < LEARNED_FROM, kept, LEARNED_FROM + 1), :, of], 1, 0
        )
        each = _logit(forecasts.each[kept, :, place])
        yesterday, week, fortnight = forecasts.recent[kept, :, place].T
        return np.stack(
            [
                np.ones(len(kept), np.float32),
                mixture,
                _logit(forecasts.mixture[kept, self.active_place[of]] * self.time[kept, series]),
                *each.T,
                yesterday,
                week,
                fortnight,
                np.log1p(hits),
                mixture / (1 + hits),
                np.log1p(np.clip(self.age[series] + day - HISTORY, 0, None)),
                np.clip(np.log((gap + 1) / (usual + 0.5)), 0, 3),
                lately,
                everything,
                np.log(a_day + 0.02),
                self.slots.dense[series],
            ],
            axis=1,
        ).astype(np.float32)


def _until(found: Series, ahead: int) -> tuple[Flags, Flags]:
    """Hits and what is known of them, with the days to come."""
    to_come = np.zeros((ahead, found.hits.shape[1]), np.bool_)
    return np.concatenate((found.hits, to_come)), np.concatenate((found.known, to_come))


def _logit(probability: Floats) -> Floats:
    clipped = np.clip(probability, 0.003, 0.997)
    logit: Floats = np.log(clipped / (1 - clipped))
    return logit


def peaks(likely: Floats, dense: Floats) -> Flags:
    """Of each row ([row, slot]) the moments to ask about, the likeliest first, at least two hours apart; an hour where
    the type comes in both hours around so often that each of them is one to expect."""
    rows, slots = likely.shape
    left = np.where(likely >= _LEAST, likely, 0)
    chosen = np.zeros(left.shape, np.bool_)
    every, around = np.arange(rows), np.arange(-_NEAR + 1, _NEAR)
    while left.size and (best := left.argmax(axis=1)) is not None:
        found = left[every, best] > 0
        if not found.any():
            break
        row, best = every[found], best[found]
        chosen[row, best] = True
        near = best[:, None] + around
        inside = (near >= 0) & (near < slots)
        near = np.clip(near, 0, slots - 1)
        both = (dense[row[:, None], near] >= _DENSE) & (dense[row, best] >= _DENSE)[:, None]
        gone = inside & ~((np.abs(around) >= 2) & both)
        values = left[row[:, None], near]
        keep = np.where(gone, 0, values)
        # clipped duplicates at the edges must not write an old value back
        np.minimum.at(left, (np.broadcast_to(row[:, None], near.shape), near), keep)
    return chosen
