"""Sends what the views made: too long becomes a document, a failed connection is tried again."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import httpx
import structlog
from telegram import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
    Update,
)
from telegram import Message as TelegramMessage
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut
from telegram.ext import ExtBot

from handlers import callbacks, pictures
from handlers.views.message import MAX_TEXT, Document, Message, escape, shorten, unescape, utf16_length

log = structlog.get_logger("replies")

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
    """Send one message with patience; a text over Telegram's limit goes as a document.

    A picture goes above its text, or as an answer to it when the text is too long for a caption; if there is trouble
    with the picture, the text goes alone. The message with the text and the buttons is returned.
    """
    photo = await _photo(message)
    sent = await persist(lambda: _send(bot, chat, message, photo, thread=thread))
    if photo is not None and not _is_caption(message):
        await _send_below(bot, sent, photo)
    return sent


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

    `flood_retries` is how often the rate limiter waits and tries again when Telegram asks for a pause. A picture is
    drawn before anything is sent; whatever is raised is about the message with the text.
    """
    photo = await _photo(message)
    sent = await _send(bot, chat, message, photo, thread=thread, silent=silent, flood_retries=flood_retries)
    if photo is not None and not _is_caption(message):
        await _send_below(bot, sent, photo, silent=silent, flood_retries=flood_retries)
    return sent


async def _send(
    bot: ExtBot[Any],
    chat: int,
    message: Message,
    photo: InputFile | None,
    *,
    thread: int | None = None,
    silent: bool = False,
    flood_retries: int | None = None,
) -> TelegramMessage:
    """Send the text and the buttons: below the photo, below the document, or alone."""
    if message.document is None and utf16_length(unescape(message.text)) > MAX_TEXT:
        message = as_document(message)
    common: dict[str, Any] = {
        "parse_mode": "HTML",
        "reply_markup": _markup(message),
        "message_thread_id": thread,
        "disable_notification": silent,
        "rate_limit_args": flood_retries,
    }
    if message.document is not None:
        caption = message.text if _fits_caption(message.text) else None
        file = InputFile(message.document.content, filename=message.document.name)
        return await bot.send_document(chat, file, caption=caption or None, **common)
    if photo is not None and _is_caption(message):
        try:
            return await bot.send_photo(chat, photo, caption=message.text, **common)
        except BadRequest as error:  # then nothing was sent; some groups allow no photos
            log.warning("picture refused", chat=chat, error=str(error))
    return await bot.send_message(chat, message.text, link_preview_options=NO_PREVIEW, **common)


async def _photo(message: Message) -> InputFile | None:
    """The picture of a message, ready to be sent; None when there is none, or it can't be drawn."""
    if message.picture is None:
        return None
    png = await pictures.drawn(message.picture)
    name = " ".join(re.sub(r"[^\w-]+", " ", message.picture.title).split())[:60]
    return None if png is None else InputFile(png, filename=f"{name or 'picture'}.png")


async def _send_below(
    bot: ExtBot[Any],
    text: TelegramMessage,
    photo: InputFile,
    *,
    silent: bool = False,
    flood_retries: int | None = None,
) -> None:
    """Send a photo as an answer to the text that was too long to be its caption; in vain, if need be."""
    try:
        await bot.send_photo(
            text.chat_id,
            photo,
            message_thread_id=text.message_thread_id if text.is_topic_message else None,
            reply_parameters=ReplyParameters(text.message_id, allow_sending_without_reply=True),
            disable_notification=silent,
            rate_limit_args=flood_retries,
        )
    except TelegramError as error:
        log.warning("picture not sent", chat=text.chat_id, message=text.message_id, error=str(error))


async def edit(bot: ExtBot[Any], chat: int, message_id: int, message: Message) -> bool:
    """Replace a message in place; that it looks like that already, or is gone, is no error. False when it is gone.

    Of a photo or a document it is the caption that is replaced, by as much of the text as fits; a photo becomes the
    message's picture, if that has one.
    """
    common: dict[str, Any] = {
        "chat_id": chat,
        "message_id": message_id,
        "reply_markup": keyboard(message),
    }
    try:
        await persist(lambda: _edit(bot, message, common), repeatable=True)
    except BadRequest as error:
        if not re.search("not modified|to edit not found|can't be edited", error.message):
            raise
        return "not modified" in error.message
    return True


async def _edit(bot: ExtBot[Any], message: Message, common: dict[str, Any]) -> None:
    text = message.text
    try:
        await bot.edit_message_text(text, link_preview_options=NO_PREVIEW, parse_mode="HTML", **common)
    except BadRequest as error:
        if "no text in the message to edit" not in error.message:
            raise
        caption = text if _fits_caption(text) else escape(shorten(unescape(text), MAX_CAPTION))
        photo = await _photo(message)
        if photo is not None:
            media = InputMediaPhoto(photo.input_file_content, caption, parse_mode="HTML", filename=photo.filename)
            await bot.edit_message_media(media, **common)
        else:
            await bot.edit_message_caption(caption=caption, parse_mode="HTML", **common)


async def edit_pressed(update: Update, message: Message) -> None:
    """Replace the message whose button was pressed; nothing when it is not to be had any more."""
    query = update.callback_query
    if query is not None and query.message is not None:
        await edit(cast(ExtBot[Any], update.get_bot()), query.message.chat.id, query.message.message_id, message)


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


def _fits_caption(text: str) -> bool:
    return utf16_length(unescape(text)) <= MAX_CAPTION


def _is_caption(message: Message) -> bool:
    """Whether the text can stand below the picture."""
    return message.document is None and _fits_caption(message.text)


def _markup(message: Message) -> InlineKeyboardMarkup | ForceReply | None:
    return ForceReply(input_field_placeholder=message.ask_reply[:64]) if message.ask_reply else keyboard(message)


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
