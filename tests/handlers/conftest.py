"""The bot on the local Telegram, in memory: real handlers, real engines, a real store; executor in memory, time set."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from telegram import Update

from bot import app as telegram_app
from bot.local.core import BotApi
from bot.local.events import PressAnswered
from bot.local.models import StoredMessage, User
from bot.local.request import InMemoryRequest
from bot.outbox import Outbox
from bot.rendering import Renderer
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
from core.errors import Refused
from core.lessons import Lessons
from core.model.build import Outcome
from core.model.config import Config
from core.model.decision import Finding
from core.model.ids import ChatId, ProjectName, UserId
from core.model.metrics import Sample
from core.model.task import Running, Task
from core.overnight_report import Reports
from core.overnight_runner import OvernightRunner
from core.patterns import Patterns
from core.pauses import Pauses
from core.people import People
from core.preferences import Preferences
from core.problem_predictor import ProblemPredictor
from core.productivity import Productivity
from core.projects import Projects
from core.rules import Rules
from core.runtime.agent_trial import Trial
from core.runtime.commands import run_check
from core.runtime.housekeeping import Housekeeping
from core.runtime.probe import Surveyor
from core.runtime.secret_scan import scan
from core.runtime.stopwatch import Stopwatch
from core.runtime.workspaces import GitWorkspaces
from core.self_improver import SelfImprover
from core.shipping import Shipping
from core.status import StatusReports
from core.trust import Trust
from core.weekend_planner import WeekendPlanner
from handlers.services import App, Services
from handlers.tasks import card_of
from storage import JournalStore, open_store
from storage.schema import TABLES
from tests import factories
from tests.fakes import FakeExecutor, FakePrograms, FakeRecords, FakeWorkspaces, SetClock

TOKEN = "4711:" + "localtoken" * 3 + "abcde"
JARVIS = User(id=4711, first_name="Jarvis", is_bot=True, username="jarvis_bot")
ANN = User(id=7, first_name="Ann", language_code="en")
SHOP = Path("/srv/shop")


@dataclass
class House:
    """One running bot, and the hands of the people who talk to it."""

    api: BotApi
    app: App
    services: Services
    store: JournalStore
    clock: SetClock
    executor: FakeExecutor
    workspaces: FakeWorkspaces
    records: FakeRecords
    builds: Builds
    outbox: Outbox
    found: list[Finding]
    """What the next results are found to touch."""
    woken: list[bool]
    logged: list[structlog.typing.EventDict]
    machine: dict[str, float]
    """What the next measurements say, in percent."""
    toasts: list[PressAnswered] = field(default_factory=list)
    _offset: int = 0

    # -- people -------------------------------------------------------------------------------------------------------

    async def say(self, text: str, **where: Any) -> list[StoredMessage]:
        """Write a message; returns what the bot sent in answer to that chat."""
        chat = where.get("chat") or ANN.id
        before = self.last_id(chat)
        self.api.people.send(text, **where)
        await self.work()
        sent = [message for message in self.history(chat) if message.message_id > before]
        return [message for message in sent if message.body["from"]["id"] == JARVIS.id]

    async def ask(self, text: str, **where: Any) -> str:
        """Write a message; returns the text of the one answer."""
        answers = await self.say(text, **where)
        assert len(answers) == 1, [answer.body.get("text") for answer in answers]
        return text_of(answers[0])

    async def press(self, message: int, label: str, **who: Any) -> PressAnswered:
        """Press the button whose label contains these words; returns the toast."""
        chat = who.get("chat") or ANN.id
        for row, buttons in enumerate(self.keyboard(message, chat)):
            for col, button in enumerate(buttons):
                if label in button["text"]:
                    return await self._pressed(self.api.people.press(message, row, col, **who))
        raise AssertionError(f"no button {label!r} in {self.labels(message, chat)}")

    async def press_data(self, message: int, data: str, **who: Any) -> PressAnswered:
        """Send forged callback data from a message; returns the toast."""
        return await self._pressed(self.api.people.press_data(message, data, **who))

    async def _pressed(self, press: str) -> PressAnswered:
        await self.work()
        answers = [toast for toast in self.toasts if toast.press == press]
        assert len(answers) == 1, f"the press was answered {len(answers)} times"
        return answers[0]

    async def work(self) -> None:
        """Handle every update that waits."""
        for raw in self.api.call("getUpdates", {"offset": self._offset}).result:
            self._offset = raw["update_id"] + 1
            update = Update.de_json(raw, self.app.bot)
            await self.app.process_update(update)

    # -- time ---------------------------------------------------------------------------------------------------------

    async def beat(self) -> None:
        """What the timetable does: collect, start, deliver."""
        now = self.clock()
        moved = self.services.queue.collect(now)
        self.services.weekend.notice_end(now)
        self.services.approvals.lapse(now)
        started = self.services.queue.schedule_builds(now)
        for task in (*(task.id for task in moved), *(build.task for build in started)):
            await self.outbox.refresh(task)
        await self.outbox.deliver()
        await self.outbox.show_progress()

    async def build(self, task: Task, outcome: Outcome | None = None) -> Task:
        """Build the task to its end, with a commit on its branch, and deliver the news."""
        await self.beat()
        state = self.task(task.id).state
        assert isinstance(state, Running), state
        build = self.store.builds.get(state.build)
        assert build is not None
        commit = self.workspaces.commit(SHOP, build.spec.branch, f"{build.id}.txt", "words\n")
        self.executor.end(build.id, outcome, commit=commit)
        await self.beat()
        return self.task(task.id)

    # -- looking ------------------------------------------------------------------------------------------------------

    def add(self, title: str = "Write docs", **changes: Any) -> Task:
        """A task from the command line, so to speak."""
        changes.setdefault("chat", ChatId(ANN.id))
        return self.services.queue.add_to_queue(factories.new_task(title, **changes), self.clock())

    def task(self, task_id: str) -> Task:
        found = self.store.tasks.get(task_id)
        assert found is not None
        return found

    def history(self, chat: int = ANN.id) -> list[StoredMessage]:
        return self.api.history(chat)[0]

    def last_id(self, chat: int = ANN.id) -> int:
        return max((message.message_id for message in self.history(chat)), default=0)

    def message(self, message_id: int, chat: int = ANN.id) -> StoredMessage:
        return next(message for message in self.history(chat) if message.message_id == message_id)

    def text(self, message_id: int, chat: int = ANN.id) -> str:
        return text_of(self.message(message_id, chat))

    def newest(self, chat: int = ANN.id) -> str:
        return self.text(self.last_id(chat), chat)

    def keyboard(self, message_id: int, chat: int = ANN.id) -> list[list[dict[str, str]]]:
        markup = self.message(message_id, chat).body.get("reply_markup", {})
        rows: list[list[dict[str, str]]] = markup.get("inline_keyboard", [])
        return rows

    def labels(self, message_id: int, chat: int = ANN.id) -> list[str]:
        return [button["text"] for button in itertools.chain(*self.keyboard(message_id, chat))]

    def state(self) -> dict[str, bytes]:
        """Everything that is stored, without the chats' own bookkeeping."""
        kept = [name for name in TABLES if hasattr(self.store, name) and name not in ("chats", "sequences")]
        return {name: msgspec.json.encode(getattr(self.store, name).all()) for name in kept}

    def troubles(self) -> list[structlog.typing.EventDict]:
        """What was logged as an error."""
        return [entry for entry in self.logged if entry["log_level"] in ("error", "critical")]


def text_of(message: StoredMessage) -> str:
    """The text, or the caption, or the name of the file."""
    body = message.body
    return str(body.get("text") or body.get("caption") or body.get("document", {}).get("file_name", ""))


Open = Callable[..., Awaitable[House]]


@pytest.fixture
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
async def open_house(home: Path, clock: SetClock, logged: list[structlog.typing.EventDict]) -> AsyncIterator[Open]:
    """Starts bots; a second one on the same store and chats is a restart. `open_house(api=house.api)`."""
    opened: list[House] = []

    async def make(
        api: BotApi | None = None,
        *,
        like: House | None = None,
        owners: frozenset[UserId] = frozenset({UserId(ANN.id)}),
        **settings: Any,
    ) -> House:
        api = like.api if like else api or BotApi(JARVIS, ANN, clock)
        store = like.store if like else open_store(home, clock)
        executor = like.executor if like else FakeExecutor(home, clock)
        workspaces = like.workspaces if like else FakeWorkspaces()
        house = await start(api, store, clock, executor, workspaces, owners, factories.config(home, **settings), logged)
        if like is not None:
            house._offset = like._offset
        opened.append(house)
        return house

    yield make
    for house in opened:
        await house.app.shutdown()
        house.store.close()


async def start(
    api: BotApi,
    store: JournalStore,
    clock: SetClock,
    executor: FakeExecutor,
    workspaces: FakeWorkspaces,
    owners: frozenset[UserId],
    config: Config,
    logged: list[structlog.typing.EventDict],
) -> House:
    request = InMemoryRequest(api, TOKEN)
    app = telegram_app.build(TOKEN, "http://localhost", request=request)
    records, woken = FakeRecords(), list[bool]()
    machine = {"disk": 40.0, "memory": 30.0}
    programs = FakePrograms(*(template.argv[0] for template in config.agent_templates))
    decisions, found = Decisions(store, config), list[Finding]()
    builds = Builds(store, executor, programs, decisions, lambda spec, result: list(found), config)
    queue = AutonomousQueue(store, builds, decisions, config)
    audit = Audit(store, records, config)
    people = People(store, owners)
    scheduler, approvals = BuildScheduler(store, config, builds.look_around), Approvals(store)
    card = partial(card_of, scheduler, approvals, clock, config)
    productivity = Productivity(store, config)
    briefs = Briefs(store, executor, productivity, config)
    improver = SelfImprover(store, queue, config, scan)
    daily = Daily(store, briefs, scheduler, config, improver.offer)
    render = Renderer(store, builds, people, card, briefs, daily, config).render

    def measure(now: datetime) -> Sample:
        return Sample(at=now, values=dict(machine))

    outbox = Outbox(store, builds, people, render, app.bot, clock, config)
    overnight = OvernightRunner(
        store,
        config,
        plan=scheduler.schedule,
        measure=measure,
        reports=Reports(store, config),
        write_report=records.report,
    )

    def sample(chat: ChatId) -> None:
        if store.projects.get("shop") is not None:
            raise Refused("The sample project is there already. /queue and /finished show its tasks.")
        register_shop(store, workspaces)
        queue.add_to_queue(factories.new_task("Fix the sample", chat=chat), clock())

    def wake() -> None:
        asyncio.get_running_loop()  # as the real one does, which fails in any other thread
        woken.append(True)

    services = Services(
        store=store,
        clock=clock,
        config=config,
        people=people,
        queue=queue,
        scheduler=scheduler,
        approvals=approvals,
        drafts=Drafts(store, queue),
        shipping=Shipping(store, workspaces, config),
        changes=Changes(store, decisions),
        rules=Rules(store, config),
        pauses=Pauses(store),
        trust=Trust(store, config),
        audit=audit,
        status=StatusReports(store, config, builds.look_around),
        refresh_suggestion=outbox.refresh_suggestion,
        briefs=briefs,
        contexts=ContextScheduler(store, config),
        preferences=Preferences(store, config),
        daily=daily,
        overnight=overnight,
        problems=ProblemPredictor(store, config, Surveyor(config, measure), Housekeeping(config), audit.flush),
        productivity=productivity,
        refresh_weekend=outbox.refresh_weekend,
        weekend=WeekendPlanner(store, queue, decisions, config),
        patterns=Patterns(store, queue, config),
        refresh_pattern=outbox.refresh_pattern,
        projects=Projects(
            store, GitWorkspaces(), lambda command, root, base: run_check(command, root, base, 5.0, config.home), config
        ),
        improver=improver,
        lessons=Lessons(store, scan),
        measured=Stopwatch(improver.log_time, improver.log_failure, clock),
        agents=AgentStatuses(store, programs, config),
        try_agent=lambda engine: Trial(factories.result(), f"{engine.name} said hello"),
        make_sample=sample,
        log_of=executor.log,
        refresh=outbox.refresh,
        wake=wake,
        is_local=True,
    )
    telegram_app.equip(app, services)
    factories.asleep(store)
    await app.initialize()
    house = House(
        api,
        app,
        services,
        store,
        clock,
        executor,
        workspaces,
        records,
        builds,
        outbox,
        found=found,
        woken=woken,
        logged=logged,
        machine=machine,
    )
    api.subscribe(lambda event: house.toasts.append(event) if isinstance(event, PressAnswered) else None)
    return house


def register_shop(store: JournalStore, workspaces: FakeWorkspaces) -> None:
    if SHOP not in workspaces.repositories:
        workspaces.create(SHOP)
    with store.transaction():
        store.projects.put("shop", factories.project(SHOP, name=ProjectName("shop")))


@pytest.fixture
async def empty_house(open_house: Open) -> House:
    """Ann owns it; nothing is registered yet."""
    return await open_house()


@pytest.fixture
async def house(empty_house: House) -> House:
    """Ann owns it, and has one project, `shop`."""
    register_shop(empty_house.store, empty_house.workspaces)
    empty_house.services.people.meet(UserId(ANN.id), ChatId(ANN.id), empty_house.clock())
    return empty_house
