"""Settings that are changed while Jarvis works: read and shown, at once and everywhere, and taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotFound, Refused
from core.model.config import Config
from core.model.ids import UserId
from core.model.routine import Routine
from core.preferences import ALL, BY_NAME, Preference, Preferences, find
from storage import JournalStore, open_store
from tests import factories
from tests.fakes import SetClock

NOW = datetime(2026, 3, 3, 20, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
spans = st.tuples(clocks, clocks).filter(lambda span: span[0] != span[1])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "TIMEZONE": st.sampled_from(["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+12"]).map(ZoneInfo),
    "GYM_HOURS": st.lists(spans, max_size=4).map(tuple),
    "MAX_BUILDS": st.integers(1, 50),
    "DISK_LIMIT": st.integers(1, 100),
    "MEMORY_LIMIT": st.integers(1, 100),
    **{each.name: clocks for each in ALL if each.name.endswith("_AT")},
    **{each.name: spans for each in ALL if each.name.endswith("_HOURS") and each.name != "GYM_HOURS"},
}


@pytest.fixture
def config() -> Config:
    return factories.config(zone=BERLIN, routine=Routine(brief=time(8)), max_builds=4)


@pytest.fixture
def preferences(store: JournalStore, config: Config) -> Preferences:
    return Preferences(store, config)


@pytest.fixture
def other_config() -> Config:
    return factories.config(zone=BERLIN, routine=Routine(brief=time(8)), max_builds=4)


@pytest.fixture
def other(store: JournalStore, home: Path, clock: SetClock, other_config: Config) -> Iterator[Preferences]:
    """Those of a second process, on the same folder."""
    opened = open_store(home, clock)
    yield Preferences(opened, other_config)
    opened.close()


def values(config: Config) -> tuple[Any, ...]:
    return (config.zone, config.routine, config.max_builds, config.disk_limit, config.memory_limit)


def test_there_are_values_for_every_one() -> None:
    assert set(VALUES) == set(BY_NAME)


@pytest.mark.parametrize("preference", ALL, ids=lambda each: each.name)
@given(data=st.data())
def test_what_is_shown_is_read_as_the_same(preference: Preference, data: st.DataObject) -> None:
    value = data.draw(VALUES[preference.name])
    shown = preference.show(value)
    assert preference.parse(shown) == value
    assert preference.show(preference.parse(f"  {shown} ")) == shown


@pytest.mark.parametrize("preference", ALL, ids=lambda each: each.name)
def test_each_button_sets_what_it_says(preference: Preference, preferences: Preferences) -> None:
    for choice in preference.choices:
        assert preferences.set(preference.name, choice, NOW).value == choice
    assert all(len(choice) <= 30 for choice in preference.choices)


@pytest.mark.parametrize("preference", ALL, ids=lambda each: each.name)
@given(text=st.text(max_size=12))
def test_any_text_is_read_or_refused(preference: Preference, text: str) -> None:
    try:
        value = preference.parse(text)
    except Refused:
        return
    assert preference.parse(preference.show(value)) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TIMEZONE", "Atlantis"),
        ("TIMEZONE", "Louisville"),
        ("TIMEZONE", ""),
        ("TIMEZONE", "Europe"),
        ("TIMEZONE", "../../etc/passwd"),
        ("TIMEZONE", "a\0b"),
        ("TIMEZONE", "x" * 5000),
        ("TIMEZONE", "zone.tab"),
        ("SLEEP_HOURS", "never"),
        ("SLEEP_HOURS", "7:00-7:00"),
        ("GYM_HOURS", ""),
        ("BRIEF_AT", "never"),
        ("MAX_BUILDS", "0"),
        ("MAX_BUILDS", "51"),
        ("MAX_BUILDS", "2.5"),
        ("MAX_BUILDS", "-1"),
        ("MAX_BUILDS", "²"),
        ("MAX_BUILDS", "٣"),
        ("MAX_BUILDS", "9" * 5000),
        ("DISK_LIMIT", "101"),
        ("DISK_LIMIT", "0%"),
    ],
)
def test_what_is_refused_changes_nothing(
    preferences: Preferences, store: JournalStore, config: Config, name: str, text: str
) -> None:
    before = values(config)
    with pytest.raises(Refused):
        preferences.set(name, text, NOW)
    assert values(config) == before
    assert store.preferences.all() == []
    assert store.audit.all() == []


def test_a_change_counts_at_once_and_is_logged(preferences: Preferences, store: JournalStore, config: Config) -> None:
    shown = preferences.set("morning brief", "6.30", NOW, UserId(7))
    assert (shown.value, shown.changed, shown.preference.name) == ("06:30", True, "BRIEF_AT")
    assert config.routine == Routine(brief=time(6, 30))
    preferences.set("TIMEZONE", "america/new york", NOW)
    assert config.zone == ZoneInfo("America/New_York")
    preferences.set("disk limit in percent", "90 %", NOW)
    assert config.disk_limit == 90
    assert [(line.entry["setting"], line.entry["value"], line.entry["actor"]) for line in store.audit.all()] == [
        ("BRIEF_AT", "06:30", "person 7"),
        ("TIMEZONE", "America/New_York", "command line"),
        ("DISK_LIMIT", "90", "command line"),
    ]


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("lord howe", "Australia/Lord_Howe"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        ("utc", "UTC"),
        ("Etc/gmt+5", "Etc/GMT+5"),
    ],
)
def test_a_zone_is_understood_as_people_write_it(preferences: Preferences, text: str, zone: str) -> None:
    assert preferences.set("TIMEZONE", text, NOW).value == zone


def test_a_reset_goes_back_to_what_the_file_says(preferences: Preferences, store: JournalStore, config: Config) -> None:
    before = values(config)
    for preference in ALL:
        preferences.set(preference.name, preference.choices[0] if preference.choices else "UTC", NOW)
    assert all(shown.changed for shown in preferences.all())
    for preference in ALL:
        assert not preferences.reset(preference.name, NOW).changed
    assert values(config) == before
    written = len(store.audit.all())
    preferences.reset("BRIEF_AT", NOW)
    assert len(store.audit.all()) == written, "there was nothing to reset"


def test_another_process_follows_when_it_looks(
    preferences: Preferences, other: Preferences, other_config: Config
) -> None:
    before = values(other_config)
    assert not other.apply()
    preferences.set("SLEEP_HOURS", "22-6", NOW)
    preferences.set("MAX_BUILDS", "1", NOW)
    assert other.apply()
    assert not other.apply()
    assert (other_config.routine.sleep, other_config.max_builds) == ((time(22), time(6)), 1)
    assert other_config.routine.brief == time(8)
    preferences.reset("SLEEP_HOURS", NOW)
    preferences.reset("MAX_BUILDS", NOW)
    assert other.apply()
    assert values(other_config) == before


def test_a_change_outlives_the_process_and_the_file_counts_after_a_reset(
    preferences: Preferences, store: JournalStore
) -> None:
    preferences.set("BRIEF_AT", "6:30", NOW)
    changed_file = factories.config(zone=BERLIN, routine=Routine(brief=time(9)))
    after = Preferences(store, changed_file)
    assert after.apply()
    assert changed_file.routine.brief == time(6, 30)
    after.reset("BRIEF_AT", NOW)
    assert changed_file.routine.brief == time(9)


def test_what_another_version_has_written_is_left_alone(store: JournalStore, config: Config) -> None:
    with store.transaction():
        store.preferences.put("BRIEF_AT", "at dawn")
        store.preferences.put("COFFEE_AT", "06:00")
        store.preferences.put("MAX_BUILDS", "2")
    preferences = Preferences(store, config)
    assert preferences.apply()
    assert (config.routine.brief, config.max_builds) == (time(8), 2)
    assert len(preferences.all()) == len(ALL)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("BRIEF_AT", "BRIEF_AT"),
        ("brief at", "BRIEF_AT"),
        ("brief", "BRIEF_AT"),
        ("Morning  Brief", "BRIEF_AT"),
        ("timezone", "TIMEZONE"),
        ("time zone", "TIMEZONE"),
        ("night", "SLEEP_HOURS"),
        ("sleep", "SLEEP_HOURS"),
        ("gym", "GYM_HOURS"),
        ("weekend vote", "VOTE_AT"),
        ("max_builds", "MAX_BUILDS"),
    ],
)
def test_one_is_found_by_its_name_or_title(text: str, name: str) -> None:
    assert find(text).name == name


@pytest.mark.parametrize("text", ["", " ", "weekend", "coffee", "brief at noon", "x" * 1000])
def test_what_is_not_found_or_not_clear_is_refused(text: str) -> None:
    with pytest.raises(NotFound) as refusal:
        find(text)
    assert len(str(refusal.value)) < 150
