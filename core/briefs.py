"""The brief: what shipped with proof, what runs, what failed and why, what waits for a decision."""

from datetime import datetime, timedelta

import msgspec

from core import budgets, deliveries, nights, outcomes, outlooks
from core.builds import active_builds
from core.model.approval import Approval, Open
from core.model.build import Build, BuildResult, Ended, Progress
from core.model.config import Config
from core.model.execution import Alive
from core.model.pattern import Expected, Pattern
from core.model.problem import Problem, Repair, RepairState, Severity
from core.model.task import Completed, Failed, Merged, NeedsApproval, Queued, Task, Unmerged
from core.nights import Ran
from core.pattern_book import expected_today
from core.ports import Executor, Store
from core.productivity import Productivity
from core.sessions import THROTTLE
from core.transitions import is_withdrawn

TOLD = (RepairState.DONE, RepairState.FAILED)
"""Clean-ups that are news: not those that were taken back."""


class Finished(msgspec.Struct, frozen=True):
    """A task with the result of its build."""

    task: Task
    build: Build
    result: BuildResult


class RunningBuild(msgspec.Struct, frozen=True):
    """A build on its way."""

    task: Task
    build: Build
    progress: Progress | None
    expected_end: datetime


class Question(msgspec.Struct, frozen=True):
    """An approval with its task."""

    task: Task
    approval: Approval


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """Everything since a moment, ready to be shown."""

    since: datetime
    now: datetime
    shipped: list[Finished]
    """Proven; merged, or waiting to be merged."""
    unproven: list[Finished]
    """Built, but nothing proves it: no verification command, or the checks were red before."""
    running: list[RunningBuild]
    failed: list[Finished]
    questions: list[Question]
    to_merge: list[Task]
    """All results that wait for Merge or Discard, whenever they were built."""
    all_proven: list[Task]
    """Those that can be merged together."""
    queued: int
    hours_shipped: float
    dollars: float | None
    """What the builds that ended have cost, as far as their agents tell."""
    ran: list[Ran]
    """What ran when."""
    multiplier: float | None = None
    """Of the last seven days: autonomous hours by the hours that the owner was there."""
    late: timedelta = timedelta()
    """After its time."""
    missed: list[tuple[str, datetime]] = msgspec.field(default_factory=list)
    """Jobs of the timetable that could not be done, and when they were due."""
    throttled: str | None = None
    """Why nothing new starts."""
    expected: list[tuple[Pattern, Expected]] = msgspec.field(default_factory=list)
    """What is usually asked for in the rest of the day."""
    repairs: list[Repair] = msgspec.field(default_factory=list)
    """What was cleaned up on the machine, or could not be."""
    problems: list[Problem] = msgspec.field(default_factory=list)
    """Limits that are reached or will be, as of the last measurement, the worst first."""

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to tell."""
        news = (self.shipped, self.unproven, self.running, self.failed, self.questions, self.to_merge, self.missed)
        urgent = any(each.severity in (Severity.CRITICAL, Severity.HIGH) for each in self.problems)
        return not any(news) and not self.repairs and not urgent and self.throttled is None


class Briefs:
    """Writes briefs from the records."""

    def __init__(self, store: Store, executor: Executor, productivity: Productivity, config: Config) -> None:
        self._store = store
        self._executor = executor
        self._productivity = productivity
        self._config = config

    def compose(self, now: datetime, since: datetime | None = None, due: datetime | None = None) -> Brief:
        """The brief of what has happened since a moment, by default the last 24 hours; `due` is when it should come."""
        since = since or now - timedelta(hours=24)
        tasks = {task.id: task for task in self._store.tasks.all()}
        ended = [entry for entry in self._ended(since) if not is_withdrawn(entry.task)]
        completed = [entry for entry in ended if isinstance(entry.task.state, Completed)]
        shipped = [entry for entry in completed if outcomes.is_proven(entry.result.outcome)]
        return Brief(
            since=since,
            now=now,
            shipped=shipped,
            unproven=[entry for entry in completed if not outcomes.is_proven(entry.result.outcome)],
            running=[self._running(build, tasks[build.task], now) for build in active_builds(self._store)],
            failed=[entry for entry in ended if isinstance(entry.task.state, Failed)],
            questions=[
                Question(tasks[approval.task], approval)
                for approval in self._store.approvals.all()
                if isinstance(approval.state, Open) and approval.task in tasks
            ],
            to_merge=[task for task in tasks.values() if _waits_for_merge(task)],
            all_proven=deliveries.all_proven(self._store),
            queued=sum(isinstance(task.state, Queued | NeedsApproval) for task in tasks.values()),
            hours_shipped=sum(entry.task.hours for entry in shipped),
            dollars=_cost(ended),
            ran=nights.lanes(self._store.builds.all(), tasks, since, now, now),
            multiplier=self._productivity.multiplier(now),
            late=max(now - due, timedelta()) if due is not None else timedelta(),
            missed=self._missed(since),
            throttled=throttle.reason if (throttle := self._store.throttle.get(THROTTLE)) is not None else None,
            expected=expected_today(self._store, self._config.zone, now),
            repairs=[each for each in self._store.repairs.all() if since <= each.at <= now and each.state in TOLD],
            problems=[
                each for each in outlooks.by_severity(self._store.problems.all()) if now - each.seen_at < outlooks.FRESH
            ],
        )

    def _missed(self, since: datetime) -> list[tuple[str, datetime]]:
        found = [(each.name, moment) for each in self._store.timetable.all() for moment in each.missed]
        return sorted((entry for entry in found if entry[1] >= since), key=lambda entry: entry[1])

    def _ended(self, since: datetime) -> list[Finished]:
        found = []
        for task in self._store.tasks.all():
            if isinstance(task.state, Completed | Failed) and _news_at(task.state) >= since:
                build = self._store.builds.get(task.state.build)
                if build is not None and isinstance(build.state, Ended):
                    found.append(Finished(task, build, build.state.result))
        return found

    def _running(self, build: Build, task: Task, now: datetime) -> RunningBuild:
        expected = max(build.started_at + timedelta(hours=build.expected or build.hours), now)
        status = self._executor.status(build.id)
        return RunningBuild(task, build, status.progress if isinstance(status, Alive) else None, expected)


def _cost(ended: list[Finished]) -> float | None:
    usage = budgets.total(entry.result.usage for entry in ended)
    return usage.dollars if usage is not None else None


def _news_at(state: Completed | Failed) -> datetime:
    if isinstance(state, Completed) and isinstance(state.delivery, Merged):
        return state.delivery.at
    return state.at


def _waits_for_merge(task: Task) -> bool:
    return isinstance(task.state, Completed) and isinstance(task.state.delivery, Unmerged)
