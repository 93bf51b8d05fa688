"""What runs when: a lane for each slot, a bar for each task."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from handlers.views.drawing.axes import RIGHT, TIME_FOOT, Times
from handlers.views.drawing.sheet import (
    GRID,
    HIGHEST,
    INK,
    LINE,
    LOWEST,
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
from handlers.views.drawing.ticks import clock_change
from handlers.views.pictures import Bar, BarKind, Lane, Mark, Timeline

_THINNEST_LANE, _THICKEST_LANE = 58, 132
_BAR = 0.84
"""The part of a lane's thickness that its bars take."""
_WIDEST_NAME, _WIDEST_MARK = 180, 420
_PADDING, _LABEL_LINE = 9, 34
_THINNEST_BAR = 6
"""Pixels: what lasted no time is still seen."""
_MARK = Stroke(INK, 3, (10, 7))

LOOKS = {
    BarKind.PLANNED: Look("#e3eefb", "#2f6db3"),
    BarKind.RUNNING: Look("#62b5ea", "#1c6ea4"),
    BarKind.DONE: Look("#0b6b53", "#07493a", ink=PAPER),
    BarKind.UNPROVEN: Look("#f6d95b", "#b8940f", "//"),
    BarKind.FAILED: Look("#ee8a52", "#a8420c", "xx"),
    BarKind.STOPPED: Look("#a9b1bb", "#5f6873", "\\\\"),
}


class _Placed(NamedTuple):
    """A mark with the place of its line, and of its label: the left end, and in which row above the lanes."""

    x: float
    label: str
    left: float
    row: int


def draw_timeline(picture: Timeline) -> bytes:
    """A timeline as PNG; raises ValueError when it ends before it starts."""
    if picture.end <= picture.start:
        raise ValueError("a timeline has to end after its start")
    sheet, zone = Sheet(), ZoneInfo(picture.zone)
    below = " · ".join(filter(None, (picture.zone, clock_change(picture.start, picture.end, zone))))
    entries = _entries(picture)
    times = Times(picture.start, picture.end, _names_end(sheet, picture.lanes))
    marks = _placed(sheet, [mark for mark in picture.marks if picture.start <= mark.at <= picture.end], times)
    rows = 1 + max((mark.row for mark in marks), default=-1)
    top = head_height(below) + sheet.legend_height(entries) + rows * LINE + 8
    bottom = _grow(sheet, top, len(picture.lanes))
    sheet.head(picture.title, below)
    sheet.legend(head_height(below), entries)
    times.draw(sheet, top, bottom, zone)
    thickness = (bottom - top) / max(len(picture.lanes), 1)
    for number, lane in enumerate(picture.lanes):
        _draw_lane(sheet, times, lane.name, _inside(picture, lane), (top + number * thickness, thickness))
    if not entries:
        sheet.text(
            (times.left + RIGHT) / 2, (top + bottom) / 2, "nothing to show", color=MUTED, align="center", halo=PAPER
        )
    for mark in marks:
        y = top - 8 - (mark.row + 0.5) * LINE
        sheet.line([mark.x, mark.x], [y + LINE / 2, bottom], _MARK, layer=3)
        sheet.text(mark.left, y, mark.label, halo=PAPER)
    return sheet.png()


def _inside(picture: Timeline, lane: Lane) -> list[Bar]:
    shown = [bar for bar in lane.bars if bar.start < picture.end and bar.end >= picture.start]
    return sorted(shown, key=lambda bar: bar.start)


def _entries(picture: Timeline) -> list[Entry]:
    """The legend, of what occurs only."""
    there = {bar.kind for lane in picture.lanes for bar in _inside(picture, lane)}
    return [(LOOKS[kind], kind.value) for kind in BarKind if kind in there]


def _names_end(sheet: Sheet, lanes: Sequence[Lane]) -> float:
    """Where the chart may begin, right of the names."""
    widest = max((sheet.width(sheet.fit(lane.name, _WIDEST_NAME)) for lane in lanes), default=0)
    return MARGIN + widest + 22 if widest else MARGIN + 20


def _grow(sheet: Sheet, top: float, lanes: int) -> float:
    """Take the height that so many lanes need; returns where the last one ends."""
    count = max(lanes, 1)
    thickness = min(max((HIGHEST - top - TIME_FOOT) / count, _THINNEST_LANE), _THICKEST_LANE)
    sheet.resize(max(LOWEST, top + TIME_FOOT + thickness * count))
    return sheet.height - TIME_FOOT


def _draw_lane(sheet: Sheet, times: Times, name: str, bars: Sequence[Bar], place: tuple[float, float]) -> None:
    top, thickness = place
    middle, half = top + thickness / 2, thickness * _BAR / 2
    sheet.line([times.left, RIGHT], [top, top], Stroke(GRID, 2), layer=0)
    sheet.text(MARGIN, middle, sheet.fit(name, _WIDEST_NAME))
    lefts = [times(bar.start) for bar in bars]
    for bar, (left, following) in zip(bars, pairwise([*lefts, WIDTH - MARGIN / 2]), strict=True):
        right, look = max(times(bar.end), left + _THINNEST_BAR), LOOKS[bar.kind]
        sheet.box(left, middle - half, right, middle + half, look)
        lines = sheet.wrap(bar.label, right - left - 2 * _PADDING, max(int(2 * half // _LABEL_LINE), 1))
        beside = sheet.fit(bar.label, following - right - 2 * _PADDING)
        if len(beside) > len(" ".join(lines)):
            sheet.text(right + _PADDING, middle, beside, halo=PAPER)
            continue
        for number, line in enumerate(lines):
            y = middle - 2 + (number - (len(lines) - 1) / 2) * _LABEL_LINE
            sheet.text(left + _PADDING, y, line, color=look.ink, halo=look.fill if look.hatch else "")


def _placed(sheet: Sheet, marks: Sequence[Mark], times: Times) -> list[_Placed]:
    """Marks in order, each label in the lowest row in which it has room."""
    ends, placed = list[float](), list[_Placed]()
    for mark in sorted(marks, key=lambda mark: mark.at):
        x, label = times(mark.at), sheet.fit(mark.label, _WIDEST_MARK)
        width = sheet.width(label)
        left = min(max(x - width / 2, MARGIN), WIDTH - MARGIN / 2 - width)
        row = next((row for row, end in enumerate(ends) if end + 20 <= left), len(ends))
        ends[row : row + 1] = [left + width]
        placed.append(_Placed(x, label, left, row))
    return placed
