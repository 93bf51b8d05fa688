"""Productivity from the records: hours on duty, and what was built, proven and spent, by the owner's local days."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from core import budgets, estimates, outcomes
from core.local_days import begin_of, day_of, pieces
from core.model.agent import Usage
from core.model.build import Build, Ended, Stopped
from core.model.config import Config
from core.model.day import Day
from core.model.task import Completed, Failed, Task
from core.ports import Store
from core.transitions import is_withdrawn

LONGEST_GAP = timedelta(minutes=15)
"""Between two calls of `record_duty`; after a longer one Jarvis was down meanwhile."""
CLOSE = 1.5
LEAST_OWNER_HOURS = 1.0
"""A multiplier of less would tell nothing."""
"""An estimate within this factor is called close."""

CACHE_MARK = "cache productivity"
"""In the store while the reports of a week and a month are remembered for some minutes."""
REMEMBERED = timedelta(minutes=5)
LATELY = 50
"""Builds and tasks whose changes are seen at once in spite of that."""

_MARK = "duty"
_DAY = timedelta(days=1)

Span = tuple[datetime, datetime]


def record_duty(
    store: Store, since_last: datetime | None, now: datetime, *, autonomous: bool, owner: bool, zone: ZoneInfo
) -> None:
    """Count the time since the last call on the local days that it lies in; for a call every few minutes.

    The last call is remembered in the store; `since_last` is a moment before which the caller was not running, such as
    its start or its own last call. The whole time counts as `now` is: whether in autonomous time with work not paused,
    whether with the owner available. Nothing is counted twice, also when the clock was set back. Raises
    StoreUnavailable; the next call counts that time then.
    """
    with store.transaction():
        begin = store.marks.get(_MARK)
        if since_last is not None and since_last <= now:  # else the clock was set back meanwhile
            begin = max(begin or since_last, since_last)
        store.marks.put(_MARK, now)
        if begin is None or now - begin > LONGEST_GAP:
            return
        for day, start, end in pieces(begin, now, zone):
            row = store.days.get(day.isoformat()) or Day(date=day)
            counted = _union([*row.counted, (start, end)])
            minutes = _minutes(counted) - _minutes(row.counted)
            changed = msgspec.structs.replace(
                row,
                counted=counted,
                on_duty_minutes=_minutes(counted),
                autonomous_minutes=row.autonomous_minutes + (minutes if autonomous else 0.0),
                owner_minutes=row.owner_minutes + (minutes if owner else 0.0),
            )
            store.days.put(day.isoformat(), changed)


class Accuracy(msgspec.Struct, frozen=True, kw_only=True):
    """How builds with a usable result compare with their estimates."""

    builds: int
    ratio: float
    """Geometric mean of actual by estimated hours."""
    close: float
    """Share within a factor of 1.5, to either side."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of a day, or of several together."""

    autonomous_hours: float
    on_duty_hours: float
    owner_hours: float
    multiplier: float | None
    """Autonomous by owner hours; None when the owner was never there."""
    builds: int
    """That ended, in whatever way; a build belongs to the day on which it ended."""
    proven: int
    failed: int
    """Without a usable result; those that a person stopped are not among them."""
    build_hours: float
    """That builds have run, each on the days on which it ran; those that run still are included."""
    completed: int
    finished: int
    """Tasks that were completed, or failed and were not tried again."""
    completion_rate: float | None
    """Completed by finished; None before anything has finished."""
    shipped: int
    """Completed tasks whose result is proven, and was not withdrawn since."""
    hours_shipped: float
    """What these were estimated at."""
    accuracy: Accuracy | None
    """None without a usable result."""
    cost: Usage | None
    """What the builds have used of models; None where none of them tells."""


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One local day."""

    date: date
    figures: Figures


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Of the local days from `first` to `last`, up to a moment."""

    first: date
    last: date
    now: datetime
    days: list[DayFigures]
    total: Figures

    @property
    def best_day(self) -> DayFigures | None:
        """The day with the most hours shipped, the first one of equals; None when nothing has shipped."""
        best = max(self.days, key=lambda day: day.figures.hours_shipped, default=None)
        return best if best is not None and best.figures.hours_shipped else None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A period up to now, and the whole one before it."""

    period: Report
    before: Report


@dataclass
class _Items:
    """What belongs to a day."""

    duty: list[Day] = field(default_factory=list)
    ended: list[Build] = field(default_factory=list)
    ran: list[timedelta] = field(default_factory=list)
    finished: list[Task] = field(default_factory=list)
    shipped: list[Task] = field(default_factory=list)


class Productivity:
    """Reads the records, archived ones included; changes nothing."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._zone = config.zone
        self._remembered: dict[str, tuple[Comparison, tuple[list[Build], list[Task]]]] = {}

    def week(self, now: datetime) -> Comparison:
        """From Monday to now, local time, and the week before. A few minutes old where the cache is switched on."""
        return self._cached("week", self._week, now)

    def month(self, now: datetime) -> Comparison:
        """From the first of the month to now, local time, and the month before; likewise."""
        return self._cached("month", self._month, now)

    def _cached(self, name: str, compose: Callable[[datetime], Comparison], now: datetime) -> Comparison:
        if self._store.marks.get(CACHE_MARK) is None:
            return compose(now)
        # What has just happened is seen at once: new rows and changed ones are other objects.
        state = (self._store.builds.all()[-LATELY:], self._store.tasks.all()[-LATELY:])
        known, seen = self._remembered.get(name, (None, None))
        if known is not None and seen == state and self._is_fresh(known.period, now):
            return known
        made = compose(now)
        self._remembered[name] = made, state
        return made

    def _is_fresh(self, made: Report, now: datetime) -> bool:
        return timedelta() <= now - made.now <= REMEMBERED and made.last == day_of(now, self._zone)

    def _week(self, now: datetime) -> Comparison:
        today = day_of(now, self._zone)
        monday = today - today.weekday() * _DAY
        return Comparison(
            period=self.report(monday, today, now), before=self.report(monday - 7 * _DAY, monday - _DAY, now)
        )

    def _month(self, now: datetime) -> Comparison:
        today = day_of(now, self._zone)
        first = today.replace(day=1)
        last = first - _DAY
        return Comparison(period=self.report(first, today, now), before=self.report(last.replace(day=1), last, now))

    def multiplier(self, now: datetime) -> float | None:
        """Autonomous by owner hours of today and the six days before; None when the owner was never there."""
        today = day_of(now, self._zone)
        duty = self._duty([today - n * _DAY for n in range(7)])
        return _multiplier(duty)

    def report(self, first: date, last: date, now: datetime) -> Report:
        """The figures of each local day from `first` to `last`, both included; nothing after `now` counts."""
        items = {first + n * _DAY: _Items() for n in range((last - first).days + 1)}
        for day in self._duty(items):
            items[day.date].duty.append(day)
        # The live rows are read first: one that is archived meanwhile is then seen twice, and counts once.
        store = self._store
        builds = {build.id: build for build in (*store.builds.all(), *store.archived_builds.all())}
        tasks = {task.id: task for task in (*store.tasks.all(), *store.archived_tasks.all())}
        begin, end = begin_of(first, self._zone), begin_of(last + _DAY, self._zone)
        self._sort_builds(items, builds.values(), (begin, end), now)
        for task in tasks.values():
            state = task.state
            if isinstance(state, Completed | Failed) and begin <= state.at < end and state.at <= now:
                mine = items[day_of(state.at, self._zone)]
                mine.finished.append(task)
                if isinstance(state, Completed) and not is_withdrawn(task) and _is_proven(builds.get(state.build)):
                    mine.shipped.append(task)
        return Report(
            first=first,
            last=last,
            now=now,
            days=[DayFigures(date=day, figures=_figures([mine])) for day, mine in items.items()],
            total=_figures(list(items.values())),
        )

    def _sort_builds(self, items: dict[date, _Items], builds: Iterable[Build], within: Span, now: datetime) -> None:
        """Put each build to the day on which it ended, and its hours to the days on which it ran."""
        begin, end = within
        for build in builds:
            started, ended = build.started_at, now
            if isinstance(build.state, Ended):
                started, ended = build.state.result.started_at, build.state.result.ended_at
                if begin <= ended < end and ended <= now:
                    items[day_of(ended, self._zone)].ended.append(build)
            for day, since, until in pieces(max(started, begin), min(ended, end, now), self._zone):
                items[day].ran.append(until - since)

    def _duty(self, days: Iterable[date]) -> list[Day]:
        found = (self._store.days.get(day.isoformat()) for day in days)
        return [day for day in found if day is not None]


def _figures(items: Sequence[_Items]) -> Figures:
    duty = [day for mine in items for day in mine.duty]
    ended = [build for mine in items for build in mine.ended]
    finished = [task for mine in items for task in mine.finished]
    shipped = [task for mine in items for task in mine.shipped]
    results = [build.state.result for build in ended if isinstance(build.state, Ended)]
    completed = sum(isinstance(task.state, Completed) for task in finished)
    return Figures(
        autonomous_hours=sum(day.autonomous_minutes for day in duty) / 60,
        on_duty_hours=sum(day.on_duty_minutes for day in duty) / 60,
        owner_hours=sum(day.owner_minutes for day in duty) / 60,
        multiplier=_multiplier(duty),
        builds=len(ended),
        proven=sum(outcomes.is_proven(result.outcome) for result in results),
        failed=sum(
            not outcomes.is_usable(result.outcome) and not isinstance(result.outcome, Stopped) for result in results
        ),
        build_hours=sum((length for mine in items for length in mine.ran), timedelta()).total_seconds() / 3600,
        completed=completed,
        finished=len(finished),
        completion_rate=completed / len(finished) if finished else None,
        shipped=len(shipped),
        hours_shipped=sum((task.hours for task in shipped), 0.0),
        accuracy=_accuracy(ended),
        cost=budgets.total(result.usage for result in results),
    )


def _accuracy(builds: Iterable[Build]) -> Accuracy | None:
    logs = [math.log(ratio) for build in builds if (ratio := estimates.ratio(build)) is not None]
    if not logs:
        return None
    # A hair of tolerance: exactly 1.5 times the estimate is close, however the division is rounded.
    close = sum(abs(log) <= math.log(CLOSE) + 1e-9 for log in logs)
    return Accuracy(builds=len(logs), ratio=math.exp(math.fsum(logs) / len(logs)), close=close / len(logs))


def _multiplier(duty: Iterable[Day]) -> float | None:
    days = list(duty)
    owner = sum(day.owner_minutes for day in days)
    return sum(day.autonomous_minutes for day in days) / owner if owner >= 60 * LEAST_OWNER_HOURS else None


def _is_proven(build: Build | None) -> bool:
    return build is not None and isinstance(build.state, Ended) and outcomes.is_proven(build.state.result.outcome)


def _union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same moments as spans in order that neither touch nor overlap."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _minutes(spans: Iterable[Span]) -> float:
    return sum((end - start for start, end in spans), timedelta()).total_seconds() / 60
