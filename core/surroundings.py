"""What the planner has to know besides the tasks: projects, agents, room, the owner, what is left of the budgets."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from core import budgets, engines, outlooks, sessions, windows
from core.context_scheduler import ContextScheduler
from core.estimates import Estimates
from core.model.config import Config
from core.model.context import Interval
from core.model.execution import Capacity
from core.model.ids import ProjectName
from core.model.pause import Pause
from core.model.project import Project
from core.model.task import Task
from core.ports import Executor, Program, Programs, Store


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """As of one moment."""

    config: Config
    projects: Mapping[ProjectName, Project]
    capacity: Capacity
    spent: budgets.Spending
    programs: Mapping[str, Program]
    """The agents that are installed, by engine."""
    limited: Mapping[str, datetime]
    """Engines whose usage limit is reached, and until when."""
    pauses: Sequence[Pause] = ()
    """Of everything, or of a project."""
    contexts: Sequence[Interval] = ()
    """What the owner will do in the time ahead; where nothing is said, it does not matter."""
    estimates: Estimates | None = None
    """How long builds take against what was estimated."""
    held: str | None = None
    """Why nothing starts by itself, in plain words."""
    throttled: str | None = None
    """Why nothing starts at all: the machine has too little room."""
    tight: str | None = None
    """Why one build fewer may run at the same time, in plain words: a limit is likely to be reached in the night."""
    added: windows.Window | None = None
    """Autonomous time that the owner has added by hand."""

    @property
    def slots(self) -> int:
        """Builds at the same time, whatever the owner does."""
        wanted = self.config.max_builds
        if self.tight is not None:
            wanted = max(1, wanted - 1)
        return wanted if self.capacity.slots is None else min(wanted, self.capacity.slots)

    def expected_hours(self, task: Task) -> float:
        """How long its build will take, by what those before it took."""
        return task.hours if self.estimates is None else self.estimates.hours(task, task.agent)


def look_around(
    store: Store, executor: Executor, programs: Programs, estimates: Estimates, config: Config, now: datetime
) -> Surroundings:
    """How things stand now."""
    throttle = store.throttle.get(sessions.THROTTLE)
    added = sessions.added(store, now)
    until = sessions.autonomous_until(added, now, config)
    return Surroundings(
        config=config,
        projects={project.name: project for project in store.projects.all()},
        capacity=executor.capacity(),
        spent=budgets.spending(store.builds.all(), now, config.zone),
        programs=installed(programs, config),
        limited={limit.engine: limit.until for limit in store.limits.all() if limit.until > now},
        pauses=store.pauses.all(),
        contexts=list(ContextScheduler(store, config).ahead(now, until)),
        estimates=estimates,
        held=sessions.hold(store, config, now),
        throttled=f"the machine has too little room ({throttle.reason})" if throttle is not None else None,
        tight=outlooks.tightest(store.problems.all(), now),
        added=added,
    )


def installed(programs: Programs, config: Config) -> dict[str, Program]:
    """The agents that are on this machine, by engine."""
    wanted = {template.name: template.argv[0] for template in config.agent_templates}
    wanted |= {kind.name: kind.program for kind in engines.KINDS if kind.name not in wanted}
    return {name: found for name, program in wanted.items() if (found := programs.find(program)) is not None}
