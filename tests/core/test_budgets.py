"""What builds may spend."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from core import budgets
from core.model.agent import Usage
from core.model.build import Active, Build, Ended, Limits
from tests import factories
from tests.factories import NOW, UTC_ZONE

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def build(number: int, hours_ago: float, usage: Usage | None = None, limits: Limits | None = None) -> Build:
    """Ended after half an hour when it has a usage; else it runs, with these limits."""
    started = NOW - timedelta(hours=hours_ago)
    spec = factories.spec(f"task_{number}-1")
    if limits is not None:
        spec = msgspec.structs.replace(spec, limits=limits)
    ended = factories.result(started_at=started, ended_at=started + timedelta(minutes=30), usage=usage)
    state = Active() if limits is not None else Ended(result=ended)
    return factories.build(f"task_{number}-1", state, started_at=started, spec=spec)


def allowed(dollars: float | None = None, tokens: int | None = None) -> Limits:
    return Limits(wall=60, idle=60, verify=60, dollars=dollars, tokens=tokens)


@pytest.mark.parametrize(
    ("now", "zone", "noon"),
    [
        ("2026-03-03T11:59:59+00:00", "UTC", "2026-03-02T12:00:00+00:00"),
        ("2026-03-03T12:00:00+00:00", "UTC", "2026-03-03T12:00:00+00:00"),
        ("2026-03-29T03:30:00+02:00", "Europe/Berlin", "2026-03-28T12:00:00+01:00"),
        ("2026-03-29T12:00:00+02:00", "Europe/Berlin", "2026-03-29T12:00:00+02:00"),
        ("2026-11-01T11:00:00-08:00", "America/Los_Angeles", "2026-10-31T12:00:00-07:00"),
        ("2026-03-03T05:00:00+00:00", "Asia/Kolkata", "2026-03-02T12:00:00+05:30"),
    ],
)
def test_the_night_begins_at_noon_where_the_owner_is(now: str, zone: str, noon: str) -> None:
    begin = budgets.night_begin(datetime.fromisoformat(now), ZoneInfo(zone))
    assert begin == datetime.fromisoformat(noon)


def test_spending_counts_what_ended_and_reserves_for_what_runs() -> None:
    spent = budgets.spending(
        [
            build(1, 20, Usage(dollars=7.0, tokens_in=1)),  # before noon
            build(2, 3, Usage(dollars=1.5, tokens_in=100, tokens_out=20)),
            build(3, 2, Usage(tokens_in=50)),
            build(4, 1, limits=allowed(dollars=5.0, tokens=1000)),
        ],
        NOW,
        UTC_ZONE,
    )
    assert spent == budgets.Spending(
        since=NOON, dollars=1.5, tokens=170, hours=2.0, reserved_dollars=5.0, reserved_tokens=1000
    )


@pytest.mark.parametrize(
    ("spent", "settings", "free", "reason"),
    [
        ({}, {}, False, None),
        ({"dollars": 20.0}, {}, False, "tonight's budget of $20.00 is spent"),
        ({"dollars": 20.0}, {}, True, None),
        ({"dollars": 20.0}, {"night_dollars": 0.0}, False, None),
        ({"dollars": 16.0, "reserved_dollars": 4.0}, {}, False, "is spent or in use by running builds"),
        ({"dollars": 16.0, "reserved_dollars": 3.0}, {}, False, None),
        ({"tokens": 10}, {"night_tokens": 10}, False, "tonight's 10 tokens are spent"),
        ({"tokens": 9, "reserved_tokens": 1}, {"night_tokens": 10}, False, "in use by running builds"),
        ({"hours": 60.0}, {}, True, "tonight's 60 h are used up"),
        ({"hours": 60.0}, {"night_hours": 0.0}, True, None),
    ],
)
def test_obstacles(spent: dict[str, Any], settings: dict[str, Any], free: bool, reason: str | None) -> None:
    found = budgets.obstacle(budgets.Spending(since=NOON, **spent), factories.config(**settings), free_of_charge=free)
    assert found == reason if reason is None else reason in (found or "")


@pytest.mark.parametrize(
    ("spent", "settings", "expected"),
    [
        ({}, {}, (5.0, None)),
        ({"dollars": 17.0}, {}, (3.0, None)),
        ({"dollars": 10.0, "reserved_dollars": 9.0}, {}, (1.0, None)),
        ({"dollars": 30.0}, {}, (0.0, None)),
        ({"dollars": 17.0}, {"build_dollars": 0.0}, (3.0, None)),
        ({}, {"build_dollars": 0.0, "night_dollars": 0.0}, (None, None)),
        ({"tokens": 900}, {"build_tokens": 500, "night_tokens": 1000}, (5.0, 100)),
        ({"tokens": 100}, {"build_tokens": 500, "night_tokens": 1000}, (5.0, 500)),
    ],
)
def test_a_build_gets_its_own_budget_or_what_is_left(
    spent: dict[str, Any], settings: dict[str, Any], expected: tuple[float | None, int | None]
) -> None:
    assert budgets.of_build(budgets.Spending(since=NOON, **spent), factories.config(**settings)) == expected


@pytest.mark.parametrize(
    ("usage", "limits", "low"),
    [
        (Usage(dollars=3.9), allowed(dollars=5.0), False),
        (Usage(dollars=4.0), allowed(dollars=5.0), True),
        (Usage(tokens_in=800), allowed(tokens=1000), True),
        (Usage(tokens_in=799), allowed(tokens=1000), False),
        (Usage(dollars=100.0, tokens_in=10**9), allowed(), False),
    ],
)
def test_running_low_from_four_fifths(usage: Usage, limits: Limits, low: bool) -> None:
    assert budgets.running_low(usage, limits) is low


@pytest.mark.parametrize(
    ("spent", "settings", "said"),
    [
        ({"dollars": 15.9}, {}, None),
        ({"dollars": 16.0}, {}, "$16.00 of tonight's $20.00 are spent"),
        ({"tokens": 800}, {"night_tokens": 1000}, "800 of tonight's 1,000 tokens are spent"),
        ({"hours": 48.0}, {}, "48 of tonight's 60 h are used"),
        ({"hours": 48.0, "dollars": 99.0}, {"night_hours": 0.0, "night_dollars": 0.0}, None),
    ],
)
def test_the_night_runs_low(spent: dict[str, Any], settings: dict[str, Any], said: str | None) -> None:
    assert budgets.night_running_low(budgets.Spending(since=NOON, **spent), factories.config(**settings)) == said
