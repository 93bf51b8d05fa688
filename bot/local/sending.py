"""The methods that make new messages: texts, places, copies, forwards and chat actions."""

from bot.local.backend import Backend
from bot.local.events import Typing
from bot.local.messages import read_caption, read_message_text, send
from bot.local.models import JsonDict, StoredMessage, bad_request
from bot.local.params import Params

_CONTENT = (
    "text",
    "entities",
    "photo",
    "document",
    "location",
    "poll",
    "caption",
    "caption_entities",
    "link_preview_options",
)
_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def send_message(backend: Backend, params: Params) -> JsonDict:
    """Method sendMessage."""
    return send(backend, params, read_message_text(params))


def send_location(backend: Backend, params: Params) -> JsonDict:
    """Method sendLocation."""
    latitude, longitude = params.number("latitude"), params.number("longitude")
    if latitude is None or longitude is None:
        raise bad_request(f"{'latitude' if latitude is None else 'longitude'} is empty")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad_request("wrong location specified")
    return send(backend, params, {"location": {"latitude": latitude, "longitude": longitude}})


def send_chat_action(backend: Backend, params: Params) -> bool:
    """Method sendChatAction."""
    action = params.text("action").lower()
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = backend.writable_chat(params)
    backend.emit(Typing(chat=chat.id, action=action))
    return True


def forward_message(backend: Backend, params: Params) -> JsonDict:
    """Method forwardMessage."""
    source = _source(backend, params, "message to forward not found")
    body = source.body
    origin = {"type": "user", "date": body["date"], "sender_user": body["from"]}
    return send(backend, params.without("reply_markup"), {**content_of(body), "forward_origin": origin})


def copy_message(backend: Backend, params: Params) -> JsonDict:
    """Method copyMessage."""
    source = _source(backend, params, "message to copy not found")
    content = content_of(source.body)
    if "poll" in content:
        raise bad_request("message can't be copied")
    if "caption" in params and ("photo" in content or "document" in content):
        content = {k: v for k, v in content.items() if not k.startswith("caption")} | read_caption(params)
    return {"message_id": send(backend, params, content)["message_id"]}


def content_of(body: JsonDict) -> JsonDict:
    """What a message says, without where and by whom it was said."""
    return {key: body[key] for key in _CONTENT if key in body}


def _source(backend: Backend, params: Params, otherwise: str) -> StoredMessage:
    chat = backend.find_chat(Params({"chat_id": params.text("from_chat_id")}))
    message = backend.find_message(chat.id, params.integer("message_id"))
    if message is None:
        raise bad_request(otherwise)
    return message
