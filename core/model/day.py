"""What one local day was like: how long somebody was there to work."""

from datetime import date, datetime

import msgspec


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes of one local day, as far as Jarvis was running to count them."""

    date: date
    autonomous_minutes: float = 0.0
    """On duty in autonomous time, with work not paused."""
    on_duty_minutes: float = 0.0
    """Running at all."""
    owner_minutes: float = 0.0
    """While the owner was available."""
    counted: tuple[tuple[datetime, datetime], ...] = ()
    """The spans that are in these minutes, in order and apart: no moment is counted twice, whatever the clock does."""
