"""The methods that change or delete messages."""

from bot.local.backend import Backend
from bot.local.events import MessagesDeleted
from bot.local.keyboards import read_inline_markup
from bot.local.media import read_media
from bot.local.messages import read_caption, read_message_text, replace
from bot.local.models import Chat, JsonDict, StoredMessage, bad_request
from bot.local.params import Params
from bot.local.records import MessagesRemoved

MAX_AGE_TO_DELETE = 48 * 3600
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_CAPTION = ("caption", "caption_entities", "show_caption_above_media")
_MEDIA = ("photo", "document")


def edit_text(backend: Backend, params: Params) -> JsonDict:
    """Method editMessageText."""
    content = read_message_text(params)
    markup = read_inline_markup(params)
    chat, message = _editable(backend, params)
    if "text" not in message.body:
        raise bad_request("there is no text in the message to edit")
    return _change(backend, chat, message, ("text", "entities", "link_preview_options"), content, markup)


def edit_caption(backend: Backend, params: Params) -> JsonDict:
    """Method editMessageCaption."""
    content = read_caption(params)
    markup = read_inline_markup(params)
    chat, message = _editable(backend, params)
    if not any(kind in message.body for kind in _MEDIA):
        raise bad_request("there is no caption in the message to edit")
    return _change(backend, chat, message, _CAPTION, content, markup)


def edit_media(backend: Backend, params: Params) -> JsonDict:
    """Method editMessageMedia."""
    markup = read_inline_markup(params)
    chat, message = _editable(backend, params)
    item = params.mapping("media", "InputMedia")
    if item is None:
        raise bad_request("media is empty")
    content = read_media(backend, params, item)
    dropped = (*_CAPTION, *_MEDIA, "text", "entities", "link_preview_options")
    return _change(backend, chat, message, dropped, content, markup)


def edit_markup(backend: Backend, params: Params) -> JsonDict:
    """Method editMessageReplyMarkup."""
    markup = read_inline_markup(params)
    chat, message = _editable(backend, params)
    return _change(backend, chat, message, (), {}, markup)


def _editable(backend: Backend, params: Params) -> tuple[Chat, StoredMessage]:
    if params.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = backend.writable_chat(params)
    number = params.integer("message_id")
    if not number:
        raise bad_request("message identifier is not specified")
    message = backend.find_message(chat.id, number)
    if message is None:
        raise bad_request("message to edit not found")
    if message.body["from"]["id"] != backend.bot.id or message.keyboard is not None:
        raise bad_request("message can't be edited")
    if "forward_origin" in message.body:
        raise bad_request("message can't be edited")
    return chat, message


def _change(
    backend: Backend,
    chat: Chat,
    message: StoredMessage,
    dropped: tuple[str, ...],
    content: JsonDict,
    markup: JsonDict | None,
) -> JsonDict:
    """Replace some fields and the keyboard; refused when nothing would be different."""
    old = message.body
    body = {key: value for key, value in old.items() if key not in dropped and key != "reply_markup"}
    body.update(content)
    if markup is not None:
        body["reply_markup"] = markup
    if body == old:
        raise bad_request(_NOT_MODIFIED)
    body["edit_date"] = backend.now()
    return replace(backend, chat.id, message, body).body


def delete_message(backend: Backend, params: Params) -> bool:
    """Method deleteMessage."""
    chat = backend.writable_chat(params)
    number = params.integer("message_id")
    if not number:
        raise bad_request("message identifier is not specified")
    message = backend.find_message(chat.id, number)
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(backend, chat, message):
        raise bad_request("message can't be deleted for everyone")
    _remove(backend, chat, [number])
    return True


def delete_messages(backend: Backend, params: Params) -> bool:
    """Method deleteMessages; unknown ones are skipped, as Telegram does."""
    chat = backend.writable_chat(params)
    numbers = params.sequence("message_ids", "message identifiers") or []
    if not 1 <= len(numbers) <= 100:
        raise bad_request("too few messages to delete" if not numbers else "too many messages to delete")
    found = [backend.find_message(chat.id, number) for number in numbers if isinstance(number, int)]
    known = [message for message in found if message is not None]
    if not all(_deletable(backend, chat, message) for message in known):
        raise bad_request("message can't be deleted for everyone")
    _remove(backend, chat, [message.message_id for message in known])
    return True


def _deletable(backend: Backend, chat: Chat, message: StoredMessage) -> bool:
    if backend.now() - message.body["date"] > MAX_AGE_TO_DELETE:
        return False
    own = message.body["from"]["id"] == backend.bot.id
    return own or chat.type == "private" or chat.members.get(backend.bot.id) == "administrator"


def _remove(backend: Backend, chat: Chat, numbers: list[int]) -> None:
    if numbers:
        backend.commit(MessagesRemoved(chat=chat.id, message_ids=numbers))
        backend.emit(MessagesDeleted(chat=chat.id, message_ids=tuple(numbers)))
