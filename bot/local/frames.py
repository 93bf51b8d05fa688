"""The frames that the web page gets over its WebSocket."""

from urllib.parse import quote

from bot.local.core import BotApi
from bot.local.media import file_of
from bot.local.models import JsonDict, StoredMessage
from bot.local.render import render_page

PAGE = 200


def hello(api: BotApi) -> JsonDict:
    """Everything the page needs to begin."""
    chat = api.visitor.id
    messages, more = api.history(chat, limit=PAGE)
    return {
        "type": "hello",
        "bot": {
            "id": api.bot.id,
            "first_name": api.bot.first_name,
            "username": api.bot.username,
        },
        "visitor": {"id": api.visitor.id, "first_name": api.visitor.first_name},
        "chats": [{"id": c.id, "type": c.type, "title": c.name} for c in api.chats()],
        "chat": chat,
        "messages": [page_message(api, message) for message in messages],
        "commands": api.commands(chat),
        "more": more,
    }


def history(api: BotApi, chat: int, before: int) -> JsonDict:
    """Older messages of a chat."""
    messages, more = api.history(chat, before=before, limit=PAGE)
    shown = [page_message(api, message) for message in messages]
    return {"type": "history", "chat": chat, "messages": shown, "more": more}


def page_message(api: BotApi, message: StoredMessage) -> JsonDict:
    """A message with what only the page needs: safe HTML, its file's address, whose it is."""
    body = message.body
    shown: JsonDict = {
        **body,
        "html": render_page(
            body.get("text") or body.get("caption") or "",
            body.get("entities") or body.get("caption_entities") or [],
        ),
        "out": body["from"]["id"] == api.visitor.id,
    }
    if message.keyboard is not None:
        shown["reply_markup"] = message.keyboard
    if message.reaction is not None:
        shown["reaction"] = message.reaction
    file = file_of(api.backend, body)
    if file is not None:
        shown["file"] = {
            "url": f"/chat/file/{quote(file.file_id, safe='')}",
            "name": file.name,
            "size": file.size,
            "mime": file.mime,
            "width": file.width,
            "height": file.height,
        }
    if "poll" in body:
        tally = api.backend.state.polls.get(body["poll"]["id"])
        shown["my_votes"] = tally.votes.get(api.visitor.id, []) if tally else []
    return shown


def error(text: str) -> JsonDict:
    """A sentence for the person at the page."""
    return {"type": "error", "text": text}


def callback_answer(press: str, text: str | None = None, *, show_alert: bool = False) -> JsonDict:
    """The end of a button press."""
    return {"type": "callback_answer", "id": press, "text": text, "show_alert": show_alert}
