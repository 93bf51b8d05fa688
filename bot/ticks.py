"""The timetable: which use case runs when. APScheduler lives only here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler


@dataclass(frozen=True)
class Every:
    """A job that repeats; late runs are made up for by one, however many were missed."""

    name: str
    seconds: float
    job: Callable[[], Awaitable[None]]


def start(jobs: list[Every], zone: ZoneInfo) -> AsyncIOScheduler:
    """Start the timetable in the running event loop; `shutdown(wait=False)` ends it."""
    scheduler = AsyncIOScheduler(timezone=zone)
    for entry in jobs:
        scheduler.add_job(
            entry.job,
            "interval",
            seconds=entry.seconds,
            id=entry.name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler
