"""Composition root: builds the engines with their adapters. Knows no Telegram.

Each engine is made, and its modules are imported, when it is first asked for: `jarvis build-scheduler list` needs
neither git nor processes, and should answer at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from core.runtime.clock import utc_now
from storage import open_store

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from core.agent_status import AgentStatuses
    from core.approvals import Approvals
    from core.audit import Audit
    from core.autonomous_queue import AutonomousQueue
    from core.briefs import Briefs
    from core.build_scheduler import BuildScheduler
    from core.builds import Builds
    from core.changes import Changes
    from core.context_scheduler import ContextScheduler
    from core.daily import Daily
    from core.decisions import Decisions
    from core.drafts import Drafts
    from core.lessons import Lessons
    from core.model.build import BuildResult, BuildSpec, Engine, Verification
    from core.model.config import Config
    from core.model.decision import Finding
    from core.model.ids import UserId
    from core.model.metrics import Sample
    from core.overnight_report import Reports
    from core.overnight_runner import OvernightRunner
    from core.patterns import Patterns
    from core.pauses import Pauses
    from core.people import People
    from core.ports import Clock
    from core.preferences import Preferences
    from core.problem_predictor import ProblemPredictor
    from core.productivity import Productivity
    from core.projects import Projects
    from core.rules import Rules
    from core.runtime.agent_trial import Trial
    from core.runtime.housekeeping import Housekeeping
    from core.runtime.local_executor import LocalExecutor
    from core.runtime.programs import LocalPrograms
    from core.runtime.stopwatch import Stopwatch
    from core.runtime.workspaces import GitWorkspaces
    from core.self_improver import SelfImprover
    from core.shipping import Shipping
    from core.status import StatusReports
    from core.surroundings import Surroundings
    from core.throttling import Throttling
    from core.timetable import Timetable
    from core.trust import Trust
    from core.weekend_planner import WeekendPlanner
    from storage import JournalStore

TRY_SECONDS = 60.0
"""A verification command that is tried at registration must end within this time."""


class Installation:
    """The engines of one `JARVIS_HOME`, wired around an open store."""

    def __init__(
        self,
        config: Config,
        store: JournalStore,
        clock: Clock,
        owners: frozenset[UserId] = frozenset(),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.config = config
        self.store = store
        self.clock = clock
        self._owners = owners
        self._environment = environment

    @cached_property
    def executor(self) -> LocalExecutor:
        """Build processes on this machine."""
        from core.runtime.local_executor import LocalExecutor

        return LocalExecutor(self.config.home, self.clock, self.config.confinement, self._environment)

    @cached_property
    def programs(self) -> LocalPrograms:
        """The agent programs on this machine."""
        from core.runtime.programs import LocalPrograms

        return LocalPrograms(self._environment)

    @cached_property
    def builds(self) -> Builds:
        """Records of builds, and the processes behind them."""
        from core.builds import Builds

        return Builds(self.store, self.executor, self.programs, self.decisions, self._inspect, self.config)

    @cached_property
    def decisions(self) -> Decisions:
        """What may happen without asking."""
        from core.decisions import Decisions

        return Decisions(self.store, self.config)

    @cached_property
    def queue(self) -> AutonomousQueue:
        """Takes tasks in, starts and collects builds."""
        from core.autonomous_queue import AutonomousQueue

        return AutonomousQueue(self.store, self.builds, self.decisions, self.config)

    @cached_property
    def scheduler(self) -> BuildScheduler:
        """Reads the queue."""
        from core.build_scheduler import BuildScheduler

        return BuildScheduler(self.store, self.config, self._look_around)

    @cached_property
    def approvals(self) -> Approvals:
        """Questions and answers."""
        from core.approvals import Approvals

        return Approvals(self.store)

    @cached_property
    def changes(self) -> Changes:
        """Changes of tasks by a person."""
        from core.changes import Changes

        return Changes(self.store, self.decisions)

    @cached_property
    def status(self) -> StatusReports:
        """How things stand."""
        from core.status import StatusReports

        return StatusReports(self.store, self.config, self._look_around)

    @cached_property
    def contexts(self) -> ContextScheduler:
        """What the owner is doing."""
        from core.context_scheduler import ContextScheduler

        return ContextScheduler(self.store, self.config)

    @cached_property
    def preferences(self) -> Preferences:
        """Settings that can be changed in the chat."""
        from core.preferences import Preferences

        return Preferences(self.store, self.config)

    @cached_property
    def throttling(self) -> Throttling:
        """Room on the machine."""
        from core.throttling import Throttling

        return Throttling(self.store, self.builds, self.config)

    @cached_property
    def reports(self) -> Reports:
        """Of sessions."""
        from core.overnight_report import Reports

        return Reports(self.store, self.config)

    @cached_property
    def overnight(self) -> OvernightRunner:
        """Sessions of autonomous work."""
        from core.overnight_runner import OvernightRunner
        from core.runtime.records import FileRecords

        return OvernightRunner(
            self.store,
            self.config,
            plan=self.scheduler.schedule,
            measure=self.measure,
            reports=self.reports,
            write_report=FileRecords(self.config.home).report,
            preparations=(self.problems.prepare, self._prepare_patterns),
        )

    @cached_property
    def daily(self) -> Daily:
        """News at fixed times of the day."""
        from core.daily import Daily

        return Daily(self.store, self.briefs, self.scheduler, self.config, self.improver.offer)

    @cached_property
    def timetable(self) -> Timetable:
        """What happens at fixed times."""
        from bot import ticks
        from core.timetable import Timetable

        return Timetable(self.store, self.config, lambda: ticks.table(self))

    def _prepare_patterns(self, now: datetime) -> Sequence[str]:
        return self.patterns.prepare(now)

    def measure(self, now: datetime) -> Sample:
        """The machine, as it is."""
        from core.runtime.probe import measure

        return measure(self.config.home, now)

    @cached_property
    def problems(self) -> ProblemPredictor:
        """What will go wrong with the machine."""
        from core.problem_predictor import ProblemPredictor
        from core.runtime.probe import Surveyor

        probe = Surveyor(self.config, self.measure)
        return ProblemPredictor(self.store, self.config, probe, self.housekeeping, self.audit.flush)

    @cached_property
    def housekeeping(self) -> Housekeeping:
        """Cleans it up."""
        from core.runtime.housekeeping import Housekeeping

        return Housekeeping(self.config)

    @cached_property
    def drafts(self) -> Drafts:
        """Tasks that are not confirmed yet."""
        from core.drafts import Drafts

        return Drafts(self.store, self.queue)

    @cached_property
    def shipping(self) -> Shipping:
        """Everything that happens to a result."""
        from core.shipping import Shipping

        return Shipping(self.store, self.workspaces, self.config)

    @cached_property
    def briefs(self) -> Briefs:
        """What happened."""
        from core.briefs import Briefs

        return Briefs(self.store, self.executor, self.productivity, self.config)

    @cached_property
    def productivity(self) -> Productivity:
        """What a week or a month has brought."""
        from core.productivity import Productivity

        return Productivity(self.store, self.config)

    @cached_property
    def projects(self) -> Projects:
        """The registered repositories."""
        from core.projects import Projects

        return Projects(self.store, self.workspaces, self._try_command, self.config)

    @cached_property
    def people(self) -> People:
        """The owners."""
        from core.people import People

        return People(self.store, self._owners)

    @cached_property
    def audit(self) -> Audit:
        """What was done, by whom and why."""
        from core.audit import Audit
        from core.runtime.records import FileRecords

        return Audit(self.store, FileRecords(self.config.home), self.config)

    @cached_property
    def rules(self) -> Rules:
        """What the owner said about categories."""
        from core.rules import Rules

        return Rules(self.store, self.config)

    @cached_property
    def pauses(self) -> Pauses:
        """Of all work, or of a project's."""
        from core.pauses import Pauses

        return Pauses(self.store)

    @cached_property
    def trust(self) -> Trust:
        """How far the rules can be trusted."""
        from core.trust import Trust

        return Trust(self.store, self.config)

    @cached_property
    def improver(self) -> SelfImprover:
        """What Jarvis measures of itself, and makes of it."""
        from core.runtime.secret_scan import scan
        from core.self_improver import SelfImprover

        return SelfImprover(self.store, self.queue, self.config, scan)

    @cached_property
    def measured(self) -> Stopwatch:
        """Times what this process does."""
        from core.runtime.stopwatch import Stopwatch

        return Stopwatch(self.improver.log_time, self.improver.log_failure, self.clock)

    @cached_property
    def lessons(self) -> Lessons:
        """What builds have to keep to."""
        from core.lessons import Lessons
        from core.runtime.secret_scan import scan

        return Lessons(self.store, scan)

    @cached_property
    def weekend(self) -> WeekendPlanner:
        """The project of the weekend."""
        from core.weekend_planner import WeekendPlanner

        return WeekendPlanner(self.store, self.queue, self.decisions, self.config)

    @cached_property
    def patterns(self) -> Patterns:
        """What the owner usually asks for."""
        from core.patterns import Patterns

        return Patterns(self.store, self.queue, self.config)

    @cached_property
    def workspaces(self) -> GitWorkspaces:
        """Git."""
        from core.runtime.workspaces import GitWorkspaces

        return GitWorkspaces(self.config.git_author)

    @cached_property
    def agents(self) -> AgentStatuses:
        """Which agents there are."""
        from core.agent_status import AgentStatuses

        return AgentStatuses(self.store, self.programs, self.config)

    def try_agent(self, engine: Engine) -> Trial:
        """Let an agent do a small task in a repository made for it; blocks for a minute. Raises Refused."""
        from core.runtime.agent_trial import try_agent

        scratch = self.config.home / "trials"
        return try_agent(engine, self.builds.walls(), scratch, self.clock, dict(self._environment))

    def _inspect(self, spec: BuildSpec, result: BuildResult) -> list[Finding]:
        from core.runtime.inspection import inspect

        return inspect(self.workspaces, spec, result, self.config)

    def _look_around(self, now: datetime) -> Surroundings:
        """Only when it is asked for: lists need no executor."""
        return self.builds.look_around(now)

    def _try_command(self, command: str, repository: Path, branch: str) -> Verification:
        from core.runtime.commands import run_check

        return run_check(command, repository, branch, TRY_SECONDS, self.config.home / "worktrees", self.builds.walls())


@contextmanager
def open_installation(
    config: Config, owners: frozenset[UserId] = frozenset(), environment: Mapping[str, str] = os.environ
) -> Iterator[Installation]:
    """The engines on the data of `config.home`, for the length of the block. Raises StoreUnavailable.

    `environment` holds the keys of agents, besides ordinary variables.
    """
    store = open_store(config.home, utc_now)
    try:
        installation = Installation(config, store, utc_now, owners, environment)
        if store.preferences.all():
            installation.preferences.apply()
        yield installation
        if "patterns" in vars(installation):
            installation.patterns.flush()
        if store.audit.all():
            installation.audit.flush()
    finally:
        store.close()
