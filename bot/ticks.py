"""The timetable of the process: which use case runs when. APScheduler lives only here.

APScheduler wakes us; what is due, late or missed is decided by `core.timetable` from the last runs in the store, so a
machine that slept, a crash or a changed clock give one late run or one record, whatever the scheduler thinks of it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from bot.wiring import Installation
from core.model.config import Config
from core.model.routine import FRIDAY, SATURDAY, SUNDAY, WORK_DAYS, Span
from core.model.session import SessionKind
from core.overnight_runner import least_left
from core.timetable import Job, TooLate

EVERY_DAY = frozenset(range(7))
_ON = [frozenset({day}) for day in range(7)]
SWEEP_SECONDS = 30.0
"""How soon what was slept over is noticed."""


class Every(msgspec.Struct, frozen=True):
    """A job that repeats; late runs are made up for by one, however many were missed."""

    name: str
    seconds: float
    job: Callable[[], Awaitable[None]]


def table(at: Installation) -> Sequence[Job]:
    """The one table of jobs with fixed times: weekdays, time, how late it may still be done, and what is done."""
    config, routine = at.config, at.config.routine
    opened = partial(_open, at)
    return (
        *_sessions(config, opened),
        Job("plan", EVERY_DAY, routine.plan, timedelta(minutes=45), at.daily.plan),
        Job("brief", EVERY_DAY, routine.brief, timedelta(hours=6), at.daily.brief),
        Job("weekend vote", _ON[FRIDAY], routine.vote, timedelta(hours=13), _weekend(at.weekend.ask)),
        Job("weekend reminder", _ON[FRIDAY], routine.vote_again, timedelta(hours=10), _weekend(at.weekend.remind)),
        Job("weekend choice", _ON[SATURDAY], routine.vote_end, timedelta(days=1), _weekend(at.weekend.close)),
        Job("weekend start", _ON[SATURDAY], routine.weekend_start, timedelta(days=1), _weekend(at.weekend.start)),
        Job("weekend summary", _ON[SUNDAY], routine.weekend_summary, timedelta(hours=18), _weekend(at.weekend.summary)),
        Job("check-in", WORK_DAYS, routine.check_in, timedelta(hours=2), at.daily.check_in),
    )


def _sessions(config: Config, opened: Callable[[SessionKind, datetime, datetime], None]) -> list[Job]:
    routine = config.routine
    spans: list[tuple[str, SessionKind, frozenset[int], Span]] = [
        ("night", SessionKind.OVERNIGHT, EVERY_DAY, routine.sleep),
        ("working day", SessionKind.WORK, WORK_DAYS, routine.work),
    ]
    spans += [(f"gym {number}", SessionKind.GYM, WORK_DAYS, span) for number, span in enumerate(routine.gym, 1)]
    return [
        Job(
            name,
            days,
            span[0],
            length - least_left(kind, length),
            partial(opened, kind),
            several_a_day=True,
            since_start=True,
        )
        for name, kind, days, span in spans
        for length in (_length(span),)
    ]


def _weekend(act: Callable[[datetime], object]) -> Callable[[datetime, datetime], None]:
    """It finds out by itself what is due."""

    def run(_: datetime, now: datetime) -> None:
        act(now)

    return run


def _open(at: Installation, kind: SessionKind, due: datetime, now: datetime) -> None:
    if at.overnight.open(kind, due, now) is None:
        raise TooLate


def _length(span: Span) -> timedelta:
    start, end = (timedelta(hours=one.hour, minutes=one.minute) for one in span)
    return end - start if end > start else end - start + timedelta(days=1)


def _until_cancelled(job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """The job, which is cancelled in silence when we stop: APScheduler would tell of it as an error."""

    async def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await job()

    return run


class Ticks:
    """APScheduler with our jobs in it."""

    def __init__(self, every: Sequence[Every], run_due: Callable[[], Awaitable[None]]) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._run_due = run_due
        self._arranged: tuple[object, ...] = ()
        for entry in (*every, Every("sweep", SWEEP_SECONDS, run_due)):
            self._scheduler.add_job(
                _until_cancelled(entry.job),
                "interval",
                seconds=entry.seconds,
                id=entry.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )

    def start(self) -> None:
        """In the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """At once; what runs goes on."""
        self._scheduler.shutdown(wait=False)

    def arrange(self, jobs: Sequence[Job], zone: ZoneInfo) -> None:
        """Wake at the times of these jobs, in that zone; those of an earlier call are forgotten."""
        times = {(job.at, job.weekdays) for job in jobs}
        wanted = (zone.key, frozenset(times))
        if wanted == self._arranged:
            return
        for job in self._scheduler.get_jobs():
            if job.id.startswith("at "):
                job.remove()
        for at, days in times:
            self._add(at, days, zone)
        self._arranged = wanted

    def _add(self, at: time, days: frozenset[int], zone: ZoneInfo) -> None:
        weekdays = ",".join(map(str, sorted(days)))
        self._scheduler.add_job(
            _until_cancelled(self._run_due),
            CronTrigger(day_of_week=weekdays, hour=at.hour, minute=at.minute, timezone=zone),
            id=f"at {at:%H:%M} on {weekdays}",
            coalesce=True,
            misfire_grace_time=None,
        )
