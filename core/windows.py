"""Windows of autonomous time, in the owner's local time, and which size of task each can take."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_HOURS = 12.0
"""A longer task is refused: it has to be split into phases."""


@dataclass(frozen=True)
class WeeklyWindow:
    """A window as it recurs; an end at or before the start lies on the next day."""

    name: str
    weekdays: frozenset[int]
    """0 is Monday."""
    start: time
    end: time
    max_hours: float
    """The longest task that may start in it."""


@dataclass(frozen=True)
class Window:
    """One occurrence, in aware UTC times."""

    name: str
    start: datetime
    end: datetime
    max_hours: float


_WEEKDAYS = frozenset(range(5))
_EVERY_DAY = frozenset(range(7))
_WEEKEND = frozenset({5, 6})

QUICK_WIN, OVERNIGHT, WORK_HOURS, WEEKEND, GYM = "quick win", "overnight", "work hours", "weekend", "gym"

TIMETABLE = (
    WeeklyWindow(QUICK_WIN, _WEEKDAYS, time(19), time(23), 2),
    WeeklyWindow(OVERNIGHT, _EVERY_DAY, time(23), time(7), 6),
    WeeklyWindow(WORK_HOURS, _WEEKDAYS, time(9), time(17), 8),
    WeeklyWindow(WEEKEND, _WEEKEND, time(0), time(0), 12),
    WeeklyWindow(GYM, _WEEKDAYS, time(6), time(7, 30), 2),
    WeeklyWindow(GYM, _WEEKDAYS, time(17), time(18, 30), 2),
)


def size_class(hours: float) -> str:
    """Name of the smallest window that a task of so many hours belongs to."""
    for limit, name in ((2, QUICK_WIN), (6, OVERNIGHT), (8, WORK_HOURS)):
        if hours <= limit:
            return name
    return WEEKEND


def occurrences(first: date, days: int, zone: ZoneInfo) -> list[Window]:
    """All windows that start on the given local days, in order of their start.

    A time that a daylight-saving change skips is moved as zoneinfo does, so a window never has a negative length.
    """
    found = []
    for day in (first + timedelta(days=n) for n in range(days)):
        for window in TIMETABLE:
            if day.weekday() in window.weekdays:
                last = day if window.end > window.start else day + timedelta(days=1)
                start = datetime.combine(day, window.start, zone).astimezone(UTC)
                end = datetime.combine(last, window.end, zone).astimezone(UTC)
                found.append(Window(window.name, start, end, window.max_hours))
    return sorted(found, key=lambda window: (window.start, window.end))


def open_at(now: datetime, zone: ZoneInfo) -> list[Window]:
    """The windows that `now` lies in; the end is exclusive."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return [window for window in occurrences(yesterday, 2, zone) if window.start <= now < window.end]


def autonomous_until(now: datetime, zone: ZoneInfo) -> datetime:
    """The end of the unbroken autonomous time that `now` lies in; `now` itself when it lies in none."""
    end = now
    for window in occurrences(now.astimezone(zone).date() - timedelta(days=1), 5, zone):
        if window.start <= end < window.end:
            end = window.end
    return end


def next_for(hours: float, now: datetime, zone: ZoneInfo) -> Window:
    """The next window, open ones included, in which a task of that size may start."""
    coming = occurrences(now.astimezone(zone).date() - timedelta(days=1), 9, zone)
    return next(window for window in coming if window.end > now and window.max_hours >= hours)
