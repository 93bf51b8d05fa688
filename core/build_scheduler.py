"""Build scheduler: the queue in order of score, the plan of the window, and the numbers of the queue.

The planner is imported when a plan is made: a list should be there at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from core import dependencies, priority, windows
from core.errors import NotFound
from core.model.config import Config
from core.model.context import Evidence
from core.model.ids import TaskId
from core.model.task import Completed, Failed, NeedsApproval, Queued, Running, Task
from core.ports import Store
from core.transitions import is_withdrawn, label

if TYPE_CHECKING:
    from core import planning
    from core.estimates import EstimatesCache
    from core.surroundings import Surroundings


class Listed(msgspec.Struct, frozen=True):
    """A task as the lists show it."""

    task: Task
    score: float
    size: str
    """Name of its size class."""
    waits_for: list[TaskId]
    expected: float | None = None
    """Hours that such builds have taken so far, for its estimate; where one task is shown."""


class Stats(msgspec.Struct, frozen=True):
    """The queue in numbers."""

    by_state: dict[str, int]
    total: int
    completion_rate: float | None
    """Completed over finished (completed or failed); None before anything has finished."""
    hours_shipped: float
    """Estimated hours of all completed tasks that were not discarded."""
    hours_queued: float
    oldest_age: timedelta | None
    """How long the oldest waiting task has waited."""
    runs_dry_at: datetime | None
    """When the waiting work ends if all slots work through it without a break; None with an empty queue."""


class BuildScheduler:
    """Reads the queue; changes nothing."""

    def __init__(self, store: Store, config: Config, look_around: Callable[[datetime], Surroundings]) -> None:
        self._store = store
        self._config = config
        self._look_around = look_around

    @cached_property
    def _estimates(self) -> EstimatesCache:
        from core.estimates import EstimatesCache

        return EstimatesCache(self._store)

    def open_tasks(self) -> list[Listed]:
        """Running first, then waiting ones by score, then those that need approval."""
        tasks = self._by_id()
        order: dict[type, int] = {Running: 0, Queued: 1, NeedsApproval: 2}
        open_tasks = [task for task in tasks.values() if type(task.state) in order]
        ranked = sorted(priority.by_score(open_tasks), key=lambda task: order[type(task.state)])
        return [self._listed(task, tasks) for task in ranked]

    def finished(self) -> list[Listed]:
        """Tasks that are done with, the latest first."""
        tasks = self._by_id()
        done = [task for task in tasks.values() if not isinstance(task.state, Queued | NeedsApproval | Running)]
        return [self._listed(task, tasks) for task in sorted(done, key=priority.number, reverse=True)]

    def next(self, now: datetime, count: int = 3) -> list[Listed]:
        """The tasks that would be built next, best score first; none that something but time keeps waiting."""
        from core import planning

        tasks = self._by_id()
        obstacles = planning.Obstacles(tasks, self._look_around(now), now)
        ready = [task for task in tasks.values() if isinstance(task.state, Queued) and obstacles.of(task) is None]
        return [self._listed(task, tasks) for task in priority.by_score(ready)[:count]]

    def has_agent(self, now: datetime) -> bool:
        """Whether any coding agent is installed."""
        return bool(self._look_around(now).programs)

    def find(self, task_id: TaskId) -> Listed:
        """One task. Raises NotFound."""
        tasks = self._by_id()
        if task_id not in tasks:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        expected = self._estimates.now().hours(tasks[task_id], tasks[task_id].agent)
        return msgspec.structs.replace(self._listed(tasks[task_id], tasks), expected=expected)

    def obstacle(self, task_id: TaskId, now: datetime) -> str | None:
        """What else than time and slots keeps a task from being built, in plain words; None when nothing does."""
        from core import planning

        tasks = self._by_id()
        task = tasks.get(task_id)
        return None if task is None else planning.Obstacles(tasks, self._look_around(now), now).of(task)

    def why_waiting(self, task_id: TaskId, now: datetime) -> str | None:
        """When a queued task starts, or what keeps it waiting, in plain words; None for any other task."""
        from core import planning
        from core.builds import active_builds

        task = self._store.tasks.get(task_id)
        if task is None or not isinstance(task.state, Queued):
            return None
        plan = self.schedule(now)
        entry = next((entry for entry in plan.planned if entry.task.id == task_id), None)
        if entry is not None and entry.start <= now:
            return "starts in a moment"
        if entry is not None:
            tasks = {task.id: task for task in dependencies.waiting(self._store.tasks)}
            found = planning.Obstacles(tasks, self._look_around(now), now).besides_others(task)
            if found is not None:
                return found
            taken = len(active_builds(self._store)) + sum(other.start <= now for other in plan.planned)
            why = "when a slot is free, " if taken >= plan.slots else ""
            return f"starts {why}at about {self._when(entry.start, now)}"
        return next((entry.reason for entry in plan.left_out if entry.task.id == task_id), None)

    def schedule(self, now: datetime) -> planning.Plan:
        """The plan of the autonomous time from now on."""
        from core import planning
        from core.builds import active_builds

        tasks = dependencies.waiting(self._store.tasks)
        return planning.plan(tasks, active_builds(self._store), self._look_around(now), now)

    def night(self, now: datetime) -> planning.Plan:
        """The plan of the night that is on, or comes next."""
        from core import planning
        from core.builds import active_builds

        config = self._config
        night = windows.next_named(windows.OVERNIGHT, now, config)
        start = max(night.start, now)
        around = self._look_around(now)
        if start > now:
            around = self._later(around, start)
        # What can finish in the time behind the night may start in it, so that is planned as well.
        plan = planning.plan(dependencies.waiting(self._store.tasks), active_builds(self._store), around, start)
        tonight = [entry for entry in plan.planned if entry.start < night.end]

        def others() -> list[planning.LeftOut]:
            later = [
                planning.LeftOut(entry.task, f"follows at {self._when(entry.start, now)}", not entry.task.wanted_until)
                for entry in plan.planned
                if entry.start >= night.end
            ]
            return later + plan.left_out

        return planning.Plan(start, night.end, tonight, plan.slots, others, tight=plan.tight)

    def _when(self, moment: datetime, now: datetime) -> str:
        local = moment.astimezone(self._config.zone)
        return f"{local:%a %H:%M}" if moment - now > timedelta(hours=20) else f"{local:%H:%M}"

    def _later(self, around: Surroundings, start: datetime) -> Surroundings:
        """As things will stand from a moment ahead: what the owner does by their schedule, if they said nothing else.

        That they write now tells nothing of then.
        """
        from core import sessions, week

        said = [one for one in around.contexts[:1] if one.evidence is not Evidence.ACTIVITY and one.end > start]
        end = sessions.autonomous_until(around.added, start, self._config)
        scheduled = week.ahead(max([start, *(one.end for one in said)]), end, self._config)
        held = sessions.hold(self._store, self._config, start)
        return msgspec.structs.replace(around, contexts=[*said, *scheduled], held=held)

    def stats(self, now: datetime) -> Stats:
        """Totals by state, rates and hours."""
        tasks = self._store.tasks.all()
        completed = [task for task in tasks if isinstance(task.state, Completed)]
        failed = sum(isinstance(task.state, Failed) for task in tasks)
        waiting = [task for task in tasks if isinstance(task.state, Queued | NeedsApproval)]
        hours = sum(task.hours for task in waiting)
        finished = len(completed) + failed
        return Stats(
            by_state=dict(Counter(label(task.state) for task in tasks)),
            total=len(tasks),
            completion_rate=len(completed) / finished if finished else None,
            hours_shipped=sum(task.hours for task in completed if not is_withdrawn(task)),
            hours_queued=hours,
            oldest_age=max((now - task.created_at for task in waiting), default=None),
            runs_dry_at=now + timedelta(hours=hours / self._config.max_builds) if waiting else None,
        )

    def _by_id(self) -> dict[TaskId, Task]:
        return {task.id: task for task in self._store.tasks.all()}

    @staticmethod
    def _listed(task: Task, tasks: Mapping[TaskId, Task]) -> Listed:
        waiting = dependencies.waits_for(task, tasks)
        return Listed(task, priority.score(task), windows.size_class(task.hours), waiting)
