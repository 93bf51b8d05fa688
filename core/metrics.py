"""The history of measurements: every one for a week, then one an hour for a quarter, then one a day for ever."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.model.metrics import Sample
from core.ports import Store

EVERY_ONE = timedelta(days=7)
HOURLY = timedelta(days=91)


def record(store: Store, sample: Sample) -> None:
    """Keep a sample, and drop those that have become too many for their age."""
    known = store.metrics.all()
    with store.transaction():
        store.metrics.put(key(sample), sample)
        for old in superfluous(known, sample.at):
            store.metrics.remove(key(old))


def key(sample: Sample) -> str:
    """The moment to the second: two samples of one second are one."""
    return sample.at.strftime("%Y-%m-%dT%H:%M:%SZ")


def superfluous(samples: Iterable[Sample], now: datetime) -> list[Sample]:
    """The samples to drop: of each hour that is over a week old, and of each day (UTC) that is over a quarter old, all
    but the first. What an earlier call left is left again, so the history does not depend on how often this is done."""
    seen: set[datetime] = set()
    dropped = []
    for sample in sorted(samples, key=lambda each: each.at):
        age = now - sample.at
        if age <= EVERY_ONE:
            continue
        hour = sample.at.replace(minute=0, second=0, microsecond=0)
        span = hour if age <= HOURLY else hour.replace(hour=0)
        if span in seen:
            dropped.append(sample)
        seen.add(span)
    return dropped
