"""The projects behind a weekend: which can be chosen, how one becomes its phases, and how these are held or let go."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from core import approvals, ballots, dependencies, phases, priority, weekend_progress
from core.autonomous_queue import AutonomousQueue, NewTask
from core.decisions import Decisions
from core.errors import Conflict, NotFound, Refused
from core.model.approval import Approved
from core.model.decision import Verdict
from core.model.ids import TaskId, UserId, WeekendId
from core.model.task import Failed, NeedsApproval, Queued, Source, Split, Task
from core.model.weekend import Option, Phase, Rest, Summarised, Weekend
from core.ports import Store
from core.task_text import MAX_DESCRIPTION, MAX_TITLE
from core.transitions import label, move

MIN_HOURS, MAX_HOURS = 8.0, 12.0
OFFERED = 5

FOR_ITS_WEEKEND = "waits for its weekend"
FOR_THE_CHOICE = "waits for the choice of a weekend's project"
FOR_ANOTHER = "another project has this weekend"


class Projects:
    """Reads and changes the tasks; changes are made inside the caller's transaction."""

    def __init__(self, store: Store, queue: AutonomousQueue, decisions: Decisions) -> None:
        self._store = store
        self._queue = queue
        self._decisions = decisions

    # -- what can be chosen -------------------------------------------------------------------------------------------

    def offered(self, last: Weekend | None) -> list[Option]:
        """The best ones: first what `last` has left undone, then by score."""
        tasks = {task.id: task for task in self._store.tasks.all()}
        carried = self._carried(last)
        fresh = [self._option(task, tasks) for task in tasks.values() if self.obstacle(task) is None]
        return [*([carried] if carried else []), *sorted(fresh, key=ballots.rank)][:OFFERED]

    def option(self, task_id: TaskId, last: Weekend | None) -> Option:
        """One project. Raises NotFound, Refused or Conflict, with the reason, when it can't be chosen."""
        carried = self._carried(last)
        if carried is not None and carried.task == task_id:
            return carried
        task = self._store.tasks.get(task_id)
        if task is None:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        obstacle = self.obstacle(task)
        if obstacle is not None:
            raise (Refused if isinstance(task.state, Queued | NeedsApproval) else Conflict)(f"{task_id} {obstacle}.")
        return self._option(task, {one.id: one for one in self._store.tasks.all()})

    def is_possible(self, option: Option, last: Weekend | None) -> bool:
        """Whether an option that was offered can still be chosen."""
        if option.carried:
            carried = self._carried(last)
            return carried is not None and carried.task == option.task
        task = self._store.tasks.get(option.task)
        return task is not None and self.obstacle(task) is None

    def obstacle(self, task: Task) -> str | None:
        """Why a task can't be a weekend's project, in words that follow its id; None when it can."""
        if not isinstance(task.state, Queued | NeedsApproval):
            return f"is {label(task.state)} already"
        if not MIN_HOURS <= task.hours <= MAX_HOURS or task.source is Source.WEEKEND:
            return f"takes {task.hours:g} h; a weekend's project takes {MIN_HOURS:g} to {MAX_HOURS:g} h"
        if task.command is not None:
            return "runs one command, so it can't be split into phases"
        if task.project is None:
            return "has no project to be built in"
        if task.approved_at is None and self._decisions.by_the_rules(task).verdict is Verdict.ESCALATE:
            return "needs an approval of its own: answer its question first"
        if isinstance(task.state, NeedsApproval) and self._is_escalated(task.state):
            return "needs an approval of its own: answer its question first"
        return None

    def _is_escalated(self, state: NeedsApproval) -> bool:
        question = self._store.approvals.get(state.approval)
        return question is not None and question.escalated

    def _option(self, task: Task, tasks: Mapping[TaskId, Task]) -> Option:
        return Option(
            task=task.id,
            title=task.title,
            hours=task.hours,
            score=priority.score(task),
            reason=_reason(task, tasks),
            phases=phases.breakdown(task),
            created_at=task.created_at,
        )

    def _carried(self, last: Weekend | None) -> Option | None:
        """What the last weekend has left, unless somebody wants it built in the week."""
        if last is None or not isinstance(last.state, Summarised) or last.state.rest is Rest.CONTINUE:
            return None
        chosen = last.state.chosen
        rest = weekend_progress.left(self._store, chosen.phases)
        whole = self._store.tasks.get(chosen.task)
        if not rest or whole is None:
            return None
        done = len(chosen.phases) - len(rest)
        hours = sum(phase.hours for phase in rest)
        return Option(
            task=chosen.task,
            title=chosen.title,
            hours=hours,
            score=whole.priority.weight / hours,
            reason=f"left from last weekend: {done} of {len(chosen.phases)} phases are settled",
            phases=tuple(rest),
            created_at=whole.created_at,
            carried=True,
        )

    # -- from project to phases ---------------------------------------------------------------------------------------

    def split(
        self, option: Option, weekend: WeekendId, by: UserId | None, start: datetime, now: datetime
    ) -> tuple[Phase, ...]:
        """Make tasks of the phases, each waiting for the one before and not starting before `start`.

        Choosing a project approves it. What was begun on an earlier weekend is only given its new time.
        """
        if option.carried:
            self._try_again(option.phases, now)
            self.hold(option.phases, start)
            return option.phases
        task = self._find(option.task)
        if isinstance(task.state, NeedsApproval):
            approvals.settle(self._store, task.state.approval, Approved(by=by, at=now))
        made: list[Phase] = []
        for number, phase in enumerate(option.phases, start=1):
            before = made[-1].task if made else None
            added = self._queue.add_to_queue(_phase_task(task, option, number, before, weekend, start, now), now)
            made.append(msgspec.structs.replace(phase, task=added.id))
        ids = tuple(phase.task for phase in made if phase.task is not None)
        self._store.tasks.put(task.id, move(task, Split(at=now, by=by, phases=ids)))
        return tuple(made)

    def _try_again(self, some: Iterable[Phase], now: datetime) -> None:
        for task in self._tasks_of(some):
            if isinstance(task.state, Failed):
                self._store.tasks.put(task.id, msgspec.structs.replace(move(task, Queued(since=now)), retries=0))

    def hold(self, some: Iterable[Phase], until: datetime) -> None:
        """Let none of the waiting phases start before a moment."""
        for task in self._queued(some):
            self._hold(task, until, FOR_ITS_WEEKEND)

    def hold_projects(self, until: datetime, why: str = FOR_THE_CHOICE) -> None:
        """Let no project that can be chosen start by itself before a moment; one that a person has started may."""
        for task in self._store.tasks.all():
            if isinstance(task.state, Queued) and not priority.is_urgent(task) and self.obstacle(task) is None:
                self._hold(task, until, why)

    def release_projects(self) -> None:
        """Let the projects go that were held for the choice."""
        for task in self._store.tasks.all():
            if isinstance(task.state, Queued) and task.state.held in (FOR_THE_CHOICE, FOR_ANOTHER):
                self._store.tasks.put(task.id, msgspec.structs.replace(task, state=Queued(since=task.state.since)))

    def _hold(self, task: Task, until: datetime, why: str) -> None:
        assert isinstance(task.state, Queued)
        state = msgspec.structs.replace(task.state, not_before=until, held=why)
        self._store.tasks.put(task.id, msgspec.structs.replace(task, state=state))

    def release(self, some: Iterable[Phase], now: datetime) -> int:
        """Let the waiting phases start; returns how many were held until later than `now`."""
        held = 0
        for task in self._queued(some):
            assert isinstance(task.state, Queued)
            if task.state.not_before is not None and task.state.not_before > now:
                self._store.tasks.put(task.id, msgspec.structs.replace(task, state=Queued(since=task.state.since)))
                held += 1
        return held

    def _queued(self, some: Iterable[Phase]) -> list[Task]:
        return [task for task in self._tasks_of(some) if isinstance(task.state, Queued)]

    def _tasks_of(self, some: Iterable[Phase]) -> list[Task]:
        found = [self._store.tasks.get(phase.task) for phase in some if phase.task is not None]
        return [task for task in found if task is not None]

    def _find(self, task_id: TaskId) -> Task:
        task = self._store.tasks.get(task_id)
        if task is None:
            raise NotFound(f"There is no {task_id}. /queue lists the tasks.")
        return task


def _reason(task: Task, tasks: Mapping[TaskId, Task]) -> str:
    parts = [priority.explain(task)]
    waiting = sum(
        task.id in other.depends and isinstance(other.state, Queued | NeedsApproval) for other in tasks.values()
    )
    if waiting:
        parts.append(f"{waiting} other {'task waits' if waiting == 1 else 'tasks wait'} for it")
    if isinstance(task.state, NeedsApproval):
        parts.append("choosing it approves it")
    if blocked := dependencies.waits_for(task, tasks):
        parts.append(f"waits for {', '.join(blocked[:3])}" + (" and more" if len(blocked) > 3 else ""))
    return "; ".join(parts)


def _phase_task(
    task: Task, option: Option, number: int, before: TaskId | None, weekend: WeekendId, start: datetime, now: datetime
) -> NewTask:
    phase = option.phases[number - 1]
    whole = task.title
    if len(whole) + len(phase.title) + 2 > MAX_TITLE:
        whole = whole[: MAX_TITLE - len(phase.title) - 3].rstrip() + "…"
    return NewTask(
        title=f"{whole}: {phase.title}",
        description=_description(task, option, number),
        hours=phase.hours,
        category=task.category,
        priority=task.priority,
        depends=(before,) if before is not None else task.depends,
        tags=task.tags,
        project=task.project,
        agent=task.agent,
        verify=task.verify,
        source=Source.WEEKEND,
        chat=task.chat,
        network=task.network,
        confined=task.confined,
        not_before=start if start > now else None,
        held=FOR_ITS_WEEKEND if start > now else "",
        approved_at=now,
        request=f"weekend {weekend} {task.id} phase {number}",
    )


def _description(task: Task, option: Option, number: int) -> str:
    """What the agent of a phase is told: its part, and the whole for orientation."""
    phase = option.phases[number - 1]
    plan = "\n".join(
        f"{place}. {one.title} ({one.hours:g} h){' <- this phase' if place == number else ''}"
        for place, one in enumerate(option.phases, start=1)
    )
    head = (
        f"This is phase {number} of {len(option.phases)} of a project, “{task.title}”: {phase.title}.\n"
        "Do this phase only. The phases before it are done already, and those after it are built later.\n\n"
        f"The phases:\n{plan}"
    )
    room = MAX_DESCRIPTION - len(head) - 40
    return f"{head}\n\nThe whole project:\n\n{task.description[:room]}" if task.description else head
