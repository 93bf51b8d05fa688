"""Button presses: one place decodes them, acts, answers with a toast, and brings the message up to date."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import CallbackQuery, Update
from telegram.error import BadRequest

from core import notifications, request_types
from core.errors import Conflict, JarvisError
from core.model.ids import BuildId, ChatId, TaskId, UserId
from core.model.task import Completed, NeedsApproval, Task, Unmerged
from handlers import (
    agents,
    approvals,
    builds,
    callbacks,
    changes,
    contexts,
    improvements,
    onboarding,
    overnight,
    patterns,
    pauses,
    problems,
    productivity,
    rules,
    settings,
    tasks,
    weekend,
)
from handlers import notifications as notify
from handlers.callbacks import (
    Always,
    Answer,
    Ask,
    ChangeTask,
    Choose,
    DraftEnd,
    DropLink,
    DropRule,
    FinishDraft,
    ForTonight,
    JudgePattern,
    MergeAll,
    Notify,
    NotifyAtNight,
    OnPattern,
    OnSession,
    OnTask,
    Page,
    Press,
    Resume,
    RetryBuild,
    RunFix,
    Seen,
    SetContext,
    SetField,
    Setting,
    ShowPeriod,
    StopAll,
    TakeBack,
    TakeSuggestion,
    TaskVerb,
    TryAgent,
)
from handlers.capture import draft_card
from handlers.improvement_buttons import DropLesson, KeepLesson, LetBe, OnImprovement
from handlers.replies import edit, edit_pressed, reply
from handlers.services import Context, Services
from handlers.views import drafts
from handlers.views.message import Message, escape, unescape
from handlers.views.tasks import added, state_line
from handlers.weekend_buttons import ChooseWeekend, FinishPhase, OnWeekend, VoteWeekend

MAX_TOAST = 200
"""Telegram's limit for the answer to a press."""

Toast = str | None


async def press(update: Update, context: Context) -> None:
    """Any press by an owner. A refusal is shown as an alert, and the message is brought up to date."""
    query = update.callback_query
    if query is None:
        return
    concerned: TaskId | None = None
    try:
        pressed = callbacks.decode(query.data or "")
        concerned = _concerns(context, pressed)
        toast = await _HANDLERS[type(pressed)](update, context, pressed)
        alert = False
    except JarvisError as error:
        toast, alert = str(error), True
    try:
        await _say(query, toast, alert=alert)
    finally:
        if concerned is not None:
            await _show_state(query, context, concerned)


async def _say(query: CallbackQuery, text: Toast, *, alert: bool = False) -> None:
    """Answer the press. One that waited for a quarter of an hour can't be answered any more; it was acted on."""
    try:
        await query.answer(text and text[:MAX_TOAST], show_alert=alert)
    except BadRequest as error:
        if not re.search("too old|query id is invalid", error.message, re.IGNORECASE):
            raise


def _concerns(context: Context, pressed: Press) -> TaskId | None:
    """The task whose state a press may change."""
    match pressed:
        case OnTask(verb=verb, task=task) if verb not in (TaskVerb.LOG, TaskVerb.DIFF, TaskVerb.SHOW):
            return task
        case Answer(approval=approval) | Always(approval=approval) | Seen(approval=approval):
            return context.services.approvals.find(approval).task
        case DropLink(task=task) | RetryBuild(task=task):
            return task
    return None


async def _show_state(query: CallbackQuery, context: Context, task: TaskId) -> None:
    """Bring all messages about the task up to date; a message that is no notification but a card, too."""
    await context.services.refresh(task)
    if query.message is None:
        return
    chat, message = query.message.chat.id, query.message.message_id
    if notifications.at_message(context.services.store, ChatId(chat), message) is None and _is_card(query, task):
        await edit(context.bot, chat, message, tasks.card(context.services, task))


def _is_card(query: CallbackQuery, task: TaskId) -> bool:
    """Whether the message is about this task only, so that it can become its card."""
    markup = query.message.reply_markup if query.message and hasattr(query.message, "reply_markup") else None
    named: set[TaskId | None] = set()
    for row in markup.inline_keyboard if markup else ():
        for button in row:
            if isinstance(button.callback_data, str):
                try:
                    pressed = callbacks.decode(button.callback_data)
                except JarvisError:
                    return False
                named.add(task if isinstance(pressed, Answer | Always | Seen) else getattr(pressed, "task", None))
    text = query.message.text if query.message and hasattr(query.message, "text") else None
    return named == {task} and text is not None and f"/{task} · " in text


async def _on_task(update: Update, context: Context, pressed: OnTask) -> Toast:
    services, task, now = context.services, pressed.task, context.services.clock()
    toast: Toast
    match pressed.verb:
        case TaskVerb.SHOW:
            await tasks.show_card(update, context, task)
            return None
        case TaskVerb.LOG:
            await reply(update, await asyncio.to_thread(builds.log_message, services, task))
            return None
        case TaskVerb.DIFF:
            await reply(update, await builds.diff_message(services, task))
            return None
        case TaskVerb.START:
            services.queue.start_now(task, now, tasks.person(update))
            toast = f"It {tasks.start_words(services, task)}.".replace("/", "")
        case TaskVerb.CANCEL:
            services.queue.cancel(task, tasks.person(update), now)
            toast = "Cancelled."
        case TaskVerb.STOP:
            services.queue.cancel(task, tasks.person(update), now)
            toast = "Stopping …"
        case TaskVerb.RETRY:
            toast = _retry(services, task, tasks.person(update))
        case _:
            toast = await _on_result(services, pressed, tasks.person(update))
    services.wake()
    return toast


async def _on_retry(update: Update, context: Context, pressed: RetryBuild) -> Toast:
    toast = _retry(context.services, pressed.task, tasks.person(update), pressed.build)
    context.services.wake()
    return toast


def _retry(services: Services, task_id: TaskId, by: UserId | None, build: BuildId | None = None) -> Toast:
    """Build it again. An old button, of an earlier build or of a task that has a result by now, tells how it stands."""
    now = services.clock()
    state = services.scheduler.find(task_id).task.state
    moved = build is not None and getattr(state, "build", None) != build
    if moved or (isinstance(state, Completed) and isinstance(state.delivery, Unmerged)):
        raise Conflict(f"{task_id} has moved on: {unescape(state_line(state, now, services.config.zone))}.")
    again = services.queue.retry(task_id, now, by)
    return "It needs your approval." if isinstance(again.state, NeedsApproval) else "Back in the queue."


async def _on_result(services: Services, pressed: OnTask, by: UserId | None) -> Toast:
    """The verbs on what a build has made."""
    task = pressed.task
    match pressed.verb:
        case TaskVerb.MERGE:
            merged = await builds.run_merge(services, task, by)
            return unescape(builds.merged_text(merged)).replace("/task", "task")
        case TaskVerb.ROLLBACK:
            back = await builds.run_rollback(services, task, by)
            return unescape(builds.rolled_back_text(back)).replace("/task", "task")
        case TaskVerb.PUSH:
            await builds.run_push(services, task, by)
            return "Pushed."
        case TaskVerb.DISCARD:
            await builds.run_discard(services, task, by)
            return "Discarded. Its commits are kept in the trash."
        case TaskVerb.RESTORE:
            await builds.run_restore(services, task, by)
            return "It is back on its branch."
        case TaskVerb.UPDATE:
            await builds.run_update(services, task, by)
            return "Your checkout is up to date."
    raise callbacks.UnknownButton("That button does nothing any more. /queue shows where things stand.")


async def _on_drop_link(update: Update, context: Context, pressed: DropLink) -> Toast:
    context.services.queue.drop_dependency(pressed.task, pressed.lost, context.services.clock())
    context.services.wake()
    return f"{pressed.task} no longer waits for {pressed.lost}."


async def _on_choose(update: Update, context: Context, pressed: Choose) -> Toast:
    services = context.services
    draft = services.drafts.find(pressed.draft)
    if pressed.field is None:
        await edit_pressed(update, draft_card(services, draft))
    else:
        await edit_pressed(update, drafts.choices(draft, pressed.field, services.projects.all()))
    return None


async def _on_set_field(update: Update, context: Context, pressed: SetField) -> Toast:
    try:
        changes = drafts.field_changes(pressed.field, pressed.value)
    except ValueError:
        raise callbacks.UnknownButton("That choice does not exist any more.") from None
    draft = context.services.drafts.change(pressed.draft, **changes)
    await edit_pressed(update, draft_card(context.services, draft))
    return None


async def _on_finish_draft(update: Update, context: Context, pressed: FinishDraft) -> Toast:
    services = context.services
    if pressed.end is DraftEnd.DROP:
        title = services.drafts.find(pressed.draft).title
        services.drafts.drop(pressed.draft)
        await edit_pressed(update, Message(f"🗑 <s>{escape(title)}</s>"))
        return "Dropped."
    start, by = pressed.end is DraftEnd.ADD_AND_START, tasks.person(update)
    task = services.drafts.add(pressed.draft, services.clock(), by, start_now=start)
    await _show_added(update, context, task)
    services.wake()
    return f"Added as {task.id}."


async def _show_added(update: Update, context: Context, task: Task) -> None:
    """The draft becomes the card of its task; a task that asks first gets a question of its own."""
    query = update.callback_query
    if isinstance(task.state, NeedsApproval):
        await edit_pressed(update, added(task))
    elif query is not None and query.message is not None:
        chat, message = query.message.chat.id, query.message.message_id
        await edit_pressed(update, tasks.card(context.services, task.id))
        notifications.record_card(context.services.store, task.id, ChatId(chat), message, context.services.clock())


async def _on_page(update: Update, context: Context, pressed: Page) -> Toast:
    await edit_pressed(update, tasks.list_page(context.services, pressed))
    return None


async def _on_try_agent(update: Update, context: Context, pressed: TryAgent) -> Toast:
    context.services.agents.engine(pressed.agent)  # refused at once if it is not there any more
    context.application.create_task(agents.run_try(update, context, pressed.agent), update=update)
    return f"Trying {pressed.agent} …"


async def _on_ask(update: Update, context: Context, pressed: Ask) -> Toast:
    asked = {
        "queue": tasks.queue,
        "brief": overnight.brief,
        "night": overnight.night,
        "sample": onboarding.sample,
        "weekend": weekend.weekend,
        "problems": problems.problems,
        "improve": improvements.improve,
    }.get(pressed.command)
    if asked is None:
        raise callbacks.UnknownButton("That command does not exist any more. /help lists what I can do.")
    patterns.note(update, context, request_types.of_command(pressed.command))
    await asked(update, context)
    return None


_HANDLERS: dict[type[Press], Callable[[Update, Context, Any], Awaitable[Toast]]] = {
    OnTask: _on_task,
    RetryBuild: _on_retry,
    MergeAll: builds.on_merge_all,
    Answer: approvals.on_answer,
    Always: approvals.on_always,
    Seen: approvals.on_seen,
    ChangeTask: changes.on_change,
    DropRule: rules.on_drop,
    TakeSuggestion: approvals.on_suggestion,
    Resume: pauses.on_resume,
    StopAll: pauses.on_stop_all,
    Notify: notify.on_notify,
    NotifyAtNight: notify.on_night,
    DropLink: _on_drop_link,
    Choose: _on_choose,
    SetField: _on_set_field,
    FinishDraft: _on_finish_draft,
    Page: _on_page,
    SetContext: contexts.on_set,
    Setting: settings.on_setting,
    ForTonight: overnight.on_wish,
    OnSession: overnight.on_session,
    ShowPeriod: productivity.on_show,
    TryAgent: _on_try_agent,
    VoteWeekend: weekend.on_vote,
    ChooseWeekend: weekend.on_choose,
    OnWeekend: weekend.on_weekend,
    FinishPhase: weekend.on_finish_phase,
    RunFix: problems.on_fix,
    TakeBack: problems.on_take_back,
    OnPattern: patterns.on_pattern,
    JudgePattern: patterns.on_judge,
    OnImprovement: improvements.on_improvement,
    KeepLesson: improvements.on_keep,
    LetBe: improvements.on_let_be,
    DropLesson: improvements.on_drop,
    Ask: _on_ask,
}
