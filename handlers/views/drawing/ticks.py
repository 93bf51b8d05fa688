"""Round local times along an axis of real time."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_MINUTES = (1, 2, 5, 15, 30, 60, 120, 180, 240, 360, 720)
_DAYS = (1, 2, 7, 14, 28, 91, 182, 364, 728, 3640)
_QUARTER = timedelta(minutes=15)


class Tick(NamedTuple):
    """A place on the axis (UTC), what stands there, and below that the day or year where a new one is reached."""

    at: datetime
    label: str
    below: str = ""


def ticks(start: datetime, end: datetime, zone: ZoneInfo, most: int) -> list[Tick]:
    """Ticks between two aware moments, about `most` at most, at times that are round on the clocks of the zone."""
    length = end - start
    for minutes in _MINUTES:
        if length <= timedelta(minutes=minutes) * most:
            return list(_times(start, end, zone, minutes))
    days = next((days for days in _DAYS if length <= timedelta(days=days) * most), _DAYS[-1])
    return list(_dates(start, end, zone, days))


def _times(start: datetime, end: datetime, zone: ZoneInfo, minutes: int) -> Iterator[Tick]:
    step = min(timedelta(minutes=minutes), _QUARTER)
    seconds = step.total_seconds()
    at = datetime.fromtimestamp(start.timestamp() // seconds * seconds, UTC)
    day, last = "", None
    while at <= end:
        local = at.astimezone(zone)
        is_round = (local.hour * 60 + local.minute) % minutes == 0
        # When the clocks go back a round time comes twice, and the second may stand too close to the first.
        if at >= start and is_round and (last is None or at - last >= timedelta(minutes=minutes) * 0.75):
            new = f"{local:%a} {local.day}"
            yield Tick(at, f"{local:%H:%M}", "" if new == day else new)
            day, last = new, at
        at += step


def _dates(start: datetime, end: datetime, zone: ZoneInfo, days: int) -> Iterator[Tick]:
    date = start.astimezone(zone).date()
    year = 0
    while (at := datetime.combine(date, time(), zone).astimezone(UTC)) <= end:
        # Day 1 of the calendar was a Monday, so every seventh from there is one.
        if at >= start and (date.toordinal() - 1) % days == 0:
            below = f"{date:%a}" if days == 1 else str(date.year) if date.year != year else ""
            yield Tick(at, f"{date.day} {date:%b}", below)
            year = date.year
        date += timedelta(days=1)


def clock_change(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """“clocks go back 1 h at 03:00” for the first change between two aware moments; empty without one."""
    at = datetime.fromtimestamp(start.timestamp() // 900 * 900, UTC)
    before = at.astimezone(zone)
    while (at := at + _QUARTER) < end:
        after = at.astimezone(zone)
        shift = (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
        if shift:
            way = "forward" if shift > timedelta() else "back"
            hour = before + _QUARTER  # as the clocks said it would be: same zone, so plain arithmetic on the clock
            return f"clocks go {way} {abs(shift) / timedelta(hours=1):g} h at {hour:%H:%M}"
        before = after
    return ""
