"""Making, storing and changing messages, whoever sends them."""

from typing import Any

from bot.local.backend import Backend
from bot.local.entities import read_text
from bot.local.events import MessageAdded, MessageEdited
from bot.local.keyboards import read_markup
from bot.local.markup import utf16_length
from bot.local.models import Chat, JsonDict, StoredMessage, User, bad_request
from bot.local.params import Params, boolean_field
from bot.local.records import MessageStored

MAX_TEXT = 4096
MAX_CAPTION = 1024


def read_message_text(params: Params) -> JsonDict:
    """`text` with its entities as message content; refused when empty or too long."""
    if not params.text("text"):
        raise bad_request("message text is empty")
    text, entities = read_text(params, "text", "parse_mode", "entities")
    if not text:
        raise bad_request("text must be non-empty")
    if utf16_length(text) > MAX_TEXT:
        raise bad_request("message is too long")
    content: JsonDict = {"text": text}
    if entities:
        content["entities"] = entities
    if preview := params.mapping("link_preview_options", "link preview options"):
        for flag in ("is_disabled", "prefer_small_media", "prefer_large_media", "show_above_text"):
            boolean_field(preview, flag)
        content["link_preview_options"] = preview
    return content


def read_caption(params: Params) -> JsonDict:
    """`caption` with its entities as message content; empty when there is none."""
    text, entities = read_text(params, "caption", "parse_mode", "caption_entities")
    if utf16_length(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    content: JsonDict = {"caption": text} if text else {}
    if entities:
        content["caption_entities"] = entities
    if params.flag("show_caption_above_media"):
        content["show_caption_above_media"] = True
    return content


def send(backend: Backend, params: Params, content: JsonDict) -> JsonDict:
    """The bot sends `content` to the call's chat; returns the new `Message`."""
    inline, keyboard = read_markup(params)
    chat = backend.writable_chat(params)
    extra = dict(content)
    extra.update(_thread(chat, params))
    replied = _replied_to(backend, chat, params)
    if replied is not None:
        extra["reply_to_message"] = without_reply(replied.body)
    if params.flag("protect_content"):
        extra["has_protected_content"] = True
    if inline is not None:
        extra["reply_markup"] = inline
    return add(backend, chat, backend.bot, extra, keyboard, silent=params.flag("disable_notification")).body


def add(
    backend: Backend,
    chat: Chat,
    sender: User,
    content: JsonDict,
    keyboard: JsonDict | None = None,
    *,
    silent: bool = False,
) -> StoredMessage:
    """Put a new message into a chat and tell the listeners; the bot gets no update of it."""
    body: JsonDict = {
        "message_id": backend.state.next_message_id(chat.id),
        "from": sender.to_json(),
        "chat": chat.to_json(),
        "date": backend.now(),
        **content,
    }
    message = StoredMessage(body=body, keyboard=keyboard, silent=silent)
    backend.commit(MessageStored(chat=chat.id, message=message))
    backend.emit(MessageAdded(chat=chat.id, message=message))
    return message


def replace(
    backend: Backend, chat: int, message: StoredMessage, body: JsonDict, *, keep_keyboard: bool = True
) -> StoredMessage:
    """Put a changed body in a message's place and tell the listeners."""
    kept = message.keyboard if keep_keyboard else None
    changed = StoredMessage(body=body, keyboard=kept, silent=message.silent)
    backend.commit(MessageStored(chat=chat, message=changed))
    backend.emit(MessageEdited(chat=chat, message=changed))
    return changed


def without_reply(body: JsonDict) -> JsonDict:
    """A message as it stands inside another one: without what it replied to itself."""
    return {key: value for key, value in body.items() if key != "reply_to_message"}


def _thread(chat: Chat, params: Params) -> JsonDict:
    thread = params.integer("message_thread_id")
    if not thread:
        return {}
    if not chat.forum:
        raise bad_request("message thread not found")
    return {"message_thread_id": thread, "is_topic_message": True}


def _replied_to(backend: Backend, chat: Chat, params: Params) -> StoredMessage | None:
    reply = params.mapping("reply_parameters", "reply parameters")
    if reply is not None:
        if "message_id" not in reply:
            raise bad_request('can\'t find field "message_id"')
        number: Any = reply["message_id"]
        required = not boolean_field(reply, "allow_sending_without_reply")
        if reply.get("chat_id") not in (None, chat.id, str(chat.id)):
            chat = backend.find_chat(Params({"chat_id": reply["chat_id"]}))
    else:
        number = params.integer("reply_to_message_id")
        required = not params.flag("allow_sending_without_reply")
    if not number:
        return None
    found = backend.find_message(chat.id, number) if isinstance(number, int) else None
    if found is None and required:
        raise bad_request("message to be replied not found")
    return found
