"""The engines on a real store, with executor and repositories in memory."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

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
from core.model.build import Build, Outcome
from core.model.config import Config
from core.model.decision import Finding
from core.model.ids import ChatId, UserId
from core.model.metrics import Sample
from core.model.notification import Notification, Subject
from core.model.task import Running, Task
from core.overnight_report import Reports
from core.overnight_runner import OvernightRunner
from core.patterns import Patterns
from core.pauses import Pauses
from core.people import People
from core.preferences import Preferences
from core.productivity import Productivity
from core.rules import Rules
from core.runtime.secret_scan import scan
from core.self_improver import SelfImprover
from core.shipping import Shipping
from core.throttling import Throttling
from core.trust import Trust
from core.weekend_planner import WeekendPlanner
from storage import JournalStore
from tests import factories
from tests.fakes import FakeExecutor, FakePrograms, FakeRecords, FakeWorkspaces, SetClock

OWNER, PRIVATE = UserId(7), ChatId(7)


@dataclass
class Engines:
    """Everything wired, with the steps that most tests take."""

    store: JournalStore
    clock: SetClock
    config: Config
    executor: FakeExecutor
    programs: FakePrograms
    records: FakeRecords
    workspaces: FakeWorkspaces
    builds: Builds
    queue: AutonomousQueue
    scheduler: BuildScheduler
    approvals: Approvals
    drafts: Drafts
    shipping: Shipping
    briefs: Briefs
    people: People
    decisions: Decisions
    changes: Changes
    rules: Rules
    pauses: Pauses
    trust: Trust
    weekend: WeekendPlanner
    patterns: Patterns
    audit: Audit
    contexts: ContextScheduler
    preferences: Preferences
    throttling: Throttling
    productivity: Productivity
    reports: Reports
    overnight: OvernightRunner
    daily: Daily
    improver: SelfImprover
    lessons: Lessons
    machine: dict[str, float]
    """What the next measurements say, in percent."""
    found: list[Finding]
    """What the next results are found to touch."""

    @property
    def now(self) -> datetime:
        return self.clock()

    def add(self, title: str = "Write docs", **changes: Any) -> Task:
        return self.queue.add_to_queue(factories.new_task(title, **changes), self.now)

    def lines(self, log: str) -> list[dict[str, Any]]:
        """What a log says by now."""
        self.audit.flush()
        return list(self.records.read(log))

    def task(self, task: Task) -> Task:
        """The task as it stands now."""
        found = self.store.tasks.get(task.id)
        assert found is not None
        return found

    def start(self, task: Task) -> Build:
        """Start what is due; the task must be among it."""
        self.queue.schedule_builds(self.now)
        state = self.task(task).state
        assert isinstance(state, Running), state
        build = self.store.builds.get(state.build)
        assert build is not None
        return build

    def finish(self, task: Task, outcome: Outcome | None = None) -> Task:
        """Build the task to its end, with a commit on its branch, and take in the result."""
        build = self.start(task)
        if Path("/srv/shop") in self.workspaces.repositories:
            self.workspaces.commit(Path("/srv/shop"), build.spec.branch, f"{task.id}.txt", "words\n")
        self.executor.end(build.id, outcome)
        self.queue.collect(self.now)
        return self.task(task)

    def news(self) -> list[Notification]:
        return self.store.notifications.all()

    def subjects(self) -> list[Subject]:
        return [note.subject for note in self.news()]


def wire(store: JournalStore, clock: SetClock, config: Config, executor: FakeExecutor) -> Engines:
    records, workspaces, programs = FakeRecords(), FakeWorkspaces(), FakePrograms("agent")
    decisions, found = Decisions(store, config), list[Finding]()
    machine = {"disk": 40.0, "memory": 30.0}
    builds = Builds(store, executor, programs, decisions, lambda spec, result: list(found), config)
    queue = AutonomousQueue(store, builds, decisions, config)
    scheduler, productivity = BuildScheduler(store, config, builds.look_around), Productivity(store, config)
    improver = SelfImprover(store, queue, config, scan)
    briefs, reports = Briefs(store, executor, productivity, config), Reports(store, config)
    overnight = OvernightRunner(
        store,
        config,
        plan=scheduler.schedule,
        measure=lambda now: Sample(at=now, values=dict(machine)),
        reports=reports,
        write_report=records.report,
    )
    return Engines(
        contexts=ContextScheduler(store, config),
        preferences=Preferences(store, config),
        throttling=Throttling(store, builds, config),
        productivity=productivity,
        reports=reports,
        overnight=overnight,
        daily=Daily(store, briefs, scheduler, config, improver.offer),
        improver=improver,
        lessons=Lessons(store, scan),
        machine=machine,
        store=store,
        clock=clock,
        config=config,
        executor=executor,
        programs=programs,
        records=records,
        workspaces=workspaces,
        builds=builds,
        queue=queue,
        scheduler=scheduler,
        approvals=Approvals(store),
        drafts=Drafts(store, queue),
        shipping=Shipping(store, workspaces, config),
        decisions=decisions,
        changes=Changes(store, decisions),
        rules=Rules(store, config),
        pauses=Pauses(store),
        trust=Trust(store, config),
        audit=Audit(store, records, config),
        weekend=WeekendPlanner(store, queue, decisions, config),
        patterns=Patterns(store, queue, config),
        found=found,
        briefs=briefs,
        people=People(store),
    )


@pytest.fixture
def engines(store: JournalStore, clock: SetClock, home: Path) -> Engines:
    """With the project `shop` registered and one chat (7) that gets the news."""
    made = wire(store, clock, factories.config(home), FakeExecutor(home, clock))
    made.workspaces.create(Path("/srv/shop"))
    with store.transaction():
        shop = factories.project()
        store.projects.put(shop.name, shop)
    made.people.meet(OWNER, PRIVATE, clock())
    factories.asleep(store)
    return made
