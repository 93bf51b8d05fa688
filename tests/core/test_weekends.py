"""When weekends are, in a zone with daylight-saving time and without."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core import weekends
from core.errors import Refused
from core.model.ids import WeekendId
from tests import factories

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("local", "weekend"),
    [
        ("2026-11-23T00:00", "2026-11-28"),
        ("2026-11-27T18:00", "2026-11-28"),
        ("2026-11-28T00:00", "2026-11-28"),
        ("2026-11-29T19:59", "2026-11-28"),
        ("2026-11-29T20:00", "2026-12-05"),
        ("2026-11-30T00:00", "2026-12-05"),
        ("2026-12-31T12:00", "2027-01-02"),
    ],
)
def test_the_weekend_of_a_moment(local: str, weekend: str) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC)

    assert weekends.weekend_of(now, factories.config(zone=BERLIN)) == weekend


def test_a_late_evening_in_utc_is_the_next_day_elsewhere() -> None:
    friday_night = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)

    assert weekends.weekend_of(friday_night, factories.config(zone=ZoneInfo("Pacific/Auckland"))) == "2026-11-28"
    sunday = datetime(2026, 11, 29, 7, 30, tzinfo=UTC)  # 20:30 in Auckland
    assert weekends.weekend_of(sunday, factories.config(zone=ZoneInfo("Pacific/Auckland"))) == "2026-12-05"


@pytest.mark.parametrize(
    ("weekend", "asks", "starts", "sums_up"),
    [
        ("2026-03-28", "2026-03-27T17:00Z", "2026-03-28T08:00Z", "2026-03-29T18:00Z"),  # clocks go forward on Sunday
        ("2026-10-24", "2026-10-23T16:00Z", "2026-10-24T07:00Z", "2026-10-25T19:00Z"),  # and back
    ],
)
def test_the_local_times_hold_when_the_clocks_change(weekend: str, asks: str, starts: str, sums_up: str) -> None:
    moments = [
        weekends.moment(WeekendId(weekend), at, factories.config(zone=BERLIN))
        for at in (weekends.At.ASK, weekends.At.START, weekends.At.SUMMARY)
    ]

    assert moments == [datetime.fromisoformat(at) for at in (asks, starts, sums_up)]


def test_the_next_weekend() -> None:
    assert weekends.following(WeekendId("2026-12-26")) == "2027-01-02"


@pytest.mark.parametrize("wrong", ["2026-11-27", "soon", "2026-13-01", ""])
def test_what_is_no_weekend_is_refused(wrong: str) -> None:
    with pytest.raises(Refused, match="is no"):
        weekends.saturday(WeekendId(wrong))
