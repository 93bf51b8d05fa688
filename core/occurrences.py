"""The past events of an owner, laid out in days and half hours of his local time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.routines import SLOTS, Flags, Floats, Ints

DAY = 86_400
HALF_HOUR = DAY // SLOTS
HISTORY = 400
"""Days that are looked at: a year and a month."""
FORGOTTEN = 100
"""A type that was not seen for so many days is left alone: three months and a bit, for what comes monthly."""
LEARNED_FROM = 90
"""Past days whose forecasts are compared with what came."""
DENSE_HALF_LIFE = 20.0
_GAPS, _OFTEN = (1, 7, 14, 21, 28, 30, 31), 6


@dataclass(frozen=True)
class History:
    """Events before some moment, sorted by type, then time; at least two per type."""

    types: Ints
    """Numbers of the types that are left, the oldest type first; row i of everything below is about types[i]."""
    of: Ints
    """For each event the row of its type."""
    wall: NDArray[np.float64]
    """Local time of each event in seconds since 1970-01-01 00:00 local."""
    now: float
    """The moment, in the same measure."""

    @property
    def today(self) -> int:
        """Days since 1970-01-01."""
        return int(self.now // DAY)


@dataclass(frozen=True)
class Series:
    """The history of some types as series of days: row d is the day `today - HISTORY + d`, the last row is today."""

    type: Ints
    """Of each series, a row of the History."""
    slot: Ints
    hits: Flags
    """[day, series]"""
    known: Flags
    """From the type's first day on; of today only what is over."""
    dense: Floats
    """For each series: how often both hours around its slot are hit when one of them is."""


def select(types: Ints, wall: NDArray[np.float64], now: float) -> History:
    """What is worth looking at: not too old, of a type seen on two occasions, the last of them not forgotten."""
    inside = wall >= (now // DAY - HISTORY) * DAY
    # what happened an hour ago may lie ahead on a clock that has been set back
    types, wall = types[inside], np.minimum(wall[inside], now)
    order = np.lexsort((wall, types))
    types, wall = types[order], wall[order]
    if not len(types):
        return History(types, types, wall, now)
    begins = np.concatenate(([True], types[1:] != types[:-1]))
    begin = np.flatnonzero(begins)
    end = np.concatenate((begin[1:], [len(types)])) - 1
    kept = (wall[end] - wall[begin] >= 2 * HALF_HOUR) & (wall[end] >= now - FORGOTTEN * DAY)
    row = np.cumsum(begins) - 1
    oldest = np.flatnonzero(kept)[np.argsort(wall[begin[kept]], kind="stable")]
    renumbered = np.full(len(begin), len(oldest))
    renumbered[oldest] = np.arange(len(oldest))
    order = np.argsort(renumbered[row], kind="stable")[: int(kept[row].sum())]
    return History(types[begin[oldest]], renumbered[row[order]], wall[order], now)


def part(history: History, first: int, last: int) -> History:
    """The types `first` to `last` - 1 alone."""
    begin, end = np.searchsorted(history.of, [first, last])
    return History(history.types[first:last], history.of[begin:end] - first, history.wall[begin:end], history.now)


def daily_counts(history: History) -> Floats:
    """[24 hours back from now, type]: busy half hours in them; the last row ends now."""
    back = ((history.now - history.wall) // DAY).astype(np.int64)
    half_hours = (history.wall // HALF_HOUR).astype(np.int64)
    fresh = np.ones(len(back), np.bool_)
    fresh[1:] = (half_hours[1:] != half_hours[:-1]) | (history.of[1:] != history.of[:-1])
    fresh &= back < HISTORY
    rows = len(history.types)
    cells = (HISTORY - 1 - back[fresh]) * rows + history.of[fresh]
    return np.bincount(cells, minlength=HISTORY * rows).reshape(HISTORY, rows).astype(np.float32)


def active_days(history: History) -> Series:
    """One series per type: was there any event on the day? Of today, only a yes is known."""
    rows = len(history.types)
    hits = np.zeros((HISTORY + 1, rows), np.bool_)
    hits[_row(history.wall // DAY, history), history.of] = True
    known = _since_first(history, np.arange(rows))
    known[-1] = hits[-1]
    every = np.arange(rows)
    return Series(every, np.zeros(rows, np.int64), hits, known, np.zeros(rows, np.float32))


def series(history: History) -> Series:
    """One series for each type and slot that was hit on two days or more and not forgotten on any day learned from."""
    rows, origin = len(history.types), (history.today - HISTORY) * SLOTS
    days = HISTORY + 2
    bins = history.of * days * SLOTS + (history.wall // HALF_HOUR).astype(np.int64) - origin
    before, after = np.zeros((2, rows * days * SLOTS), np.bool_)
    # an event after 23:00 counts for slots of the next day too, hence one day more than is used
    before[(bins + 1) % len(before)] = before[(bins + 2) % len(before)] = True
    after[bins - 1] = after[bins] = True
    either, both = (flags.reshape(rows, days, SLOTS)[:, : HISTORY + 1] for flags in (before | after, before & after))
    lately = either[:, -FORGOTTEN - LEARNED_FROM :].any(axis=1)
    of, slot = np.nonzero((either.sum(axis=1, dtype=np.int32) >= 2) & lately)
    promising = _has_promised(either[of, :, slot].T)
    of, slot = of[promising], slot[promising]
    hits = np.ascontiguousarray(either[of, :, slot].T)
    known = _since_first(history, of)
    known[-1] = slot * HALF_HOUR + 2 * HALF_HOUR <= history.now % DAY
    fade = (0.5 ** (np.arange(HISTORY, -1, -1) / DENSE_HALF_LIFE)).astype(np.float32)
    dense = (both[of, :, slot] @ fade) / np.maximum(fade @ hits, 1e-9)
    return Series(of, slot, hits, known, dense.astype(np.float32))


def _has_promised(hits: Flags) -> Flags:
    """Of each series whether it has ever looked like a routine: it came often, or again after one of the usual gaps.
    Most of what is no routine never has."""
    promised: Flags = hits.sum(axis=0, dtype=np.int32) >= _OFTEN
    for gap in _GAPS:
        promised |= (hits[gap:] & hits[:-gap]).any(axis=0)
    return promised


def _row(days: NDArray[np.float64], history: History) -> Ints:
    return days.astype(np.int64) - history.today + HISTORY


def _since_first(history: History, of: Ints) -> Flags:
    """[day, series]: false before the type's first event."""
    begin = np.searchsorted(history.of, np.arange(len(history.types)))
    first = _row(history.wall[begin] // DAY, history)
    return np.arange(HISTORY + 1)[:, None] >= first[of]
