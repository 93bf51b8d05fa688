"""What a simulation shows: the success metrics of the product, and whether every promise was kept."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.simulation.year import START, Simulation
from core import overnight_report
from core.model.routine import WORK_DAYS
from core.model.session import SessionKind
from core.model.weekend import Asked, Chosen, Nothing
from core.productivity import Report

ON_TIME = timedelta(minutes=2)
MOST_BARS = 28
BRIEF_GRACE = timedelta(hours=6)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Figures of a simulation; hours as floats."""

    days: int
    autonomous_weekday: float
    """Hours on an average weekday."""
    nights: int
    builds_a_night: float
    """That ended with a result that can be used, started in the night."""
    shipped_a_night: float
    """Estimated hours of what is proven of these."""
    shipped_a_day: float
    autonomous_hours: float
    owner_hours: float
    multiplier: float
    builds: int
    proven: int
    completion_rate: float
    briefs: int
    briefs_on_time: int
    briefs_late: int
    """Since the machine was off or asleep at the time."""
    weekends: int
    weekends_asked: int
    weekends_chosen: int
    crashes: int
    dollars: float
    shipped: dict[str, float]
    """Hours shipped by day; by week or month where that would be too many."""
    wrong: list[str]
    """Promises that were broken, in words; empty."""


def find(made: Simulation) -> Findings:
    """After it has run to its end."""
    at, record = made.at, made.record
    first, last = START.date(), (made.end - timedelta(minutes=1)).date()
    report = at.productivity.report(first, last, made.machine.now)
    weekdays = [one.figures.autonomous_hours for one in report.days if one.date.weekday() in WORK_DAYS]
    nights = _nights(made)
    weekends = [one for one in at.store.weekends.all() if one.id <= str(last)]
    total = report.total
    late = [(day, due, came) for day, due, came in record.briefs if came - due > ON_TIME]
    return Findings(
        days=made.days,
        autonomous_weekday=sum(weekdays) / max(len(weekdays), 1),
        nights=len(nights),
        builds_a_night=sum(night.completed for night in nights) / max(len(nights), 1),
        shipped_a_night=sum(night.hours_shipped for night in nights) / max(len(nights), 1),
        shipped_a_day=total.hours_shipped / made.days,
        autonomous_hours=total.autonomous_hours,
        owner_hours=total.owner_hours,
        multiplier=total.multiplier or 0.0,
        builds=total.builds,
        proven=total.proven,
        completion_rate=total.completion_rate or 0.0,
        briefs=len(record.briefs),
        briefs_on_time=len(record.briefs) - len(late),
        briefs_late=len(late),
        weekends=sum(day.weekday() == 5 for day in _days(first, last)),
        weekends_asked=sum(isinstance(one.state, Asked | Chosen | Nothing) or bool(one.options) for one in weekends),
        weekends_chosen=record.messages["weekend summary"],
        crashes=record.crashes,
        dollars=(total.cost.dollars or 0.0) if total.cost is not None else 0.0,
        shipped=_shipped(report),
        wrong=[*record.wrong, *_briefs_wrong(made), *_unexplained(made, late)],
    )


def _nights(made: Simulation) -> list[overnight_report.Report]:
    return [
        made.at.reports.compose(session, session.end)
        for session in made.at.store.sessions.all()
        if session.kind is SessionKind.OVERNIGHT and session.end <= made.end
    ]


def _shipped(report: Report) -> dict[str, float]:
    few, some = len(report.days) <= MOST_BARS, len(report.days) <= 7 * MOST_BARS
    found: dict[str, float] = {}
    for day in report.days:
        week = day.date - timedelta(days=day.date.weekday())
        name = f"{day.date.day}" if few else f"{week.day} {week:%b}" if some else f"{day.date:%b %y}"
        found[name] = found.get(name, 0.0) + day.figures.hours_shipped
    return found


def _briefs_wrong(made: Simulation) -> list[str]:
    """Days with two briefs; days without one on which the machine was there in the morning."""
    record = made.record
    counts = Counter(day for day, _, _ in record.briefs)
    wrong = [f"{day}: {count} briefs" for day, count in counts.items() if count > 1]
    moved = {moment.date() for moment, _ in made.moves}
    for day in _days(START.date(), (made.end - timedelta(days=1)).date()):
        zone = next((zone for moment, zone in reversed(made.moves) if moment.date() <= day), made.moves[0][1])
        due = datetime.combine(day, made.at.config.routine.brief, zone)
        away = any(start <= due and end >= due + BRIEF_GRACE - timedelta(minutes=30) for start, end in record.off)
        near = {day + timedelta(days=n) for n in (-1, 0, 1)}
        if str(day) not in counts and not away and not near & moved:
            wrong.append(f"{day}: no brief")
    return wrong


def _unexplained(made: Simulation, late: list[tuple[str, datetime, datetime]]) -> list[str]:
    """Late though the machine was there, and the owner did not come into another zone after the time meanwhile."""
    off = [*made.record.off, *((moment, moment) for moment, _ in made.moves)]
    return [
        f"{day}: the brief was {(came - due).total_seconds() / 60:.0f} min late"
        for day, due, came in late
        if not any(start <= max(due + ON_TIME, came) and end >= due for start, end in off)
    ]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
