"""What the owner is doing: order of the evidence, how long each counts, places on the globe, and what is logged."""

import itertools
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit import QUEUE
from core.context_scheduler import ContextScheduler, distance
from core.errors import NotFound, Refused
from core.model.config import Config
from core.model.context import Activity, Context, Evidence, Fact, Override, Place, Position, Reading
from core.model.ids import UserId
from storage import JournalStore, open_store
from tests import factories
from tests.fakes import SetClock

BERLIN = ZoneInfo("Europe/Berlin")
SLEEPING, WORK, GYM, AVAILABLE, UNKNOWN = (
    Context.SLEEPING,
    Context.WORK,
    Context.GYM,
    Context.AVAILABLE,
    Context.UNKNOWN,
)
GYM_AT = (52.52, 13.405)
NORTH = 1 / 111_195
"""Degrees of latitude for a metre."""


def local(*parts: int, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


def minutes(value: float) -> timedelta:
    return timedelta(minutes=value)


AFTERNOON = local(2026, 3, 3, 14)
"""A Tuesday, at work until 17:00."""


@pytest.fixture
def config() -> Config:
    return factories.config(zone=BERLIN)


@pytest.fixture
def contexts(store: JournalStore, config: Config) -> ContextScheduler:
    return ContextScheduler(store, config)


@pytest.fixture
def other(store: JournalStore, home: Path, clock: SetClock, config: Config) -> Iterator[ContextScheduler]:
    """That of a second process, on the same folder."""
    opened = open_store(home, clock)
    yield ContextScheduler(opened, config)
    opened.close()


def brief(reading: Reading) -> tuple[Context, Evidence]:
    return reading.context, reading.evidence


def transitions(store: JournalStore) -> list[tuple[Any, Any]]:
    """What was logged: `(before, after)`."""
    lines = [line.entry for line in store.audit.all() if line.log == QUEUE]
    return [(entry.get("before"), entry["context"]) for entry in lines if entry["action"] == "context changed"]


# -- the order of the evidence ----------------------------------------------------------------------------------------


def test_the_schedule_counts_when_nothing_else_is_known(contexts: ContextScheduler) -> None:
    assert contexts.detect(AFTERNOON) == Reading(
        context=WORK, evidence=Evidence.SCHEDULE, why="by your weekly schedule", until=local(2026, 3, 3, 17)
    )
    assert contexts.detect(local(2026, 3, 3, 8)) == Reading(
        context=UNKNOWN,
        evidence=Evidence.SCHEDULE,
        why="nothing is known for this time",
        until=local(2026, 3, 3, 9),
    )


def test_the_stronger_evidence_wins_and_the_weaker_comes_back(contexts: ContextScheduler) -> None:
    now = AFTERNOON
    contexts.active(now)
    assert contexts.detect(now) == Reading(
        context=AVAILABLE, evidence=Evidence.ACTIVITY, why="you are writing", until=now + minutes(30)
    )

    contexts.name_place("gym", GYM, *GYM_AT)
    contexts.locate(*GYM_AT, now, until=now + minutes(20), live=True)
    assert contexts.detect(now) == Reading(
        context=GYM, evidence=Evidence.PLACE, why="you are at gym", until=now + minutes(20)
    )

    said = contexts.set(SLEEPING, now, until=now + minutes(10))
    assert said == Reading(context=SLEEPING, evidence=Evidence.OVERRIDE, why="you said so", until=now + minutes(10))

    after = [contexts.detect(now + minutes(passed) - timedelta(seconds=1)) for passed in (10, 20, 30, 31)]
    assert [reading.evidence for reading in after] == [
        Evidence.OVERRIDE,
        Evidence.PLACE,
        Evidence.ACTIVITY,
        Evidence.SCHEDULE,
    ]
    assert [contexts.detect(now + minutes(passed)).context for passed in (10, 20, 30)] == [GYM, AVAILABLE, WORK]


def test_a_place_without_a_name_says_nothing(contexts: ContextScheduler) -> None:
    contexts.name_place("gym", GYM, *GYM_AT)
    assert contexts.locate(48.0, 11.0, AFTERNOON) is None
    assert brief(contexts.detect(AFTERNOON)) == (WORK, Evidence.SCHEDULE)


# -- what the owner says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ((2026, 3, 3, 14, 0), (2026, 3, 3, 17)),
        ((2026, 3, 3, 16, 59, 59), (2026, 3, 3, 17)),
        ((2026, 3, 3, 17, 0), (2026, 3, 3, 18, 30)),
        ((2026, 3, 3, 22, 59, 59), (2026, 3, 3, 23)),
        ((2026, 3, 3, 23, 0), (2026, 3, 4, 6)),
        ((2026, 3, 4, 0, 0), (2026, 3, 4, 6)),
        ((2026, 3, 6, 23, 30), (2026, 3, 7, 7)),
        ((2026, 3, 28, 23, 30), (2026, 3, 29, 7)),
        ((2026, 10, 25, 2, 30), (2026, 10, 25, 7)),
    ],
)
def test_without_a_time_it_counts_until_the_schedule_changes(
    contexts: ContextScheduler, now: tuple[int, ...], until: tuple[int, ...]
) -> None:
    assert contexts.set(UNKNOWN, local(*now)).until == local(*until)
    assert contexts.detect(local(*until) - timedelta(seconds=1)).evidence is Evidence.OVERRIDE
    assert contexts.detect(local(*until)).evidence is Evidence.SCHEDULE


def test_a_time_that_is_over_or_too_far_is_refused_and_changes_nothing(contexts: ContextScheduler) -> None:
    before = contexts.set(GYM, AFTERNOON, until=AFTERNOON + minutes(90))
    for until in (AFTERNOON, AFTERNOON - minutes(1), AFTERNOON + timedelta(days=14, seconds=1)):
        with pytest.raises(Refused):
            contexts.set(SLEEPING, AFTERNOON, until=until)
    assert contexts.detect(AFTERNOON) == before
    assert contexts.set(SLEEPING, AFTERNOON, until=AFTERNOON + timedelta(days=14)).context is SLEEPING


def test_clearing_brings_the_other_evidence_back(contexts: ContextScheduler) -> None:
    contexts.set(SLEEPING, AFTERNOON)
    assert brief(contexts.clear(AFTERNOON)) == (WORK, Evidence.SCHEDULE)
    assert brief(contexts.clear(AFTERNOON)) == (WORK, Evidence.SCHEDULE), "again is no error"


def test_the_last_word_counts(contexts: ContextScheduler, other: ContextScheduler) -> None:
    contexts.set(SLEEPING, AFTERNOON)
    other.set(GYM, AFTERNOON + minutes(1), UserId(7))
    assert contexts.detect(AFTERNOON + minutes(1)).context is GYM


# -- places -----------------------------------------------------------------------------------------------------------


def test_the_nearest_of_several_wins(contexts: ContextScheduler) -> None:
    contexts.name_place("office", WORK, GYM_AT[0] + 300 * NORTH, GYM_AT[1], 1000)
    contexts.name_place("gym", GYM, *GYM_AT, 500)
    for metres, name in ((0, "gym"), (140, "gym"), (160, "office"), (1200, "office")):
        place = contexts.locate(GYM_AT[0] + metres * NORTH, GYM_AT[1], AFTERNOON)
        assert place is not None
        assert place.name == name
    assert contexts.locate(GYM_AT[0] + 1310 * NORTH, GYM_AT[1], AFTERNOON) is None


@pytest.mark.parametrize(("metres", "there"), [(0, True), (149, True), (151, False), (5000, False)])
@pytest.mark.parametrize(
    "centre", [GYM_AT, (0.0, 180.0), (-17.0, -180.0), (90.0, 0.0), (-90.0, 77.0), (89.9999, 179.0)]
)
@pytest.mark.parametrize("east", [False, True])
def test_a_place_is_a_circle_anywhere_on_the_globe(
    contexts: ContextScheduler, centre: tuple[float, float], metres: float, there: bool, east: bool
) -> None:
    contexts.name_place("here", GYM, *centre)
    latitude, longitude = centre
    if abs(latitude) > 89:  # every way from a pole leads to the equator; the longitude there means little
        latitude = math.copysign(abs(latitude) - metres * NORTH, latitude)
        longitude = longitude + 0.0 if abs(centre[0]) < 90 else longitude + 123 * east
    elif east:
        longitude += metres * NORTH / math.cos(math.radians(latitude))
        longitude = (longitude + 180) % 360 - 180
    else:
        latitude -= metres * NORTH
    assert (contexts.locate(latitude, longitude, AFTERNOON) is not None) == there


def test_distances_that_are_known() -> None:
    def at(latitude: float, longitude: float) -> Place:
        return Place(name="x", context=GYM, latitude=latitude, longitude=longitude)

    assert distance(at(52.5200, 13.4050), at(48.8566, 2.3522)) == pytest.approx(877_500, rel=0.002)  # Berlin, Paris
    assert distance(at(0, 0), at(0, 180)) == pytest.approx(math.pi * 6_371_000)
    assert distance(at(90, 0), at(-90, 0)) == pytest.approx(math.pi * 6_371_000)
    assert distance(at(90, 0), at(90, 135)) == pytest.approx(0, abs=0.01)
    assert distance(at(-16.5, 179.999), at(-16.5, -179.999)) == pytest.approx(213.3, rel=0.01)


@given(*[st.floats(-90, 90), st.floats(-180, 180)] * 3)
def test_distance_is_a_metric(a: float, b: float, c: float, d: float, e: float, f: float) -> None:
    one, two, three = (
        Place(name="x", context=GYM, latitude=lat, longitude=lon) for lat, lon in ((a, b), (c, d), (e, f))
    )
    assert distance(one, one) == 0
    assert distance(one, two) == pytest.approx(distance(two, one))
    assert 0 <= distance(one, two) <= math.pi * 6_371_000 + 1
    assert distance(one, three) <= distance(one, two) + distance(two, three) + 0.2


def test_a_location_that_was_shared_once_counts_for_two_hours(contexts: ContextScheduler) -> None:
    contexts.name_place("gym", GYM, *GYM_AT)
    contexts.locate(*GYM_AT, AFTERNOON)
    assert contexts.detect(AFTERNOON).until == AFTERNOON + timedelta(hours=2)
    assert contexts.detect(AFTERNOON + minutes(119)).context is GYM
    assert contexts.position(AFTERNOON + minutes(119)) is not None
    assert contexts.detect(AFTERNOON + minutes(120)).context is WORK
    assert contexts.position(AFTERNOON + minutes(120)) is None


def test_a_live_location_is_followed_until_its_end(contexts: ContextScheduler) -> None:
    contexts.name_place("gym", GYM, *GYM_AT)
    end = AFTERNOON + timedelta(hours=8)
    assert contexts.locate(48.0, 11.0, AFTERNOON, until=end, live=True) is None
    assert contexts.locate(*GYM_AT, AFTERNOON + minutes(5), until=end, live=True) is not None
    assert brief(contexts.detect(end - timedelta(seconds=1))) == (GYM, Evidence.PLACE)
    assert contexts.detect(end).evidence is Evidence.SCHEDULE
    contexts.locate(48.0, 11.0, AFTERNOON + minutes(30), until=end, live=True)
    assert brief(contexts.detect(AFTERNOON + minutes(30))) == (WORK, Evidence.SCHEDULE)


def test_a_live_location_that_does_not_move_is_believed_in_a_named_place_only(contexts: ContextScheduler) -> None:
    contexts.name_place("gym", GYM, *GYM_AT)
    end = AFTERNOON + timedelta(hours=8)

    contexts.locate(48.0, 11.0, AFTERNOON, until=end, live=True)
    assert contexts.position(AFTERNOON + minutes(14)) is not None
    assert contexts.position(AFTERNOON + minutes(15)) is None
    contexts.locate(48.1, 11.0, AFTERNOON + minutes(20), until=end, live=True)
    assert contexts.position(AFTERNOON + minutes(34)) is not None

    contexts.locate(*GYM_AT, AFTERNOON + minutes(40), until=end, live=True)
    assert contexts.detect(AFTERNOON + timedelta(hours=5)).context is GYM
    contexts.locate(48.0, 11.0, AFTERNOON, until=AFTERNOON + minutes(60))
    assert contexts.position(AFTERNOON + minutes(59)) is not None, "it was shared once, so that nothing can follow"


def test_a_live_location_that_has_ended_is_not_believed(contexts: ContextScheduler) -> None:
    contexts.name_place("gym", GYM, *GYM_AT)
    contexts.locate(*GYM_AT, AFTERNOON, until=AFTERNOON - minutes(1), live=True)
    assert contexts.position(AFTERNOON) is None
    assert contexts.detect(AFTERNOON).context is WORK


def test_a_place_that_is_named_or_forgotten_counts_at_once(contexts: ContextScheduler, other: ContextScheduler) -> None:
    contexts.locate(*GYM_AT, AFTERNOON)
    assert other.name_place("  The  GYM ", GYM, *GYM_AT).name == "the gym"
    assert contexts.detect(AFTERNOON).why == "you are at the gym"
    contexts.name_place("the gym", WORK, *GYM_AT, 20)
    assert [(place.context, place.metres) for place in other.places()] == [(WORK, 20)]
    assert other.forget_place("The gym").name == "the gym"
    assert contexts.detect(AFTERNOON).evidence is Evidence.SCHEDULE
    with pytest.raises(NotFound):
        contexts.forget_place("the gym")


@pytest.mark.parametrize("name", ["", "   ", "!", "_x", "<b>", "x" * 32, "a\nb/c", "-gym"])
def test_names_that_are_no_names(contexts: ContextScheduler, name: str) -> None:
    with pytest.raises(Refused):
        contexts.name_place(name, GYM, *GYM_AT)


@pytest.mark.parametrize(
    "numbers",
    [
        (91.0, 0.0, 150.0),
        (0.0, -181.0, 150.0),
        (math.nan, 0.0, 150.0),
        (0.0, math.inf, 150.0),
        (0.0, 0.0, 19.9),
        (0.0, 0.0, 20_001.0),
        (0.0, 0.0, math.nan),
    ],
)
def test_places_that_are_not_on_the_globe(contexts: ContextScheduler, numbers: tuple[float, float, float]) -> None:
    with pytest.raises(Refused):
        contexts.name_place("gym", GYM, *numbers)
    assert contexts.places() == []


# -- the owner writes -------------------------------------------------------------------------------------------------


def test_writing_counts_for_half_an_hour(contexts: ContextScheduler) -> None:
    contexts.active(AFTERNOON)
    contexts.active(AFTERNOON + minutes(10))
    assert contexts.detect(AFTERNOON + minutes(10)).until == AFTERNOON + minutes(40)
    assert contexts.detect(AFTERNOON + minutes(40) - timedelta(seconds=1)).context is AVAILABLE
    assert contexts.detect(AFTERNOON + minutes(40)).context is WORK


def test_another_process_and_the_next_start_know_it(
    contexts: ContextScheduler, other: ContextScheduler, store: JournalStore, config: Config
) -> None:
    contexts.active(AFTERNOON)
    assert other.detect(AFTERNOON).context is WORK
    contexts.track(AFTERNOON)
    assert other.detect(AFTERNOON).context is AVAILABLE
    assert ContextScheduler(store, config).detect(AFTERNOON + minutes(29)).context is AVAILABLE


def test_the_store_is_told_every_five_minutes_at_most(contexts: ContextScheduler, store: JournalStore) -> None:
    told = set()
    for second in range(0, 1200, 10):
        now = AFTERNOON + timedelta(seconds=second)
        contexts.active(now)
        contexts.track(now)
        known = store.contexts.get("activity")
        assert isinstance(known, Activity)
        assert now - known.at < minutes(5)
        told.add(known.at)
    assert told == {AFTERNOON + minutes(passed) for passed in (0, 5, 10, 15)}


def test_a_process_to_which_nobody_writes_takes_nothing_back(
    contexts: ContextScheduler, other: ContextScheduler, store: JournalStore
) -> None:
    """Each process knows when it was written to; the later of both stands in the store."""
    other.active(AFTERNOON)
    other.track(AFTERNOON)
    later = AFTERNOON + minutes(20)
    contexts.active(later)
    for _ in range(3):
        contexts.track(later)
        other.track(later)
        assert store.contexts.get("activity") == Activity(at=later)
    assert other.detect(later).until == later + minutes(30)


# -- transitions ------------------------------------------------------------------------------------------------------


def test_each_transition_is_logged_once(
    contexts: ContextScheduler, other: ContextScheduler, store: JournalStore
) -> None:
    now = local(2026, 3, 3, 0)
    while now < local(2026, 3, 4, 0):
        contexts.track(now)
        other.track(now)
        now += minutes(10)
    assert transitions(store) == [
        (None, "SLEEPING"),
        ("SLEEPING", "GYM"),
        ("GYM", "UNKNOWN"),
        ("UNKNOWN", "WORK"),
        ("WORK", "GYM"),
        ("GYM", "UNKNOWN"),
        ("UNKNOWN", "AVAILABLE"),
        ("AVAILABLE", "SLEEPING"),
    ]


def test_what_the_owner_says_is_logged_with_who_said_it(contexts: ContextScheduler, store: JournalStore) -> None:
    contexts.track(AFTERNOON)
    contexts.set(GYM, AFTERNOON + minutes(1), UserId(7))
    contexts.track(AFTERNOON + minutes(2))
    contexts.set(GYM, AFTERNOON + minutes(3), UserId(7), until=AFTERNOON + minutes(9))
    contexts.clear(AFTERNOON + minutes(4))
    contexts.track(AFTERNOON + minutes(5))
    assert transitions(store) == [(None, "WORK"), ("WORK", "GYM"), ("GYM", "WORK")]
    assert [line.entry["actor"] for line in store.audit.all()] == ["jarvis", "person 7", "command line"]


def test_an_override_that_ends_while_the_schedule_says_the_same_is_logged(
    contexts: ContextScheduler, store: JournalStore
) -> None:
    contexts.set(WORK, AFTERNOON, until=AFTERNOON + minutes(5))
    contexts.track(AFTERNOON + minutes(6))
    contexts.track(AFTERNOON + minutes(7))
    assert transitions(store) == [(None, "WORK"), ("WORK", "WORK")]


def test_tracking_writes_nothing_when_nothing_is_new(contexts: ContextScheduler, store: JournalStore) -> None:
    contexts.track(AFTERNOON)
    before = (store.contexts.all(), store.audit.all())
    for second in range(0, 600, 15):
        assert contexts.track(AFTERNOON + timedelta(seconds=second)).context is WORK
    assert (store.contexts.all(), store.audit.all()) == before


# -- a clock that is set back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [timedelta(seconds=3), minutes(5)])
def test_a_little_step_back_changes_nothing(
    contexts: ContextScheduler, other: ContextScheduler, store: JournalStore, back: timedelta
) -> None:
    """Also: the other process has taken its `now` a moment before the owner said something."""
    contexts.set(SLEEPING, AFTERNOON)
    assert contexts.detect(AFTERNOON - back).context is SLEEPING
    assert other.track(AFTERNOON - back).context is SLEEPING
    contexts.clear(AFTERNOON)
    contexts.name_place("gym", GYM, *GYM_AT)
    contexts.locate(*GYM_AT, AFTERNOON)
    assert other.detect(AFTERNOON - back).context is GYM
    contexts.forget_place("gym")
    contexts.active(AFTERNOON)
    contexts.track(AFTERNOON)
    assert other.detect(AFTERNOON - back).context is AVAILABLE


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1), timedelta(days=365)])
def test_what_was_said_by_a_wrong_clock_does_not_count(contexts: ContextScheduler, back: timedelta) -> None:
    wrong = AFTERNOON + back
    contexts.name_place("gym", GYM, *GYM_AT)
    contexts.set(SLEEPING, wrong)
    contexts.locate(*GYM_AT, wrong)
    contexts.active(wrong)
    contexts.track(wrong)
    assert brief(contexts.detect(AFTERNOON)) == (WORK, Evidence.SCHEDULE)
    assert contexts.position(AFTERNOON) is None


def test_writing_counts_again_at_once_after_a_step_back(
    contexts: ContextScheduler, other: ContextScheduler, store: JournalStore
) -> None:
    wrong = AFTERNOON + timedelta(days=365)
    contexts.active(wrong)
    contexts.track(wrong)
    contexts.track(AFTERNOON)
    contexts.active(AFTERNOON)
    assert contexts.detect(AFTERNOON).context is AVAILABLE
    contexts.track(AFTERNOON)
    assert store.contexts.get("activity") == Activity(at=AFTERNOON)
    assert other.detect(AFTERNOON).context is AVAILABLE


# -- what comes -------------------------------------------------------------------------------------------------------


def test_the_next_twelve_hours(contexts: ContextScheduler) -> None:
    contexts.set(GYM, AFTERNOON, until=AFTERNOON + minutes(30))
    found = contexts.upcoming(AFTERNOON)
    assert [(f"{one.start.astimezone(BERLIN):%H:%M}", one.context, one.evidence) for one in found] == [
        ("14:00", GYM, Evidence.OVERRIDE),
        ("14:30", WORK, Evidence.SCHEDULE),
        ("17:00", GYM, Evidence.SCHEDULE),
        ("18:30", UNKNOWN, Evidence.SCHEDULE),
        ("19:00", AVAILABLE, Evidence.SCHEDULE),
        ("23:00", SLEEPING, Evidence.SCHEDULE),
    ]
    assert found[-1].end == AFTERNOON + timedelta(hours=12)


@pytest.mark.parametrize("fact", ["override", "position", "activity"])
def test_what_is_known_now_comes_before_what_is_known_by_rule_and_only_once(
    contexts: ContextScheduler, fact: str
) -> None:
    contexts.name_place("gym", GYM, *GYM_AT)
    if fact == "override":
        contexts.set(SLEEPING, AFTERNOON, until=AFTERNOON + timedelta(hours=20))
    elif fact == "position":
        contexts.locate(*GYM_AT, AFTERNOON)
    else:
        contexts.active(AFTERNOON)
    found = contexts.upcoming(AFTERNOON)
    assert found[0].evidence is not Evidence.SCHEDULE
    assert {one.evidence for one in found[1:]} <= {Evidence.SCHEDULE}
    assert found[-1].end == AFTERNOON + timedelta(hours=12)


nights = st.sampled_from(
    [
        (BERLIN, date(2026, 3, 28)),
        (BERLIN, date(2026, 10, 24)),
        (ZoneInfo("America/New_York"), date(2026, 3, 7)),
        (ZoneInfo("America/New_York"), date(2026, 10, 31)),
        (ZoneInfo("Australia/Lord_Howe"), date(2026, 10, 3)),
        (ZoneInfo("Australia/Lord_Howe"), date(2026, 4, 4)),
        (ZoneInfo("America/Nuuk"), date(2026, 3, 28)),
    ]
)
facts = st.sampled_from(["nothing", "override", "position", "activity"])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JournalStore]:
    """One store for all examples; they clear it."""
    opened = open_store(tmp_path_factory.mktemp("contexts"), SetClock())
    with opened.transaction():
        opened.places.put("gym", Place(name="gym", context=GYM, latitude=1, longitude=2))
    yield opened
    opened.close()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(nights, st.integers(-600, 1500), st.floats(0.02, 72), facts, st.integers(1, 900))
def test_the_coming_hours_have_no_gap_and_no_overlap(
    shared: JournalStore, night: tuple[ZoneInfo, date], offset: int, hours: float, fact: str, lasting: int
) -> None:
    zone, day = night
    now = datetime.combine(day, time(23), zone).astimezone(UTC) + minutes(offset)
    until = now + minutes(lasting)
    rows: dict[str, Fact] = {
        "override": Override(context=SLEEPING, since=now, until=until),
        "position": Position(latitude=1, longitude=2, at=now, until=until),
        "activity": Activity(at=now),
    }
    with shared.transaction():
        for key in rows:
            if shared.contexts.get(key) is not None:
                shared.contexts.remove(key)
        if fact in rows:
            shared.contexts.put(fact, rows[fact])
    contexts = ContextScheduler(shared, factories.config(zone=zone))
    found, reading = contexts.upcoming(now, hours), contexts.detect(now)

    assert (found[0].start, found[-1].end) == (now, now + timedelta(hours=hours))
    assert all(one.start < one.end for one in found)
    assert all(one.end == two.start for one, two in itertools.pairwise(found))
    assert (found[0].context, found[0].evidence) == (reading.context, reading.evidence)
    assert found[0].end == min(reading.until, found[-1].end)
    if fact in ("override", "position"):
        assert reading.until == until
