"""Recognises in words what keeps an agent from its work: limits, a failing model, no login, no connection."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.model.agent import Trouble, Troubled

_LONGEST = 2000


def _code(codes: str) -> str:
    """A pattern for an HTTP status: a number alone may count anything."""
    before = "error|status|code|http|api"
    after = f"{before}|internal|too many|unauth|service|bad|gateway|overl"
    return rf"\b({before})\b\W{{0,5}}({codes})\b|\b({codes})\b\W{{0,5}}({after})"


_KINDS: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    (
        Trouble.LIMIT,
        re.compile(
            r"usage limit|limit (is |was |has been )?reached|(hit|reached|exceeded) (your|the) (\w+ )*(limit|quota)"
            r"|quota (will reset|exceeded|exhausted)"
            r"|out of (credits|quota)|insufficient_quota|credit balance is too low|billing hard limit",
            re.IGNORECASE,
        ),
    ),
    (
        Trouble.LOGIN,
        re.compile(
            _code("401|403") + r"|unauthorized|unauthenticated|authentication[_ ]?(error|failed|required)"
            r"|invalid (api[_ ]key|x-api-key)|api[_ ]key (not valid|is invalid|is missing|not found)|incorrect api key"
            r"|not logged in|please (log|sign) ?in"
            r"|run /login|(un|not )able to authenticate"
            r"|invalid auth method|must (set|specify) (the )?\w*(api_key|auth)|permission_denied|no api key",
            re.IGNORECASE,
        ),
    ),
    (
        Trouble.RATE,
        re.compile(_code("429") + r"|rate[_ -]?limit|too many requests|resource[_ ]exhausted", re.IGNORECASE),
    ),
    (
        Trouble.MODEL,
        re.compile(
            _code("500|502|503|504|529")
            + r"|internal ?server ?error|server_error|overloaded|bad gateway|service unavailable"
            r"|high demand|stream (disconnected|closed)|api_error\b",
            re.IGNORECASE,
        ),
    ),
    (
        Trouble.NETWORK,
        re.compile(
            r"econnrefused|econnreset|enotfound|etimedout|eai_again|fetch failed|unable to connect"
            r"|connection (error|refused|reset|failed)|connect(ion)? ?error|could not resolve|failed to resolve"
            r"|network (error|is unreachable)|timed? ?out",
            re.IGNORECASE,
        ),
    ),
)
_STAMP = re.compile(r"(?:\||reset\w*\D{0,20})(1[6-9]\d{8})(\d{3})?\b")
_ISO = re.compile(
    r"reset\w*\D{0,20}(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)", re.IGNORECASE
)
_SPAN = re.compile(
    r"(?:\bin|\bafter|retrydelay\W*)\s*((?:\d+(?:\.\d+)?\s*(?:days?|d|hours?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])[\s,and]*)+)",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(days?|d|hours?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])", re.IGNORECASE)
_CLOCK = re.compile(r"(?:reset\w*|again|until|at)\s+(?:at\s+)?(\d{1,2})(?::(\d\d))?\s*([ap]m)\b", re.IGNORECASE)
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SHORT = timedelta(minutes=15)
"""A limit that ends sooner is no usage limit but a matter of pace."""


def classify(text: str) -> Trouble | None:
    """What kind of trouble the words tell of; None for none."""
    for kind, pattern in _KINDS:
        if pattern.search(text[:_LONGEST]):
            return kind
    return None


def trouble(text: str, now: datetime, zone: ZoneInfo, status: int | None = None) -> Troubled | None:
    """The trouble that a message (with its HTTP status, if there is one) tells of, with the end of a limit."""
    kind = classify(text) or _BY_STATUS.get(status or 0) or (Trouble.MODEL if 500 <= (status or 0) < 600 else None)
    if kind is None:
        return None
    until = resets_at(text, now, zone)
    if kind in (Trouble.LIMIT, Trouble.RATE) and until is not None:
        kind = Trouble.LIMIT if until - now > _SHORT else Trouble.RATE
    return Troubled(
        trouble=kind, detail=" ".join(text.split())[:300], resets_at=until if kind is Trouble.LIMIT else None
    )


_BY_STATUS = {401: Trouble.LOGIN, 403: Trouble.LOGIN, 402: Trouble.LIMIT, 429: Trouble.RATE}


def resets_at(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When a limit ends, if the words tell it: a moment, a length of time, or a time of day in the owner's zone."""
    text = text[:_LONGEST]
    try:
        if stamp := _STAMP.search(text):
            return datetime.fromtimestamp(int(stamp[1]), UTC)
        if iso := _ISO.search(text):
            moment = datetime.fromisoformat(iso[1])
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        if (span := _SPAN.search(text)) and (length := _length(span[1])):
            return now + length
        if clock := _CLOCK.search(text):
            hour = int(clock[1]) % 12 + (12 if clock[3].lower() == "pm" else 0)
            return _next(time(hour, int(clock[2] or 0)), now, zone)
    except (ValueError, OverflowError):
        return None
    return None


def _length(text: str) -> timedelta:
    total = timedelta()
    for number, unit in _PART.findall(text):
        total += timedelta(**{_UNITS[unit[0].lower()]: float(number)})
    return total


def _next(at: time, now: datetime, zone: ZoneInfo) -> datetime:
    """The next time that the clock shows this where the owner is."""
    local = now.astimezone(zone)
    moment = datetime.combine(local.date(), at, tzinfo=zone)
    if moment <= now:
        moment = datetime.combine(local.date() + timedelta(days=1), at, tzinfo=zone)
    return moment.astimezone(UTC)
