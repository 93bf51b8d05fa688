"""Stacked bars: how much on each day."""

import math
from itertools import chain

from handlers.views.drawing.axes import Values
from handlers.views.drawing.sheet import (
    HIGHEST,
    INK,
    LINE,
    MARGIN,
    MUTED,
    PAPER,
    WIDTH,
    Entry,
    Look,
    Sheet,
    Stroke,
    head_height,
)
from handlers.views.pictures import Bars

_LOWEST_CHART, _HIGHEST_CHART = 220, 330
_LABELS = 62
_NOTE_LINES = 2
_RIGHT = WIDTH - MARGIN
_WIDEST_LABEL = 170
_BAR = 0.72
"""The part of its place that a bar takes."""
_FEW = 10
"""So many bars have room for their sums above them."""
_GOAL = Stroke(INK, 4, (12, 6))

LOOKS = (
    Look("#1b6ca8", "#124a73"),
    Look("#f2b84b", "#a87412", "//"),
    Look("#7cc7a1", "#2d7d55"),
    Look("#c9ced5", "#868e99", "\\\\"),
    Look("#b0486f", "#74284a", ".."),
    Look("#9fd3f2", "#3f8dbd", "xx"),
)


def draw_bars(picture: Bars) -> bytes:
    """Bars as PNG; raises ValueError when values are negative or not finite, or not one for each label."""
    _check(picture)
    sheet, entries = Sheet(), _entries(picture)
    note = sheet.wrap(picture.note, WIDTH - 2 * MARGIN, _NOTE_LINES)
    top = head_height(picture.unit) + sheet.legend_height(entries) + 30
    foot = _LABELS + len(note) * LINE + (12 if note else 0)
    sheet.resize(min(max(HIGHEST, top + _LOWEST_CHART + foot), top + _HIGHEST_CHART + foot))
    bottom = sheet.height - foot
    sheet.head(picture.title, picture.unit)
    sheet.legend(head_height(picture.unit), entries)
    sums = [sum(series.values[number] for series in picture.series) for number in range(len(picture.labels))]
    highest = max(*sums, picture.line or 0.0, 0.0) if sums else picture.line or 0.0
    values = Values.over(0.0, highest or 1.0, top, bottom)
    left = values.left(sheet)
    values.draw(sheet, left, _RIGHT)
    _draw_bars(sheet, picture, values, left)
    _draw_labels(sheet, picture, values, sums, left)
    if picture.line is not None:
        y = values(picture.line)
        sheet.line([left, _RIGHT], [y, y], _GOAL, layer=3)
    if not any(sums):
        sheet.text((left + _RIGHT) / 2, (top + bottom) / 2, "nothing to show", color=MUTED, align="center", halo=PAPER)
    for number, line in enumerate(note):
        sheet.text(MARGIN, bottom + _LABELS + (number + 0.5) * LINE, line, color=MUTED)
    return sheet.png()


def _check(picture: Bars) -> None:
    for series in picture.series:
        if len(series.values) != len(picture.labels):
            raise ValueError("a series needs one value for each label")
    numbers = [*chain(*(series.values for series in picture.series)), picture.line or 0.0]
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise ValueError("values have to be finite and not negative")


def _entries(picture: Bars) -> list[Entry]:
    """The legend, of what occurs only."""
    entries: list[Entry] = [
        (_look(number), series.name) for number, series in enumerate(picture.series) if any(series.values)
    ]
    if picture.line is not None:
        entries.append((_GOAL, f"goal {picture.line:g} {picture.unit}"))
    return entries


def _look(series: int) -> Look:
    return LOOKS[series % len(LOOKS)]


def _draw_bars(sheet: Sheet, picture: Bars, values: Values, left: float) -> None:
    place = (_RIGHT - left) / max(len(picture.labels), 1)
    half = min(place * _BAR, 110) / 2
    for number in range(len(picture.labels)):
        middle, floor = left + (number + 0.5) * place, 0.0
        for layer, series in enumerate(picture.series):
            value = series.values[number]
            if value:
                sheet.box(middle - half, values(floor + value), middle + half, values(floor), _look(layer))
            floor += value


def _draw_labels(sheet: Sheet, picture: Bars, values: Values, sums: list[float], left: float) -> None:
    """Below the axis as many labels as have room, and the sums above the bars if these are few."""
    labels = [sheet.fit(label, _WIDEST_LABEL) for label in picture.labels]
    place = (_RIGHT - left) / max(len(labels), 1)
    every = math.ceil((max(map(sheet.width, labels), default=0.0) + 14) / place)
    for number, (label, total) in enumerate(zip(labels, sums, strict=True)):
        middle = left + (number + 0.5) * place
        if number % every == 0:
            sheet.text(middle, values.bottom + 30, label, align="center")
        if total and len(labels) <= _FEW:
            sheet.text(middle, values(total) - 24, f"{round(total, 1):g}", align="center", halo=PAPER)
