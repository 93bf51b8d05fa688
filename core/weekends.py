"""When a weekend begins, asks, starts and ends, in the owner's local time."""

import enum
from datetime import UTC, date, datetime, time, timedelta

from core.errors import Refused
from core.model.config import Config
from core.model.ids import WeekendId
from core.model.routine import SATURDAY, Routine

REMIND_AFTER = timedelta(hours=1)
"""Who was asked late is not asked again at once."""


class At(enum.Enum):
    """The times of a weekend, all local; which, stands in the settings."""

    ASK = "ask"
    """On Friday evening, as the next."""
    REMIND = "remind"
    CLOSE = "close"
    """On Saturday morning, as the next."""
    START = "start"
    SUMMARY = "summary"
    """On Sunday evening."""
    OVER = "over"
    """The weekend itself is over."""


def _times(at: At, routine: Routine) -> tuple[int, time]:
    """Days after the Saturday, and the time of that day."""
    match at:
        case At.ASK:
            return -1, routine.vote
        case At.REMIND:
            return -1, routine.vote_again
        case At.CLOSE:
            return 0, routine.vote_end
        case At.START:
            return 0, routine.weekend_start
        case At.SUMMARY:
            return 1, routine.weekend_summary
        case At.OVER:
            return 2, time(0)


def weekend_of(now: datetime, config: Config) -> WeekendId:
    """The weekend that `now` lies in, until it is summed up; else the coming one."""
    local = now.astimezone(config.zone)
    days, evening = _times(At.SUMMARY, config.routine)
    ahead = (SATURDAY - local.weekday()) % 7
    if ahead == 7 - days and local.time() < evening:
        ahead = -days
    return WeekendId(str(local.date() + timedelta(days=ahead)))


def following(weekend: WeekendId) -> WeekendId:
    """The weekend after."""
    return WeekendId(str(saturday(weekend) + timedelta(days=7)))


def saturday(weekend: WeekendId) -> date:
    """Its first day. Raises Refused when that is no weekend."""
    try:
        day = date.fromisoformat(weekend)
    except ValueError:
        raise Refused(f"“{weekend[:20]}” is no weekend.") from None
    if day.weekday() != SATURDAY:
        raise Refused(f"{weekend} is no Saturday.")
    return day


def moment(weekend: WeekendId, at: At, config: Config) -> datetime:
    """One of the times above on that weekend, in UTC."""
    days, local = _times(at, config.routine)
    return datetime.combine(saturday(weekend) + timedelta(days=days), local, config.zone).astimezone(UTC)
