"""A measured course, and how it goes on."""

import math
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from handlers.views.drawing.axes import RIGHT, TIME_FOOT, Times, Values
from handlers.views.drawing.sheet import MUTED, PAPER, WIDTH, Entry, Look, Sheet, Stroke, head_height
from handlers.views.pictures import Forecast, Point

_CHART = 330
_PAST = Stroke("#124a73", 6)
_FUTURE = Stroke("#1b6ca8", 5, (12, 6))
_RANGE = Look("#cfe3f5", "#cfe3f5")
_LIMIT = Stroke("#a8420c", 4, (4, 6))
_NOW = Stroke(MUTED, 2)
_AROUND_ONE_POINT = timedelta(minutes=30)


def draw_forecast(picture: Forecast) -> bytes:
    """A forecast as PNG; raises ValueError for a value that is no finite number."""
    points = [*picture.past, *picture.future, *picture.low, *picture.high]
    numbers = [*(point.value for point in points), *picture.limits]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("values have to be finite numbers")
    sheet, zone, entries = Sheet(), ZoneInfo(picture.zone), _entries(picture)
    below = f"{picture.unit} · {picture.zone}" if picture.unit else picture.zone
    top = head_height(below) + sheet.legend_height(entries) + 26
    bottom = top + _CHART
    sheet.resize(bottom + TIME_FOOT)
    sheet.head(picture.title, below)
    sheet.legend(head_height(below), entries)
    values = Values.over(min(numbers, default=0.0), max(numbers, default=1.0), top, bottom)
    left = values.left(sheet)
    values.draw(sheet, left, RIGHT)
    for limit in picture.limits:
        sheet.line([left, RIGHT], [values(limit)] * 2, _LIMIT)
    if points:
        start, end = min(point.at for point in points), max(point.at for point in points)
        if start == end:
            start, end = start - _AROUND_ONE_POINT, end + _AROUND_ONE_POINT
        times = Times(start, end, left)
        times.draw(sheet, top, bottom, zone)
        _draw_courses(sheet, picture, times, values)
    else:
        sheet.text(WIDTH / 2, (top + bottom) / 2, "nothing measured yet", color=MUTED, align="center", halo=PAPER)
    return sheet.png()


def _entries(picture: Forecast) -> list[Entry]:
    """The legend, of what occurs only."""
    entries: list[Entry] = []
    if picture.past:
        entries.append((_PAST, "measured"))
    if picture.future:
        entries.append((_FUTURE, "forecast"))
    if picture.low and picture.high:
        entries.append((_RANGE, "likely range"))
    if picture.limits:
        named = ", ".join(f"{limit:g}" for limit in sorted(picture.limits))
        entries.append((_LIMIT, f"limit {named}" if len(picture.limits) == 1 else f"limits {named}"))
    return entries


def _draw_courses(sheet: Sheet, picture: Forecast, times: Times, values: Values) -> None:
    def places(points: Sequence[Point]) -> list[tuple[float, float]]:
        return [(times(point.at), values(point.value)) for point in sorted(points, key=lambda point: point.at)]

    past, future = places(picture.past), places(picture.future)
    joined = [*past[-1:], *future]
    if picture.low and picture.high:
        sheet.area([*past[-1:], *places(picture.high), *reversed(places(picture.low))], _RANGE)
    if past and future:
        x = past[-1][0]
        sheet.line([x, x], [values.top, values.bottom], _NOW, layer=1.5)
    for course, stroke in ((joined, _FUTURE), (past, _PAST)):
        if len(course) > 1:
            sheet.line([x for x, _ in course], [y for _, y in course], stroke, layer=3)
        elif course and course is past:
            sheet.dot(*course[0], stroke.color)
