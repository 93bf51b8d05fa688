"""What is measured: collected in memory, and written to the store in batches, one row per operation and local day."""

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

import msgspec

from core import latency, task_text
from core.errors import Refused
from core.local_days import day_of
from core.model.config import Config
from core.model.improvement import Failures, Histogram, Measurement, Question
from core.ports import SecretScan, Store

KEPT = timedelta(days=91)
MOST_OPERATIONS = 500
"""That are told apart on a day, far more than there are; further ones count as `OTHERS`."""
MOST_KINDS = 10
"""Of failures that are told apart per operation and day; the others count as `OTHERS`."""
MOST_MOMENTS = 50
OTHERS = "others"
HIDDEN = "[hidden]"

_LONGEST_NAME, _LONGEST_MESSAGE, _LONGEST_KIND = 80, 300, 80
_SECRET = re.compile(r"\d{3,}:[\w-]{20,}")
"""A bot token, which stands in the addresses of its requests."""


@dataclass
class _Row:
    """As a `Measurement`, while it grows."""

    buckets: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0
    inside: str = ""
    failures: tuple[Failures, ...] = ()


@dataclass
class _Batch:
    """Small however long it can't be written."""

    rows: dict[tuple[str, date], _Row] = field(default_factory=lambda: defaultdict(_Row))
    questions: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def take(self, other: "_Batch") -> None:
        """Add what another one holds."""
        for key, row in other.rows.items():
            mine = self.rows[key]
            mine.buckets += row.buckets
            mine.longest = max(mine.longest, row.longest)
            mine.inside = mine.inside or row.inside
            mine.failures = merged(mine.failures, row.failures)
        for question, moments in other.questions.items():
            self.questions[question] = newest(self.questions[question], moments)


class Measurements:
    """Collects from any thread; nothing touches the store before `flush`."""

    def __init__(self, store: Store, config: Config, secrets: SecretScan) -> None:
        self._store = store
        self._config = config
        self._secrets = secrets
        self._name = lru_cache(MOST_OPERATIONS)(self._checked_name)
        self._lock = threading.Lock()
        self._batch = _Batch()

    def log_time(self, operation: str, ms: float, at: datetime, inside: str = "") -> None:
        """An operation took so many milliseconds, and ended then; `inside` is another one that took most of that.

        Raises Refused for what is no time or no name.
        """
        if not 0 <= ms <= latency.LONGEST:
            raise Refused(f"{ms:g} ms is no time that anything can take.")
        key = (self._name(operation), self._day(at))
        with self._lock:
            row = self._row(key)
            row.buckets[latency.bucket(ms)] += 1
            row.longest = max(row.longest, ms)
            if ms > latency.SLOW:
                row.inside = inside

    def log_failure(self, api: str, error: str, at: datetime) -> None:
        """Something outside failed, with that message. Raises Refused without a name."""
        key, message = (self._name(api), self._day(at)), self._plain(error[: 4 * _LONGEST_MESSAGE])
        with self._lock:
            row = self._row(key)
            row.failures = merged(row.failures, [failure(message or "failed", at)])

    def log_question(self, text: str, at: datetime) -> None:
        """Somebody asked that; punctuation and case make no other question of it. Raises Refused without words."""
        key = self._name(" ".join(re.findall(r"[\w'’]+", text.casefold())))
        with self._lock:
            self._batch.questions[key] = newest(self._batch.questions[key], [at])

    def flush(self, now: datetime) -> bool:
        """Write what was collected, in one transaction, and forget what is too old; whether there was anything.

        Raises StoreUnavailable; what was collected waits for the next call then.
        """
        with self._lock:
            batch, self._batch = self._batch, _Batch()
        if not (batch.rows or batch.questions):
            return False
        try:
            with self._store.transaction():
                self._write(batch, now)
        except BaseException:
            with self._lock:
                self._batch.take(batch)
            raise
        return True

    def _write(self, batch: _Batch, now: datetime) -> None:
        table = self._store.measurements
        names: dict[date, set[str]] = defaultdict(set)
        for row in table.all():
            names[row.day].add(row.operation)
        for (name, day), new in batch.rows.items():
            operation = name if name in names[day] or len(names[day]) < MOST_OPERATIONS else OTHERS
            names[day].add(operation)
            key = f"{day.isoformat()} {operation}"
            row = table.get(key) or Measurement(operation=operation, day=day)
            times = Histogram(buckets=tuple(new.buckets.items()), longest=new.longest)
            changed = msgspec.structs.replace(
                row,
                latency=latency.merge(row.latency, times),
                inside=new.inside or row.inside,
                failures=merged(row.failures, new.failures),
            )
            table.put(key, changed)
        for question, moments in batch.questions.items():
            known = self._store.questions.get(question)
            asked = newest(known.moments if known is not None else (), moments)
            self._store.questions.put(question, Question(key=question, moments=tuple(asked)))
        oldest = self._day(now - KEPT)
        for row in table.all():
            if row.day < oldest:
                table.remove(f"{row.day.isoformat()} {row.operation}")
        for old in self._store.questions.all():
            if now - old.moments[-1] > KEPT:
                self._store.questions.remove(old.key)

    def _row(self, key: tuple[str, date]) -> _Row:
        rows = self._batch.rows
        return rows[key if key in rows or len(rows) < MOST_OPERATIONS else (OTHERS, key[1])]

    def _checked_name(self, text: str) -> str:
        name = self._plain(text[: 4 * _LONGEST_NAME])[:_LONGEST_NAME]
        if not name:
            raise Refused("It needs a name.")
        return name

    def _plain(self, text: str) -> str:
        """One line without control characters and secrets."""
        plain = " ".join(task_text.clean_text(_SECRET.sub(HIDDEN, text), "name").split())
        return HIDDEN if self._secrets("message.txt", [(1, plain)]) else plain

    def _day(self, at: datetime) -> date:
        return day_of(at, self._config.zone)


def failure(message: str, at: datetime) -> Failures:
    """One, by its message."""
    return Failures(kind=kind_of(message), count=1, message=message[:_LONGEST_MESSAGE], at=at)


def merged(known: Iterable[Failures], more: Iterable[Failures]) -> tuple[Failures, ...]:
    """All of them by kind, each with the message of its last one."""
    kinds = {each.kind: each for each in known}
    for each in more:
        kind = each.kind if each.kind in kinds or len(kinds) < MOST_KINDS else OTHERS
        before = kinds.get(kind)
        last = each if before is None or before.at <= each.at else before
        count = each.count + (before.count if before is not None else 0)
        kinds[kind] = msgspec.structs.replace(last, kind=kind, count=count)
    return tuple(kinds.values())


def newest(known: Sequence[datetime], more: Sequence[datetime]) -> list[datetime]:
    """The last moments of both, in their order."""
    return sorted([*known, *more])[-MOST_MOMENTS:]


def kind_of(message: str) -> str:
    """The message without what differs each time: numbers, quoted words, ids."""
    plain = re.sub(r"(['\"“`]).*?(?:\1|”)|\b[0-9a-f]{7,}\b|\d+", "…", message.casefold())
    return " ".join(plain.split())[:_LONGEST_KIND]
