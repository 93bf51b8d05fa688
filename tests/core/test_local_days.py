"""Local days, on the days when the clocks change."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import local_days

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")]
ZONES += [ZoneInfo("America/Havana"), ZoneInfo("Africa/Cairo"), ZoneInfo("America/Santiago")]
"""The last three change their clocks at midnight."""

FIRST = datetime(2023, 1, 1, tzinfo=UTC)
moments = st.integers(0, 6 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 11, 25), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("America/Havana", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
    ],
)
def test_how_long_a_day_is(zone: str, day: date, hours: float) -> None:
    begin, end = (local_days.begin_of(each, ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))

    assert end - begin == timedelta(hours=hours)
    assert list(local_days.pieces(begin, end, ZoneInfo(zone))) == [(day, begin, end)]


@given(moments, st.integers(0, 5 * 24 * 60), st.sampled_from(ZONES))
def test_pieces_lie_one_behind_the_other_each_in_its_day(start: datetime, minutes: int, zone: ZoneInfo) -> None:
    end = start + timedelta(minutes=minutes)

    pieces = list(local_days.pieces(start, end, zone))

    assert all(before[2] == after[1] for before, after in pairwise(pieces))
    assert [piece[0] for piece in pieces] == sorted({piece[0] for piece in pieces})
    lengths = Counter({day: (until - since) // timedelta(minutes=1) for day, since, until in pieces})
    assert lengths == Counter(local_days.day_of(start + timedelta(minutes=n), zone) for n in range(minutes))


def test_a_second_midnight() -> None:
    """Until 2011 Newfoundland set its clocks back at one minute past midnight, so a local day began twice."""
    zone = ZoneInfo("America/St_Johns")
    start = datetime(2010, 11, 7, 2, 0, tzinfo=UTC)
    pieces = list(local_days.pieces(start, start + timedelta(hours=4), zone))

    assert sum((until - since for _, since, until in pieces), timedelta()) == timedelta(hours=4)
    assert {piece[0] for piece in pieces} == {date(2010, 11, 6), date(2010, 11, 7)}
    repeated = datetime(2010, 11, 7, 3, 0, tzinfo=UTC)  # 23:30 of the 6th, after midnight of the 7th
    assert next(local_days.pieces(repeated, start + timedelta(hours=4), zone)) == (
        date(2010, 11, 6),
        repeated,
        datetime(2010, 11, 7, 3, 30, tzinfo=UTC),
    )
