"""Measurements of the machine."""

from datetime import datetime

import msgspec


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured at one moment."""

    at: datetime
    values: dict[str, float]
    """By name of the series: `disk`, `memory`, `swap` in percent of what there is, `load` per processor."""
