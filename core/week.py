"""The owner's weekly schedule as contexts: what they do when, if nothing else tells."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from core.model.config import Config
from core.model.context import Context, Evidence, Interval
from core.model.routine import WORK_DAYS, Routine, Span

Stretch = tuple[datetime, datetime, Context]

_FIRST_WINS = (Context.GYM, Context.WORK, Context.SLEEPING, Context.AVAILABLE)


def scheduled(now: datetime, config: Config) -> Interval:
    """What the schedule says for a moment, and from when until when it says so."""
    return next(interval for interval in intervals(now, config) if interval.end > now)


def intervals(start: datetime, config: Config) -> Iterator[Interval]:
    """The stretches of the schedule from the one that `start` lies in, for a week; no gap, and no overlap.

    Where two spans overlap, the first of these wins: gym, work, sleep, the free hours. Neighbours of the same context
    are one stretch.
    """
    local = start.astimezone(config.zone).date() - timedelta(days=1)
    for begin, end, context in _week(local, config.zone, config.routine):
        if end > start:
            yield Interval(start=begin, end=end, context=context, evidence=Evidence.SCHEDULE)


def ahead(start: datetime, until: datetime, config: Config) -> Iterator[Interval]:
    """The schedule from a moment to another, without a gap."""
    while start < until:
        for planned in intervals(start, config):
            end = min(planned.end, until)
            if end > start:
                yield msgspec.structs.replace(planned, start=start, end=end)
                start = end


@lru_cache(maxsize=16)
def _week(first: date, zone: ZoneInfo, routine: Routine) -> tuple[Stretch, ...]:
    spans = [stretch for n in range(-1, 9) for stretch in _of_day(first + timedelta(days=n), zone, routine)]
    spans.sort(key=lambda span: _FIRST_WINS.index(span[2]))
    start, end = _moment(first, time(), zone), _moment(first + timedelta(days=9), time(), zone)
    moments = sorted({start, end, *(moment for span in spans for moment in span[:2] if start < moment < end)})
    merged: list[Stretch] = []
    for begin, until in itertools.pairwise(moments):
        context = next((what for since, to, what in spans if since <= begin < to), Context.UNKNOWN)
        if merged and merged[-1][2] is context:
            begin = merged.pop()[0]  # noqa: PLW2901 - the stretch goes on
        merged.append((begin, until, context))
    return tuple(merged)


def _of_day(day: date, zone: ZoneInfo, routine: Routine) -> list[Stretch]:
    """The spans that start on that day."""
    is_workday = day.weekday() in WORK_DAYS
    spans: list[tuple[Span, Context]] = []
    if is_workday:
        spans += [(span, Context.GYM) for span in routine.gym]
        spans.append((routine.work, Context.WORK))
    spans.append((routine.sleep, Context.SLEEPING))
    spans.append((routine.evening if is_workday else routine.weekend, Context.AVAILABLE))
    found = []
    for (begin, end), context in spans:
        last = day if end > begin else day + timedelta(days=1)
        found.append((_moment(day, begin, zone), _moment(last, end, zone), context))
    return found


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
