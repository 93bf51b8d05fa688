"""Settings that can be changed while Jarvis works: the owner's week, and how much may be done at once.

What is changed in the chat is kept in the store and comes before `.env`; it takes effect at once, in all processes.
"""

import contextlib
import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from core import audit, clock_times
from core.errors import NotFound, Refused
from core.model.config import Config
from core.model.ids import UserId
from core.ports import Store


class Preference(msgspec.Struct, frozen=True):
    """One setting."""

    name: str
    """In `.env`."""
    title: str
    """For people."""
    field: str
    """Of `Config`; `routine.` and the field of `Routine`."""
    parse: Callable[[str], Any]
    """From text. Raises Refused."""
    show: Callable[[Any], str]
    """The text that `parse` reads as this value."""
    choices: tuple[str, ...] = ()
    """Values that a button offers."""


def parse_zone(text: str) -> ZoneInfo:
    """An IANA name in any case, or its last part if only one zone ends so, such as `berlin`. Raises Refused."""
    name = text.strip().replace(" ", "_")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        word = name.casefold()
        every = {zone.casefold(): zone for zone in available_timezones()}
        near = [zone for low, zone in every.items() if low.rpartition("/")[2] == word]
        if word in every or len(near) == 1:
            return ZoneInfo(every.get(word) or near[0])
        raise Refused(
            f"There is no time zone “{text.strip()[:40]}”. Write one like Europe/Berlin or America/New_York."
        ) from None


def _number(low: int, high: int) -> Callable[[str], Any]:
    def parse(text: str) -> int:
        word = text.strip().removesuffix("%").strip()
        if not (word.isascii() and word.isdigit() and len(word) < 10 and low <= int(word) <= high):
            raise Refused(f"Write a whole number from {low} to {high}.")
        return int(word)

    return parse


def _shown_number(value: float) -> str:
    return f"{value:g}"


def _clock(name: str, title: str, field: str, *choices: str) -> Preference:
    return Preference(name, title, f"routine.{field}", clock_times.parse_clock, "{:%H:%M}".format, choices)


def _span(name: str, title: str, field: str, *choices: str) -> Preference:
    return Preference(name, title, f"routine.{field}", clock_times.parse_span, clock_times.show_span, choices)


_PERCENTS = ("80", "90", "95", "100")

ALL: tuple[Preference, ...] = (
    Preference("TIMEZONE", "time zone", "zone", parse_zone, str),
    _span("SLEEP_HOURS", "night", "sleep", "22:00-06:00", "23:00-07:00", "00:00-08:00"),
    _span("WORK_HOURS", "work (weekdays)", "work", "08:00-16:00", "09:00-17:00", "10:00-18:00"),
    Preference(
        "GYM_HOURS",
        "gym (weekdays)",
        "routine.gym",
        clock_times.parse_spans,
        clock_times.show_spans,
        ("06:00-07:30, 17:00-18:30", "06:00-07:30", "17:00-18:30", "never"),
    ),
    _span("EVENING_HOURS", "evening together (weekdays)", "evening", "18:00-22:00", "19:00-23:00", "20:00-23:30"),
    _span("WEEKEND_HOURS", "you are there (weekends)", "weekend", "10:00-18:00", "09:00-21:00", "12:00-16:00"),
    _clock("BRIEF_AT", "morning brief", "brief", "06:00", "06:30", "07:00", "08:00"),
    _clock("PLAN_AT", "plan of the night", "plan", "21:00", "22:00", "22:45"),
    _clock("CHECK_IN_AT", "evening check-in", "check_in", "18:00", "19:00", "20:00"),
    _clock("VOTE_AT", "weekend vote (Fridays)", "vote", "17:00", "18:00", "19:00"),
    _clock("WEEKEND_START_AT", "weekend start (Saturdays)", "weekend_start", "08:00", "09:00", "10:00"),
    _clock("WEEKEND_SUMMARY_AT", "weekend summary (Sundays)", "weekend_summary", "18:00", "20:00", "21:00"),
    Preference(
        "MAX_BUILDS", "builds at the same time", "max_builds", _number(1, 50), _shown_number, ("1", "2", "3", "5")
    ),
    Preference("DISK_LIMIT", "disk limit in percent", "disk_limit", _number(1, 100), _shown_number, _PERCENTS),
    Preference(
        "MEMORY_LIMIT",
        "memory limit in percent",
        "memory_limit",
        _number(1, 100),
        _shown_number,
        ("80", "90", "95", "100"),
    ),
)
BY_NAME = {preference.name: preference for preference in ALL}


class Shown(msgspec.Struct, frozen=True):
    """A setting as it stands."""

    preference: Preference
    value: str
    changed: bool
    """In the chat; else it is what `.env` says, or the default."""


class Preferences:
    """Reads and changes them; the one that writes into `Config`."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config
        self._before = {each.name: _get(config, each.field) for each in ALL}
        self._applied: dict[str, str] = {}

    def all(self) -> list[Shown]:
        """Every one, in the order of the table."""
        return [self.get(each.name) for each in ALL]

    def get(self, name: str) -> Shown:
        """Raises NotFound."""
        found = find(name)
        changed = self._store.preferences.get(found.name) is not None
        return Shown(found, found.show(_get(self._config, found.field)), changed)

    def set(self, name: str, text: str, now: datetime, by: UserId | None = None) -> Shown:
        """Change one, at once and for good. Raises NotFound or Refused; nothing has changed then."""
        found = find(name)
        value = found.show(found.parse(text))
        with self._store.transaction():
            self._store.preferences.put(found.name, value)
            audit.note(
                self._store, audit.QUEUE, "setting changed", now, actor=audit.actor(by), setting=found.name, value=value
            )
        self.apply()
        return self.get(found.name)

    def reset(self, name: str, now: datetime, by: UserId | None = None) -> Shown:
        """Back to what `.env` says, or to the default."""
        found = find(name)
        with self._store.transaction():
            if self._store.preferences.get(found.name) is not None:
                self._store.preferences.remove(found.name)
                audit.note(self._store, audit.QUEUE, "setting reset", now, actor=audit.actor(by), setting=found.name)
        self.apply()
        return self.get(found.name)

    def apply(self) -> bool:
        """Put into effect what the store says, whichever process changed it; whether anything is new."""
        wanted = {each.name: text for each in ALL if (text := self._store.preferences.get(each.name)) is not None}
        if wanted == self._applied:
            return False
        for each in ALL:
            value = self._before[each.name]
            if each.name in wanted:
                with contextlib.suppress(Refused):  # written by another version
                    value = each.parse(wanted[each.name])
            _put(self._config, each.field, value)
        self._applied = wanted
        return True


def find(name: str) -> Preference:
    """By its name in `.env` or its title, or the beginning of one. Raises NotFound."""
    word = " ".join(name.replace("_", " ").split()).casefold()
    exact = [each for each in ALL if word in (each.name.replace("_", " ").casefold(), each.title)]
    near = [
        each
        for each in ALL
        if word and (each.name.replace("_", " ").casefold().startswith(word) or each.title.startswith(word))
    ]
    if len(near) > 1 and not exact:
        raise NotFound(f"“{name[:40]}” can be several: {', '.join(each.name for each in near)}.")
    near = near or [each for each in ALL if len(word) > 2 and word in each.title]
    if len(exact or near) != 1:
        raise NotFound(f"There is no setting “{name[:40]}” that can be changed here. /settings lists them.")
    return (exact or near)[0]


def _get(config: Config, field: str) -> Any:
    head, _, tail = field.partition(".")
    return getattr(config.routine, tail) if tail else getattr(config, head)


def _put(config: Config, field: str, value: Any) -> None:
    head, _, tail = field.partition(".")
    if tail:
        config.routine = dataclasses.replace(config.routine, **{tail: value})
    else:
        setattr(config, head, value)
