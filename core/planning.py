"""The plan of the time ahead: what runs, in which order, on which slot, and why the rest is left out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial

import msgspec

from core import budgets, contexts, dependencies, engines, pauses, priority, segments, windows
from core.model.build import Build
from core.model.ids import TaskId
from core.model.task import NeedsApproval, Queued, Task
from core.packing import Job, Segment, pack
from core.surroundings import Surroundings

AMPLE, AT_LEAST = 12, 400
"""Candidates for so many times the hours of the time ahead, and at least so many, are looked at."""


@dataclass(frozen=True)
class Planned:
    """One task on one slot; `start` equals the plan's `now` when it can start at once."""

    task: Task
    slot: int
    start: datetime
    end: datetime
    """As builds of its kind have taken so far, which may be another time than was estimated."""


@dataclass(frozen=True)
class LeftOut:
    """A task that won't run in this time, and why, in plain words."""

    task: Task
    reason: str
    can_be_wanted: bool = False
    """Only time and the rules are in the way: if the owner wants it in a night, it is built there."""


@dataclass(frozen=True)
class Plan:
    """In the order of the starts."""

    now: datetime
    until: datetime
    """End of the autonomous time ahead; `now` when there is none."""
    planned: list[Planned]
    slots: int
    """Builds at the same time, at its begin."""
    tight: str | None = field(default=None, kw_only=True)
    """Why that is one less than usual."""
    explain: Callable[[], list[LeftOut]] = field(repr=False, compare=False)

    @cached_property
    def left_out(self) -> list[LeftOut]:
        """The others, by score; found out when somebody asks."""
        return self.explain()


def plan(
    tasks: Sequence[Task],
    running: Sequence[Build],
    around: Surroundings,
    now: datetime,
    until: datetime | None = None,
) -> Plan:
    """Fill the slots with what can finish in the autonomous time ahead, or up to a moment, at the highest value.

    Urgent tasks go first, at any time. Running builds hold their slot until their expected end (at least a minute from
    `now`).
    """
    return _Planner(tasks, running, around, now, until).plan()


def due(tasks: Sequence[Task], running: Sequence[Build], around: Surroundings, now: datetime) -> list[Task]:
    """What the plan starts now, as many as there are slots left; cheaper than the whole plan where that is nothing."""
    left = around.slots - len(running)
    if left <= 0 or around.throttled is not None:
        return []
    first = next(iter(segments.ahead(around, now)), None)
    may_start = first is not None and first.start <= now and len(running) < first.slots and around.held is None
    if not may_start:
        tasks = [
            task for task in tasks if priority.is_urgent(task) or not isinstance(task.state, Queued | NeedsApproval)
        ]
    made = plan(tasks, running, around, now)
    return [entry.task for entry in made.planned if entry.start <= now][:left]


class _Planner:
    """One plan in the making."""

    def __init__(
        self,
        tasks: Sequence[Task],
        running: Sequence[Build],
        around: Surroundings,
        now: datetime,
        until: datetime | None,
    ) -> None:
        self._by_id = {task.id: task for task in tasks}
        self._around = around
        self._now = now
        self._waiting = priority.by_score([task for task in tasks if isinstance(task.state, Queued | NeedsApproval)])
        self._obstacles = Obstacles(self._by_id, around, now)
        pausing = self._waiting if around.limited else [task for task in self._waiting if _has_to_wait(task)]
        self._opens = {task.id: at for task in pausing if (at := self._obstacles.opens_at(task)) > now}
        self._ahead = segments.ahead(around, now, until, self._opens.values())
        self._until = self._ahead[-1].end if self._ahead else now
        self._free = _free_slots(running, around, now)
        self._planned: dict[TaskId, Planned] = {}

    def plan(self) -> Plan:
        if self._free:
            self._place_urgent()
            if self._ahead and self._around.held is None:
                self._place_others()
        in_order = sorted(self._planned.values(), key=lambda entry: (entry.start, entry.slot))
        first = self._ahead[0].slots if self._ahead else len(self._free)
        return Plan(self._now, self._until, in_order, first, self._explain, tight=self._around.tight)

    def _place_urgent(self) -> None:
        for task in self._waiting:
            if not priority.is_urgent(task):
                break  # they come first
            if self._obstacles.of(task) is None:
                slot = min(range(len(self._free)), key=self._free.__getitem__)
                self._place(task, slot + 1, self._free[slot])

    def _place_others(self) -> None:
        candidates = self._candidates()
        # On weekends the first minutes of the night are open to other work.
        soon = self._now + windows.SPAWN_DELAY
        at_night = any(stretch.is_night for stretch in self._ahead if stretch.start <= soon)
        index = {task.id: number for number, task in enumerate(candidates)}
        jobs = [
            Job(
                weight=self._weight(task),
                hours=self._around.expected_hours(task),
                after=tuple(index[other] for other in dependencies.waits_for(task, self._by_id)),
                first=at_night and segments.is_wanted(task, self._now),
            )
            for task in candidates
        ]
        stretches = [
            Segment(
                start=self._hours(stretch.start),
                end=self._hours(stretch.end),
                slots=stretch.slots,
                longest=float("inf"),
                accepts=partial(self._accepts, stretch, candidates),
            )
            for stretch in self._ahead
        ]
        effort = self._around.config.plan_effort
        for placed in pack(jobs, self._free, stretches, self._hours(self._until), effort=effort):
            self._place(candidates[placed.job], placed.slot, placed.start)

    def _accepts(self, stretch: segments.Stretch, candidates: Sequence[Task], job: int) -> bool:
        task = candidates[job]
        return stretch.start >= self._opens.get(task.id, stretch.start) and stretch.accepts(task, self._now)

    def _weight(self, task: Task) -> int:
        """Its priority in quarters; the kind of work that the present context is good for counts a quarter more."""
        context = self._ahead[0].context
        return 4 * task.priority.weight + (context is not None and contexts.prefers(task, context))

    def _candidates(self) -> list[Task]:
        """What nothing but time and other candidates keeps from being built."""
        rest = self._best_of_many()
        able = {task.id for task in rest}
        chained = [task for task in rest if task.depends and task.id in able]
        while True:  # each round takes out what waits for something that was taken out
            blocked = [task.id for task in chained if task.id in able and not self._within(task, able)]
            if not blocked:
                return [task for task in rest if task.id in able]
            able.difference_update(blocked)

    def _best_of_many(self) -> list[Task]:
        """Those that are free by then, best first: many times what the time ahead can hold, since no more matter."""
        room = sum(max(self._hours(self._until) - free, 0.0) for free in self._free)
        found: list[Task] = []
        hours = 0.0
        for task in self._waiting:
            if hours > AMPLE * room and len(found) >= AT_LEAST:
                break
            if task.id not in self._planned and not priority.is_urgent(task) and self._will_be_free(task):
                found.append(task)
                hours += task.hours
        return found

    def _will_be_free(self, task: Task) -> bool:
        opens = self._opens.get(task.id, self._now)
        return opens < self._until and self._obstacles.besides_others(task, opens) is None

    def _within(self, task: Task, able: Collection[TaskId]) -> bool:
        return all(other in able for other in dependencies.waits_for(task, self._by_id))

    def _place(self, task: Task, slot: int, start: float) -> None:
        begin = self._now + timedelta(hours=start) if start > 0 else self._now
        hours = self._around.expected_hours(task)
        self._planned[task.id] = Planned(task, slot, begin, begin + timedelta(hours=hours))
        self._free[slot - 1] = max(self._free[slot - 1], start + hours)

    def _hours(self, moment: datetime) -> float:
        return (moment - self._now).total_seconds() / 3600

    # -- why the others are left out ----------------------------------------------------------------------------------

    def _explain(self) -> list[LeftOut]:
        return [
            LeftOut(task, self._reason(task), self._can_be_wanted(task))
            for task in self._waiting
            if task.id not in self._planned
        ]

    def _can_be_wanted(self, task: Task) -> bool:
        if not self._free or self._around.held is not None or segments.is_wanted(task, self._now):
            return False
        if isinstance(task.state, Queued) and task.state.not_before is not None:
            task = msgspec.structs.replace(task, state=Queued(since=task.state.since))
        return self._obstacles.of(task) is None

    def _reason(self, task: Task) -> str:
        if not self._free:
            return self._around.throttled or self._around.capacity.reason or "no slot"
        found = self._obstacles.of(task)
        if found is not None:
            return found
        if self._around.held is not None:
            return self._around.held
        free = min(self._free)
        start = self._now + timedelta(hours=free) if free > 0 else self._now
        return segments.why_not(task, self._ahead, self._around, start, self._now)


class Obstacles:
    """What else than time keeps tasks from being built; answers that many tasks share are found once."""

    def __init__(self, tasks: Mapping[TaskId, Task], around: Surroundings, now: datetime) -> None:
        self._tasks = tasks
        self._around = around
        self._now = now
        self._engines: dict[object, str | None] = {}

    def of(self, task: Task) -> str | None:
        """In plain words; None when nothing does."""
        if isinstance(task.state, NeedsApproval):
            return "needs approval"
        if task.depends and (waiting := dependencies.waits_for(task, self._tasks)):
            more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
            return f"blocked by {', '.join(waiting[:3])}{more}"
        return self.besides_others(task)

    def opens_at(self, task: Task) -> datetime:
        """When what will pass by itself has passed: the pause before another try, and usage limits."""
        opens = self._now
        if isinstance(task.state, Queued) and task.state.not_before is not None:
            opens = max(opens, task.state.not_before)
        for ends in sorted({until for until in self._around.limited.values() if until > opens}):
            found = self.besides_others(task, opens)
            if found is None or self.besides_others(task, ends) is not None:
                continue
            return ends
        return opens

    def besides_others(self, task: Task, at: datetime | None = None) -> str | None:
        """As `of`, but that it waits for other tasks does not count; as things will stand at a moment ahead."""
        around, now = self._around, at or self._now
        if not isinstance(task.state, Queued):
            return "needs approval"
        if task.project is None:
            return "no project is set" if around.projects else "no project is registered"
        if task.project not in around.projects:
            return f"project {task.project} is not registered any more"
        if around.pauses and (pause := pauses.paused(around.pauses, task.project)) is not None:
            return "all work is paused" if pause.project is None else f"work on {pause.project} is paused"
        if task.state.not_before is not None and task.state.not_before > now:
            local = task.state.not_before.astimezone(around.config.zone)
            far = task.state.not_before - self._now > timedelta(hours=20)
            if task.state.held:
                return f"{task.state.held}, until {local:%a} {local.day} {local:%b %H:%M}"
            when = f"{local:%a %H:%M}" if far else f"{local:%H:%M}"
            return f"is tried again at {when}" if task.retries else f"is not to start before {when}"
        if task.confined and not around.capacity.confined:
            return "must be confined, but CONFINEMENT=none is set"
        limited = {name: until for name, until in around.limited.items() if until > now}
        key = (task.agent, task.project, task.category, task.command is None, *limited)
        if key not in self._engines:
            self._engines[key] = self._without_engine(task, limited)
        return self._engines[key]

    def _without_engine(self, task: Task, limited: Mapping[str, datetime]) -> str | None:
        around = self._around
        assert task.project is not None
        choice = engines.choose(task, around.projects[task.project], around.config, around.programs, limited)
        if choice.engine is None:
            return choice.reason
        return budgets.obstacle(around.spent, around.config, free_of_charge=task.command is not None)


def _has_to_wait(task: Task) -> bool:
    return isinstance(task.state, Queued) and task.state.not_before is not None


def _free_slots(running: Sequence[Build], around: Surroundings, now: datetime) -> list[float]:
    """In how many hours each slot is free; builds beyond the limit (it was lowered) share the last ones."""
    if around.throttled is not None or not around.slots:
        return []
    free = [0.0] * around.slots
    for index, build in enumerate(running):
        slot = index % around.slots
        expected = build.started_at + timedelta(hours=build.expected or build.hours) - now
        free[slot] = max(free[slot], expected.total_seconds() / 3600, 1 / 60)
    return free
