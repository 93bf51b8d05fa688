"""How the history of measurements thins out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core import metrics
from core.model.metrics import Sample
from core.runtime.probe import measure
from storage import JournalStore

NOW = datetime(2026, 3, 3, 20, tzinfo=UTC)


def sample(at: datetime) -> Sample:
    return Sample(at=at, values={"disk": 41.5})


def test_ten_minutes_for_a_week_hours_for_a_quarter_days_for_ever() -> None:
    history = [sample(NOW - timedelta(minutes=10) * n) for n in range(6 * 24 * 200)]

    dropped = metrics.superfluous(history, NOW)
    kept = sorted({each.at for each in history} - {each.at for each in dropped}, reverse=True)

    steps = {earlier: later - earlier for later, earlier in pairwise(kept)}
    assert {step for at, step in steps.items() if NOW - at <= timedelta(days=7)} == {timedelta(minutes=10)}
    assert {step for at, step in steps.items() if timedelta(days=8) < NOW - at <= timedelta(days=90)} == {
        timedelta(hours=1)
    }
    assert {step for at, step in steps.items() if timedelta(days=93) < NOW - at < timedelta(days=199)} == {
        timedelta(days=1)
    }
    assert min(kept) == min(each.at for each in history)


@given(st.lists(st.integers(0, 400 * 24 * 6), unique=True, max_size=60), st.integers(0, 200))
def test_it_does_not_matter_how_often_it_is_done(steps: list[int], days: int) -> None:
    history = [sample(NOW - timedelta(minutes=10) * n) for n in steps]
    later = NOW + timedelta(days=days)
    first = metrics.superfluous(history, NOW)
    twice = metrics.superfluous([each for each in history if each not in first], later)
    assert {each.at for each in (*first, *twice)} == {each.at for each in metrics.superfluous(history, later)}


def test_a_sample_of_this_machine_is_kept_and_old_ones_go(store: JournalStore, tmp_path: Path) -> None:
    with store.transaction():
        for minutes in (5, 15):
            old = sample(NOW.replace(minute=0) - timedelta(days=30, minutes=-minutes))
            store.metrics.put(metrics.key(old), old)

    metrics.record(store, measure(tmp_path, NOW))

    kept = store.metrics.all()
    assert [each.at for each in kept] == [NOW.replace(minute=0) - timedelta(days=30, minutes=-5), NOW]
    assert set(kept[-1].values) == {"disk", "memory", "swap", "load"}
    assert 0 < kept[-1].values["disk"] <= 100
