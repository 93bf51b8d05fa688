"""Who may speak: sees every update before all others, button presses included, and fails closed."""

import structlog
from telegram import Chat, MessageEntity, Update
from telegram.ext import ApplicationHandlerStop

from core.model.ids import ChatId, UserId
from handlers.services import Context

log = structlog.get_logger("guard")


async def guard(update: Update, context: Context) -> None:
    """Let an owner pass, and whoever may be about to become the first one; everybody else gets silence and a log line.

    It is the person that counts, not the chat. Raises ApplicationHandlerStop to end the handling of an update.
    """
    person, chat = update.effective_user, update.effective_chat
    people = context.services.people
    if person is None or (chat is None and update.poll_answer is None):
        log.info("update without a person ignored", update=update.update_id)
        raise ApplicationHandlerStop
    if people.is_owner(UserId(person.id)):
        if update.edited_message is None:  # a live location moves on by itself
            context.services.contexts.active(context.services.clock())
        if chat is not None and chat.type == Chat.PRIVATE:
            people.meet(UserId(person.id), ChatId(chat.id), context.services.clock())
        return
    if not people.has_owner() and _is_claim(update):
        return
    log.warning("stranger ignored", person=person.id, chat=chat.id if chat else None, update=update.update_id)
    raise ApplicationHandlerStop


def _is_claim(update: Update) -> bool:
    """`/start CODE` in a private chat."""
    message = update.message
    return (
        message is not None
        and message.chat.type == Chat.PRIVATE
        and message.text is not None
        and message.text.startswith("/start ")
        # What Telegram itself takes for a command: other forms would reach the handlers of free text.
        and any(entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 for entity in message.entities)
    )
