"""Records news for the owners in the transaction of the change that it tells of; the outbox delivers it."""

from datetime import datetime

from core.model.ids import ApprovalId, BuildId, ChatId, NotificationId, TaskId
from core.model.notification import (
    ApprovalAsked,
    BudgetLow,
    BuildEnded,
    BuildStarted,
    ChangeAsked,
    Delivered,
    DependencyLost,
    NightBudgetLow,
    Notification,
    Pending,
    QuestionExpired,
    RuleSuggested,
    Subject,
    TaskShown,
)
from core.model.task import Cancelled, Failed, NeedsApproval, Queued, Rejected, Task
from core.ports import Store

REPEATS_AFTER_TIMEOUT = 1
REPEATS_AFTER_RESET = 5
"""How often a send whose end is uncertain is repeated: once if Telegram had the time to act, so that it comes twice at
most; more often if the connection broke, which most often means that it never arrived."""


def record(store: Store, subject: Subject, chat: ChatId | None, now: datetime, *, silent: bool = False) -> None:
    """Record one notification per chat; inside the transaction of the change. A subject is recorded once per chat.

    `chat` None addresses every owner's private chat; so does a private chat that is no longer in use.
    """
    known = [entry.id for entry in store.chats.all()]
    for target in [chat] if chat is not None and (chat < 0 or chat in known) else known:
        key = f"{subject_key(subject)}@{target}"
        if not any(note.key == key for note in store.notifications.all()):
            note = Notification(
                id=NotificationId(f"note_{store.number('note')}"),
                key=key,
                chat=target,
                subject=subject,
                silent=silent,
                created_at=now,
                state=Pending(due_at=now),
            )
            store.notifications.put(note.id, note)


def record_card(store: Store, task: TaskId, chat: ChatId, message: int, now: datetime) -> None:
    """Remember which message shows a task's card in a chat, so that it can be kept up to date."""
    record_sent(store, TaskShown(task=task), chat, message, now)


def record_sent(store: Store, subject: Subject, chat: ChatId, message: int, now: datetime) -> None:
    """Remember what a message is about that was sent as an answer, by its newest one in the chat."""
    key = f"{subject_key(subject)}@{chat}"
    with store.transaction():
        known = next((note.id for note in store.notifications.all() if note.key == key), None)
        note = Notification(
            id=known or NotificationId(f"note_{store.number('note')}"),
            key=key,
            chat=chat,
            subject=subject,
            created_at=now,
            state=Delivered(at=now, message=message),
        )
        store.notifications.put(note.id, note)


def tell_dependents(store: Store, task: Task, now: datetime) -> None:
    """Ask about every task that waits for this one, if this one will not come; inside the transaction of the change."""
    if isinstance(task.state, Failed | Cancelled | Rejected):
        for waiting in store.tasks.all():
            if task.id in waiting.depends and isinstance(waiting.state, Queued | NeedsApproval):
                ask_about_lost(store, waiting, task, now)


def ask_about_lost(store: Store, waiting: Task, lost: Task, now: datetime) -> None:
    """Ask what shall become of a task that waits for a lost one; inside a transaction."""
    at = lost.state.at if isinstance(lost.state, Failed | Cancelled | Rejected) else None
    record(store, DependencyLost(task=waiting.id, lost=lost.id, at=at), waiting.chat, now)


def is_recorded(store: Store, subject: Subject) -> bool:
    """Whether it is told already, to whomever."""
    key = f"{subject_key(subject)}@"
    return any(note.key.startswith(key) for note in store.notifications.all())


def subject_key(subject: Subject) -> str:
    """Names the fact that a subject tells of; the same fact gives the same key."""
    kind = str(subject.__struct_config__.tag)
    match subject:
        case BuildStarted(build=build) | BuildEnded(build=build) | BudgetLow(build=build):
            return f"{kind}:{build}"
        case NightBudgetLow(night=night):
            return f"{kind}:{night.isoformat()}"
        case ApprovalAsked(approval=approval, round=asked_before):
            return f"{kind}:{approval}" + (f":{asked_before}" if asked_before else "")
        case QuestionExpired(approval=approval):
            return f"{kind}:{approval}"
        case ChangeAsked(task=task, field=field, request=request):
            return f"{kind}:{task}:{field}:{request}"
        case RuleSuggested(suggestion=suggestion):
            return f"{kind}:{suggestion}"
        case TaskShown(task=task):
            return f"{kind}:{task}"
        case DependencyLost(task=task, lost=lost, at=at):
            return f"{kind}:{task}:{lost}:{at.isoformat() if at else ''}"


def delivered_about(store: Store, task: TaskId) -> list[Notification]:
    """The notifications that arrived and tell of this task: their messages show its state."""
    return [
        note
        for note in store.notifications.all()
        if isinstance(note.state, Delivered) and task_of(store, note.subject) == task
    ]


def at_message(store: Store, chat: ChatId, message: int) -> Notification | None:
    """The notification that arrived as this message."""
    for note in store.notifications.all():
        if note.chat == chat and isinstance(note.state, Delivered) and note.state.message == message:
            return note
    return None


def task_of(store: Store, subject: Subject) -> TaskId | None:
    """The task that a subject is about; None when it is gone, or the subject is about none."""
    match subject:
        case BuildStarted(build=build_id) | BuildEnded(build=build_id) | BudgetLow(build=build_id):
            return task_of_build(build_id)
        case NightBudgetLow() | RuleSuggested() | ChangeAsked():
            return None
        case ApprovalAsked(approval=approval_id) | QuestionExpired(approval=approval_id):
            return _task_of_approval(store, approval_id)
        case DependencyLost(task=task) | TaskShown(task=task):
            return task


def task_of_build(build: BuildId) -> TaskId:
    """The task that a build id was made from."""
    return TaskId(build.rpartition("-")[0])


def _task_of_approval(store: Store, approval: ApprovalId) -> TaskId | None:
    found = store.approvals.get(approval)
    return found.task if found else None
