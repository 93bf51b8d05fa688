"""The plan of the present window: what runs, in which order, on which slot, and why the rest is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import budgets, dependencies, engines, pauses, priority, windows
from core.model.build import Build
from core.model.config import Config
from core.model.ids import TaskId
from core.model.task import NeedsApproval, Queued, Task
from core.surroundings import Surroundings


@dataclass(frozen=True)
class Planned:
    """One task on one slot; `start` equals the plan's `now` when it can start at once."""

    task: Task
    slot: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class LeftOut:
    """A task that won't run in this window, and why, in plain words."""

    task: Task
    reason: str


@dataclass(frozen=True)
class Plan:
    """In the order of the starts; the left-out ones by score."""

    now: datetime
    until: datetime
    """End of the autonomous time ahead; `now` when there is none."""
    planned: list[Planned]
    left_out: list[LeftOut]


def plan(
    tasks: Sequence[Task],
    running: Sequence[Build],
    around: Surroundings,
    now: datetime,
) -> Plan:
    """Fill the slots by score with what can finish in the autonomous time ahead; urgent tasks go first, at any time.

    Running builds hold their slot until their estimated end (at least a minute from `now`).
    """
    config = around.config
    by_id = {task.id: task for task in tasks}
    until = windows.autonomous_until(now, config.zone)
    slots = _slots(running, around.slots, now)
    planned: list[Planned] = []
    left_out: list[LeftOut] = []
    waiting = [task for task in tasks if isinstance(task.state, Queued | NeedsApproval)]
    for task in priority.by_score(waiting):
        reason = obstacle(task, by_id, around, now)
        if not slots:
            reason = around.capacity.reason or "no slot"
        if reason is not None:
            left_out.append(LeftOut(task, reason))
            continue
        slot = min(slots, key=lambda free: (slots[free], free))
        start, end = slots[slot], slots[slot] + timedelta(hours=task.hours)
        if not priority.is_urgent(task):
            reason = _unfit(task, start, end, until, config)
        if reason is not None:
            left_out.append(LeftOut(task, reason))
            continue
        planned.append(Planned(task, slot, start, end))
        slots[slot] = end
    return Plan(now, until, sorted(planned, key=lambda entry: entry.start), left_out)


def _slots(running: Sequence[Build], count: int, now: datetime) -> dict[int, datetime]:
    """When each slot is free; builds beyond the limit (it was lowered) share the last ones."""
    if not count:
        return {}
    slots = dict.fromkeys(range(1, count + 1), now)
    for index, build in enumerate(running):
        slot = index % count + 1
        expected = build.started_at + timedelta(hours=build.hours)
        slots[slot] = max(slots[slot], expected, now + timedelta(minutes=1))
    return slots


def obstacle(task: Task, tasks: Mapping[TaskId, Task], around: Surroundings, now: datetime) -> str | None:
    """What else than time keeps a task from being built, in plain words; None when nothing does."""
    if isinstance(task.state, NeedsApproval):
        return "needs approval"
    if waiting := dependencies.waits_for(task, tasks):
        more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
        return f"blocked by {', '.join(waiting[:3])}{more}"
    if task.project is None:
        return "no project is set" if around.projects else "no project is registered"
    if task.project not in around.projects:
        return f"project {task.project} is not registered any more"
    if (pause := pauses.paused(around.pauses, task.project)) is not None:
        return "all work is paused" if pause.project is None else f"work on {pause.project} is paused"
    if isinstance(task.state, Queued) and task.state.not_before is not None and task.state.not_before > now:
        return f"is tried again at {task.state.not_before.astimezone(around.config.zone):%H:%M}"
    if task.confined and not around.capacity.confined:
        return "must be confined, but CONFINEMENT=none is set"
    choice = engines.choose(task, around.projects[task.project], around.config, around.programs, around.limited)
    if choice.engine is None:
        return choice.reason
    return budgets.obstacle(around.spent, around.config, free_of_charge=task.command is not None)


def _unfit(task: Task, start: datetime, end: datetime, until: datetime, config: Config) -> str | None:
    open_windows = windows.open_at(start, config.zone)
    if not open_windows:
        following = windows.next_for(task.hours, start, config.zone)
        local = following.start.astimezone(config.zone)
        return f"waits for the {following.name} window ({local:%a %H:%M})"
    if task.hours > max(window.max_hours for window in open_windows):
        return f"too long for the {open_windows[0].name} window; waits for {windows.size_class(task.hours)}"
    if end > until:
        left = max((until - start).total_seconds() / 3600, 0)
        return f"too long for the {left:.1f} h left"
    return None
