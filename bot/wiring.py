"""Composition root: builds the engines with their adapters. Knows no Telegram, so that the command line starts fast."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.approvals import Approvals
from core.autonomous_queue import AutonomousQueue
from core.briefs import Briefs
from core.build_scheduler import BuildScheduler
from core.builds import Builds
from core.drafts import Drafts
from core.errors import Refused
from core.model.config import Config
from core.model.ids import ChatId, UserId
from core.model.task import Source
from core.people import People
from core.ports import Clock
from core.projects import Projects
from core.runtime.clock import utc_now
from core.runtime.commands import run_check
from core.runtime.local_agents import LocalAgents
from core.runtime.records import FileRecords
from core.runtime.workspaces import GitWorkspaces
from core.shipping import Shipping
from storage import JournalStore, open_store

TRY_SECONDS = 60.0
"""A verification command that is tried at registration must end within this time."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The engines of one `JARVIS_HOME`, wired."""

    config: Config
    clock: Clock
    store: JournalStore
    agents: LocalAgents
    builds: Builds
    queue: AutonomousQueue
    scheduler: BuildScheduler
    approvals: Approvals
    drafts: Drafts
    shipping: Shipping
    briefs: Briefs
    projects: Projects
    people: People

    def make_sample(self, chat: ChatId) -> None:
        """Make the sample project and queue its tasks. What a crash left unfinished is completed by the next call.

        Raises Refused when it is all there already.
        """
        from core.runtime import sample

        if any(task.source is Source.SAMPLE for task in self.store.tasks.all()):
            raise Refused("The sample project is there already. /queue and /finished show its tasks.")
        folder = self.config.home / "sample"
        if not folder.exists():
            sample.make_repository(folder)
        self.projects.register(folder, self.clock(), name=sample.NAME, base="main", verify=sample.VERIFY)
        with self.store.transaction():
            for task in sample.tasks(chat):
                self.queue.add_to_queue(task, self.clock())


@contextmanager
def open_installation(config: Config, people_named: frozenset[UserId] = frozenset()) -> Iterator[Installation]:
    """The engines on the data of `config.home`, for the length of the block. Raises StoreUnavailable."""
    store = open_store(config.home, utc_now)
    try:
        yield wire(config, store, utc_now, people_named)
    finally:
        store.close()


def wire(
    config: Config, store: JournalStore, clock: Clock, people_named: frozenset[UserId] = frozenset()
) -> Installation:
    """Put the engines together around an open store."""
    agents = LocalAgents(config.home, clock)
    records = FileRecords(config.home)
    workspaces = GitWorkspaces()
    builds = Builds(store, agents, records, config)
    queue = AutonomousQueue(store, builds, records, config)
    scratch = config.home / "worktrees"
    return Installation(
        config=config,
        clock=clock,
        store=store,
        agents=agents,
        builds=builds,
        queue=queue,
        scheduler=BuildScheduler(store, config),
        approvals=Approvals(store),
        drafts=Drafts(store, queue),
        shipping=Shipping(store, workspaces, records, config),
        briefs=Briefs(store, agents, config),
        projects=Projects(
            store,
            workspaces,
            lambda command, root, branch: run_check(command, root, branch, TRY_SECONDS, scratch),
        ),
        people=People(store, people_named),
    )
