"""The owner's week, in local times: when they sleep, work, train and are there, and when they want to hear from us."""

from dataclasses import dataclass
from datetime import time

Span = tuple[time, time]
"""From a time of the day to another; an end at or before the start lies on the next day."""

WORK_DAYS = frozenset(range(5))
"""Monday to Friday; 0 is Monday."""
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6


@dataclass(frozen=True, kw_only=True)
class Routine:
    """What stands in the settings, or was said in the chat."""

    sleep: Span = (time(23), time(7))
    """Every night: the overnight window."""
    work: Span = (time(9), time(17))
    """On weekdays, as the next two."""
    gym: tuple[Span, ...] = ((time(6), time(7, 30)), (time(17), time(18, 30)))
    evening: Span = (time(19), time(23))
    """The owner is there: quick wins only."""
    weekend: Span = (time(10), time(18))
    """The owner is there on Saturdays and Sundays."""
    plan: time = time(22, 45)
    """The plan of the night."""
    brief: time = time(7)
    check_in: time = time(19)
    """On weekdays."""
    vote: time = time(18)
    """On Fridays, about the project of the weekend."""
    vote_again: time = time(21)
    """When nobody has voted by then."""
    vote_end: time = time(8)
    """On Saturdays, as the next."""
    weekend_start: time = time(9)
    weekend_summary: time = time(20)
    """On Sundays."""
