"""Times of the day, spans of them and durations, as people write them."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.model.routine import Span

LONGEST_DURATION = timedelta(days=366)

_CLOCK = re.compile(r"([01]?\d|2[0-4])(?:[:.h]([0-5]\d))?\s*(am|pm)?", re.IGNORECASE)
_DURATION = re.compile(r"(\d+(?:[.,]\d+)?)\s*(h|hours?|m|min|minutes?|d|days?)", re.IGNORECASE)


def parse_clock(text: str) -> time:
    """`7:00`, `7`, `22.45`, `10 pm`. Raises Refused."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise Refused(f"“{text.strip()[:20]}” is no time of the day. Write it like 7:00 or 22:45.")
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").casefold()
    if half:
        if not 1 <= hour <= 12:
            raise Refused(f"“{text.strip()[:20]}” is no time of the day. Write it like 7:00 or 22:45.")
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour == 24 and not minute:
        hour = 0
    if hour == 24:
        raise Refused(f"“{text.strip()[:20]}” is no time of the day. Write it like 7:00 or 22:45.")
    return time(hour, minute)


def parse_span(text: str) -> Span:
    """`23:00-07:00`. Raises Refused."""
    start, dash, end = re.sub(r"\s*(?:[-–—]|to|bis)\s*", "-", text.strip(), count=1, flags=re.IGNORECASE).partition("-")
    if not dash:
        raise Refused(f"“{text.strip()[:30]}” is no span of time. Write it like 23:00-07:00.")
    span = parse_clock(start), parse_clock(end)
    if span[0] == span[1]:
        raise Refused("A span needs two different times, like 23:00-07:00.")
    return span


def parse_spans(text: str) -> tuple[Span, ...]:
    """Several, separated by commas; `never` for none. Raises Refused."""
    if text.strip().casefold() in ("never", "none", "off", "-"):
        return ()
    return tuple(map(parse_span, re.split(r"[,;]", text)))


def parse_duration(text: str) -> timedelta:
    """`2h`, `90 min`, `1.5 hours`, `2 days`. Raises Refused."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise Refused(f"“{text.strip()[:20]}” is no duration. Write it like 2h or 45min.")
    number, unit = float(match[1].replace(",", ".")), match[2].casefold()
    seconds = number * {"h": 3600, "m": 60, "d": 86400}[unit[0]]
    if not seconds <= LONGEST_DURATION.total_seconds():
        raise Refused("That is too long: a year at most.")
    return timedelta(seconds=seconds)


def parse_until(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A moment ahead, in UTC: `2h` from now, or the next time that it is `until 7:00`. Raises Refused.

    A time that comes twice in a night is ahead until its second turn.
    """
    words = re.sub(r"^(?:until|till|for)\s+", "", text.strip(), flags=re.IGNORECASE)
    if _DURATION.fullmatch(words):
        return now + parse_duration(words)
    clock = parse_clock(words)
    today = now.astimezone(zone).date()
    turns = []
    for day in (today + timedelta(days=days) for days in range(3)):
        first, second = (datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
        turns += [first, max(first, second)]  # where the clocks skip it, the second lies before
    return min(moment for moment in turns if moment > now)


def show_span(span: Span) -> str:
    """As it is written."""
    return f"{span[0]:%H:%M}-{span[1]:%H:%M}"


def show_spans(spans: tuple[Span, ...]) -> str:
    """As they are written."""
    return ", ".join(map(show_span, spans)) or "never"
