"""Reply markup: what Telegram accepts as keyboards, and its words for what it does not."""

from typing import Any

from bot.local.models import JsonDict, bad_request
from bot.local.params import Params, boolean_field

MAX_BUTTONS = 100
MAX_DATA_BYTES = 64
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_FLAGS = {
    "force_reply": ("force_reply", "selective"),
    "keyboard": ("selective", "one_time_keyboard", "is_persistent", "resize_keyboard"),
    "remove_keyboard": ("remove_keyboard", "selective"),
}


def read_markup(params: Params) -> tuple[JsonDict | None, JsonDict | None]:
    """The call's reply markup as (inline keyboard, other keyboard); at most one of them is given.

    Raises `ApiError` in Telegram's words.
    """
    markup = params.mapping("reply_markup", "reply markup")
    if not markup:
        return None, None
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"]), None
    for kind, flags in _FLAGS.items():
        if markup.get(kind):
            for flag in flags:
                boolean_field(markup, flag)
            if kind == "keyboard":
                _check_reply_keyboard(markup["keyboard"])
            return None, markup
    return None, None


def read_inline_markup(params: Params) -> JsonDict | None:
    """The inline keyboard of an edit; other kinds are refused."""
    inline, other = read_markup(params)
    if other is not None:
        raise bad_request("inline keyboard expected")
    return inline


def _rows(value: Any, field: str, noun: str) -> list[list[Any]]:
    if not isinstance(value, list):
        raise bad_request(f'field "{field}" must be of type Array')
    for row in value:
        if not isinstance(row, list):
            raise bad_request(f"can't parse {noun} row: Expected an Array")
    if sum(map(len, value)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return [row for row in value if row]


def _inline(value: Any) -> JsonDict | None:
    rows = _rows(value, "inline_keyboard", "inline keyboard")
    checked = [[_inline_button(button) for button in row] for row in rows]
    return {"inline_keyboard": checked} if checked else None


def _inline_button(button: Any) -> JsonDict:
    prefix = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise bad_request(f"{prefix}expected an Object")
    if "text" not in button:
        raise bad_request(f'{prefix}Can\'t find field "text"')
    if not isinstance(button["text"], str):
        raise bad_request(f'{prefix}Field "text" must be of type String')
    if not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    actions = [name for name in _ACTIONS if button.get(name) is not None]
    if not actions or (actions == ["callback_data"] and not button["callback_data"]):
        raise bad_request(f"{prefix}Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"{prefix}exactly one action must be given, not {' and '.join(actions)}")
    _check_action(actions[0], button[actions[0]])
    return button


def _check_action(action: str, value: Any) -> None:
    match action:
        case "callback_data":
            if not isinstance(value, str) or len(value.encode()) > MAX_DATA_BYTES:
                raise bad_request("BUTTON_DATA_INVALID")
        case "url":
            _check_url(value)
        case "web_app":
            url = value.get("url", "") if isinstance(value, dict) else ""
            if not url.startswith("https://"):
                raise bad_request(
                    f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed"
                )
        case "copy_text":
            text = value.get("text", "") if isinstance(value, dict) else ""
            if not 1 <= len(text) <= 256:
                raise bad_request("BUTTON_COPY_TEXT_INVALID")
        case "pay" | "callback_game":
            raise bad_request("BUTTON_TYPE_INVALID")


def _check_url(url: Any) -> None:
    text = str(url)
    scheme, mark, rest = text.partition("://")
    if mark and scheme.lower() not in ("http", "https", "tg", "ton"):
        raise bad_request(f"inline keyboard button URL '{text}' is invalid: Unsupported URL protocol")
    host = (rest if mark else text).split("/")[0]
    if not host or (not mark and "." not in host) or " " in host:
        raise bad_request(f"inline keyboard button URL '{text}' is invalid: Wrong HTTP URL")


def _check_reply_keyboard(value: Any) -> None:
    for row in _rows(value, "keyboard", "keyboard"):
        for button in row:
            text = button if isinstance(button, str) else button.get("text", "")
            if not isinstance(text, str) or not text.strip():
                raise bad_request("can't parse keyboard button: text must be non-empty")
