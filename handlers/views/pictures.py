"""What a picture shows, as plain data; how it looks is decided where it is drawn."""

from datetime import datetime
from enum import Enum

import msgspec


class BarKind(Enum):
    """What a bar of a timeline stands for; the order is that of the legend."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    UNPROVEN = "unproven"
    FAILED = "failed"
    STOPPED = "stopped"


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """Something that lasts; `label` is any text, also a hostile one."""

    label: str
    start: datetime
    end: datetime
    kind: BarKind


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a timeline; its bars do not overlap."""

    name: str
    bars: tuple[Bar, ...]


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A moment worth a thin line: “07:00 brief”."""

    at: datetime
    label: str


class Timeline(msgspec.Struct, frozen=True, kw_only=True, tag="timeline"):
    """What runs when, between `start` and `end` (aware, `start` first), with the local times of `zone` (IANA)."""

    title: str
    zone: str
    start: datetime
    end: datetime
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...] = ()


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One layer of stacked bars: a value, not negative, for each label."""

    name: str
    values: tuple[float, ...]


class Bars(msgspec.Struct, frozen=True, kw_only=True, tag="bars"):
    """Stacked bars, up to 31; `line` is a goal in the same unit, `note` stands below."""

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    line: float | None = None
    note: str = ""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A value at a moment (aware)."""

    at: datetime
    value: float


class Forecast(msgspec.Struct, frozen=True, kw_only=True, tag="forecast"):
    """A measured course, how it goes on, the range between `low` and `high`, and the limits it may reach."""

    title: str
    unit: str
    zone: str
    past: tuple[Point, ...]
    future: tuple[Point, ...]
    low: tuple[Point, ...]
    high: tuple[Point, ...]
    limits: tuple[float, ...]


Picture = Timeline | Bars | Forecast
