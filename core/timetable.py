"""The timetable: which job is due, late or missed, by what the store says of its last run.

The process may have been down, the machine asleep, the clock changed: whenever `run_due` is called, each job runs at
most once for each of its times. What is due is made up for once, if it is not too late; else it is recorded as missed.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from core import audit
from core.model.config import Config
from core.model.session import JobRecord
from core.ports import Store

ON_TIME = timedelta(minutes=2)
"""A job that runs so soon after its time is not late."""
LOOK_BACK = timedelta(days=15)
"""Times before that are not counted as missed."""
AHEAD = timedelta(days=2)
"""A last run so far ahead of now is from before the clock was set back; it must not silence the job until then."""
KEPT_MISSES = 10


class TooLate(Exception):
    """A job raises it, before it changes anything, when its time is over in spite of its grace: it was missed."""


class Job(msgspec.Struct, frozen=True):
    """One row of the timetable. `run(due, now)` changes the store and nothing else: it runs inside a transaction.

    It may raise TooLate.
    """

    name: str
    weekdays: frozenset[int]
    """0 is Monday."""
    at: time
    """Of the day in the owner's zone."""
    grace: timedelta
    """So late it is still done; later it is recorded as missed."""
    run: Callable[[datetime, datetime], None]
    several_a_day: bool = False
    """It may run again on a local day, at another time of it: it finds out by itself what it has done."""
    since_start: bool = False
    """A time just before the installation began counts, too."""


class Timetable:
    """Runs what is due. The jobs are asked for at each call, since their times can be changed at any moment."""

    def __init__(self, store: Store, config: Config, jobs: Callable[[], Sequence[Job]]) -> None:
        self._store = store
        self._config = config
        self._jobs = jobs

    def jobs(self) -> Sequence[Job]:
        """All jobs, as the settings are now."""
        return self._jobs()

    def next_at(self, now: datetime) -> datetime:
        """When something is due next; aware UTC."""
        return min(next(self._occurrences(job, now)) for job in self._jobs())

    def run_due(self, now: datetime) -> list[str]:
        """Run what is due and record what was missed; returns the names of the jobs that ran.

        One that fails does not keep the others from running; its error is raised after them.
        """
        ran, errors = [], []
        for job in self._jobs():
            try:
                ran += [job.name] if self._settle(job, now) else []
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return ran

    def last(self, name: str) -> JobRecord | None:
        """The last time of a job."""
        return self._store.timetable.get(name)

    def _settle(self, job: Job, now: datetime) -> bool:
        record = self._record(job, now)
        if record == self.last(job.name) and not self._due(job, record, now):
            return False
        with self._store.transaction():
            record = self._record(job, now)  # once more: another process may have been faster
            due = self._due(job, record, now)
            if not due:
                self._store.timetable.put(job.name, record)
                return False
            for moment in due[:-1]:
                self._note("missed", job, moment, now)
            in_time = now - due[-1] <= job.grace and self._run(job, due[-1], now)
            if not in_time:
                self._note("missed", job, due[-1], now)
            missed = (*record.missed, *due[:-1], *([] if in_time else due[-1:]))[-KEPT_MISSES:]
            done_at, kept = (now, due[-1]) if in_time else (None, record.kept)
            changed = msgspec.structs.replace(record, due=due[-1], done_at=done_at, missed=missed, kept=kept)
            self._store.timetable.put(job.name, changed)
        return in_time

    def _run(self, job: Job, due: datetime, now: datetime) -> bool:
        try:
            job.run(due, now)
        except TooLate:
            return False
        if now - due > ON_TIME:
            self._note("late", job, due, now)
        return True

    def _record(self, job: Job, now: datetime) -> JobRecord:
        """What the store says; for a new job, and for one whose last time lies far ahead, as if it began now.

        A clock that was wrong for a moment, in either direction, must neither silence a job nor run it again: the time
        that lies ahead is kept, and counts again when it is reached.
        """
        record = self.last(job.name)
        if record is None:
            return JobRecord(name=job.name, due=now - job.grace if job.since_start else now)
        if record.due - now > AHEAD:
            return JobRecord(name=job.name, due=now, missed=record.missed, ahead=record.due)
        if record.ahead is not None and record.ahead <= now:
            due = max(record.due, record.ahead)
            return msgspec.structs.replace(record, due=due, kept=record.ahead, ahead=None)
        return record

    def _due(self, job: Job, record: JobRecord, now: datetime) -> list[datetime]:
        """The times since the last one, oldest first; never a second run on a local day, whatever happened to the zone.

        A time that was missed does not use up its day.
        """
        day = self._day(job, record.kept) if record.kept is not None else None
        found: list[datetime] = []
        for moment in self._occurrences(job, max(record.due, now - LOOK_BACK)):
            if moment > now:
                break
            this = self._day(job, moment)
            if day is None or this > day or job.several_a_day:
                found.append(moment)
                day = this
        return found

    def _day(self, job: Job, moment: datetime) -> date:
        """The local day that a time of the job belongs to.

        It is the day before when the clocks skip the end of that day, so that the job moves past midnight.
        """
        day = moment.astimezone(self._config.zone).date()
        before = day - timedelta(days=1)
        return before if self._moment(job, before) == moment else day

    def _moment(self, job: Job, day: date) -> datetime:
        return datetime.combine(day, job.at, self._config.zone).astimezone(UTC)

    def _occurrences(self, job: Job, after: datetime) -> Iterator[datetime]:
        """The times of a job after a moment, for ever."""
        day = after.astimezone(self._config.zone).date() - timedelta(days=1)
        while True:
            if day.weekday() in job.weekdays:
                moment = self._moment(job, day)
                if moment > after:
                    yield moment
            day += timedelta(days=1)

    def _note(self, what: str, job: Job, due: datetime, now: datetime) -> None:
        local = due.astimezone(self._config.zone)
        audit.note(
            self._store,
            audit.OVERNIGHT,
            what,
            now,
            actor=audit.BY_ITSELF,
            job=job.name,
            due=due.isoformat(),
            late_minutes=round((now - due).total_seconds() / 60),
            memory=f"{job.name} of {local:%a %H:%M} was {what}.",
        )
