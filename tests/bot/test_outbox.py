"""News is delivered in order, at most once too often, and never lost; and messages keep up with what they tell of."""

import itertools
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from telegram.ext import ExtBot

from bot import app as telegram_app
from bot.local.core import BotApi
from bot.local.models import User
from bot.local.request import InMemoryRequest
from bot.outbox import Outbox
from bot.rendering import Renderer
from core import notifications
from core.approvals import Approvals
from core.builds import Builds
from core.model.ids import BuildId, ChatId, NotificationId, TaskId, UserId
from core.model.notification import (
    BuildEnded,
    BuildStarted,
    Delivered,
    Notification,
    NotificationState,
    Pending,
    Sending,
    Subject,
    Undeliverable,
)
from core.model.task import Category
from core.people import People
from handlers.views.message import Message
from storage import JournalStore
from tests import factories
from tests.core.conftest import Engines, wire
from tests.fakes import FakeExecutor, SetClock

TOKEN = "4711:" + "localtoken" * 3 + "abcde"
JARVIS = User(id=4711, first_name="Jarvis", is_bot=True, username="jarvis_bot")
ANN, BOB = User(id=7, first_name="Ann"), User(id=8, first_name="Bob")


def _card(task: TaskId) -> Message:
    return Message(f"the card of {task}")


class Desk:
    """An outbox, the engines whose news it delivers, and the chats that get it."""

    def __init__(self, store: JournalStore, clock: SetClock, home: Path) -> None:
        self.api = BotApi(JARVIS, ANN, clock)
        self.api.people.add_user(BOB)
        self.store = store
        self.clock = clock
        self.engines: Engines = wire(store, clock, factories.config(home), FakeExecutor(home, clock))
        request = InMemoryRequest(self.api, TOKEN)
        self.bot: ExtBot[Any] = telegram_app.build(TOKEN, "http://localhost", request=request).bot
        self.outbox = self.reborn()

    def reborn(self) -> Outbox:
        """The outbox of a process that was just started."""
        engines = self.engines
        builds = Builds(
            self.store,
            engines.executor,
            engines.programs,
            engines.decisions,
            lambda spec, result: list(engines.found),
            engines.config,
        )
        return Outbox(self.store, builds, People(self.store), self.render, self.bot, self.clock, engines.config)

    def render(self, subject: Subject, now: datetime) -> Message | None:
        """As the process does it."""
        at = self.engines
        return Renderer(at.store, at.builds, People(at.store), _card, at.briefs, at.daily, at.config).render(
            subject, now
        )

    def note(self, title: str, chat: int = ANN.id, **changes: Any) -> NotificationId:
        """A question about a new task, for one chat."""
        task = self.engines.add(title, category=Category.FEATURE, chat=ChatId(-chat))
        note = self.store.notifications.all()[-1]
        with self.store.transaction():
            moved = msgspec.structs.replace(note, chat=ChatId(chat), key=f"{task.id}@{chat}", **changes)
            self.store.notifications.put(note.id, moved)
        return note.id

    def report(self) -> NotificationId:
        """The news that a build has ended."""
        with self.store.transaction():
            self.store.projects.put("shop", factories.project())
        task = self.engines.add("Report", chat=ChatId(-1))
        self.engines.finish(task)
        kept: Notification | None = None
        with self.store.transaction():
            for note in self.store.notifications.all():
                if isinstance(note.subject, BuildEnded):
                    kept = msgspec.structs.replace(note, chat=ChatId(ANN.id))
                    self.store.notifications.put(kept.id, kept)
                elif isinstance(note.subject, BuildStarted):
                    self.store.notifications.remove(note.id)
        assert kept is not None
        return kept.id

    def state(self, note: NotificationId) -> NotificationState:
        found = self.store.notifications.get(note)
        assert found is not None
        return found.state

    def texts(self, chat: int = ANN.id) -> list[str]:
        return [str(message.body["text"]).splitlines()[0] for message in self.api.history(chat)[0]]

    def edits(self) -> int:
        return sum("edit_date" in message.body for message in self.api.history(ANN.id)[0])


@pytest.fixture
async def desk(store: JournalStore, clock: SetClock, home: Path) -> AsyncIterator[Desk]:
    made = Desk(store, clock, home)
    await made.bot.initialize()
    yield made
    await made.bot.shutdown()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_pause(seconds: float) -> None:
        assert seconds >= 0

    monkeypatch.setattr("handlers.replies.asyncio.sleep", no_pause)


async def test_news_arrives_once_and_in_order(desk: Desk) -> None:
    notes = [desk.note(f"Page {number}") for number in range(3)]

    await desk.outbox.deliver()
    await desk.outbox.deliver()

    assert desk.texts() == [f"✋ Page {number} · /task_{number + 1}" for number in range(3)]
    states = [desk.state(note) for note in notes]
    assert all(isinstance(state, Delivered) for state in states)
    assert [state.message for state in states if isinstance(state, Delivered)] == [
        message.message_id for message in desk.api.history(ANN.id)[0]
    ]


async def test_what_is_not_due_yet_waits_and_keeps_what_follows_waiting(desk: Desk) -> None:
    desk.note("Later", state=Pending(due_at=desk.clock().replace(hour=21)))
    desk.note("Behind it")
    desk.note("For Bob", BOB.id)

    await desk.outbox.deliver()
    assert (desk.texts(), len(desk.texts(BOB.id))) == ([], 1)

    desk.clock.advance(hours=1)
    await desk.outbox.deliver()
    assert [text.split(" · ")[0] for text in desk.texts()] == ["✋ Later", "✋ Behind it"]


async def test_a_pause_that_telegram_asks_for_is_kept_in_that_chat_only(desk: Desk) -> None:
    first, second = desk.note("First"), desk.note("Second")
    desk.note("For Bob", BOB.id)
    desk.api.faults.too_many_requests(30, "sendmessage")

    await desk.outbox.deliver()

    assert desk.state(first) == Pending(due_at=desk.clock().replace(second=30), tries=1)
    assert isinstance(desk.state(second), Pending)
    assert (desk.texts(), len(desk.texts(BOB.id))) == ([], 1)

    desk.clock.advance(29)
    await desk.outbox.deliver()
    assert desk.texts() == []
    desk.clock.advance(1)
    await desk.outbox.deliver()
    assert [text.split(" · ")[0] for text in desk.texts()] == ["✋ First", "✋ Second"]


@pytest.mark.parametrize("fault", ["server_error", "bad_gateway"])
async def test_an_outage_is_waited_out_with_longer_and_longer_pauses(desk: Desk, fault: str) -> None:
    note = desk.note("Page")
    getattr(desk.api.faults, fault)("sendmessage", times=4)
    pauses = []
    for _ in range(4):
        await desk.outbox.deliver()
        state = desk.state(note)
        assert isinstance(state, Pending)
        pauses.append((state.due_at - desk.clock()).total_seconds())
        desk.clock.moment = state.due_at

    await desk.outbox.deliver()

    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]
    assert desk.texts() == ["✋ Page · /task_1"]


@pytest.mark.parametrize("kind", ["question", "report"])
async def test_a_send_that_timed_out_is_repeated_once_at_most(desk: Desk, kind: str) -> None:
    note = desk.note("Page") if kind == "question" else desk.report()
    desk.api.faults.timeout_after_delivery("sendmessage", times=5)

    for _ in range(10):
        await desk.outbox.deliver()
        desk.clock.advance(minutes=1)

    assert len(desk.texts()) == 1 + notifications.REPEATS_AFTER_TIMEOUT
    state = desk.state(note)
    assert isinstance(state, Undeliverable)
    assert state.reason.startswith("uncertain")


@pytest.mark.parametrize("kind", ["question", "report"])
async def test_after_a_broken_connection_it_is_repeated_more_often_and_later_and_later(desk: Desk, kind: str) -> None:
    note = desk.note("Page") if kind == "question" else desk.report()
    desk.api.faults.reset_before_delivery("sendmessage", times=50)
    pauses = []

    for _ in range(10):
        await desk.outbox.deliver()
        state = desk.state(note)
        if not isinstance(state, Pending):
            break
        pauses.append((state.due_at - desk.clock()).total_seconds())
        desk.clock.moment = state.due_at

    assert len(pauses) == notifications.REPEATS_AFTER_RESET
    assert all(later > sooner for sooner, later in itertools.pairwise(pauses))
    state = desk.state(note)
    assert isinstance(state, Undeliverable)
    assert state.reason.startswith("uncertain")


async def test_after_one_time_out_the_next_try_settles_it(desk: Desk) -> None:
    note = desk.note("Page")
    desk.api.faults.timeout_after_delivery("sendmessage")

    for _ in range(3):
        await desk.outbox.deliver()
        desk.clock.advance(minutes=1)

    assert isinstance(desk.state(note), Delivered)
    assert len(desk.texts()) == 2


async def test_a_chat_that_blocked_the_bot_does_not_hold_up_the_others(desk: Desk) -> None:
    blocked = desk.note("For Ann")
    desk.note("For Bob", BOB.id)
    desk.api.people.block()

    with structlog.testing.capture_logs() as logged:
        await desk.outbox.deliver()

    state = desk.state(blocked)
    assert isinstance(state, Undeliverable)
    assert "blocked by the user" in state.reason
    assert len(desk.texts(BOB.id)) == 1
    assert [entry["event"] for entry in logged] == ["notification refused"]


async def test_news_of_something_that_is_gone_is_not_sent(desk: Desk) -> None:
    note = desk.note("Page")
    with desk.store.transaction():
        desk.store.tasks.remove("task_1")

    await desk.outbox.deliver()

    state = desk.state(note)
    assert isinstance(state, Undeliverable)
    assert state.reason == "its subject is gone"
    assert desk.texts() == []


async def test_what_was_being_sent_when_the_process_died_is_sent_once_more(desk: Desk) -> None:
    note = desk.note("Page", state=Sending(at=desk.clock()))
    await desk.outbox.deliver()
    assert desk.texts() == []

    outbox = desk.reborn()
    outbox.settle_doubts()
    desk.clock.advance(minutes=1)
    await outbox.deliver()

    assert isinstance(desk.state(note), Delivered)


async def test_what_was_in_doubt_before_is_not_sent_a_third_time(desk: Desk) -> None:
    note = desk.note("Page", state=Sending(at=desk.clock(), doubts=notifications.REPEATS_AFTER_TIMEOUT))

    outbox = desk.reborn()
    outbox.settle_doubts()
    await outbox.deliver()

    assert isinstance(desk.state(note), Undeliverable)
    assert desk.texts() == []


async def test_an_answer_edits_every_copy(desk: Desk) -> None:
    desk.note("Page")
    asked = desk.store.notifications.all()[0]
    with desk.store.transaction():
        copy = msgspec.structs.replace(asked, id=NotificationId("note_99"), chat=ChatId(BOB.id), key="copy")
        desk.store.notifications.put(copy.id, copy)
    await desk.outbox.deliver()

    Approvals(desk.store).answer_task(TaskId("task_1"), yes=True, by=None, now=desk.clock())
    await desk.outbox.refresh(TaskId("task_1"))

    for chat in (ANN.id, BOB.id):
        body = desk.api.history(chat)[0][0].body
        assert body["text"].endswith("Approved from the command line, 20:00.")
        assert "reply_markup" not in body


async def test_what_looks_the_same_is_not_edited(desk: Desk) -> None:
    desk.note("Page")
    await desk.outbox.deliver()
    desk.api.faults.server_error("editmessagetext", times=50)

    await desk.outbox.refresh(TaskId("task_1"))

    assert desk.api.faults.happened == []


async def test_after_a_restart_an_edit_that_changes_nothing_is_silent(desk: Desk) -> None:
    desk.note("Page")
    await desk.outbox.deliver()

    with structlog.testing.capture_logs() as logged:
        await desk.reborn().refresh(TaskId("task_1"))

    assert logged == []
    assert desk.edits() == 0


async def test_a_message_that_was_deleted_is_not_missed(desk: Desk) -> None:
    desk.note("Page")
    await desk.outbox.deliver()
    desk.api.people.delete(1)
    Approvals(desk.store).answer_task(TaskId("task_1"), yes=True, by=None, now=desk.clock())

    with structlog.testing.capture_logs() as logged:
        await desk.outbox.refresh(TaskId("task_1"))

    assert logged == []


async def test_the_card_of_a_task_is_kept_up_to_date(desk: Desk) -> None:
    task = desk.engines.add(chat=ChatId(ANN.id))
    shown = await desk.bot.send_message(ANN.id, "as it was")
    notifications.record_card(desk.store, task.id, ChatId(ANN.id), shown.message_id, desk.clock())

    await desk.outbox.refresh(TaskId("task_99"))
    assert desk.texts() == ["as it was"]
    await desk.outbox.refresh(task.id)
    assert desk.texts() == [f"the card of {task.id}"]


async def test_a_card_is_not_sent_again_after_a_restart(desk: Desk) -> None:
    task = desk.engines.add(chat=ChatId(ANN.id))
    notifications.record_card(desk.store, task.id, ChatId(ANN.id), 1, desk.clock())

    outbox = desk.reborn()
    outbox.settle_doubts()
    await outbox.deliver()

    assert desk.texts() == []


async def shown_and_started(desk: Desk) -> int:
    """A card in Ann's chat, and the news that its build has started; returns the message of the card."""
    with desk.store.transaction():
        desk.store.projects.put("shop", factories.project())
    desk.engines.people.meet(UserId(ANN.id), ChatId(ANN.id), desk.clock())
    task = desk.engines.add("Build me", chat=ChatId(ANN.id))
    sent = await desk.bot.send_message(ANN.id, "the card")
    notifications.record_card(desk.store, task.id, ChatId(ANN.id), sent.message_id, desk.clock())
    desk.engines.start(task)
    return sent.message_id


async def test_a_fresh_card_becomes_the_progress_of_its_build(desk: Desk) -> None:
    card = await shown_and_started(desk)

    await desk.outbox.deliver()

    assert desk.texts() == ["🔨 Build me · /task_1"]
    (note,) = desk.store.notifications.all()
    assert isinstance(note.state, Delivered)
    assert (note.subject, note.state.message) == (BuildStarted(build=BuildId("task_1-1")), card)


async def test_who_dies_before_it_is_recorded_edits_the_card_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await shown_and_started(desk)
    before = desk.store.notifications.all()
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "_set", lambda *_: (_ for _ in ()).throw(RuntimeError))
        with pytest.raises(RuntimeError):
            await desk.outbox.deliver()
    assert desk.store.notifications.all() == before

    again = desk.reborn()
    again.settle_doubts()
    await again.deliver()

    assert desk.texts() == ["🔨 Build me · /task_1"]
    assert len(desk.store.notifications.all()) == 1


@pytest.mark.parametrize("case", ["old", "gone", "refused"])
async def test_without_a_fresh_card_the_progress_is_a_message_of_its_own(desk: Desk, case: str) -> None:
    card = await shown_and_started(desk)
    if case == "old":
        desk.clock.advance(minutes=61)
    elif case == "gone":
        await desk.bot.delete_message(ANN.id, card)
    else:
        desk.api.faults.server_error("editmessagetext", times=50)

    await desk.outbox.deliver()

    assert desk.texts() == [*(["the card"] if case != "gone" else []), "🔨 Build me · /task_1"]
    assert all(isinstance(note.state, Delivered) for note in desk.store.notifications.all())


async def test_progress_is_edited_in_place_while_it_moves(desk: Desk) -> None:
    with desk.store.transaction():
        desk.store.projects.put("shop", factories.project())
    task = desk.engines.add("Build me", chat=ChatId(-5))
    build = desk.engines.start(task)
    started = desk.store.notifications.all()[-1]
    assert started.subject == BuildStarted(build=BuildId("task_1-1"))
    with desk.store.transaction():
        desk.store.notifications.put(started.id, msgspec.structs.replace(started, chat=ChatId(ANN.id)))
    await desk.outbox.deliver()
    first = desk.api.history(ANN.id)[0][0].body["text"]

    desk.clock.advance(minutes=30)
    await desk.outbox.show_progress()

    second = desk.api.history(ANN.id)[0][0].body["text"]
    assert "0 s of about 60 min" in first
    assert "30 min of about 60 min" in second
    assert "▓▓▓▓▓▓░░░░░░" in second
    desk.engines.executor.end(build.id)
    desk.engines.queue.collect(desk.clock())
    desk.api.faults.server_error("editmessagetext", times=50)
    await desk.outbox.show_progress()
    assert desk.api.faults.happened == []


# -- who gets what, and how -------------------------------------------------------------------------------------------


async def test_a_lost_chat_is_told_to_the_other_owners_with_its_news(desk: Desk) -> None:
    people = desk.engines.people
    people.meet(UserId(ANN.id), ChatId(ANN.id), desk.clock())
    people.meet(UserId(BOB.id), ChatId(BOB.id), desk.clock())
    desk.note("For Ann")
    desk.api.people.block()

    for _ in range(3):
        await desk.outbox.deliver()

    texts = [str(message.body["text"]) for message in desk.api.history(BOB.id)[0]]
    assert sum("For Ann" in text for text in texts) == 1
    assert sum("I can't reach" in text for text in texts) == 1
    assert [chat.id for chat in desk.store.chats.all()] == [BOB.id]


async def test_a_group_with_a_new_id_gets_its_news_there(desk: Desk) -> None:
    desk.api.people.add_group(-100500, "Team", [ANN])
    task = desk.engines.add("Page", category=Category.FEATURE, chat=ChatId(-5))
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    desk.api.faults.error(400, words, "sendmessage", parameters={"migrate_to_chat_id": -100500})
    await desk.outbox.deliver()
    await desk.outbox.deliver()

    assert len(desk.texts(-100500)) == 1
    assert desk.engines.task(task).chat == -100500


def test_old_news_is_forgotten_but_open_questions_are_not(desk: Desk) -> None:
    settled, open_one = desk.note("Old"), desk.note("Open")
    with desk.store.transaction():
        for note in desk.store.notifications.all():
            state = Delivered(at=desk.clock(), message=1)
            desk.store.notifications.put(note.id, msgspec.structs.replace(note, state=state))
    desk.engines.approvals.answer_task(TaskId("task_1"), yes=True, by=None, now=desk.clock())
    desk.clock.advance(days=29)
    assert notifications.forget_old(desk.store, desk.clock()) == 0
    desk.clock.advance(days=2)

    assert notifications.forget_old(desk.store, desk.clock()) == 1
    assert [note.id for note in desk.store.notifications.all()] == [open_one]
    assert settled != open_one
