"""Context scheduler: what the owner is doing, how we know, and until when.

Evidence, strongest first: what the owner said; a place where they share their location; that they write to us right
now; their weekly schedule.
"""

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from core import audit, week
from core.errors import NotFound, Refused
from core.model.config import Config
from core.model.context import (
    Activity,
    Context,
    Evidence,
    Fact,
    Interval,
    Noted,
    Override,
    Place,
    Position,
    Reading,
)
from core.model.ids import UserId
from core.ports import Store

ACTIVE_FOR = timedelta(minutes=30)
SHARED_ONCE = timedelta(hours=2)
"""How long a location is believed that is not followed live."""
SILENT_AFTER = timedelta(minutes=15)
"""A live location that has not moved for so long, and is in no named place, is not believed any more."""
REMEMBERED_EVERY = timedelta(minutes=5)
"""So often at most the store is told that the owner is writing."""
SLIP = timedelta(minutes=5)
"""What was noted by so little in the future counts: another process has a later `now`, or the clock was set right."""
LONGEST_OVERRIDE = timedelta(days=14)
EARTH_METRES = 6_371_000.0

Known = TypeVar("Known", bound=Fact)


class ContextScheduler:
    """Reads and writes what is known of the owner's doings."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config
        self._active_at: datetime | None = None

    def detect(self, now: datetime) -> Reading:
        """What the owner is doing, why we think so, and until when."""
        planned = week.scheduled(now, self._config)
        override = self._fact("override", Override)
        if override is not None and _counts(override.since, override.until, now):
            return Reading(
                context=override.context, evidence=Evidence.OVERRIDE, why="you said so", until=override.until
            )
        position = self.position(now)
        if position is not None and (place := self._place_of(position)):
            why = f"you are at {place.name}"
            return Reading(context=place.context, evidence=Evidence.PLACE, why=why, until=position.until)
        active = self._last_activity(now)
        if active is not None and _counts(active, active + ACTIVE_FOR, now):
            until = active + ACTIVE_FOR
            return Reading(context=Context.AVAILABLE, evidence=Evidence.ACTIVITY, why="you are writing", until=until)
        why = "nothing is known for this time" if planned.context is Context.UNKNOWN else "by your weekly schedule"
        return Reading(context=planned.context, evidence=Evidence.SCHEDULE, why=why, until=planned.end)

    def upcoming(self, now: datetime, hours: float = 12.0) -> list[Interval]:
        """The coming hours as intervals without a gap: what is known now, then the schedule."""
        return list(self.ahead(now, now + timedelta(hours=hours)))

    def ahead(self, now: datetime, until: datetime) -> Iterator[Interval]:
        """As `upcoming`, up to a moment."""
        reading = self.detect(now)
        first = min(reading.until, until)
        if first > now:
            yield Interval(start=now, end=first, context=reading.context, evidence=reading.evidence)
        yield from week.ahead(first, until, self._config)

    # -- what the owner tells -----------------------------------------------------------------------------------------

    def set(
        self, context: Context, now: datetime, by: UserId | None = None, *, until: datetime | None = None
    ) -> Reading:
        """The owner says what they do: until a moment, or until the schedule changes next. Raises Refused."""
        end = until or week.scheduled(now, self._config).end
        if end <= now:
            raise Refused("That time is over. Write a time ahead, such as “sleeping 2h” or “sleeping until 7:00”.")
        if end - now > LONGEST_OVERRIDE:
            raise Refused("That is too far ahead: two weeks at most.")
        with self._store.transaction():
            self._store.contexts.put("override", Override(context=context, since=now, until=end, by=by))
            self._note(self.detect(now), now, audit.actor(by))
        return self.detect(now)

    def clear(self, now: datetime, by: UserId | None = None) -> Reading:
        """Forget what the owner said; the other evidence counts again."""
        with self._store.transaction():
            if self._store.contexts.get("override") is not None:
                self._store.contexts.remove("override")
            self._note(self.detect(now), now, audit.actor(by))
        return self.detect(now)

    def locate(
        self, latitude: float, longitude: float, now: datetime, *, until: datetime | None = None, live: bool = False
    ) -> Place | None:
        """The owner shares where they are; the named place that it lies in, or None.

        A live location is believed until its end, any other for two hours. A live one that is in no named place is
        believed for a quarter of an hour only, unless it moves: the phone may be off or without a network.
        """
        end = max(until or now + SHARED_ONCE, now)
        position = Position(latitude=latitude, longitude=longitude, at=now, until=end, live=live)
        with self._store.transaction():
            self._store.contexts.put("position", position)
            self._note(self.detect(now), now, audit.BY_ITSELF)
        return self._place_of(position)

    def position(self, now: datetime) -> Position | None:
        """Where the owner is, if that is believed still."""
        position = self._fact("position", Position)
        if position is None or not _counts(position.at, position.until, now):
            return None
        silent = position.live and now - position.at >= SILENT_AFTER
        return None if silent and self._place_of(position) is None else position

    def name_place(
        self, name: str, context: Context, latitude: float, longitude: float, metres: float = 150.0
    ) -> Place:
        """Name a place; one of the same name is replaced. Raises Refused."""
        cleaned = " ".join(name.split()).casefold()
        if not re.fullmatch(r"[^\W_][\w .-]{0,30}", cleaned):
            raise Refused("A place needs a short name, such as gym, office or home.")
        if not 20 <= metres <= 20_000:
            raise Refused("A place is 20 to 20,000 metres wide.")
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise Refused("There is no such place: up to 90 degrees north or south, 180 east or west.")
        place = Place(name=cleaned, context=context, latitude=latitude, longitude=longitude, metres=metres)
        with self._store.transaction():
            self._store.places.put(cleaned, place)
        return place

    def forget_place(self, name: str) -> Place:
        """Raises NotFound."""
        with self._store.transaction():
            place = self._store.places.get(" ".join(name.split()).casefold())
            if place is None:
                raise NotFound(f"There is no place “{name[:40]}”. /place lists them.")
            self._store.places.remove(place.name)
        return place

    def places(self) -> list[Place]:
        """All named places."""
        return self._store.places.all()

    def active(self, now: datetime) -> None:
        """The owner is writing. Cheap: the store is told by `track`."""
        self._active_at = now

    # -- the machine's side -------------------------------------------------------------------------------------------

    def track(self, now: datetime) -> Reading:
        """Keep what is known in the store, and log the transition if the context has changed since the last call."""
        reading, noted = self.detect(now), self._fact("noted", Noted)
        known, active = self._fact("activity", Activity), self._active_at
        if active is not None and active - now > SLIP:
            active = None  # the clock was set back since
        is_news = active is not None and (
            known is None or active - known.at >= REMEMBERED_EVERY or known.at - now > SLIP
        )
        if is_news or noted is None or (noted.context, noted.evidence) != (reading.context, reading.evidence):
            with self._store.transaction():
                if active is not None and is_news:
                    self._store.contexts.put("activity", Activity(at=active))
                reading = self.detect(now)  # another process may have been told something else meanwhile
                self._note(reading, now, audit.BY_ITSELF)
        return reading

    def _note(self, reading: Reading, now: datetime, actor: str) -> None:
        """Log a transition, inside a transaction; nothing when it is known."""
        before = self._fact("noted", Noted)
        if before is not None and (before.context, before.evidence) == (reading.context, reading.evidence):
            return
        noted = Noted(context=reading.context, evidence=reading.evidence, since=now)
        self._store.contexts.put("noted", noted)
        was = before.context.value if before is not None else None
        audit.note(
            self._store,
            audit.QUEUE,
            "context changed",
            now,
            actor=actor,
            context=reading.context.value,
            before=was,
            why=reading.why,
            until=reading.until.isoformat(),
        )

    def _last_activity(self, now: datetime) -> datetime | None:
        known = self._fact("activity", Activity)
        moments = (self._active_at, known.at if known else None)
        return max((moment for moment in moments if moment is not None and moment - now <= SLIP), default=None)

    def _fact(self, key: str, kind: type[Known]) -> Known | None:
        found = self._store.contexts.get(key)
        return found if isinstance(found, kind) else None

    def _place_of(self, position: Position) -> Place | None:
        """The nearest named place that the position lies in."""
        near = [(distance(position, place), place.name, place) for place in self._store.places.all()]
        return min((entry for entry in near if entry[0] <= entry[2].metres), default=(0.0, "", None))[2]


def _counts(since: datetime, until: datetime, now: datetime) -> bool:
    """Whether something holds now; not what is from before the clock was set back."""
    return since - now <= SLIP and now < until


def distance(one: Position | Place, other: Position | Place) -> float:
    """Metres between two places on a sphere, by the haversine formula."""
    north = math.radians(other.latitude - one.latitude)
    east = math.radians(other.longitude - one.longitude)
    flat = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    chord = math.sin(north / 2) ** 2 + flat * math.sin(east / 2) ** 2
    return 2 * EARTH_METRES * math.asin(min(math.sqrt(chord), 1.0))
