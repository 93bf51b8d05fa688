"""What the owner hears at fixed times of the day: the brief, the plan of the night, the check-in of the evening."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from core import notifications, outlooks, priority, windows
from core.briefs import Briefs
from core.build_scheduler import BuildScheduler, Listed, Stats
from core.model.config import Config
from core.model.improvement import Improvement
from core.model.notification import CheckIn, MorningBrief, NightPlanned
from core.model.pattern import Expected, Pattern
from core.model.problem import Problem
from core.model.task import Failed, NeedsApproval, Task
from core.pattern_book import expected_between, expected_today
from core.patterns import EARLIEST, runs_by_itself
from core.planning import Plan
from core.ports import Store
from core.self_improver import shown_on

QUICK_WINS = 3
QUICK_WIN_HOURS = 2.0
ENOUGH_FOR_THE_NIGHT = 5
"""So many tasks of the night's size should be ready."""
NIGHT_HOURS = (2.0, 6.0)
"""What fills a night: longer than a quick win, and not longer than the night takes."""
BRIEF_MARK = "brief"
FIRST_BRIEF = timedelta(hours=24)
LONGEST_BRIEF = timedelta(days=7)


class Evening(msgspec.Struct, frozen=True, kw_only=True):
    """What the check-in is about."""

    quick_wins: list[Listed]
    to_approve: list[Task]
    """Quick wins that wait for the owner's approval."""
    stats: Stats
    ready_for_night: int
    candidates: list[Task]
    """What could fill the night with a word of the owner's."""
    plan: Plan
    expected: list[tuple[Pattern, Expected]] = msgspec.field(default_factory=list)
    """What is usually asked for in the rest of the day."""
    suggestion: Improvement | None = None
    """What Jarvis could do better: the one of the day."""


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """What a night brings besides its plan."""

    problems: list[Problem] = msgspec.field(default_factory=list)
    """Limits that are reached, or likely to be within the night."""
    prebuilt: list[tuple[Pattern, Expected]] = msgspec.field(default_factory=list)
    """What is built ahead of the morning, or was."""


class Daily:
    """Records the news of fixed times, inside the transaction of the timetable, and finds what they say."""

    def __init__(
        self,
        store: Store,
        briefs: Briefs,
        scheduler: BuildScheduler,
        config: Config,
        suggest: Callable[[datetime], None],
    ) -> None:
        self._store = store
        self._briefs = briefs
        self._scheduler = scheduler
        self._config = config
        self._suggest = suggest
        """Chooses what the check-in suggests."""

    def brief(self, due: datetime, now: datetime) -> None:
        """The morning brief: what happened since the last one. Without a sound when that is nothing."""
        last = self._store.marks.get(BRIEF_MARK)
        since = max(last, now - LONGEST_BRIEF) if last is not None and last < now else now - FIRST_BRIEF
        subject = MorningBrief(day=self._day(due), since=since, due=due, at=now)
        quiet = self._briefs.compose(now, since).is_quiet
        notifications.record(self._store, subject, None, now, silent=quiet)
        self._store.marks.put(BRIEF_MARK, now)

    def plan(self, due: datetime, now: datetime) -> None:
        """The plan of the coming night; nothing when there is nothing to build or to say about it."""
        night, ahead = self._scheduler.night(now), self.ahead(now)
        if night.planned or night.left_out or ahead.problems or ahead.prebuilt:
            notifications.record(self._store, NightPlanned(day=self._day(due)), None, now)

    def check_in(self, due: datetime, now: datetime) -> None:
        """The evening begins."""
        self._suggest(now)
        notifications.record(self._store, CheckIn(day=self._day(due)), None, now)

    def plan_of_night(self, now: datetime) -> Plan:
        """Of the night that is on or comes next, as things stand."""
        return self._scheduler.night(now)

    def ahead(self, now: datetime) -> Ahead:
        """What the night that is on or comes next brings besides its plan, as it was foretold last."""
        until = windows.next_named(windows.OVERNIGHT, now, self._config).end
        return Ahead(
            problems=[each for each in self._store.problems.all() if outlooks.concerns_the_night(each, now)],
            prebuilt=[
                (one, each)
                for one, each in expected_between(self._store, now, until + EARLIEST)
                if runs_by_itself(one, each)
            ],
        )

    def evening(self, now: datetime) -> Evening:
        """What the check-in says as things stand."""
        ready = self._scheduler.next(now, 10_000)
        low, high = NIGHT_HOURS
        for_night = [one for one in ready if low < one.task.hours <= high]
        quick = [one for one in ready if one.task.hours <= QUICK_WIN_HOURS]
        return Evening(
            quick_wins=quick[:QUICK_WINS],
            to_approve=self._quick_to_approve(),
            stats=self._scheduler.stats(now),
            ready_for_night=len(for_night),
            candidates=self._candidates() if len(for_night) < ENOUGH_FOR_THE_NIGHT else [],
            plan=self._scheduler.night(now),
            expected=expected_today(self._store, self._config.zone, now),
            suggestion=shown_on(self._store, self._config.zone, now),
        )

    def _quick_to_approve(self) -> list[Task]:
        asked = [task for task in self._store.tasks.all() if isinstance(task.state, NeedsApproval)]
        return priority.by_score([task for task in asked if task.hours <= QUICK_WIN_HOURS])[:QUICK_WINS]

    def _candidates(self) -> list[Task]:
        """Tasks of the night's size that wait for a word: an approval, or another try."""
        low, high = NIGHT_HOURS
        waiting = [
            task
            for task in self._store.tasks.all()
            if low < task.hours <= high and isinstance(task.state, NeedsApproval | Failed)
        ]
        return sorted(waiting, key=lambda task: (isinstance(task.state, Failed), -task.priority.weight))[:3]

    def _day(self, due: datetime) -> str:
        return f"{due.astimezone(self._config.zone):%Y-%m-%d}"
