"""Hours on duty: every moment is counted once, on its local day, and only while Jarvis was running."""

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.context_scheduler import ContextScheduler
from core.duty import keep
from core.model.context import Context
from core.model.day import Day
from core.pauses import Pauses
from core.productivity import record_duty
from storage import JournalStore, open_store
from tests import factories
from tests.fakes import SetClock

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)

Call = Callable[..., None]


@pytest.fixture
def call(store: JournalStore) -> Call:
    def record(now: datetime, *, since: datetime | None = None, autonomous: bool = True, owner: bool = False) -> None:
        record_duty(store, since, now, autonomous=autonomous, owner=owner, zone=BERLIN)

    return record


def every_five_minutes(call: Call, start: datetime, hours: float) -> None:
    for step in range(int(hours * 12) + 1):
        call(start + timedelta(minutes=5 * step))


def day(store: JournalStore, on: str) -> Day:
    return store.days.get(on) or Day(date=date.fromisoformat(on))


def minutes(store: JournalStore) -> dict[str, tuple[float, float, float]]:
    return {
        row.date.isoformat(): (row.autonomous_minutes, row.on_duty_minutes, row.owner_minutes)
        for row in store.days.all()
    }


def test_the_first_call_counts_nothing_and_the_next_the_time_between(store: JournalStore, call: Call) -> None:
    call(NOON)
    assert store.days.all() == []
    call(NOON + timedelta(minutes=5))
    assert minutes(store) == {"2026-11-25": (5, 5, 0)}


def test_each_kind_of_time_counts_by_itself(store: JournalStore, call: Call) -> None:
    call(NOON)
    call(NOON + timedelta(minutes=5), autonomous=False, owner=True)
    call(NOON + timedelta(minutes=9), autonomous=True, owner=True)
    call(NOON + timedelta(minutes=11), autonomous=False, owner=False)
    assert minutes(store) == {"2026-11-25": (4, 11, 9)}


def test_the_same_call_again_counts_nothing(store: JournalStore, call: Call) -> None:
    for _ in range(3):
        call(NOON, since=NOON - timedelta(minutes=5))
    assert minutes(store) == {"2026-11-25": (5, 5, 0)}


def test_local_midnight_parts_the_days(store: JournalStore, call: Call) -> None:
    call(datetime(2026, 11, 25, 22, 56, tzinfo=UTC))
    call(datetime(2026, 11, 25, 23, 6, tzinfo=UTC))
    assert minutes(store) == {"2026-11-25": (4, 4, 0), "2026-11-26": (6, 6, 0)}


def test_a_day_has_23_24_or_25_hours(store: JournalStore, call: Call) -> None:
    for on in ("2026-03-29", "2026-06-01", "2026-10-25"):
        every_five_minutes(call, datetime.fromisoformat(on).replace(tzinfo=BERLIN).astimezone(UTC), 27)
    hours = {on: day(store, on).on_duty_minutes / 60 for on in ("2026-03-29", "2026-06-01", "2026-10-25")}
    assert hours == {"2026-03-29": 23, "2026-06-01": 24, "2026-10-25": 25}


@pytest.mark.parametrize(("gap", "counted"), [(15.0, 15.0), (15.01, 0.0), (600.0, 0.0), (60.0 * 24 * 400, 0.0)])
def test_a_longer_gap_was_a_time_without_duty(store: JournalStore, call: Call, gap: float, counted: float) -> None:
    call(NOON)
    call(NOON + timedelta(minutes=gap))
    assert sum(row.on_duty_minutes for row in store.days.all()) == counted
    call(NOON + timedelta(minutes=gap + 5))
    assert sum(row.on_duty_minutes for row in store.days.all()) == pytest.approx(counted + 5)


def test_nothing_counts_before_the_caller_was_there(store: JournalStore, call: Call) -> None:
    call(NOON)
    call(NOON + timedelta(minutes=10), since=NOON + timedelta(minutes=7))
    assert minutes(store) == {"2026-11-25": (3, 3, 0)}


def test_after_a_clock_was_set_back_only_new_moments_count(store: JournalStore, call: Call) -> None:
    every_five_minutes(call, NOON, 2)
    every_five_minutes(call, NOON - timedelta(hours=1), 4)
    assert minutes(store) == {"2026-11-25": (240, 240, 0)}


def test_a_clock_that_was_a_year_ahead_silences_nothing(store: JournalStore, call: Call) -> None:
    ahead = NOON + timedelta(days=365)
    call(ahead)
    call(NOON, since=ahead)
    call(NOON + timedelta(minutes=5), since=ahead)
    assert minutes(store) == {"2026-11-25": (5, 5, 0)}


def test_a_failed_transaction_is_made_up_for_by_the_next_call(store: JournalStore, call: Call) -> None:
    call(NOON)
    with contextlib.suppress(ZeroDivisionError), store.transaction():
        call(NOON + timedelta(minutes=5))
        raise ZeroDivisionError
    call(NOON + timedelta(minutes=10))
    assert minutes(store) == {"2026-11-25": (10, 10, 0)}


def test_an_ordinary_day_stays_small(store: JournalStore, call: Call) -> None:
    every_five_minutes(call, datetime(2026, 11, 24, 23, tzinfo=UTC), 24)
    assert len(day(store, "2026-11-25").counted) == 1


jumps = st.one_of(st.integers(0, 20), st.integers(-3000, 3000))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(jumps, st.booleans(), st.booleans()), max_size=60))
def test_no_moment_counts_twice_however_the_clock_jumps(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, bool, bool]]
) -> None:
    """Against the set of all minutes that lie between two calls at most a quarter of an hour apart."""
    home: Path = tmp_path_factory.mktemp("duty")
    store = open_store(home, SetClock())
    now, expected = 0, set[int]()
    start = datetime(2026, 10, 24, 12, tzinfo=UTC)
    record_duty(store, None, start, autonomous=True, owner=True, zone=BERLIN)
    autonomous = owner_there = 0
    for step, is_autonomous, owner in steps:
        last, now = now, now + step
        moment = start + timedelta(minutes=now)
        record_duty(store, None, moment, autonomous=is_autonomous, owner=owner, zone=BERLIN)
        new = set(range(last, now)) - expected if now - last <= 15 else set()
        expected |= new
        autonomous += len(new) * is_autonomous
        owner_there += len(new) * owner

    by_day = {row.date: row.on_duty_minutes for row in store.days.all()}
    days = [(start + timedelta(minutes=minute)).astimezone(BERLIN).date() for minute in expected]
    assert by_day == {on: days.count(on) for on in set(days)}
    assert sum(row.autonomous_minutes for row in store.days.all()) == pytest.approx(autonomous)
    assert sum(row.owner_minutes for row in store.days.all()) == pytest.approx(owner_there)
    store.close()


@pytest.mark.parametrize(
    ("moment", "autonomous", "owner"),
    [
        ((3, 19, 0), False, True),  # the evening together
        ((3, 22, 59), False, True),
        ((3, 23, 0), True, False),
        ((4, 5, 59), True, False),
        ((4, 6, 30), True, False),  # at the gym
        ((4, 8, 0), False, False),
        ((4, 9, 0), True, False),
        ((4, 16, 59), True, False),
        ((4, 18, 45), False, False),
        ((7, 9, 0), True, False),
        ((7, 12, 0), True, True),  # at home on a Saturday, while the machine works
        ((8, 19, 0), True, False),
    ],
)
def test_what_counts_as_autonomous_and_whether_the_owner_is_there(
    store: JournalStore, moment: tuple[int, int, int], autonomous: bool, owner: bool
) -> None:
    config = factories.config(zone=BERLIN)
    contexts = ContextScheduler(store, config)
    day, hour, minute = moment
    now = datetime(2026, 3, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)
    keep(store, contexts, config, None, now - timedelta(minutes=4))
    keep(store, contexts, config, None, now)
    assert minutes(store) == {f"2026-03-{day:02}": (4 * autonomous, 4, 4 * owner)}


def test_a_pause_and_what_the_owner_says_count(store: JournalStore) -> None:
    config = factories.config(zone=BERLIN)
    contexts, stopped = ContextScheduler(store, config), Pauses(store)
    now = datetime(2026, 3, 4, 12, tzinfo=BERLIN).astimezone(UTC)
    keep(store, contexts, config, None, now)
    contexts.set(Context.AVAILABLE, now, until=now + timedelta(minutes=6))
    stopped.pause(None, None, now)
    keep(store, contexts, config, None, now + timedelta(minutes=5))
    stopped.resume(None, None, now + timedelta(minutes=6))
    keep(store, contexts, config, None, now + timedelta(minutes=12))
    assert minutes(store) == {"2026-03-04": (7, 12, 5)}
