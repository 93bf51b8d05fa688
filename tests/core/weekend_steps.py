"""Steps of a weekend that several tests take; it is the one of 28 November 2026."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.model.ids import ChatId, UserId, WeekendId
from core.model.notification import (
    ApprovalAsked,
    BuildEnded,
    BuildStarted,
)
from core.model.task import (
    Split,
    Task,
)
from core.model.weekend import Weekend
from tests.core.conftest import Engines

ANN, BEN = UserId(7), UserId(8)
SATURDAY = WeekendId("2026-11-28")
GROUP = ChatId(-5)


def at(local: str, zone: str = "UTC") -> datetime:
    """A moment of the weekend of 28 November: `Fri 18:00`; or of another day, as `2026-12-04 18:00`."""
    days = {"Thu": "26", "Fri": "27", "Sat": "28", "Sun": "29", "Mon": "30"}
    day, _, time = local.partition(" ")
    whole = f"2026-11-{days[day]}" if day in days else day
    return datetime.fromisoformat(f"{whole} {time}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def project(engines: Engines, title: str, hours: float = 10.0, **changes: Any) -> Task:
    return engines.add(title, hours=hours, **changes)


def asked(engines: Engines, *titles: str) -> list[Task]:
    """Projects, the first one with the best score, and the question on Friday."""
    made = [project(engines, title, hours=8.0 + place) for place, title in enumerate(titles)]
    engines.clock.moment = at("Fri 18:00")
    assert engines.weekend.ask(engines.now) is not None
    return made


def vote(engines: Engines, person: UserId, task: Task, *, decides: bool = False) -> Weekend:
    return engines.weekend.vote(SATURDAY, person, task.id, engines.now, decides=decides)


def chosen(engines: Engines, title: str = "Shop", **changes: Any) -> list[Task]:
    """A project that was chosen on Friday evening; returns its phases."""
    made = project(engines, title, **changes)
    engines.clock.moment = at("Fri 18:00")
    engines.weekend.select(made.id, engines.now, ANN)
    return phase_tasks(engines, made)


def phase_tasks(engines: Engines, whole: Task) -> list[Task]:
    state = engines.task(whole).state
    assert isinstance(state, Split), state
    found = [engines.store.tasks.get(phase) for phase in state.phases]
    return [task for task in found if task is not None]


def weekend(engines: Engines, weekend_id: str = SATURDAY) -> Weekend:
    return engines.weekend.find(WeekendId(weekend_id))


def news(engines: Engines) -> list[object]:
    """What was told, without what every task and build tells."""
    ordinary = (ApprovalAsked, BuildStarted, BuildEnded)
    return [subject for subject in engines.subjects() if not isinstance(subject, ordinary)]
