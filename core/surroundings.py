"""What the planner has to know besides the tasks: projects, agents, capacity, and what is left of the budgets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import budgets, engines
from core.model.config import Config
from core.model.execution import Capacity
from core.model.ids import ProjectName
from core.model.pause import Pause
from core.model.project import Project
from core.ports import Executor, Program, Programs, Store


@dataclass(frozen=True, kw_only=True)
class Surroundings:
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

    @property
    def slots(self) -> int:
        """Builds at the same time."""
        wanted = self.config.max_builds
        return wanted if self.capacity.slots is None else min(wanted, self.capacity.slots)


def look_around(store: Store, executor: Executor, programs: Programs, config: Config, now: datetime) -> Surroundings:
    """How things stand now."""
    return Surroundings(
        config=config,
        projects={project.name: project for project in store.projects.all()},
        capacity=executor.capacity(),
        spent=budgets.spending(store.builds.all(), now, config.zone),
        programs=installed(programs, config),
        limited={limit.engine: limit.until for limit in store.limits.all() if limit.until > now},
        pauses=store.pauses.all(),
    )


def installed(programs: Programs, config: Config) -> dict[str, Program]:
    """The agents that are on this machine, by engine."""
    wanted = {template.name: template.argv[0] for template in config.agent_templates}
    wanted |= {kind.name: kind.program for kind in engines.KINDS if kind.name not in wanted}
    return {name: found for name, program in wanted.items() if (found := programs.find(program)) is not None}
