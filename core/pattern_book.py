"""What the owner asks for and when, and the routines in it, as they are recorded.

Requests are noted in memory, which costs a handler nothing, and written in batches. What was learned is recorded as
well, so that lists and briefs only read.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from core import audit, confidence, notifications, request_types
from core.errors import Conflict, NotFound, Refused
from core.model.config import Config
from core.model.ids import PatternId, UserId
from core.model.notification import PatternForgotten
from core.model.pattern import Action, Expected, Moments, Pattern
from core.pattern_learner import Learner
from core.ports import Store

KEPT = timedelta(days=400)
MOST_MOMENTS, MOST_TYPES, MOST_SOURCES, MOST_NOTED = 2_000, 500, 10, 10_000
FORGOTTEN = timedelta(days=60)
"""After that a routine is removed, if nobody has said a word about it."""
AHEAD = timedelta(days=35)
"""How far ahead is looked for the next occurrence: a month and some days."""
FRESH = timedelta(minutes=30)
"""So long a forecast is used, unless something was logged since."""
BEHIND = timedelta(minutes=30)
"""An occurrence that was due so lately is still told of."""
WORTH_A_WORD = 0.4
"""As sure as that it is spoken of: three weeks are enough for a weekly routine."""
SUREST = 0.99
"""Nothing is told as certain."""
_BAND_WIDTH, _DAY = 60, 24 * 60
"""Minutes."""
_SHOWN_AHEAD = 8
_SURE = 8
"""Weight of the trust that each pattern starts with, in answers: one bad answer takes 11%, two take 20%."""


class Foreseen(NamedTuple):
    """An occurrence to come, of a type."""

    type: str
    expected: Expected


class _Noted(NamedTuple):
    type: str
    at: datetime
    source: str
    example: str


class PatternBook:
    """Takes requests in, learns from them, and knows what the owner said about each routine."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config
        self._noted: deque[_Noted] = deque(maxlen=MOST_NOTED)
        self._forecast: tuple[object, datetime, list[Foreseen]] | None = None

    # -- requests -----------------------------------------------------------------------------------------------------

    def note(self, kind: str, at: datetime, source: str, example: str = "") -> None:
        """Remember a request until the next `flush`; touches no disk. An empty type is none."""
        if kind:
            self._noted.append(_Noted(kind, at, source, example))

    def flush(self) -> int:
        """Write down what was noted; returns how much. Raises StoreUnavailable; it is tried again then."""
        batch = [self._noted.popleft() for _ in range(len(self._noted))]
        if not batch:
            return 0
        try:
            with self._store.transaction():
                self._write(batch)
        except Exception:
            self._noted.extendleft(reversed(batch))
            raise
        return len(batch)

    def log(self, kind: str, at: datetime, source: str) -> Moments:
        """Write down one request from outside, now or in the past. Raises Refused for a type that is none."""
        name = request_types.cleaned(kind)
        with self._store.transaction():
            self._write([_Noted(name, at, source, "")])
        found = self._store.moments.get(name)
        assert found is not None
        return found

    # -- routines -----------------------------------------------------------------------------------------------------

    def predictions(self, now: datetime, until: datetime) -> list[Foreseen]:
        """What is expected from now to `until`, 35 days ahead at most, soonest first. Takes up to two seconds."""
        return [each for each in self._foreseen(now) if now <= each.expected.at < until]

    def learn(self, now: datetime) -> list[Pattern]:
        """Bring the records of the routines up to date; returns those that have changed. Takes up to two seconds."""
        ahead: dict[str, list[Expected]] = defaultdict(list)
        for kind, expected in self._foreseen(now):
            ahead[kind].append(expected)
        known = {pattern.type: pattern for pattern in self._store.patterns.all()}
        if all(self._updated(one, ahead.get(one.type, ()), now) == one for one in known.values()) and not (
            ahead.keys() - known.keys()
        ):
            return []
        changed = []
        with self._store.transaction():
            known = {pattern.type: pattern for pattern in self._store.patterns.all()}
            for kind in ahead.keys() - known.keys():
                number = PatternId(f"pattern_{self._store.number('pattern')}")
                known[kind] = Pattern(id=number, type=kind, since=now)
            for pattern in known.values():
                after = self._updated(pattern, ahead.get(pattern.type, ()), now)
                if _is_gone(after, now):
                    self._store.patterns.remove(after.id)
                elif after != self._store.patterns.get(pattern.id):
                    self._store.patterns.put(after.id, after)
                    self._tell_forgotten(pattern, after, now)
                    changed.append(after)
        return changed

    def keep_learned(self, now: datetime) -> None:
        """Learn only if that was not done lately."""
        if not self._is_fresh(now):
            self.learn(now)

    def listed(self, now: datetime) -> list[Pattern]:
        """All routines as of now, what comes next first, the forgotten ones last."""
        self.flush()
        self.learn(now)
        return self.known()

    def known(self) -> list[Pattern]:
        """The same as they were learned last: only reads."""
        return sorted(self._store.patterns.all(), key=lambda one: (one.forgotten_at is not None, _next_at(one)))

    def find(self, name: str) -> Pattern:
        """By its id, or by its type. Raises NotFound."""
        wanted = name.strip().casefold()
        found = self._store.patterns.get(wanted)
        found = found or next((one for one in self._store.patterns.all() if one.type == wanted), None)
        if found is None:
            raise NotFound(f"There is no pattern “{name.strip()[:40]}”. /patterns lists them.")
        return found

    def moments(self, kind: str) -> Moments:
        """What is remembered of a type."""
        return self._store.moments.get(kind) or Moments(type=kind, at=(), sources={})

    # -- what the owner says ------------------------------------------------------------------------------------------

    def enable(self, pattern: str, now: datetime, by: UserId | None = None) -> Pattern:
        """Let a routine be done by itself, as far as it is sure. What was useless before is forgiven.

        Raises NotFound.
        """
        changes = {"enabled": True, "never": False, "useful": 0, "useless": 0, "accepted": True}
        return self._change(pattern, "pattern enabled", now, by, **changes)

    def disable(self, pattern: str, now: datetime, by: UserId | None = None) -> Pattern:
        """Do nothing by itself any more. Raises NotFound."""
        return self._change(pattern, "pattern disabled", now, by, enabled=False)

    def never(self, pattern: str, now: datetime, by: UserId | None = None) -> Pattern:
        """Neither do it nor speak of it any more. Raises NotFound."""
        return self._change(pattern, "pattern silenced", now, by, enabled=False, never=True, accepted=False)

    def decline(self, pattern: str, now: datetime, by: UserId | None = None) -> Pattern:
        """Not now. Raises NotFound, or Conflict when it was answered before."""
        if self.find(pattern).accepted is not None:
            raise Conflict("That was answered already. /patterns shows how it stands.")
        return self._change(pattern, "pattern declined", now, by, accepted=False)

    def set_action(self, pattern: str, action: Action | None, now: datetime, by: UserId | None = None) -> Pattern:
        """What shall be built for a routine; None: nothing. Raises NotFound, or Refused for a command of the chat."""
        if action is not None and request_types.command_of(self.find(pattern).type) is not None:
            raise Refused("A command of the chat needs no action: it is offered at its time.")
        return self._change(pattern, "pattern action", now, by, action=action)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _change(self, name: str, said: str, now: datetime, by: UserId | None, **changes: Any) -> Pattern:
        with self._store.transaction():
            pattern = msgspec.structs.replace(self.find(name), **changes)
            self._put(pattern, said, now, audit.actor(by))
        return pattern

    def _put(self, pattern: Pattern, action: str, now: datetime, actor: str, **more: Any) -> None:
        """Record a change, inside a transaction."""
        self._store.patterns.put(pattern.id, pattern)
        about = {"pattern": pattern.id, "type": pattern.type, **more}
        audit.note(self._store, audit.QUEUE, action, now, actor=actor, **about)

    def _write(self, batch: Sequence[_Noted]) -> None:
        by_type: dict[str, list[_Noted]] = defaultdict(list)
        for noted in batch:
            by_type[noted.type].append(noted)
        for kind, entries in by_type.items():
            known = self.moments(kind)
            sources = dict(known.sources)
            for entry in entries:
                source = entry.source if entry.source in sources or len(sources) < MOST_SOURCES else "others"
                sources[source] = sources.get(source, 0) + 1
            at = sorted([*known.at, *(int(entry.at.timestamp()) for entry in entries)])
            oldest = at[-1] - KEPT.total_seconds()
            kept = tuple(moment for moment in at if moment >= oldest)[-MOST_MOMENTS:]
            example = next((entry.example for entry in reversed(entries) if entry.example), known.example)
            self._store.moments.put(kind, Moments(type=kind, at=kept, sources=sources, example=example))
        rows = self._store.moments.all()
        for row in sorted(rows, key=lambda row: row.at[-1])[: max(len(rows) - MOST_TYPES, 0)]:
            self._store.moments.remove(row.type)

    def _foreseen(self, now: datetime) -> list[Foreseen]:
        """From shortly before now on; computed anew when something was logged, said or forgotten."""
        rows = [row for row in self._store.moments.all() if request_types.may_be_offered(row.type) and len(row.at) > 1]
        trust = {one.type: _trust(one) for one in self._store.patterns.all()}
        seen = (tuple((row.type, len(row.at), row.at[-1]) for row in rows), tuple(trust.items()), self._config.zone.key)
        if self._forecast is not None and self._is_fresh(now) and self._forecast[0] == seen:
            return self._forecast[2]
        found = self._compute(rows, trust, now) if rows else []
        self._forecast = (seen, now, found)
        return found

    def _is_fresh(self, now: datetime) -> bool:
        return self._forecast is not None and timedelta() <= now - self._forecast[1] < FRESH

    def _compute(self, rows: Iterable[Moments], trust: dict[str, float], now: datetime) -> list[Foreseen]:
        zone = self._config.zone
        learner, oldest = Learner(zone), (now - KEPT).timestamp()
        minutes: dict[str, list[int]] = {}
        for row in rows:
            moments = [datetime.fromtimestamp(each, zone) for each in row.at]
            minutes[row.type] = sorted(moment.hour * 60 + moment.minute for moment in moments)
            learner.observe((moment, row.type) for moment in moments[bisect_left(row.at, oldest) :])
        found = []
        for said in learner.predict(now, now - BEHIND, now + AHEAD):
            moment = said.at.astimezone(UTC).replace(second=0, microsecond=0)
            chance = min(round(said.confidence * trust.get(said.type, 1.0), 2), SUREST)
            band = confidence.band(chance, _seen_near(minutes[said.type], moment.astimezone(zone)))
            found.append(Foreseen(said.type, Expected(at=moment, confidence=chance, band=band)))
        return found

    def _updated(self, pattern: Pattern, ahead: Sequence[Expected], now: datetime) -> Pattern:
        forgotten = None if ahead else pattern.forgotten_at or now
        return msgspec.structs.replace(pattern, expected=tuple(ahead[:_SHOWN_AHEAD]), forgotten_at=forgotten)

    def _tell_forgotten(self, before: Pattern, after: Pattern, now: datetime) -> None:
        """A routine that was done by itself does not go silent without a word."""
        if after.enabled and before.forgotten_at is None and after.forgotten_at is not None:
            at = self.moments(after.type).at
            last = datetime.fromtimestamp(at[-1], UTC) if at else after.since
            notifications.record(self._store, PatternForgotten(pattern=after.id, last=last), None, now)


def expected_today(store: Store, zone: ZoneInfo, now: datetime) -> list[tuple[Pattern, Expected]]:
    """What is worth a word in the rest of the local day, as it was learned last, soonest first."""
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    return expected_between(store, now, midnight)


def expected_between(store: Store, start: datetime, end: datetime) -> list[tuple[Pattern, Expected]]:
    """What is worth a word from `start` to before `end`, as it was learned last, soonest first."""
    found = [
        (one, each)
        for one in store.patterns.all()
        for each in one.expected
        if start <= each.at < end and each.confidence >= WORTH_A_WORD and not one.never
    ]
    return sorted(found, key=lambda entry: entry[1].at)


def rhythm(expected: Sequence[Expected], zone: ZoneInfo) -> str:
    """On which days it comes, in words that follow “you ask for it”; empty when these days have no simple name."""
    days = sorted({each.at.astimezone(zone).date() for each in expected})
    gaps = {(after - before).days for before, after in pairwise(days)}
    names = {f"{day:%A}" for day in days}
    match sorted(gaps):
        case [1] if len(days) > 5:
            return "every day"
        case [1, 3] if not names & {"Saturday", "Sunday"}:
            return "on workdays"
        case [7]:
            return f"on {names.pop()}s"
        case [14]:
            return f"every second {names.pop()}"
        case [gap] if 28 <= gap <= 31:
            return "every month"
    return ""


def _seen_near(minutes: Sequence[int], at: datetime) -> int:
    """How often it has come within an hour of that time of the day; `minutes` of local days, sorted."""
    middle = at.hour * 60 + at.minute
    return sum(
        bisect_right(minutes, middle + day + _BAND_WIDTH) - bisect_left(minutes, middle + day - _BAND_WIDTH)
        for day in (-_DAY, 0, _DAY)
    )


def _next_at(pattern: Pattern) -> datetime:
    return pattern.expected[0].at if pattern.expected else datetime.max.replace(tzinfo=UTC)


def _is_gone(pattern: Pattern, now: datetime) -> bool:
    untouched = pattern.suggested_at is None and pattern.accepted is None and pattern.action is None
    return untouched and pattern.forgotten_at is not None and now - pattern.forgotten_at > FORGOTTEN


def _trust(pattern: Pattern) -> float:
    """By what a confidence is lowered: the share of useful answers, of which some are granted."""
    return (pattern.useful + _SURE) / (pattern.useful + pattern.useless + _SURE)
