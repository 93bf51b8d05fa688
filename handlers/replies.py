"""Sends what the views made: too long becomes a document, a failed connection is tried again."""

import asyncio
import io
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import httpx
from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions, Update
from telegram import Message as TelegramMessage
from telegram.error import BadRequest, NetworkError, TimedOut
from telegram.ext import ExtBot

from handlers import callbacks
from handlers.views.message import MAX_TEXT, Document, Message, escape, unescape, utf16_length

MAX_CAPTION = 1024
TRIES = 4
NO_RETRIES = -1
"""For `flood_retries`; the library takes a 0 for “as usual”."""
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Result = TypeVar("Result")


async def reply(update: Update, message: Message) -> TelegramMessage | None:
    """Answer in the chat, and in the topic, that the update came from; None when it came from no chat."""
    if update.effective_chat is None:
        return None
    source = update.effective_message
    thread = source.message_thread_id if source and source.is_topic_message else None
    return await send(cast(ExtBot[Any], update.get_bot()), update.effective_chat.id, message, thread=thread)


async def send(bot: ExtBot[Any], chat: int, message: Message, *, thread: int | None = None) -> TelegramMessage:
    """Send one message with patience; a text over Telegram's limit goes as a document."""
    return await persist(lambda: send_once(bot, chat, message, thread=thread))


async def send_once(
    bot: ExtBot[Any],
    chat: int,
    message: Message,
    *,
    thread: int | None = None,
    silent: bool = False,
    flood_retries: int | None = None,
) -> TelegramMessage:
    """As `send`, without trying again: for who keeps a record of each try.

    `flood_retries` is how often the rate limiter waits and tries again when Telegram asks for a pause.
    """
    markup = ForceReply(input_field_placeholder=message.ask_reply[:64]) if message.ask_reply else keyboard(message)
    document = message.document
    caption = message.text
    if document is None and utf16_length(unescape(message.text)) > MAX_TEXT:
        return await send_once(
            bot, chat, as_document(message), thread=thread, silent=silent, flood_retries=flood_retries
        )
    if document is not None:
        if utf16_length(unescape(caption)) > MAX_CAPTION:
            caption = ""
        file = InputFile(io.BytesIO(document.content), filename=document.name)
        return await bot.send_document(
            chat,
            file,
            caption=caption or None,
            parse_mode="HTML",
            reply_markup=markup,
            message_thread_id=thread,
            disable_notification=silent,
            rate_limit_args=flood_retries,
        )
    return await bot.send_message(
        chat,
        message.text,
        parse_mode="HTML",
        reply_markup=markup,
        message_thread_id=thread,
        disable_notification=silent,
        link_preview_options=NO_PREVIEW,
        rate_limit_args=flood_retries,
    )


async def edit(bot: ExtBot[Any], chat: int, message_id: int, message: Message) -> None:
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
            ),
            repeatable=True,
        )
    except BadRequest as error:
        if not re.search("not modified|to edit not found|can't be edited", error.message):
            raise


async def persist(call: Callable[[], Awaitable[Result]], *, repeatable: bool = False) -> Result:
    """Try again, later and later, when the connection fails.

    What may have arrived in spite of the error is tried again once only, unless it is `repeatable` without harm.
    """
    doubts = 0
    for attempt in range(1, TRIES):
        try:
            return await call()
        except BadRequest:
            raise
        except NetworkError as error:
            doubts += not repeatable and may_have_arrived(error)
            if doubts > 1:
                raise
            await asyncio.sleep(0.2 * 4**attempt)
    return await call()


def may_have_arrived(error: NetworkError) -> bool:
    """Whether Telegram may have acted on a request that ended with this error.

    Not when no connection was made, nor when Telegram answered, if only with an error of its own (5xx).
    """
    cause = error.__cause__
    if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return False
    return isinstance(error, TimedOut) or isinstance(cause, httpx.HTTPError)


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
