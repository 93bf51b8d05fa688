"""How far the project of a weekend is: each phase with its state and its time, and what is left."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from core.model.build import Active, Build
from core.model.ids import TaskId, WeekendId
from core.model.task import Completed, DoneByHand, Failed, NeedsApproval, Queued, Running, Task
from core.model.weekend import Chosen, Phase, Rest, Summarised, Weekend
from core.ports import Store
from core.transitions import is_withdrawn, label


class PhaseProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One phase; numbers count from 1."""

    number: int
    title: str
    task: TaskId
    state: str
    """As tasks call it; `gone` when its task is."""
    reason: str = ""
    """Why it failed."""
    estimated: float
    """Hours."""
    actual: float | None
    """Hours of all builds of it so far; None before the first."""
    is_done: bool
    """Its result is there, or a person has done it."""
    is_shipped: bool
    """Built, with a result that was not taken back."""
    is_left: bool
    """It waits, runs or has failed, so that it can be done still."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A project that ended on the weekend before the present one was chosen."""

    task: TaskId
    title: str
    phases: int
    done: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The project of a weekend as it stands."""

    weekend: WeekendId
    task: TaskId
    title: str
    phases: list[PhaseProgress]
    share: float
    """Of the estimated hours, that are done: 0 to 1."""
    estimated: float
    actual: float
    """Hours of building, all phases together."""
    estimated_done: float
    """Hours that the built phases were estimated at, to compare `actual` with."""
    started_at: datetime | None
    ended_at: datetime | None
    """When it was stopped, or nothing was left of it, on its weekend."""
    earlier: list[Earlier]
    summarised_at: datetime | None
    rest: Rest | None

    @property
    def shipped(self) -> list[PhaseProgress]:
        """The phases whose result is there."""
        return [phase for phase in self.phases if phase.is_shipped]

    @property
    def by_hand(self) -> list[PhaseProgress]:
        """The phases that a person has done."""
        return [phase for phase in self.phases if phase.is_done and not phase.is_shipped]

    @property
    def left(self) -> list[PhaseProgress]:
        """The phases that are to be done still."""
        return [phase for phase in self.phases if phase.is_left]


def progress(store: Store, weekend: Weekend, now: datetime) -> Progress | None:
    """How far it is; None when nothing was chosen."""
    chosen = chosen_of(weekend)
    if chosen is None:
        return None
    builds = store.builds.all()
    phases = [
        _phase(number, phase, task_of(store, phase), builds, now) for number, phase in enumerate(chosen.phases, start=1)
    ]
    estimated = sum(phase.estimated for phase in phases)
    state = weekend.state
    return Progress(
        weekend=weekend.id,
        task=chosen.task,
        title=chosen.title,
        phases=phases,
        share=sum(phase.estimated for phase in phases if phase.is_done) / estimated if estimated else 0.0,
        estimated=estimated,
        actual=sum(phase.actual or 0.0 for phase in phases),
        estimated_done=sum(phase.estimated for phase in phases if phase.is_shipped),
        started_at=weekend.started_at,
        ended_at=chosen.ended_at,
        earlier=[_earlier(store, one) for one in weekend.earlier],
        summarised_at=state.at if isinstance(state, Summarised) else None,
        rest=state.rest if isinstance(state, Summarised) else None,
    )


def chosen_of(weekend: Weekend) -> Chosen | None:
    """What was chosen, whether the weekend is over or not."""
    match weekend.state:
        case Chosen() as chosen:
            return chosen
        case Summarised(chosen=chosen):
            return chosen
    return None


def with_phase(store: Store, task: TaskId) -> list[Weekend]:
    """The weekends whose project has this task as a phase."""
    found = []
    for weekend in store.weekends.all():
        chosen = chosen_of(weekend)
        projects = (*weekend.earlier, chosen) if chosen is not None else weekend.earlier
        if any(phase.task == task for project in projects for phase in project.phases):
            found.append(weekend)
    return found


def task_of(store: Store, phase: Phase) -> Task | None:
    """The task of a phase, also when it was finished long ago."""
    if phase.task is None:
        return None
    return store.tasks.get(phase.task) or store.archived_tasks.get(phase.task)


def left(store: Store, phases: Iterable[Phase]) -> list[Phase]:
    """The phases that can be done still."""
    return [phase for phase in phases if (task := task_of(store, phase)) is not None and is_left(task)]


def is_left(task: Task) -> bool:
    """Whether it waits, runs or has failed."""
    return isinstance(task.state, Queued | NeedsApproval | Running | Failed)


def _is_built(task: Task) -> bool:
    return isinstance(task.state, Completed) and not is_withdrawn(task)


def _is_done(task: Task) -> bool:
    return _is_built(task) or isinstance(task.state, DoneByHand)


def _earlier(store: Store, project: Chosen) -> Earlier:
    tasks = [task_of(store, phase) for phase in project.phases]
    done = sum(task is not None and _is_done(task) for task in tasks)
    return Earlier(task=project.task, title=project.title, phases=len(tasks), done=done)


def _phase(number: int, phase: Phase, task: Task | None, builds: Sequence[Build], now: datetime) -> PhaseProgress:
    built = task is not None and _is_built(task)
    spans = [_hours(build, now) for build in builds if build.task == phase.task]
    return PhaseProgress(
        number=number,
        title=phase.title,
        task=phase.task or TaskId(""),
        state=label(task.state) if task else "gone",
        reason=task.state.reason if task and isinstance(task.state, Failed) else "",
        estimated=phase.hours,
        actual=sum(spans) if spans else None,
        is_done=task is not None and _is_done(task),
        is_shipped=built,
        is_left=task is not None and is_left(task),
    )


def _hours(build: Build, now: datetime) -> float:
    state = build.state
    end = now if isinstance(state, Active) else state.result.ended_at
    return max((end - build.started_at).total_seconds(), 0.0) / 3600
