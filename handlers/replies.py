"""Sends what the views made: too long becomes a document, a failed connection is tried again."""

import asyncio
import io
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions, Update
from telegram import Message as TelegramMessage
from telegram.error import BadRequest, NetworkError, TimedOut

from handlers import callbacks
from handlers.views.message import MAX_TEXT, Document, Message, escape, unescape, utf16_length

MAX_CAPTION = 1024
TRIES = 4
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Result = TypeVar("Result")


async def reply(update: Update, message: Message) -> None:
    """Answer in the chat, and in the topic, that the update came from."""
    if update.effective_chat is None:
        return
    source = update.effective_message
    thread = source.message_thread_id if source and source.is_topic_message else None
    await send(update.get_bot(), update.effective_chat.id, message, thread=thread)


async def send(
    bot: Bot, chat: int, message: Message, *, thread: int | None = None, silent: bool = False
) -> TelegramMessage:
    """Send one message; a text over Telegram's limit goes as a document."""
    markup = ForceReply(input_field_placeholder=message.ask_reply[:64]) if message.ask_reply else keyboard(message)
    document = message.document
    caption = message.text
    if document is None and utf16_length(unescape(message.text)) > MAX_TEXT:
        return await send(bot, chat, as_document(message), thread=thread, silent=silent)
    if document is not None:
        if utf16_length(unescape(caption)) > MAX_CAPTION:
            caption = ""
        file = InputFile(io.BytesIO(document.content), filename=document.name)
        return await persist(
            lambda: bot.send_document(
                chat,
                file,
                caption=caption or None,
                parse_mode="HTML",
                reply_markup=markup,
                message_thread_id=thread,
                disable_notification=silent,
            )
        )
    return await persist(
        lambda: bot.send_message(
            chat,
            message.text,
            parse_mode="HTML",
            reply_markup=markup,
            message_thread_id=thread,
            disable_notification=silent,
            link_preview_options=NO_PREVIEW,
        )
    )


async def edit(bot: Bot, chat: int, message_id: int, message: Message) -> None:
    """Replace a message in place; that it looks like that already, or is gone, is no error."""
    try:
        await persist(
            lambda: bot.edit_message_text(
                message.text,
                chat_id=chat,
                message_id=message_id,
                parse_mode="HTML",
                reply_markup=keyboard(message),
                link_preview_options=NO_PREVIEW,
            )
        )
    except BadRequest as error:
        if not re.search("not modified|to edit not found|can't be edited", error.message):
            raise


async def persist(call: Callable[[], Awaitable[Result]]) -> Result:
    """Try again, later and later, when the connection failed before Telegram can have acted.

    A time-out is not tried again: the message may have arrived.
    """
    for attempt in range(1, TRIES):
        try:
            return await call()
        except (BadRequest, TimedOut):
            raise
        except NetworkError:
            await asyncio.sleep(0.2 * 4**attempt)
    return await call()


def keyboard(message: Message) -> InlineKeyboardMarkup | None:
    """The inline keyboard of a message."""
    if not message.rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.text, callback_data=callbacks.encode(b.press)) for b in row] for row in message.rows]
    )


def as_document(message: Message) -> Message:
    """The same content as a text file, with the first line as the caption."""

    text = unescape(message.text)
    first = text.partition("\n")[0][:200]
    return Message(escape(first), message.rows, Document("message.txt", text.encode()))
