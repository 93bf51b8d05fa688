"""Records news for the owners in the transaction of the change that it tells of; the outbox delivers it."""

from datetime import datetime, timedelta

import msgspec

from core.errors import Refused
from core.model.approval import Open
from core.model.config import Config
from core.model.ids import ApprovalId, BuildId, ChatId, NotificationId, TaskId, WeekendId
from core.model.notification import (
    ActionAsked,
    ApprovalAsked,
    BudgetLow,
    BuildEnded,
    BuildStarted,
    ChangeAsked,
    ChatLost,
    CheckIn,
    Delivered,
    DependencyLost,
    ImprovementSuggested,
    LessonAsked,
    MorningBrief,
    NightBudgetLow,
    NightPlanned,
    Notification,
    PatternDue,
    PatternForgotten,
    PatternNews,
    PatternSuggested,
    Pending,
    ProblemFound,
    QuestionExpired,
    RuleSuggested,
    Sending,
    Subject,
    TaskShown,
    WeekendAsked,
    WeekendClosed,
    WeekendShown,
    WeekendSummary,
)
from core.model.people import ChatSettings, Kind, Mode
from core.model.task import Cancelled, Failed, NeedsApproval, Queued, Rejected, Split, Task
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
    if not isinstance(task.state, Failed | Cancelled | Rejected):
        return
    tasks = store.tasks.all()
    split = {one.id for one in tasks if isinstance(one.state, Split) and task.id in one.state.phases}
    for waiting in tasks:
        if not isinstance(waiting.state, Queued | NeedsApproval):
            continue
        if task.id in waiting.depends:
            ask_about_lost(store, waiting, task, now)
        for whole in split.intersection(waiting.depends):
            record(store, DependencyLost(task=waiting.id, lost=whole, at=task.state.at), waiting.chat, now)


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
    if isinstance(subject, PatternNews):
        return f"{kind}:{_pattern_key(subject)}"
    match subject:
        case BuildStarted(build=build) | BuildEnded(build=build) | BudgetLow(build=build):
            return f"{kind}:{build}"
        case NightBudgetLow(night=night):
            return f"{kind}:{night.isoformat()}"
        case ApprovalAsked(approval=approval, round=asked_before):
            return f"{kind}:{approval}" + (f":{asked_before}" if asked_before else "")
        case ChangeAsked(task=task, field=field, request=request):
            return f"{kind}:{task}:{field}:{request}"
        case ChatLost(chat=lost_chat, at=at):
            return f"{kind}:{lost_chat}:{at.isoformat()}"
        case TaskShown(task=about) | RuleSuggested(suggestion=about) | ProblemFound(problem=about):
            return f"{kind}:{about}"
        case QuestionExpired(approval=about) | ImprovementSuggested(improvement=about) | LessonAsked(correction=about):
            return f"{kind}:{about}"
        case MorningBrief(day=day) | NightPlanned(day=day) | CheckIn(day=day):
            return f"{kind}:{day}"
        case WeekendAsked() | WeekendShown() | WeekendClosed() | WeekendSummary():
            return f"{kind}:{_weekend_key(subject)}"
        case DependencyLost(task=task, lost=lost, at=at):
            return f"{kind}:{task}:{lost}:{at.isoformat() if at else ''}"


def _weekend_key(subject: WeekendAsked | WeekendShown | WeekendClosed | WeekendSummary) -> str:
    match subject:
        case WeekendAsked(weekend=weekend, round=number):
            return f"{weekend}:{number}"
        case WeekendShown(weekend=weekend, request=request):
            return f"{weekend}:{request}"
    return subject.weekend


def _pattern_key(subject: PatternNews) -> str:
    match subject:
        case PatternDue(pattern=pattern, at=moment) | PatternForgotten(pattern=pattern, last=moment):
            return f"{pattern}:{moment.isoformat()}"
        case ActionAsked(pattern=pattern, request=request):
            return f"{pattern}:{request}"
    return subject.pattern


def delivered_about(store: Store, task: TaskId) -> list[Notification]:
    """The notifications that arrived and tell of this task: their messages show its state."""
    return [
        note
        for note in store.notifications.all()
        if isinstance(note.state, Delivered) and task_of(store, note.subject) == task
    ]


def weekend_of(subject: Subject) -> WeekendId | None:
    """The weekend that a subject is about."""
    return (
        subject.weekend if isinstance(subject, WeekendAsked | WeekendShown | WeekendClosed | WeekendSummary) else None
    )


def about_weekend(store: Store, weekend: WeekendId) -> list[Notification]:
    """The notifications that arrived and show this weekend."""
    return [
        note
        for note in store.notifications.all()
        if isinstance(note.state, Delivered) and weekend_of(note.subject) == weekend
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
        case (
            NightBudgetLow()
            | RuleSuggested()
            | ChangeAsked()
            | ChatLost()
            | MorningBrief()
            | NightPlanned()
            | CheckIn()
            | ProblemFound()
        ):
            return None
        case WeekendAsked() | WeekendShown() | WeekendClosed() | WeekendSummary():
            return None
        case ApprovalAsked(approval=approval_id) | QuestionExpired(approval=approval_id):
            return _task_of_approval(store, approval_id)
        case DependencyLost(task=task) | TaskShown(task=task):
            return task
        case PatternDue(task=built):
            return built
    return None


def task_of_build(build: BuildId) -> TaskId:
    """The task that a build id was made from."""
    return TaskId(build.rpartition("-")[0])


def _task_of_approval(store: Store, approval: ApprovalId) -> TaskId | None:
    found = store.approvals.get(approval)
    return found.task if found else None


KEPT_FOR = timedelta(days=30)
"""How long messages are remembered so that they can be brought up to date."""


def kind_of(store: Store, subject: Subject) -> Kind | None:
    """What people call such news; None for an answer to somebody."""
    match subject:
        case ApprovalAsked(approval=approval_id):
            approval = store.approvals.get(approval_id)
            return Kind.ESCALATIONS if approval is not None and approval.escalated else Kind.QUESTIONS
        case QuestionExpired() | DependencyLost():
            return Kind.QUESTIONS
        case BuildStarted() | BuildEnded():
            return Kind.BUILDS
        case BudgetLow() | NightBudgetLow():
            return Kind.BUDGET
        case ProblemFound():
            return Kind.ESCALATIONS
        case RuleSuggested() | PatternSuggested() | PatternDue() | PatternForgotten():
            return Kind.SUGGESTIONS
        case ImprovementSuggested() | LessonAsked():
            return Kind.SUGGESTIONS
        case ChatLost():
            return Kind.SYSTEM
        case MorningBrief() | NightPlanned() | CheckIn():
            return Kind.DAILY
        case WeekendAsked() | WeekendClosed() | WeekendSummary():
            return Kind.WEEKEND
        case TaskShown() | ChangeAsked() | WeekendShown() | ActionAsked():
            return None


def mode_of(store: Store, note: Notification, config: Config, now: datetime) -> Mode:
    """How a notification comes into its chat: by the wishes of those who read there, and by the quiet hours.

    An escalation has a sound also at night, and is never left out.
    """
    kind = kind_of(store, note.subject)
    settings = store.chat_settings.get(str(note.chat)) or ChatSettings(chat=note.chat, modes={})
    mode = settings.modes.get(kind, Mode.ON) if kind is not None else Mode.ON
    if kind is Kind.ESCALATIONS:
        return Mode.SILENT if mode is Mode.SILENT else Mode.ON
    if mode is Mode.ON and (note.silent or (is_quiet(config, now) and not settings.sound_at_night)):
        return Mode.SILENT
    return mode


def is_quiet(config: Config, now: datetime) -> bool:
    """Whether it is a time of the day at which people sleep."""
    if config.quiet is None:
        return False
    start, end = config.quiet
    local = now.astimezone(config.zone).time()
    return start <= local < end if start <= end else local >= start or local < end


def set_mode(store: Store, chat: ChatId, kind: Kind, mode: Mode) -> ChatSettings:
    """How such news comes into a chat from now on. Raises Refused for escalations that shall not come at all."""
    if kind is Kind.ESCALATIONS and mode is Mode.OFF:
        raise Refused("Escalations can't be switched off; they can come without a sound.")
    with store.transaction():
        known = store.chat_settings.get(str(chat)) or ChatSettings(chat=chat, modes={})
        changed = msgspec.structs.replace(known, modes={**known.modes, kind: mode})
        store.chat_settings.put(str(chat), changed)
    return changed


def set_night(store: Store, chat: ChatId, *, sound: bool) -> ChatSettings:
    """Whether news has a sound in a chat during the quiet hours."""
    with store.transaction():
        known = store.chat_settings.get(str(chat)) or ChatSettings(chat=chat, modes={})
        changed = msgspec.structs.replace(known, sound_at_night=sound)
        store.chat_settings.put(str(chat), changed)
    return changed


def forget_old(store: Store, now: datetime) -> int:
    """Drop notifications that were settled long ago, so that looking through them stays cheap; returns how many.

    A question that is still open keeps its messages.
    """
    old = [note for note in store.notifications.all() if _is_done_with(store, note, now)]
    if old:
        with store.transaction():
            for note in old:
                store.notifications.remove(note.id)
    return len(old)


def _is_done_with(store: Store, note: Notification, now: datetime) -> bool:
    if isinstance(note.state, Pending | Sending) or now - note.created_at < KEPT_FOR:
        return False
    if isinstance(note.subject, ApprovalAsked):
        approval = store.approvals.get(note.subject.approval)
        return approval is None or not isinstance(approval.state, Open)
    return True
