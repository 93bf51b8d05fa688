"""How things stand, in one look: paused or not, what runs, what waits, what it has cost."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from core import sessions, windows
from core.approvals import is_open
from core.builds import active_builds
from core.model.build import Build
from core.model.config import Config
from core.model.metrics import Sample
from core.model.pause import Pause
from core.model.task import Completed, NeedsApproval, Queued, Task, Unmerged
from core.ports import Store
from core.surroundings import Surroundings


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """As of one moment."""

    now: datetime
    pauses: list[Pause]
    stopped_until: datetime | None
    """End of the session that was stopped: nothing starts by itself before. None when none was."""
    running: list[tuple[Task, Build]]
    slots: int
    obstacle: str | None
    """Why nothing is built on this machine; None when nothing is in the way."""
    queued: int
    questions: int
    escalations: int
    to_merge: int
    windows: list[str]
    """Names of the windows that are open now."""
    until: datetime
    """End of the autonomous time; `now` when there is none."""
    around: Surroundings
    machine: Sample | None
    """The last measurement."""


class StatusReports:
    """Reads everything; changes nothing."""

    def __init__(self, store: Store, config: Config, look_around: Callable[[datetime], Surroundings]) -> None:
        self._store = store
        self._config = config
        self._look_around = look_around

    def report(self, now: datetime) -> Status:
        """How things stand now."""
        tasks = {task.id: task for task in self._store.tasks.all()}
        questions = [approval for approval in self._store.approvals.all() if is_open(self._store, approval)]
        around = self._look_around(now)
        samples = self._store.metrics.all()
        session = sessions.current(self._store, now)
        return Status(
            now=now,
            pauses=self._store.pauses.all(),
            stopped_until=session.end if session is not None and session.stopped_at is not None else None,
            running=[(tasks[build.task], build) for build in active_builds(self._store) if build.task in tasks],
            slots=around.slots,
            obstacle=around.capacity.reason,
            queued=sum(isinstance(task.state, Queued) for task in tasks.values()),
            questions=sum(isinstance(tasks[one.task].state, NeedsApproval) for one in questions),
            escalations=sum(one.escalated for one in questions),
            to_merge=sum(_waits_for_merge(task) for task in tasks.values()),
            windows=[window.name for window in windows.open_at(now, self._config)],
            until=windows.autonomous_until(now, self._config),
            around=around,
            machine=samples[-1] if samples else None,
        )


def _waits_for_merge(task: Task) -> bool:
    return isinstance(task.state, Completed) and isinstance(task.state.delivery, Unmerged)
