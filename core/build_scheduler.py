"""Build scheduler: the queue in order of score, the plan of the window, and the numbers of the queue."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import dependencies, planning, priority, windows
from core.builds import active_builds
from core.errors import NotFound
from core.model.config import Config
from core.model.ids import TaskId
from core.model.task import Completed, Failed, NeedsApproval, Queued, Running, Task
from core.ports import Store
from core.surroundings import Surroundings
from core.transitions import is_withdrawn, label


@dataclass(frozen=True)
class Listed:
    """A task as the lists show it."""

    task: Task
    score: float
    size: str
    """Name of its size class."""
    waits_for: list[TaskId]


@dataclass(frozen=True)
class Stats:
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
        tasks = self._by_id()
        around = self._look_around(now)
        ready = [
            task
            for task in tasks.values()
            if isinstance(task.state, Queued) and planning.obstacle(task, tasks, around, now) is None
        ]
        return [self._listed(task, tasks) for task in priority.by_score(ready)[:count]]

    def has_agent(self, now: datetime) -> bool:
        """Whether any coding agent is installed."""
        return bool(self._look_around(now).programs)

    def find(self, task_id: TaskId) -> Listed:
        """One task. Raises NotFound."""
        tasks = self._by_id()
        if task_id not in tasks:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        return self._listed(tasks[task_id], tasks)

    def why_waiting(self, task_id: TaskId, now: datetime) -> str | None:
        """When a queued task starts, or what keeps it waiting, in plain words; None for any other task."""
        task = self._store.tasks.get(task_id)
        if task is None or not isinstance(task.state, Queued):
            return None
        plan = self.schedule(now)
        for entry in plan.planned:
            if entry.task.id == task_id:
                return "starts in a moment" if entry.start <= now else "starts when a slot is free"
        return next((entry.reason for entry in plan.left_out if entry.task.id == task_id), None)

    def schedule(self, now: datetime) -> planning.Plan:
        """The plan of the present window."""
        return planning.plan(
            self._store.tasks.all(),
            active_builds(self._store),
            self._look_around(now),
            now,
        )

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
