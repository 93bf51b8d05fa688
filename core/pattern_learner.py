"""Learns when the owner does what, and says what comes next, when, and how sure that is."""

from array import array
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from core.occurrences import History

MINIMUM = 0.25
"""What is less likely than this is not told. For probabilities that are right, F1 is best when cut at half of the F1
that is reached: this keeps nearly all that helps, and each caller can cut higher."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _NONE = timedelta(seconds=1), timedelta()


class Prediction(NamedTuple):
    """One expected occurrence."""

    type: str
    at: datetime
    confidence: float
    """Probability that one happens within an hour of `at`."""


class Learner:
    """Events go in with `observe`, in any order; `predict` tells what is to be expected.

    What is predicted depends on nothing but the set of events before `now` and the arguments. `zone` is the owner's;
    without one the events' own local times count, and predictions come in the zone of the latest event of their type.
    """

    def __init__(self, zone: ZoneInfo | None = None, *, minimum: float = MINIMUM) -> None:
        self._zone, self._minimum = zone, minimum
        self._numbers: dict[str, int] = {}
        self._zones: dict[tzinfo, int] = {}
        self._at, self._wall = array("d"), array("d")
        self._types, self._zone_of = array("q"), array("q")

    def observe(self, events: Iterable[tuple[datetime, str]]) -> None:
        """Take in events: (moment, type). A moment without a zone is taken as the owner's local time."""
        numbers, zones, zone = self._numbers, self._zones, self._zone
        for at, kind in events:
            local = _in_zone(at, zone)
            moment = local.timestamp()
            self._at.append(moment)
            self._wall.append(moment + (local.utcoffset() or _NONE).total_seconds())
            self._types.append(numbers.setdefault(kind, len(numbers)))
            self._zone_of.append(zones.setdefault(local.tzinfo or UTC, len(zones)))

    def predict(self, now: datetime, start: datetime, end: datetime) -> list[Prediction]:
        """The occurrences expected in [start, end), by time, from the events before `now`: one for each expected
        occurrence, its confidence at least the `minimum` of this learner. Nothing is said about more than two months
        ahead."""
        from core.forecasting import forecast

        names, said = sorted(self._numbers), []
        for history, zone in self.histories(now):
            begin, until = _in_zone(start, zone), _in_zone(end, zone)
            for each in forecast(history, _wall(begin, zone), _wall(until, zone), minimum=self._minimum):
                at = _from_wall(each.wall, zone)
                if begin <= at < until:
                    said.append(Prediction(names[each.type], at, each.confidence))
        return sorted(said, key=lambda each: (each.at, each.type))

    def histories(self, now: datetime) -> Iterator[tuple["History", tzinfo]]:
        """What forecasts at `now` are made from, and the zone of its times; types are numbered in the order of their
        names. One, or without a zone of the owner's one for each zone in which a type was seen last."""
        import numpy as np

        from core.occurrences import select

        at = np.array(self._at)
        known = at < _in_zone(now, self._zone or UTC).timestamp()
        ranks = np.empty(len(self._numbers), np.int64)
        ranks[[self._numbers[name] for name in sorted(self._numbers)]] = np.arange(len(self._numbers))
        types, wall = ranks[np.array(self._types)[known]], np.array(self._wall)[known]
        if self._zone is not None:
            yield select(types, wall, _wall(now, self._zone)), self._zone
            return
        zones = list(self._zones)
        zone_of = np.array(self._zone_of)[known]
        latest = np.zeros(len(ranks), np.int64)
        order = np.lexsort((np.array([str(each) for each in zones])[zone_of], at[known]))
        latest[types[order]] = zone_of[order]
        for number in sorted(set(latest[types].tolist()), key=lambda each: str(zones[each])):
            inside = latest[types] == number
            yield select(types[inside], wall[inside], _wall(now, zones[number])), zones[number]


def _in_zone(at: datetime, zone: tzinfo | None) -> datetime:
    if at.tzinfo is None:
        return at.replace(tzinfo=zone or UTC)
    return at.astimezone(zone) if zone else at


def _wall(at: datetime, zone: tzinfo) -> float:
    """Seconds of local time since 1970-01-01 00:00 local."""
    return (_in_zone(at, zone).replace(tzinfo=UTC) - _EPOCH) / _SECOND


def _from_wall(wall: float, zone: tzinfo) -> datetime:
    """A local time that the clocks skip lies as long after the change as it would have."""
    local = (_EPOCH + wall * _SECOND).replace(tzinfo=zone)
    return local.astimezone(UTC).astimezone(zone)
