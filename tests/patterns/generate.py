"""Made-up logs of people and organisations, from which the learner's weights are fitted and on which it is judged.

A log is a zone and events in it. Each is made of routines and of what is no routine, of one family or of all; the
families in HELD_OUT are never used for fitting.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

Event = tuple[datetime, str]
DayRule = Callable[[date], bool]


@dataclass(frozen=True)
class Log:
    family: str
    zone: ZoneInfo
    start: date
    days: int
    events: list[Event]


ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "UTC", "America/Sao_Paulo")
HELD_OUT_ZONES = ("Europe/London", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland")


@dataclass(frozen=True)
class Habits:
    """How exactly a routine is kept."""

    skip: float
    """Probability that an occurrence is left out."""
    jitter: float
    """Standard deviation of its time, in hours."""
    tail: float
    """Probability that it is off four times as far."""
    move: float
    """Probability that it is held a day or two before or after."""


class Maker:
    """One log in the making."""

    def __init__(self, rng: random.Random, days: int, zones: tuple[str, ...]) -> None:
        self.rng, self.days = rng, days
        self.zone = ZoneInfo(rng.choice(zones))
        self.start = date(2021, 1, 1) + timedelta(days=rng.randrange(1200))
        self.events: list[Event] = []
        self.types = 0
        self.sloppiness = 1.0
        """Up to which a routine may be drawn from the exact to the loose."""
        self.away = self._holidays()

    def _holidays(self) -> set[date]:
        """Weeks away, single days off, and public holidays."""
        away: set[date] = set()
        for _ in range(self.rng.randrange(0, 1 + self.days // 90)):
            first = self.day(self.rng.randrange(self.days))
            away |= {first + timedelta(days=each) for each in range(self.rng.choice((1, 3, 5, 9, 16)))}
        public = self.rng.choice((0, 6, 10, 14)) / 365
        return away | {day for number in range(self.days) if self._is_public_holiday(day := self.day(number), public)}

    def _is_public_holiday(self, day: date, chance: float) -> bool:
        """Single workdays, and mostly the days about the turn of the year."""
        if chance and ((day.month == 12 and day.day > 23) or (day.month == 1 and day.day == 1)):
            return self.rng.random() < 0.85
        return day.weekday() < 5 and self.rng.random() < chance

    def day(self, number: int) -> date:
        return self.start + timedelta(days=number)

    def name(self, kind: str) -> str:
        self.types += 1
        return f"{kind}{self.types}"

    def add(self, day: date, hour: float, kind: str) -> None:
        """`hour` may lie outside 0-24; wall time, whatever the clocks do that night."""
        wall = datetime.combine(day, time()) + timedelta(hours=hour)
        self.events.append((wall.replace(tzinfo=self.zone).astimezone(UTC), kind))

    def span(self) -> tuple[int, int]:
        """The days on which something is alive: often all, else it starts late or stops."""
        first, last = 0, self.days
        if self.rng.random() < 0.3:
            first = self.rng.randrange(self.days * 2 // 3)
        if self.rng.random() < 0.25:
            last = self.rng.randrange(first + 1, self.days + 1)
        return first, last

    def lives(self) -> list[tuple[int, int]]:
        """The days of a routine's span in one piece or, where it changes (another hour, another day), in two or three;
        between them there may be weeks of nothing."""
        first, last = self.span()
        cuts = sorted(self.rng.randrange(first, last + 1) for _ in range(self.rng.choice((0, 0, 0, 1, 1, 2))))
        pause = self.rng.choice((0, 0, self.rng.randrange(50)))
        edges = [first, *cuts, last]
        return [(begin + (pause if begin > first else 0), end) for begin, end in pairwise(edges)]

    def routine(
        self,
        rule: DayRule,
        kind: str,
        hour: float,
        habits: Habits,
        *,
        life: tuple[int, int] | None = None,
    ) -> None:
        """Occurs at about `hour` on the days of the rule, in one life or the span that it draws."""
        first, last = life or self.span()
        drift = self.rng.choice((0.0, 0.0, 0.0, self.rng.uniform(-2, 2))) / self.days
        kept_when_away = self.rng.random() < 0.3
        for number in range(first, last):
            day = self.day(number)
            if not rule(day) or self.rng.random() < habits.skip or (day in self.away and not kept_when_away):
                continue
            if self.rng.random() < habits.move:
                day += timedelta(days=self.rng.choice((-2, -1, 1, 1, 2)))
            wide = 4 if self.rng.random() < habits.tail else 1
            at = hour + drift * number + self.rng.gauss(0, habits.jitter * wide)
            self.add(day, at, kind)
            if self.rng.random() < 0.1:
                self.add(day, at + self.rng.expovariate(4), kind)

    def habits(self) -> Habits:
        """How exact a routine is: of machines and organisations, of people with a calendar, of people without."""
        exact, move = self.rng.random() * self.sloppiness, self.rng.choice((0.0, 0.0, 0.05, 0.12))
        if exact < 0.35:
            return Habits(self.rng.uniform(0, 0.08), self.rng.uniform(0, 0.15), 0.02, move)
        if exact < 0.7:
            return Habits(self.rng.uniform(0.05, 0.3), self.rng.uniform(0.1, 0.6), 0.1, move)
        return Habits(self.rng.uniform(0.15, 0.6), self.rng.uniform(0.4, 1.8), 0.2, move)

    def hour(self) -> float:
        """When routines are: mostly by day, on the hour and the half rather than between."""
        hour = self.rng.choice(
            (self.rng.gauss(10, 2), self.rng.gauss(15, 3), self.rng.gauss(20, 2), self.rng.uniform(0, 24))
        )
        return (round(hour * 2) / 2 if self.rng.random() < 0.6 else hour) % 24


def _lived(make: Maker, kind: str, rule: Callable[[], DayRule]) -> None:
    """A routine whose hour, and mostly its days, are drawn anew in each of its lives."""
    name, habits, hour, days = make.name(kind), make.habits(), make.hour(), rule()
    for life in make.lives():
        make.routine(days, name, hour, habits, life=life)
        hour = make.rng.choice((hour, make.hour(), hour + make.rng.choice((-1, 1, 2))))
        days = make.rng.choice((days, rule()))


def weekly(make: Maker) -> None:
    def rule() -> DayRule:
        days = set(make.rng.sample(range(7), make.rng.choice((1, 1, 1, 2, 3))))
        return lambda day: day.weekday() in days

    _lived(make, "weekly", rule)


def workdays(make: Maker) -> None:
    def rule() -> DayRule:
        off = make.rng.choice((7, 7, 4, 0, 2))
        return lambda day: day.weekday() < 5 and day.weekday() != off

    _lived(make, "workdays", rule)


def daily(make: Maker) -> None:
    _lived(make, "daily", lambda: lambda _: True)


def _every(make: Maker, weeks: int, kind: str) -> None:
    weekday = make.rng.choice((0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6))

    def rule() -> DayRule:
        phase = make.rng.randrange(weeks)
        return lambda day: day.weekday() == weekday and day.toordinal() // 7 % weeks == phase

    _lived(make, kind, rule)


def fortnightly(make: Maker) -> None:
    _every(make, 2, "fortnightly")


def four_weekly(make: Maker) -> None:
    _every(make, 4, "fourweekly")


def three_weekly(make: Maker) -> None:
    _every(make, 3, "threeweekly")


def nth_weekday(make: Maker) -> None:
    def rule() -> DayRule:
        weekday, nth = make.rng.randrange(5), make.rng.choice((1, 2, 3, 4, -1))

        def held(day: date) -> bool:
            if day.weekday() != weekday:
                return False
            return (day + timedelta(days=7)).month != day.month if nth < 0 else (day.day - 1) // 7 + 1 == nth

        return held

    _lived(make, "nth", rule)


def monthly(make: Maker) -> None:
    def rule() -> DayRule:
        number, last = make.rng.randrange(1, 29), make.rng.random() < 0.3
        return lambda day: (day + timedelta(days=1)).day == 1 if last else day.day == number

    _lived(make, "monthly", rule)


def several_a_day(make: Maker) -> None:
    kind, habits = make.name("several"), make.habits()
    last = make.rng.choice((4, 6))
    for _ in range(make.rng.randrange(2, 6)):
        make.routine(lambda day: day.weekday() <= last, kind, make.hour(), habits)


def mixed_weeks(make: Maker) -> None:
    """One type with different hours on different weekdays: courses, shared calendars."""
    kind, habits = make.name("course"), make.habits()
    for _ in range(make.rng.randrange(2, 5)):
        weekday = make.rng.randrange(7)
        make.routine(partial(_is_weekday, weekday), kind, make.hour(), habits)


def _is_weekday(weekday: int, day: date) -> bool:
    return day.weekday() == weekday


def office_noise(make: Maker) -> None:
    """Comes at any time in office hours, at a rate that wanders."""
    kind, rate = make.name("office"), math.exp(make.rng.uniform(-3, 2.3))
    middle, width = make.rng.gauss(13.5, 2.5), make.rng.uniform(1.5, 5)
    weekend, level = make.rng.uniform(0, 0.5), 0.0
    for number in range(*make.span()):
        day = make.day(number)
        level = 0.95 * level + make.rng.gauss(0, 0.25)
        share = weekend if day.weekday() > 4 else 1.0
        if day in make.away:
            share *= 0.1
        for _ in range(_poisson(make.rng, rate * share * math.exp(level))):
            make.add(day, make.rng.gauss(middle, width), kind)


def bursts(make: Maker) -> None:
    """Sessions of repeated commands at the hours in which somebody works, a few types in each."""
    kinds = [make.name("command") for _ in range(make.rng.randrange(2, 12))]
    weights = [1 / (each + 1) ** 1.2 for each in range(len(kinds))]
    sessions, middle = make.rng.uniform(0.3, 4), make.rng.gauss(14, 4)
    width, weekend = make.rng.uniform(2, 6), make.rng.uniform(0, 1)
    busy = True
    for number in range(*make.span()):
        busy = make.rng.random() < (0.93 if busy else 0.15)
        day = make.day(number)
        if not busy or day in make.away or (day.weekday() > 4 and make.rng.random() > weekend):
            continue
        for _ in range(_poisson(make.rng, sessions)):
            hour = make.rng.gauss(middle, width)
            length = make.rng.expovariate(1 / 1.2)
            for _ in range(_poisson(make.rng, 2 + length * make.rng.uniform(1, 12))):
                make.add(day, hour + make.rng.uniform(0, length), make.rng.choices(kinds, weights)[0])


def requests(make: Maker) -> None:
    """A service that is asked all day, more by day than by night: every hour, or nearly."""
    kind, rate = make.name("request"), math.exp(make.rng.uniform(-1.5, 2))
    depth, peak = make.rng.uniform(0.2, 1.5), make.rng.uniform(9, 21)
    weekend = make.rng.uniform(0.2, 1.2)
    for number in range(*make.span()):
        day = make.day(number)
        share = weekend if day.weekday() > 4 else 1.0
        for hour in range(24):
            wave = math.exp(depth * (math.cos((hour - peak) / 24 * math.tau) - 1))
            for _ in range(min(_poisson(make.rng, rate * share * wave), 4)):
                make.add(day, hour + make.rng.random(), kind)


def rota(make: Maker) -> None:
    """Follows one of some plans each day, and which of them is nobody's rule: vehicles, cover for each other."""
    kind, jitter = make.name("rota"), make.rng.uniform(0.05, 0.8)
    plans = [[make.hour() for _ in range(make.rng.randrange(5))] for _ in range(make.rng.randrange(3, 9))]
    stays, plan = make.rng.uniform(0, 0.6), plans[0]
    for number in range(*make.span()):
        plan = plan if make.rng.random() < stays else make.rng.choice(plans)
        for hour in plan if make.day(number) not in make.away else []:
            make.add(make.day(number), hour + make.rng.gauss(0, jitter), kind)


def phases(make: Maker) -> None:
    """Is worked on for some days or weeks, at the hours of that time, and left again: a project, a maintainer."""
    kind, number = make.name("phase"), 0.0
    length, pause = make.rng.uniform(3, 40), make.rng.uniform(3, 60)
    while number < make.days:
        middle, width = make.rng.gauss(15, 4), make.rng.uniform(1, 4)
        rate, weekend, end = make.rng.uniform(0.2, 4), make.rng.random(), number + make.rng.expovariate(1 / length)
        while number < min(end, make.days):
            day = make.day(int(number))
            share = 0.1 if day in make.away else weekend if day.weekday() > 4 else 1.0
            for _ in range(_poisson(make.rng, rate * share)):
                make.add(day, make.rng.gauss(middle, width), kind)
            number += 1
        number += make.rng.expovariate(1 / pause)


def one_offs(make: Maker) -> None:
    kinds = [make.name("once") for _ in range(make.rng.randrange(5, 40))]
    for kind in kinds:
        for _ in range(make.rng.choice((1, 1, 1, 2, 3))):
            make.add(make.day(make.rng.randrange(make.days)), make.rng.gauss(14, 4), kind)


def ten_day_cycle(make: Maker) -> None:
    length, phase = make.rng.choice((3, 5, 6, 8, 9, 10, 12)), make.rng.randrange(12)
    make.routine(lambda day: day.toordinal() % length == phase % length, make.name("cycle"), make.hour(), make.habits())


def shift_work(make: Maker) -> None:
    """Early, late and night shifts of some days each, then days off: the hour of everything turns with them."""
    length = make.rng.choice((2, 3, 4, 7))
    shifts = (6.0, 14.0, 22.0, None) if make.rng.random() < 0.7 else (6.0, 18.0, None)
    kinds, jitter = [make.name("shift") for _ in range(2)], make.rng.uniform(0.05, 0.4)
    for number in range(make.days):
        day = make.day(number)
        begin = shifts[day.toordinal() // length % len(shifts)]
        if begin is None or day in make.away or make.rng.random() < 0.05:
            continue
        for index, kind in enumerate(kinds):
            make.add(day, begin + index * 7.5 + make.rng.gauss(0, jitter), kind)


def terms(make: Maker) -> None:
    """A course on two weekdays for a term of weeks, a break, and a new time in the next term."""
    kind, jitter = make.name("term"), make.rng.uniform(0.02, 0.4)
    weeks, pause = make.rng.randrange(9, 16), make.rng.randrange(2, 6)
    days: list[int] = []
    hour = 9.0
    for number in range(make.days):
        week = number // 7 % (weeks + pause)
        if not days or (week == 0 and number % 7 == 0):
            days, hour = make.rng.sample(range(5), 2), make.hour()
        day = make.day(number)
        if week < weeks and day.weekday() in days and make.rng.random() > 0.08:
            make.add(day, hour + make.rng.gauss(0, jitter), kind)


def after_each_other(make: Maker) -> None:
    """The same thing again so many days after the last time, give or take: water the plants, refill, back up."""
    kind, gap, hour = make.name("again"), make.rng.uniform(2, 12), make.hour()
    number = make.rng.uniform(0, gap)
    while number < make.days:
        make.add(make.day(int(number)), hour + make.rng.gauss(0, make.rng.uniform(0.1, 1)), kind)
        number += max(1.0, make.rng.gauss(gap, gap * 0.15))


ROUTINES: dict[str, Callable[[Maker], None]] = {
    "weekly": weekly,
    "workdays": workdays,
    "daily": daily,
    "fortnightly": fortnightly,
    "three-weekly": three_weekly,
    "four-weekly": four_weekly,
    "nth weekday": nth_weekday,
    "monthly": monthly,
    "several a day": several_a_day,
    "mixed weeks": mixed_weeks,
}
NOISE: dict[str, Callable[[Maker], None]] = {
    "office": office_noise,
    "bursts": bursts,
    "requests": requests,
    "rota": rota,
    "phases": phases,
    "one-offs": one_offs,
}
HELD_OUT: dict[str, Callable[[Maker], None]] = {
    "shift work": shift_work,
    "cycles": ten_day_cycle,
    "terms": terms,
    "after each other": after_each_other,
}


def _finished(make: Maker, family: str) -> Log:
    return Log(family, make.zone, make.start, make.days, sorted(make.events))


def of_family(
    family: str, seed: int, days: int = 420, *, zones: tuple[str, ...] = ZONES, routines: int | None = None
) -> Log:
    """Some routines of one family and a little noise; with a number of routines, so many of them alone."""
    make = Maker(random.Random(f"{family} {seed}"), days, zones)
    every = {**ROUTINES, **NOISE, **HELD_OUT}
    for _ in range(routines or make.rng.randrange(2, 5)):
        every[family](make)
    if routines is None:
        make.rng.choice((office_noise, one_offs))(make)
    return _finished(make, family)


def meetings(seed: int, days: int = 420, *, zones: tuple[str, ...] = ZONES, routines: int = 14) -> Log:
    """The fortnightly and four-weekly meetings of an organisation: mostly on time, sometimes moved or called off."""
    make = Maker(random.Random(f"meetings {seed}"), days, zones)
    make.sloppiness = 0.6
    for each in range(routines):
        (fortnightly, four_weekly)[each % 2](make)
    return _finished(make, "meetings")


def mixed(seed: int, days: int = 420, *, zones: tuple[str, ...] = ZONES) -> Log:
    """Somebody's life: many types without any routine, and some routines of every kind."""
    make = Maker(random.Random(f"mixed {seed}"), days, zones)
    for _ in range(make.rng.randrange(3, 9)):
        make.rng.choice(list(NOISE.values()))(make)
    for _ in range(make.rng.randrange(2, 10)):
        make.rng.choice(list(ROUTINES.values()))(make)
    return _finished(make, "mixed")


def held_out_mixed(seed: int, days: int = 420) -> Log:
    """The same with the families and zones that nothing was fitted on."""
    make = Maker(random.Random(f"held out {seed}"), days, HELD_OUT_ZONES)
    for _ in range(make.rng.randrange(3, 9)):
        make.rng.choice(list(NOISE.values()))(make)
    for _ in range(make.rng.randrange(2, 7)):
        make.rng.choice([*ROUTINES.values(), *HELD_OUT.values(), *HELD_OUT.values()])(make)
    return _finished(make, "held-out mixed")


def _poisson(rng: random.Random, mean: float) -> int:
    if mean > 30:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def training_logs(seeds: range) -> Iterator[Log]:
    """What the shipped weights are fitted on."""
    for seed in seeds:
        days = (60, 120, 250, 420, 420, 500)[seed % 6]
        for family in ROUTINES:
            yield of_family(family, seed, days)
        for each in range(3):
            yield of_family(list(NOISE)[(seed * 3 + each) % len(NOISE)], seed, days)
        for each in range(8):
            yield mixed(seed * 8 + each, days)
