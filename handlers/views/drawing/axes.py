"""Axes: one of real time with local times below it, and one of values with round numbers beside it."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from matplotlib.ticker import MaxNLocator

from handlers.views.drawing.sheet import GRID, MARGIN, MUTED, WIDTH, Sheet, Stroke
from handlers.views.drawing.ticks import ticks

TIME_FOOT = 112
"""Pixels that the labels of a time axis take."""
RIGHT = WIDTH - 56
"""Where an axis of time ends: half a label hangs over."""
_PER_TICK = 140
_LEAST_SPAN = 0.01
"""The part of the values that the axis spans at least: less would make noise look like a course."""
_LONG = 10_000_000
_FRAME = Stroke(MUTED, 2)
_LIGHT = Stroke(GRID, 2)


class Times(NamedTuple):
    """From moments to pixels: `start` is at `left`, `end` at `right`."""

    start: datetime
    end: datetime
    left: float
    right: float = RIGHT

    def __call__(self, at: datetime) -> float:
        """The place of a moment, kept between the ends."""
        part = (at - self.start) / (self.end - self.start)
        return self.left + (self.right - self.left) * min(max(part, 0.0), 1.0)

    def draw(self, sheet: Sheet, top: float, bottom: float, zone: ZoneInfo) -> None:
        """The axis at `bottom`, with light lines up to `top`."""
        for tick in ticks(self.start, self.end, zone, int((self.right - self.left) // _PER_TICK)):
            x = self(tick.at)
            sheet.line([x, x], [top, bottom], _LIGHT, layer=0)
            sheet.text(x, bottom + 32, tick.label, align="center")
            sheet.text(x, bottom + 73, tick.below, color=MUTED, align="center")
        sheet.line([self.left, self.right], [bottom, bottom], _FRAME)


class Values(NamedTuple):
    """From values to pixels: `low` is at `bottom`, `high` at `top`, with lines at `steps`."""

    low: float
    high: float
    top: float
    bottom: float
    steps: Sequence[float]

    @classmethod
    def over(cls, low: float, high: float, top: float, bottom: float) -> "Values":
        """From the round number below `low` to the one above `high`."""
        least = max(abs(low), abs(high), 1.0) * _LEAST_SPAN
        if high - low < least:
            low, high = low - least / 2, high + least / 2
        steps = [float(step) for step in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)]
        return cls(steps[0], steps[-1], top, bottom, steps)

    def __call__(self, value: float) -> float:
        """The place of a value."""
        return self.bottom - (self.bottom - self.top) * (value - self.low) / (self.high - self.low)

    def left(self, sheet: Sheet) -> float:
        """Where the chart may begin, right of the numbers."""
        return MARGIN + max(sheet.width(self._number(step)) for step in self.steps) + 18

    def draw(self, sheet: Sheet, left: float, right: float) -> None:
        """The numbers, and a light line for each."""
        for step in self.steps:
            y = self(step)
            sheet.line([left, right], [y, y], _FRAME if step == self.low else _LIGHT, layer=0)
            sheet.text(left - 18, y, self._number(step), color=MUTED, align="right")

    def _number(self, value: float) -> str:
        """A step with the decimals that tell it from the next."""
        if abs(value) >= _LONG:
            return f"{value:.3g}"
        decimals = max(-math.floor(math.log10(self.steps[1] - self.steps[0])), 0)
        return f"{value:,.{decimals}f}"
