"""Which limits a machine has, when it reaches them, and how bad that is."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from core import windows
from core.crossing import forecast
from core.model.config import Config
from core.model.metrics import Sample
from core.model.problem import Outlook, Problem, Severity

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
LIKELY = 0.5
NEARLY_CERTAIN = 0.7
"""For what is a month away."""
FULL = 98.0
"""Percent at which writing fails for ordinary users on most file systems."""
BUILDS_UP = ("disk", "logs", "databases", "own")
"""Kinds of series that grow for weeks; the others are of the day."""
FEWEST = 6
"""Measurements before anything is foretold."""
REACH = 8
"""Nothing is foretold for further ahead than so many times the length of what was measured: what a minute brings says
nothing about a week."""
FRESH = timedelta(hours=1)
"""A problem that was confirmed no later than that is as of now."""
LASTING = timedelta(minutes=30)
"""Memory, swap and load pass quickly: only the average of so long is a problem."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What a series should stay under."""

    series: str
    value: float
    unit: str

    @property
    def kind(self) -> str:
        """`disk`, `memory`, `logs`, ..."""
        return self.series.partition(":")[0]


def limits(sample: Sample, config: Config) -> list[Limit]:
    """Of all that was measured; what has no limit is left out."""
    by_kind = {
        "disk": (config.disk_limit, "%"),
        "memory": (config.memory_limit, "%"),
        "swap": (config.swap_limit, "%"),
        "load": (config.load_limit, "per processor"),
        "logs": (config.log_limit, "MB"),
        "databases": (config.database_limit, "MB"),
    }
    found = []
    for series in sample.values:
        value, unit = by_kind.get(series.partition(":")[0], (0.0, ""))
        if unit:
            found.append(Limit(series=series, value=value, unit=unit))
    return found


def outlook(history: Sequence[tuple[datetime, float]], limit: float, now: datetime, config: Config) -> Outlook:
    """When a series reaches a limit."""
    if len(history) < FEWEST:
        reached = float(bool(history) and history[-1][1] >= limit)
        return Outlook(
            limit=limit, day=reached, week=reached, month=reached, night=reached, expected_at=now if reached else None
        )
    until = windows.next_named(windows.OVERNIGHT, now, config).end - now
    night, day, week, month = forecast(history, limit, now, _within_reach(history, now, [until, DAY, WEEK, MONTH]))
    best = next((each for each in (day, week, month) if each.probability >= LIKELY), month)
    return Outlook(
        limit=limit,
        day=round(day.probability, 3),
        week=round(week.probability, 3),
        month=round(month.probability, 3),
        night=round(night.probability, 3),
        expected_at=best.expected_at,
        earliest=best.earliest,
        latest=best.latest,
    )


def tightest(problems: Iterable[Problem], now: datetime) -> str | None:
    """Why fewer builds should start: the disk or the memory is likely to reach its limit within the night."""
    for problem in problems:
        limit = problem.outlook.limit
        if problem.series in ("disk", "memory") and problem.value < limit and concerns_the_night(problem, now):
            return f"{problem.series} is likely to reach {limit:.0f} % within the night ({problem.outlook.night:.2f})"
    return None


def by_severity(problems: Iterable[Problem]) -> list[Problem]:
    """Those that are not resolved, the worst first."""
    order = list(Severity)
    found = [problem for problem in problems if problem.resolved_at is None]
    return sorted(found, key=lambda problem: (order.index(problem.severity), problem.found_at))


def concerns_the_night(problem: Problem, now: datetime) -> bool:
    """Whether a limit is reached, or likely to be within the night, by what was measured lately."""
    fresh = problem.resolved_at is None and now - problem.seen_at < FRESH
    return fresh and (problem.value >= problem.outlook.limit or problem.outlook.night >= LIKELY)


def judge(
    limit: Limit, value: float, expected: Outlook, history: Sequence[tuple[datetime, float]], now: datetime
) -> Severity | None:
    """How bad it is; None: no problem."""
    if limit.kind not in BUILDS_UP:
        recent = [each for at, each in history if timedelta() <= now - at <= LASTING] or [value]
        if limit.kind == "load" and (not history or now - min(at for at, _ in history) < LASTING):
            return None  # whatever has just started is busy
        lasting = sum(recent) / len(recent)
        if lasting < limit.value:
            watched = now - min(at for at, _ in history) >= LASTING
            likely = watched and limit.kind != "load" and value < limit.value and expected.day >= NEARLY_CERTAIN
            return Severity.MEDIUM if likely else None
        value = lasting
    elif value < limit.value:
        if expected.day >= LIKELY:
            return Severity.HIGH
        if expected.week >= LIKELY:
            return Severity.MEDIUM
        return Severity.LOW if expected.month >= NEARLY_CERTAIN else None
    return Severity.CRITICAL if _stops_work(limit, value, history, now) else Severity.HIGH


def _stops_work(limit: Limit, value: float, history: Sequence[tuple[datetime, float]], now: datetime) -> bool:
    """Over the limit and half-way to full, or full within a day."""
    if limit.unit != "%":
        return False
    if value >= (limit.value + 100) / 2:
        return True
    if limit.kind != "disk" or len(history) < FEWEST or value >= FULL:
        return value >= FULL
    (full,) = forecast(history, FULL, now, _within_reach(history, now, [DAY]))
    return full.probability >= LIKELY


def _within_reach(
    history: Sequence[tuple[datetime, float]], now: datetime, horizons: Sequence[timedelta]
) -> list[timedelta]:
    """The same, each cut to what the history is long enough for."""
    reach = REACH * (now - min(at for at, _ in history))
    return [min(each, reach) for each in horizons]
