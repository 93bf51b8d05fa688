"""New tasks: `/add` in one line, and free text as a draft."""

import re

from telegram import Chat, Update

from core import approvals, notifications
from core.errors import Refused
from core.model.ids import ChatId
from core.model.notification import (
    ActionAsked,
    ApprovalAsked,
    BuildEnded,
    ChangeAsked,
    LessonAsked,
    Subject,
)
from core.model.task import Draft, NeedsApproval
from handlers import parsing
from handlers.approvals import answer_in_words, batch_in_words
from handlers.changes import take_answer
from handlers.improvements import answer_lesson, asks_for_nothing, correction_in_words
from handlers.patterns import note_text, take_action
from handlers.replies import reply
from handlers.rules import rule_in_words
from handlers.services import Context, Services
from handlers.tasks import person, show_card
from handlers.views import drafts
from handlers.views.message import Message, escape
from handlers.views.tasks import added


async def add(update: Update, context: Context) -> None:
    """`/add …`: a task from one message; without anything after it, asks for the title."""
    message, chat = update.effective_message, update.effective_chat
    if message is None or message.text is None or chat is None:
        return
    text = re.sub(r"^/\S+", "", message.text)
    if not text.strip():
        await reply(update, Message("What should I do? Write it in a sentence.", ask_reply="Fix the login test"))
        return
    try:
        task = context.services.queue.add_to_queue(
            parsing.new_task(text, ChatId(chat.id), message.message_id, person(update)), context.services.clock()
        )
    except Refused as error:
        await reply(update, Message(f"{escape(str(error))}\n\n{parsing.USAGE_ADD}"))
        return
    context.services.wake()
    if isinstance(task.state, NeedsApproval):
        await reply(update, added(task))
    else:
        await show_card(update, context, task.id)


async def free_text(update: Update, context: Context) -> None:
    """Any other text of an owner: the answer to a question, or a new draft. In groups, replies to the bot only."""
    message, chat = update.effective_message, update.effective_chat
    if message is None or message.text is None or chat is None:
        return
    services = context.services
    replied = message.reply_to_message
    if chat.type != Chat.PRIVATE and (
        replied is None or not replied.from_user or replied.from_user.id != context.bot.id
    ):
        return
    if replied is not None:
        asked = notifications.at_message(services.store, ChatId(chat.id), replied.message_id)
        if asked is not None and await _answers(update, context, asked.subject, message.text):
            return
        about = notifications.task_of(services.store, asked.subject) if asked is not None else None
        from_me = replied.from_user is not None and replied.from_user.id == context.bot.id
        if from_me and await correction_in_words(update, context, about, message.text):
            return
    if await batch_in_words(update, context, message.text) or await rule_in_words(update, context, message.text):
        return
    if asks_for_nothing(message.text):
        await reply(update, Message("👌 That changes nothing. To answer a question, reply to it: /questions"))
        return
    note_text(update, context, message.text)
    if message.text.rstrip().endswith("?") and any(map(str.isalnum, message.text)):
        services.improver.log_question(message.text, services.clock())
    draft = services.drafts.begin(
        parsing.new_task(message.text, ChatId(chat.id), message.message_id), ChatId(chat.id), services.clock()
    )
    await reply(update, draft_card(services, draft))


async def _answers(update: Update, context: Context, subject: Subject, text: str) -> bool:
    """Take a reply to a question as its answer; False for other messages and for other words."""
    if isinstance(subject, ChangeAsked | ActionAsked) and asks_for_nothing(text):
        return False  # a “no, thanks” is neither a title nor what to build
    match subject:
        case ChangeAsked():
            await take_answer(update, context, subject, text)
            return True
        case ActionAsked():
            await take_action(update, context, subject, text)
            return True
        case ApprovalAsked(approval=approval):
            return await answer_in_words(update, context, approval, text)
        case LessonAsked(correction=correction):
            return await answer_lesson(update, context, correction, text)
        case BuildEnded(build=build):
            if await correction_in_words(update, context, notifications.task_of_build(build), text):
                return True
            task = context.services.store.tasks.get(notifications.task_of_build(build))
            question = approvals.question_of(task) if task is not None else None
            return question is not None and await answer_in_words(update, context, question, text)
    return False


def draft_card(services: Services, draft: Draft) -> Message:
    """The card of a draft."""
    missing = draft.command is None and not services.scheduler.has_agent(services.clock())
    return drafts.card(draft, agent_missing=missing, has_projects=bool(services.projects.all()))
