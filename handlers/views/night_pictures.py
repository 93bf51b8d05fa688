"""Pictures of nights: what is planned, and what ran."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.nights import Ran
from core.planning import Plan
from handlers.views.pictures import Bar, BarKind, Lane, Timeline

_KINDS = {
    "running": BarKind.RUNNING,
    "proven": BarKind.DONE,
    "unproven": BarKind.UNPROVEN,
    "failed": BarKind.FAILED,
    "stopped": BarKind.STOPPED,
}


def plan_picture(plan: Plan, zone: ZoneInfo) -> Timeline:
    """A lane for each slot."""
    slots = sorted({entry.slot for entry in plan.planned})
    lanes = tuple(
        Lane(
            name=f"slot {slot}",
            bars=tuple(
                Bar(label=entry.task.title, start=entry.start, end=entry.end, kind=BarKind.PLANNED)
                for entry in plan.planned
                if entry.slot == slot
            ),
        )
        for slot in slots
    )
    end = max([plan.until, *(entry.end for entry in plan.planned)])
    title = f"Plan of the night, {plan.now.astimezone(zone):%a %d %b}"
    return Timeline(title=title, zone=zone.key, start=plan.now, end=end, lanes=lanes)


def ran_picture(ran: Sequence[Ran], title: str, zone: ZoneInfo) -> Timeline | None:
    """What ran when; None when nothing did."""
    if not ran:
        return None
    numbers = sorted({one.lane for one in ran})
    lanes = tuple(
        Lane(
            name=f"slot {number + 1}",
            bars=tuple(
                Bar(label=one.title, start=one.start, end=one.end, kind=_KINDS[one.how])
                for one in ran
                if one.lane == number
            ),
        )
        for number in numbers
    )
    start: datetime = min(one.start for one in ran)
    end: datetime = max(one.end for one in ran)
    return Timeline(title=title, zone=zone.key, start=start, end=end, lanes=lanes)
