"""Pictures as they come out: their size, what stands on them, and that no text is too much for them."""

import io
import itertools
import logging
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from handlers.views.drawing import bars, draw, timeline
from handlers.views.drawing.axes import Values
from handlers.views.drawing.glyphs import drawable
from handlers.views.drawing.sheet import PAPER, WIDTH, Look, Sheet
from handlers.views.drawing.ticks import clock_change, ticks
from handlers.views.pictures import Bar, BarKind, Bars, Forecast, Lane, Mark, Picture, Point, Series, Timeline

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2026, 10, 24, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTILE = (
    "🚀👩‍💻 Deploy",
    "日本語のタスク",
    "مرحبا بالعالم",
    "\x00\x1b[31m\n\r\t",
    "\u202eesrever",
    r"$\frac{a}{$ \undefined",
    "<b>&amp;",
    "_hidden",
    "W" * 80,
    "",
)


@pytest.fixture(autouse=True)
def no_complaints(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is to be warned of, neither of missing glyphs nor of missing fonts."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def bar(label: str, begin: float, end: float, kind: BarKind = BarKind.DONE) -> Bar:
    return Bar(label=label, start=EVENING + begin * HOUR, end=EVENING + end * HOUR, kind=kind)


def night(*lanes: tuple[Bar, ...], title: str = "Night", marks: tuple[Mark, ...] = ()) -> Timeline:
    named = tuple(Lane(name=f"slot {number}", bars=bars) for number, bars in enumerate(lanes, 1))
    return Timeline(title=title, zone="Europe/Berlin", start=EVENING, end=EVENING + 11 * HOUR, lanes=named, marks=marks)


def days(count: int, value: float = 2.5, **more: object) -> Bars:
    series = tuple(Series(name=name, values=(value,) * count) for name in ("night", "day"))
    labels = tuple(str(number) for number in range(1, count + 1))
    return Bars(title="Hours", unit="h", labels=labels, series=series, **more)  # type: ignore[arg-type]


def course(first: float, last: float, *values: float) -> tuple[Point, ...]:
    step = (last - first) / max(len(values) - 1, 1)
    return tuple(
        Point(at=EVENING + 24 * HOUR * (first + number * step), value=value) for number, value in enumerate(values)
    )


def disk(**changes: object) -> Forecast:
    given: dict[str, object] = {
        "title": "Disk",
        "unit": "%",
        "zone": "Europe/Berlin",
        "past": course(0, 10, 50, 55, 61),
        "future": course(10, 20, 61, 75),
        "low": course(10, 20, 61, 70),
        "high": course(10, 20, 61, 85),
        "limits": (80.0, 95.0),
    }
    return Forecast(**{**given, **changes})  # type: ignore[arg-type]


def image(picture: Picture) -> Image.Image:
    png = draw(picture)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return Image.open(io.BytesIO(png)).convert("RGB")


def ink(picture: Picture, color: str) -> int:
    """How many pixels have exactly this colour."""
    wanted = tuple(int(color[place : place + 2], 16) for place in (1, 3, 5))
    found = image(picture).getcolors(1 << 24)
    assert found
    return sum(count for count, seen in found if seen == wanted)


@pytest.mark.parametrize(
    "picture",
    [
        night(),
        night(()),
        night((bar("Docs", 0, 3), bar("Login", 3, 4, BarKind.FAILED)), (bar("a", 2, 2), bar("b", 9, 30))),
        night(*[(bar("x", 1, 2),)] * 6, marks=(Mark(at=EVENING + 10 * HOUR, label="07:00 brief"),)),
        days(0),
        days(7, line=6.0, note="What a task saves is an estimate. " * 20),
        days(31, line=0.0),
        days(7, 0.0),
        disk(),
        disk(past=(), future=(), low=(), high=()),
        disk(past=course(0, 0, 1234567.0), future=(), low=(), high=(), limits=()),
        disk(past=course(0, 9, 5, 5, 5), future=course(3, 3, 5), limits=(5.0,)),
    ],
)
def test_pictures_have_the_width_of_a_phone_and_a_moderate_height(picture: Picture) -> None:
    width, height = image(picture).size

    assert width == WIDTH == 1080
    assert 400 <= height <= 720


def test_many_lanes_make_a_higher_picture_in_which_all_are_seen() -> None:
    def height(lanes: int) -> int:
        return image(night(*[(bar("Task", 1, 3),)] * lanes)).size[1]

    assert 720 < height(12) < height(20) < 2000


def test_the_legend_explains_only_what_occurs() -> None:
    done, failed = (timeline.LOOKS[kind].fill for kind in (BarKind.DONE, BarKind.FAILED))

    assert ink(night((bar("", 1, 3),)), failed) == 0
    assert ink(night((bar("", 1, 3), bar("", 30, 31, BarKind.FAILED))), failed) == 0
    assert ink(night((bar("", 1, 3), bar("", 3, 4, BarKind.FAILED))), failed) > 1000
    assert ink(night((bar("", 1, 1),)), done) > 1000  # what lasted no time is still seen
    assert ink(days(7, 0.0), bars.LOOKS[0].fill) == 0


@pytest.mark.parametrize("label", HOSTILE)
def test_any_text_can_stand_anywhere(label: str) -> None:
    draw(night((bar(label, 0, 0.1), bar(label, 1, 5)), title=label, marks=(Mark(at=EVENING + HOUR, label=label),)))
    series = (Series(name=label, values=(1.0, 2.0)),)
    draw(Bars(title=label, unit=label, labels=(label, label * 3), series=series, line=1.0, note=label * 9))
    draw(disk(title=label, unit=label))


@given(st.text(max_size=80), st.floats(0, 11), st.floats(0, 11))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_where(label: str, one: float, other: float) -> None:
    draw(night((bar(label, min(one, other), max(one, other)),), title=label))


@pytest.mark.parametrize("label", [*HOSTILE, "Write the docs of the importer"])
def test_a_label_stays_in_its_bar_when_another_follows(label: str) -> None:
    def outside(label: str) -> tuple[bytes, bytes]:
        drawn = image(night((bar("", 0, 2), bar(label, 2, 4), bar("", 4, 9))))
        left, right = (144 + hour / 11 * (1024 - 144) for hour in (2, 4))
        return (
            drawn.crop((0, 0, round(left), drawn.height)).tobytes(),
            drawn.crop((round(right) + 2, 0, WIDTH, drawn.height)).tobytes(),
        )

    assert outside(label) == outside("")


def test_a_label_stands_beside_a_narrow_bar_if_there_is_room() -> None:
    free, taken = bar("Write docs", 2, 2.2), bar("", 2.2, 9, BarKind.PLANNED)

    assert ink(night((free,)), "#1b2430") > ink(night((bar("", 2, 2.2),)), "#1b2430")
    assert ink(night((free, taken)), "#1b2430") == ink(night((bar("", 2, 2.2), taken)), "#1b2430")


# -- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Fix the login", "Fix the login"),
        ("a\x00\n\tb\u200b\u202ec", "a bc"),
        ("🚀 Go", "Go"),
        ("🦀", "□"),
        ("\U000e0041\ud800x", "x"),
        ("  ", ""),
    ],
)
def test_what_has_no_glyph_is_left_out_or_replaced(given: str, shown: str) -> None:
    assert drawable(given) == shown


def test_foreign_letters_are_written_or_replaced() -> None:
    assert drawable("日本語 ok") in ("日本語 ok", "□ ok")
    assert drawable("Ärger, žluťoučký, Привет, مرحبا") == "Ärger, žluťoučký, Привет, مرحبا"


def test_texts_are_cut_and_broken_to_a_width() -> None:
    sheet = Sheet()
    words = "Write the docs of the importer"

    for width in range(0, 700, 35):
        assert sheet.width(sheet.fit(words, width)) <= width
        assert all(sheet.width(line) <= width for line in sheet.wrap(words, width, 3))
        assert len(sheet.wrap(words, width, 3)) <= 3
    assert sheet.fit(words, 10_000) == words
    assert sheet.fit(words, 200).endswith("…")
    assert " ".join(sheet.wrap(words, 250, 3)) == words
    assert sheet.fit(words, 30) == ""


# -- colours ----------------------------------------------------------------------------------------------------------


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("looks", [tuple(timeline.LOOKS.values()), bars.LOOKS])
def test_kinds_differ_without_their_hue(looks: tuple[Look, ...]) -> None:
    for one, other in itertools.combinations(looks, 2):
        assert one.hatch != other.hatch or contrast(one.fill, other.fill) >= 1.5


def test_texts_and_edges_stand_out() -> None:
    for look in timeline.LOOKS.values():
        assert contrast(look.ink, look.fill) >= 4.5
    for look in (*timeline.LOOKS.values(), *bars.LOOKS):
        assert max(contrast(look.edge, PAPER), contrast(look.fill, PAPER)) >= 2.5


# -- axes -------------------------------------------------------------------------------------------------------------


def hours(start: datetime, length: float, zone: str, most: int = 12) -> list[tuple[float, str]]:
    found = ticks(start, start + length * HOUR, ZoneInfo(zone), most)
    return [((tick.at - start) / HOUR, tick.label) for tick in found]


def test_the_hour_that_comes_twice_takes_two_hours() -> None:
    assert hours(EVENING + 3 * HOUR, 4, "Europe/Berlin", 4) == [
        (0, "01:00"),
        (1, "02:00"),
        (2, "02:00"),
        (3, "03:00"),
        (4, "04:00"),
    ]
    # two hours apart on the clocks: the second 02:00 would stand too close to the first
    assert hours(EVENING, 10, "Europe/Berlin", 5) == [
        (0, "22:00"),
        (2, "00:00"),
        (4, "02:00"),
        (7, "04:00"),
        (9, "06:00"),
    ]


def test_the_hour_that_is_left_out_takes_no_time() -> None:
    assert hours(datetime(2026, 3, 28, 23, tzinfo=UTC), 4, "Europe/Berlin", 4) == [
        (0, "00:00"),
        (1, "01:00"),
        (2, "03:00"),
        (3, "04:00"),
        (4, "05:00"),
    ]


def test_local_times_are_round_where_the_offset_is_not() -> None:
    assert hours(EVENING, 2, "Asia/Kathmandu", 2) == [(0.25, "02:00"), (1.25, "03:00")]


@pytest.mark.parametrize(
    ("start", "zone", "words"),
    [
        (EVENING, "Europe/Berlin", "clocks go back 1 h at 03:00"),
        (datetime(2026, 3, 28, 20, tzinfo=UTC), "Europe/Berlin", "clocks go forward 1 h at 02:00"),
        (datetime(2026, 4, 4, 10, tzinfo=UTC), "Australia/Lord_Howe", "clocks go back 0.5 h at 02:00"),
        (EVENING, "Asia/Tokyo", ""),
    ],
)
def test_a_change_of_the_clocks_is_told(start: datetime, zone: str, words: str) -> None:
    assert clock_change(start, start + 11 * HOUR, ZoneInfo(zone)) == words


def test_days_and_years_are_named_once() -> None:
    night = ticks(EVENING, EVENING + 8 * HOUR, BERLIN, 5)
    assert [(tick.label, tick.below) for tick in night][:3] == [("22:00", "Sat 24"), ("00:00", "Sun 25"), ("02:00", "")]
    year = ticks(EVENING, EVENING + 100 * 24 * HOUR, BERLIN, 8)
    assert [tick.below for tick in year if tick.below] == ["2026", "2027"]
    assert all(tick.at.astimezone(BERLIN).strftime("%a %H:%M") == "Mon 00:00" for tick in year)


@given(st.floats(0.3, 24 * 1000), st.integers(2, 12))
def test_there_are_never_too_many_ticks(length: float, most: int) -> None:
    found = ticks(EVENING, EVENING + length * HOUR, BERLIN, most)

    assert len(found) <= most + 2
    assert all(EVENING <= tick.at <= EVENING + length * HOUR for tick in found)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_an_axis_of_values_holds_all_of_them(low: float, more: float) -> None:
    values = Values.over(low, low + more, 100, 400)

    assert 100 <= round(values(low + more), 3) <= round(values(low), 3) <= 400
    assert 2 <= len(values.steps) <= 9


# -- what can't be drawn ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "picture",
    [
        Timeline(title="", zone="UTC", start=EVENING, end=EVENING, lanes=()),
        Bars(title="", unit="", labels=("a",), series=(Series(name="", values=()),)),
        Bars(title="", unit="", labels=("a",), series=(Series(name="", values=(-1.0,)),)),
        days(7, line=float("nan")),
        disk(limits=(float("nan"),)),
        disk(past=course(0, 1, 1, float("inf"))),
    ],
)
def test_nonsense_is_refused(picture: Picture) -> None:
    with pytest.raises(ValueError, match=r"has to|have to|needs one"):
        draw(picture)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(KeyError):
        draw(disk(zone="Nowhere/Land"))
