"""Button presses: the update they cause and the one answer each of them gets."""

import secrets

from bot.local.backend import Backend
from bot.local.events import PressAnswered
from bot.local.models import JsonDict, User, bad_request
from bot.local.params import Params
from bot.local.records import PressClosed, PressMade

LIFETIME = 15 * 60
MAX_ANSWER = 200


def press(backend: Backend, user: User, body: JsonDict, data: str, press_id: str | None = None) -> str:
    """Queue the `callback_query` update of a press; returns the press's number, `press_id` if given."""
    query = str(secrets.randbits(62))
    name = press_id or query
    backend.commit(PressMade(query=query, press=name, at=backend.now()))
    backend.deliver(
        "callback_query",
        {
            "id": query,
            "from": user.to_json(),
            "message": body,
            "chat_instance": str(body["chat"]["id"] * 7919),
            "data": data,
        },
    )
    return name


def answer_callback_query(backend: Backend, params: Params) -> bool:
    """Method answerCallbackQuery; each press is answered once, within 15 minutes."""
    text = params.text("text")
    if len(text) > MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    made = backend.state.presses.get(params.text("callback_query_id"))
    expire(backend)
    if made is None or made.query not in backend.state.presses:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    backend.commit(PressClosed(query=made.query))
    backend.emit(
        PressAnswered(
            press=made.press,
            text=text or None,
            show_alert=params.flag("show_alert"),
            url=params.text("url") or None,
        )
    )
    return True


def expire(backend: Backend) -> None:
    """Forget the presses that can't be answered any more, oldest first."""
    limit = backend.now() - LIFETIME
    for made in tuple(backend.state.presses.values()):
        if made.at > limit:
            break
        backend.commit(PressClosed(query=made.query))
