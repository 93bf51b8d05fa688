"""News is recorded once for each chat, and never for a chat that is not in use any more."""

from core import notifications
from core.model.build import Broke
from core.model.ids import ApprovalId, BuildId, ChatId, TaskId, UserId, WeekendId
from core.model.notification import (
    ApprovalAsked,
    BuildEnded,
    BuildStarted,
    Delivered,
    DependencyLost,
    Notification,
    Pending,
    Subject,
    TaskShown,
    WeekendAsked,
    WeekendClosed,
    WeekendShown,
    WeekendSummary,
)
from core.model.task import Category
from tests.core.conftest import OWNER, PRIVATE, Engines

STARTED = BuildStarted(build=BuildId("task_1-1"))


def record(engines: Engines, subject: Subject, chat: ChatId | None, *, silent: bool = False) -> None:
    with engines.store.transaction():
        notifications.record(engines.store, subject, chat, engines.now, silent=silent)


def chats(engines: Engines) -> list[int]:
    return [note.chat for note in engines.news()]


def test_news_without_a_chat_goes_to_every_private_chat(engines: Engines) -> None:
    engines.people.meet(UserId(8), ChatId(8), engines.now)

    record(engines, STARTED, None)

    assert chats(engines) == [7, 8]


def test_news_goes_to_the_chat_that_asked(engines: Engines) -> None:
    engines.people.meet(UserId(8), ChatId(8), engines.now)

    record(engines, STARTED, ChatId(8), silent=True)
    record(engines, STARTED, ChatId(-100))

    assert chats(engines) == [8, -100]
    assert [note.silent for note in engines.news()] == [True, False]
    assert [note.state for note in engines.news()] == [Pending(due_at=engines.now)] * 2


def test_news_for_a_private_chat_that_is_gone_goes_to_the_others(engines: Engines) -> None:
    record(engines, STARTED, ChatId(99))

    assert chats(engines) == [PRIVATE]


def test_the_same_fact_is_recorded_once_for_each_chat(engines: Engines) -> None:
    record(engines, STARTED, PRIVATE)
    record(engines, STARTED, None)
    record(engines, STARTED, ChatId(-100))
    record(engines, STARTED, ChatId(-100))

    assert chats(engines) == [7, -100]


def test_the_key_tells_facts_apart(engines: Engines) -> None:
    subjects: list[Subject] = [
        STARTED,
        BuildStarted(build=BuildId("task_1-2")),
        BuildEnded(build=BuildId("task_1-1")),
        ApprovalAsked(approval=ApprovalId("approval_1")),
        DependencyLost(task=TaskId("task_1"), lost=TaskId("task_2")),
        DependencyLost(task=TaskId("task_2"), lost=TaskId("task_1")),
        DependencyLost(task=TaskId("task_2"), lost=TaskId("task_1"), at=engines.now),
        TaskShown(task=TaskId("task_1")),
        TaskShown(task=TaskId("task_2")),
        WeekendAsked(weekend=WeekendId("2026-11-28")),
        WeekendAsked(weekend=WeekendId("2026-11-28"), round=2),
        WeekendAsked(weekend=WeekendId("2026-12-05")),
        WeekendShown(weekend=WeekendId("2026-11-28"), request="1"),
        WeekendShown(weekend=WeekendId("2026-11-28"), request="2"),
        WeekendClosed(weekend=WeekendId("2026-11-28")),
        WeekendSummary(weekend=WeekendId("2026-11-28")),
    ]

    assert len({notifications.subject_key(subject) for subject in subjects}) == len(subjects)


def test_which_messages_tell_of_a_task(engines: Engines) -> None:
    asked = engines.add("A new page", category=Category.FEATURE)
    engines.approvals.answer_task(asked.id, yes=True, by=OWNER, now=engines.now)
    engines.finish(asked, Broke())
    engines.add("Other", category=Category.FEATURE)
    with engines.store.transaction():
        for number, note in enumerate(engines.news()):
            delivered = Notification(
                id=note.id,
                key=note.key,
                chat=note.chat,
                subject=note.subject,
                created_at=note.created_at,
                state=Delivered(at=engines.now, message=number),
            )
            engines.store.notifications.put(note.id, delivered)

    about = notifications.delivered_about(engines.store, asked.id)

    assert [type(note.subject) for note in about] == [ApprovalAsked, BuildStarted, BuildEnded]
    assert notifications.at_message(engines.store, PRIVATE, 1) == about[1]
    assert notifications.at_message(engines.store, PRIVATE, 99) is None
    assert notifications.at_message(engines.store, ChatId(8), 1) is None


def test_the_newest_card_of_a_task_is_remembered_for_each_chat(engines: Engines) -> None:
    task = engines.add()
    for chat, message in ((PRIVATE, 10), (ChatId(-100), 20), (PRIVATE, 11)):
        notifications.record_card(engines.store, task.id, chat, message, engines.now)

    shown = notifications.delivered_about(engines.store, task.id)

    assert [(note.chat, note.state, note.subject) for note in shown] == [
        (PRIVATE, Delivered(at=engines.now, message=11), TaskShown(task=task.id)),
        (-100, Delivered(at=engines.now, message=20), TaskShown(task=task.id)),
    ]
    assert notifications.at_message(engines.store, PRIVATE, 10) is None


def test_the_subject_of_a_question_that_is_gone_has_no_task(engines: Engines) -> None:
    assert notifications.task_of(engines.store, ApprovalAsked(approval=ApprovalId("approval_9"))) is None
