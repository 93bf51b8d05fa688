"""How good are forecasts? Matching of predictions with what came, the figures of it, and the counting rule as peer."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.pattern_learner import Learner
from tests.patterns.generate import Event, Log

HOUR = timedelta(hours=1)
AHEAD = (timedelta(hours=2), timedelta(hours=26))
Forecast = Sequence[tuple[str, datetime, float]]
Forecaster = Callable[[Log, Sequence[datetime]], Iterator[Forecast]]


class Outcome(NamedTuple):
    """Of one prediction."""

    confidence: float
    hit: bool
    """An occurrence within an hour that confirms no other prediction: for precision and recall."""
    true: bool
    """Any event of the type within an hour: what confidence is the probability of."""


@dataclass
class Score:
    """What became of every prediction, and how many occurrences there were."""

    predicted: list[Outcome] = field(default_factory=list)
    actual: int = 0

    def __iadd__(self, other: "Score") -> "Score":
        self.predicted += other.predicted
        self.actual += other.actual
        return self

    @property
    def hits(self) -> int:
        return sum(each.hit for each in self.predicted)

    def precision(self, least: float = 0.0) -> float:
        sure = [each.hit for each in self.predicted if each.confidence >= least]
        return sum(sure) / len(sure) if sure else float("nan")

    @property
    def recall(self) -> float:
        return self.hits / max(self.actual, 1)

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(len(self.predicted) + self.actual, 1)

    @property
    def brier(self) -> float:
        return sum((each.confidence - each.true) ** 2 for each in self.predicted) / max(len(self.predicted), 1)

    @property
    def ece(self) -> float:
        """Expected calibration error over ten bins of equal width."""
        bins: dict[int, float] = defaultdict(float)
        for each in self.predicted:
            bins[min(int(each.confidence * 10), 9)] += each.confidence - each.true
        return sum(map(abs, bins.values())) / max(len(self.predicted), 1)


def occurrences(events: Sequence[Event], start: datetime, end: datetime) -> dict[str, list[datetime]]:
    """By type, the first event of every clock hour in [start, end): what happens again and again within one is one."""
    found: dict[str, dict[datetime, datetime]] = defaultdict(dict)
    for at, kind in events:
        if start <= at < end:
            found[kind].setdefault(at.replace(minute=0, second=0, microsecond=0), at)
    return {kind: sorted(each.values()) for kind, each in found.items()}


def match(forecast: Forecast, actual: dict[str, list[datetime]], events: Sequence[Event]) -> Score:
    """Each occurrence confirms one prediction at most, the surest first, within an hour either way."""
    left = {kind: list(each) for kind, each in actual.items()}
    score = Score(actual=sum(map(len, left.values())))
    for kind, at, confidence in sorted(forecast, key=lambda each: -each[2]):
        near = [each for each in left.get(kind, ()) if abs(each - at) <= HOUR]
        if near:
            left[kind].remove(min(near, key=lambda each: abs(each - at)))
        around = events[bisect_left(events, at - HOUR, key=_at) : bisect_right(events, at + HOUR, key=_at)]
        score.predicted.append(Outcome(confidence, bool(near), any(each == kind for _, each in around)))
    return score


def _at(event: Event) -> datetime:
    return event[0]


def moments(log: Log, every: int) -> list[datetime]:
    """When forecasts are asked for: from the 5th week on, at hours that go round the clock."""
    days = range(28, log.days - 2, every)
    return [
        datetime.combine(log.start + timedelta(days=day), time(number * 7 % 24), tzinfo=log.zone).astimezone(UTC)
        for number, day in enumerate(days)
    ]


def judge(log: Log, forecaster: Forecaster, every: int) -> Score:
    """The score over the whole log, asked every so many days."""
    score, asked = Score(), moments(log, every)
    for now, forecast in zip(asked, forecaster(log, asked), strict=True):
        score += match(forecast, occurrences(log.events, now + AHEAD[0], now + AHEAD[1]), log.events)
    return score


def learner(log: Log, asked: Sequence[datetime]) -> Iterator[Forecast]:
    """Ours; it sees each event when its time has come."""
    ours, seen = Learner(log.zone), 0
    for now in asked:
        until = seen
        while until < len(log.events) and log.events[until][0] < now:
            until += 1
        ours.observe(log.events[seen:until])
        seen = until
        yield ours.predict(now, now + AHEAD[0], now + AHEAD[1])


def counting_rule(log: Log, asked: Sequence[datetime]) -> Iterator[Forecast]:
    """The peer: what came at least 3 times among the last 50 events of its type on this weekday at this hour comes
    again; the confidence is the usual n / (n + 2)."""
    last: dict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=50))
    seen = 0
    for now in asked:
        while seen < len(log.events) and log.events[seen][0] < now:
            last[log.events[seen][1]].append(log.events[seen][0])
            seen += 1
        forecast = []
        for kind, each in last.items():
            cells = Counter(_cell(at, log.zone) for at in each)
            for hours in range(2, 26):
                at = (now + timedelta(hours=hours)).replace(minute=30)
                if (count := cells[_cell(at, log.zone)]) >= 3:
                    forecast.append((kind, at, count / (count + 2)))
        yield forecast


def _cell(at: datetime, zone: ZoneInfo) -> tuple[int, int]:
    local = at.astimezone(zone)
    return local.weekday(), local.hour
