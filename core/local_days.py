"""Local days as spans of UTC: 23 or 25 hours long when the clocks change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The local date of an aware moment."""
    return moment.astimezone(zone).date()


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC; where the clocks skip midnight, that is the moment when they do."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def pieces(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime]]:
    """The span from `start` to `end`, cut at each local midnight: local day, begin and end of each piece."""
    while start < end:
        day = day_of(start, zone)
        midnight = begin_of(day + _DAY, zone)
        if midnight <= start:  # the clocks were set back across midnight, so it comes a second time
            midnight = datetime.combine(day + _DAY, time(fold=1), zone).astimezone(UTC)
        yield day, start, min(midnight, end)
        start = midnight
