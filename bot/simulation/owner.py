"""The owner of a simulation: adds tasks, answers late, sleeps badly, travels, and votes on Fridays."""

import contextlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from bot.wiring import Installation
from core import dependencies
from core.autonomous_queue import NewTask
from core.errors import JarvisError
from core.model.category import Category
from core.model.context import Context, Evidence
from core.model.ids import ProjectName, TaskId, UserId
from core.model.task import Completed, Priority, Queued, Task, Unmerged
from core.model.weekend import Asked

OWNER = UserId(7)
FULL_QUEUE, MOST_PROJECTS = 40, 6
"""So many tasks, and projects for weekends, the owner keeps waiting."""
NIGHT_HOURS = 6.0
WRITES = {Context.SLEEPING: 0.04, Context.WORK: 0.03, Context.GYM: 0.02, Context.UNKNOWN: 0.1}
"""How likely the owner turns to the chat in a context, when there would be something to do."""
HOMES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")
CATEGORIES = (
    (Category.PERFORMANCE, 16),
    (Category.BUG, 20),
    (Category.DOCUMENTATION, 14),
    (Category.TESTS, 18),
    (Category.REFACTORING, 14),
    (Category.FEATURE, 12),
    (Category.RESEARCH, 6),
)


class Owner:
    """Acts by chance, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"{seed} owner")
        self._count = 0
        self.added: set[TaskId] = set()
        self.votes = 0

    def next_act(self, now: datetime) -> datetime:
        """When the owner does something again: most often when they are there, sometimes in the middle of the night."""
        return now + timedelta(hours=self._chance.uniform(0.4, 4))

    def act(self, at: Installation, now: datetime) -> None:
        """What the owner does now."""
        reading = at.contexts.detect(now)
        if self._chance.random() > WRITES.get(reading.context, 1.0):
            return
        if reading.evidence is Evidence.SCHEDULE:
            at.contexts.active(now)
        self._fill_queue(at, now)
        self._answer(at, now)
        self._untie(at, now)
        self._merge(at, now)
        self._vote(at, now)
        if self._chance.random() < 0.004:
            at.preferences.set("TIMEZONE", self._chance.choice(HOMES), now, OWNER)

    def _fill_queue(self, at: Installation, now: datetime) -> None:
        queued = [task for task in at.store.tasks.all() if isinstance(task.state, Queued)]
        waiting = [task for task in queued if task.hours <= NIGHT_HOURS]
        projects = len(queued) - len(waiting)
        for _ in range(min(FULL_QUEUE - len(waiting), 15)):
            large = projects < MOST_PROJECTS and self._chance.random() < 0.06
            projects += large
            self._add(at, waiting, now, large=large)

    def _add(self, at: Installation, waiting: list[Task], now: datetime, *, large: bool) -> None:
        self._count += 1
        chance = self._chance
        hours = chance.uniform(8, 12) if large else min(max(chance.lognormvariate(1.4, 0.45), 0.25), NIGHT_HOURS)
        depends = [chance.choice(waiting).id] if waiting and chance.random() < 0.15 else []
        names, weights = zip(*CATEGORIES, strict=True)
        new = NewTask(
            title=f"Task {self._count}",
            hours=round(hours, 2),
            category=Category.FEATURE if large else chance.choices(names, weights)[0],
            priority=chance.choices(list(Priority), (4, 22, 40, 24, 10))[0],
            depends=depends,
            project=ProjectName("shop"),
            request=f"simulated {self._count}",
            by=OWNER,
        )
        self.added.add(at.queue.add_to_queue(new, now).id)

    def _answer(self, at: Installation, now: datetime) -> None:
        """Most questions, sooner or later."""
        for approval in at.approvals.open():
            if self._chance.random() < 0.6:
                yes = self._chance.random() < 0.9
                self._try(partial(at.approvals.answer, approval.id, yes=yes, by=OWNER, now=now))

    def _untie(self, at: Installation, now: datetime) -> None:
        """What waits for a task that did not work out goes on without it."""
        tasks = {task.id: task for task in at.store.tasks.all()}
        for task in tasks.values():
            if isinstance(task.state, Queued) and task.depends:
                for lost in dependencies.lost(task, tasks):
                    self._try(partial(at.queue.drop_dependency, task.id, lost, now, OWNER))

    def _merge(self, at: Installation, now: datetime) -> None:
        for task in at.store.tasks.all():
            waits = isinstance(task.state, Completed) and isinstance(task.state.delivery, Unmerged)
            if waits and self._chance.random() < 0.7:
                self._try(partial(at.shipping.merge, task.id, OWNER, now))

    def _vote(self, at: Installation, now: datetime) -> None:
        """On Friday evening, if there is something to vote about."""
        weekend = at.weekend.current(now)
        if weekend is not None and isinstance(weekend.state, Asked) and self._chance.random() < 0.8:
            option = self._chance.choice(weekend.options)
            self._try(partial(at.weekend.vote, weekend.id, OWNER, option.task, now, decides=True))
            self.votes += 1

    def _try(self, act: Callable[[], object]) -> None:
        with contextlib.suppress(JarvisError):  # the chat would say why not
            act()
