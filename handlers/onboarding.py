"""The first steps: `/start`, `/help`, the sample project."""

import asyncio

import structlog
from telegram import Chat, Update

from core.model.ids import ChatId, UserId
from handlers.replies import reply
from handlers.services import Context
from handlers.views import onboarding
from handlers.views.message import Message, escape

log = structlog.get_logger("onboarding")


async def start(update: Update, context: Context) -> None:
    """`/start`: a welcome; with the one-time code it claims the bot."""
    services, user, chat = context.services, update.effective_user, update.effective_chat
    if user is None or chat is None:
        return
    code = (context.args or [""])[0]
    if not services.people.is_owner(UserId(user.id)):
        if not services.people.claim(UserId(user.id), user.full_name, code, services.clock()):
            log.warning("wrong code", person=user.id)
            return
        services.people.meet(UserId(user.id), ChatId(chat.id), services.clock())
        log.info("claimed", person=user.id)
    fresh = not services.projects.all()
    await reply(update, onboarding.welcome(user.first_name, offer_sample=fresh, local=services.is_local))


async def sample(update: Update, context: Context) -> None:
    """`/sample`: make the sample project and queue its tasks."""
    if update.effective_chat is None:
        return
    services = context.services
    await asyncio.to_thread(services.make_sample, ChatId(update.effective_chat.id))
    await reply(update, onboarding.sample_made())
    services.wake()


async def unknown(update: Update, context: Context) -> None:
    """A command that does not exist; in a group it may be meant for another bot, unless it names this one."""
    text = update.effective_message.text if update.effective_message else None
    name, _, addressee = (text or "/").split()[0][:80].partition("@")
    in_group = update.effective_chat is not None and update.effective_chat.type != Chat.PRIVATE
    if addressee.casefold() != context.bot.username.casefold() and (addressee or in_group):
        return
    await reply(update, Message(f"I don't know {escape(name)}. /help lists what I can do."))


async def not_text(update: Update, _: Context) -> None:
    """Photos, files, voice and the like."""
    await reply(update, Message("I can only read text. Write me what to do, in a sentence."))
