"""Moments and spans as people say them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def clock(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The local time, with the day when it is another: “07:00”, “Tue 07:00”, “3 Mar 07:00”."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    if days == 0:
        return f"{local:%H:%M}"
    if -7 < days < 7:
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b %H:%M}"


def span(length: timedelta) -> str:
    """A length of time with its largest unit or two: “40 s”, “5 min”, “1 h 20 min”, “3 d”."""
    seconds = max(length.total_seconds(), 0)
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d"
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def hours(value: float) -> str:
    """An estimate or a sum of them: “2 h”, “30 min”."""
    return f"{round(value, 1):g} h" if value >= 1 else f"{max(round(value * 60), 1)} min"


def relative(moment: datetime, now: datetime) -> str:
    """“in 2 h”, “5 min ago”, “now”."""
    distance = moment - now
    if abs(distance) < timedelta(seconds=5):
        return "now"
    return f"in {span(distance)}" if distance > timedelta() else f"{span(-distance)} ago"
