"""Times of the day, spans and durations, as people write them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock_times import (
    parse_clock,
    parse_duration,
    parse_span,
    parse_spans,
    parse_until,
    show_span,
    show_spans,
)
from core.errors import Refused

BERLIN = ZoneInfo("Europe/Berlin")
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
spans = st.tuples(clocks, clocks).filter(lambda span: span[0] != span[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7:00", time(7)),
        ("7", time(7)),
        ("07:05", time(7, 5)),
        (" 22.45 ", time(22, 45)),
        ("22h45", time(22, 45)),
        ("0:00", time(0)),
        ("24:00", time(0)),
        ("24", time(0)),
        ("23:59", time(23, 59)),
        ("10 pm", time(22)),
        ("10PM", time(22)),
        ("12 am", time(0)),
        ("12:30 am", time(0, 30)),
        ("12 pm", time(12)),
        ("1:15am", time(1, 15)),
    ],
)
def test_a_time_of_the_day(text: str, expected: time) -> None:
    assert parse_clock(text) == expected


@pytest.mark.parametrize(
    "text", ["", "25", "24:30", "7:60", "7:5", "-1", "7:00:00", "13 pm", "0 am", "24 pm", "seven", "7 o'clock", "7 8"]
)
def test_what_is_no_time_of_the_day(text: str) -> None:
    with pytest.raises(Refused, match="no time of the day"):
        parse_clock(text)


@pytest.mark.parametrize(
    "text",
    ["23:00-07:00", "23-7", "23:00 – 07:00", "23:00 — 7:00", "11 pm to 7 am", "11PM TO 7AM", "23 bis 7", " 23:00 -7 "],
)
def test_a_span(text: str) -> None:
    assert parse_span(text) == (time(23), time(7))


@pytest.mark.parametrize("text", ["", "23:00", "23:00-", "-7:00", "7-7", "0:00-24:00", "7-8-9", "never"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(Refused):
        parse_span(text)


def test_several_spans() -> None:
    assert parse_spans("6:00-7:30, 17:00-18:30") == ((time(6), time(7, 30)), (time(17), time(18, 30)))
    assert parse_spans("6-7; 17-18") == ((time(6), time(7)), (time(17), time(18)))
    for word in ("never", " None ", "OFF", "-"):
        assert parse_spans(word) == ()


@pytest.mark.parametrize("text", ["", " ", ",", "6-7,", "6-7 17-18", "6-7, x"])
def test_what_is_no_list_of_spans(text: str) -> None:
    with pytest.raises(Refused):
        parse_spans(text)


@given(spans, st.lists(spans, max_size=4).map(tuple))
def test_what_is_shown_is_read_as_the_same(span: tuple[time, time], several: tuple[tuple[time, time], ...]) -> None:
    assert parse_span(show_span(span)) == span
    assert parse_spans(show_spans(several)) == several


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2h", 120),
        ("90 min", 90),
        ("1.5 hours", 90),
        ("1,5h", 90),
        ("45m", 45),
        ("1 minute", 1),
        ("2 days", 2880),
        ("1D", 1440),
    ],
)
def test_a_duration(text: str, minutes: float) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2 weeks", "1h30", "2h 5min", "1e5h", "nan h", "367 days"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(Refused):
        parse_duration(text)


@pytest.mark.parametrize("digits", [6, 12, 40, 400, 4000])
def test_a_number_out_of_this_world_is_refused(digits: int) -> None:
    for unit in ("m", "h", "d"):
        with pytest.raises(Refused):
            parse_until("9" * digits + unit, datetime(2026, 3, 3, tzinfo=UTC), BERLIN)


def until(text: str, *parts: int, zone: ZoneInfo = BERLIN, fold: int = 0) -> str:
    now = datetime(*parts, tzinfo=zone, fold=fold)  # type: ignore[arg-type, misc]
    moment = parse_until(text, now.astimezone(UTC), zone)
    assert moment.tzinfo is UTC
    return f"{moment.astimezone(zone):%d %H:%M %z}"


def test_until_a_time() -> None:
    assert until("7:00", 2026, 3, 3, 22) == "04 07:00 +0100"
    assert until("until 7:00", 2026, 3, 3, 6, 59, 59) == "03 07:00 +0100"
    assert until("UNTIL  7", 2026, 3, 3, 7) == "04 07:00 +0100"
    assert until("24:00", 2026, 3, 3, 22) == "04 00:00 +0100"
    assert until("0:00", 2026, 3, 3, 0) == "04 00:00 +0100"
    assert until("12:00", 2028, 2, 28, 13) == "29 12:00 +0100"
    assert until("for 2h", 2026, 3, 3, 22) == "04 00:00 +0100"
    assert until("2h", 2026, 3, 3, 22) == "04 00:00 +0100"


def test_until_a_time_in_the_nights_when_the_clocks_change() -> None:
    assert until("3h", 2026, 3, 29, 0) == "29 04:00 +0200"
    assert until("7:00", 2026, 3, 28, 23) == "29 07:00 +0200"
    assert until("2:30", 2026, 3, 29, 1) == "29 03:30 +0200"
    assert until("2:30", 2026, 10, 25, 1) == "25 02:30 +0200"
    assert until("2:30", 2026, 10, 25, 2, 40) == "25 02:30 +0100"
    assert until("2:30", 2026, 10, 25, 2, 10, fold=1) == "25 02:30 +0100"
    assert until("2:30", 2026, 10, 25, 2, 30, fold=1) == "26 02:30 +0100"
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert until("1:45", 2026, 4, 5, 1, 50, zone=lord_howe) == "05 01:45 +1030"
    assert until("2:15", 2026, 10, 4, 1, zone=lord_howe) == "04 02:45 +1100"


@given(
    st.integers(0, 15 * 365 * 24 * 60).map(
        lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    clocks,
    st.sampled_from([BERLIN, ZoneInfo("America/Nuuk"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]),
)
def test_until_is_always_ahead_and_within_a_day_and_a_bit(now: datetime, clock: time, zone: ZoneInfo) -> None:
    moment = parse_until(f"{clock:%H:%M}", now, zone)
    assert timedelta() < moment - now <= timedelta(hours=25)
    shown = moment.astimezone(zone)
    skipped = timedelta(hours=shown.hour - clock.hour, minutes=shown.minute - clock.minute) % timedelta(days=1)
    assert skipped in (timedelta(), timedelta(minutes=30), timedelta(hours=1))
