"""Windows of autonomous time, in the owner's local time, and which size of task each can take."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from core.model.config import Config
from core.model.routine import SATURDAY, SUNDAY, WORK_DAYS, Routine

MAX_HOURS = 12.0
"""A longer task is refused: it has to be split into phases."""


class WeeklyWindow(msgspec.Struct, frozen=True):
    """A window as it recurs; an end at or before the start lies on the next day."""

    name: str
    weekdays: frozenset[int]
    """0 is Monday."""
    start: time
    end: time
    max_hours: float
    """The longest task that may start in it."""


class Window(msgspec.Struct, frozen=True):
    """One occurrence, in aware UTC times."""

    name: str
    start: datetime
    end: datetime
    max_hours: float


_EVERY_DAY = frozenset(range(7))
_WEEKEND = frozenset({SATURDAY, SUNDAY})

QUICK_WIN, OVERNIGHT, WORK_HOURS, WEEKEND, GYM = "quick win", "overnight", "work hours", "weekend", "gym"

SPAWN_DELAY = timedelta(minutes=10)
"""So long after the begin of the night the builds start: first the machine is looked after."""


@lru_cache(maxsize=8)
def weekly(routine: Routine) -> tuple[WeeklyWindow, ...]:
    """The windows of a week."""
    return (
        WeeklyWindow(QUICK_WIN, WORK_DAYS, *routine.evening, 2),
        WeeklyWindow(OVERNIGHT, _EVERY_DAY, *routine.sleep, 6),
        WeeklyWindow(WORK_HOURS, WORK_DAYS, *routine.work, 8),
        WeeklyWindow(WEEKEND, _WEEKEND, time(0), time(0), 12),
        *(WeeklyWindow(GYM, WORK_DAYS, *span, 2) for span in routine.gym),
    )


def size_class(hours: float) -> str:
    """Name of the smallest window that a task of so many hours belongs to."""
    for limit, name in ((2, QUICK_WIN), (6, OVERNIGHT), (8, WORK_HOURS)):
        if hours <= limit:
            return name
    return WEEKEND


def occurrences(first: date, days: int, config: Config) -> tuple[Window, ...]:
    """All windows that start on the given local days, in order of their start.

    A time that a daylight-saving change skips is moved as zoneinfo does; a window of which nothing is left falls out.
    """
    return _occurrences(first, days, config.zone, config.routine)


@lru_cache(maxsize=64)
def _occurrences(first: date, days: int, zone: ZoneInfo, routine: Routine) -> tuple[Window, ...]:
    found = []
    for day in (first + timedelta(days=n) for n in range(days)):
        for window in weekly(routine):
            if day.weekday() in window.weekdays:
                last = day if window.end > window.start else day + timedelta(days=1)
                start = datetime.combine(day, window.start, zone).astimezone(UTC)
                end = datetime.combine(last, window.end, zone).astimezone(UTC)
                if start < end:
                    found.append(Window(window.name, start, end, window.max_hours))
    return tuple(sorted(found, key=lambda window: (window.start, window.end)))


def open_at(now: datetime, config: Config) -> list[Window]:
    """The windows that `now` lies in; the end is exclusive."""
    yesterday = now.astimezone(config.zone).date() - timedelta(days=1)
    return [window for window in occurrences(yesterday, 2, config) if window.start <= now < window.end]


def autonomous_until(now: datetime, config: Config) -> datetime:
    """The end of the unbroken autonomous time that `now` lies in; `now` itself when it lies in none."""
    end = now
    for window in occurrences(now.astimezone(config.zone).date() - timedelta(days=1), 5, config):
        if window.start <= end < window.end:
            end = window.end
    return end


def next_named(name: str, now: datetime, config: Config) -> Window:
    """The window of that name that is open or comes next."""
    coming = occurrences(now.astimezone(config.zone).date() - timedelta(days=1), 9, config)
    return next(window for window in coming if window.end > now and window.name == name)


def next_for(hours: float, now: datetime, config: Config) -> Window:
    """The next window, open ones included, in which a task of that size may start."""
    coming = occurrences(now.astimezone(config.zone).date() - timedelta(days=1), 9, config)
    return next(window for window in coming if window.end > now and window.max_hours >= hours)
