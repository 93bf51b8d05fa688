"""Whatever a bot or a page sends: an answer, never an exception, and a journal that still loads."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.local.core import BotApi
from bot.local.methods import METHODS
from bot.local.models import JsonDict, Upload, User
from bot.local.pages import Pages

NAMES = [
    "chat_id",
    "from_chat_id",
    "text",
    "caption",
    "parse_mode",
    "entities",
    "caption_entities",
    "message_id",
    "message_ids",
    "reply_markup",
    "reply_parameters",
    "reply_to_message_id",
    "link_preview_options",
    "message_thread_id",
    "document",
    "photo",
    "media",
    "file_id",
    "question",
    "options",
    "type",
    "correct_option_ids",
    "open_period",
    "close_date",
    "commands",
    "scope",
    "language_code",
    "user_id",
    "reaction",
    "action",
    "latitude",
    "longitude",
    "offset",
    "limit",
    "timeout",
    "allowed_updates",
    "callback_query_id",
    "url",
    "name",
    "description",
]
SCALARS: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([7, 1, 2, 3, -1001, 0, -1, 10**30, "7", "1", "HTML", "<b>x</b>", "<b", "quiz", "attach://f"]),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
)
FIELDS = ["type", "offset", "length", "url", "user", "text", "callback_data", "inline_keyboard", "keyboard", "media"]
FIELDS += ["force_reply", "message_id", "command", "description", "chat_id", "emoji", "custom_emoji_id", "copy_text"]
KINDS: Any = st.sampled_from(["bold", "text_link", "photo", "document", "emoji", "chat", "default", "custom_emoji"])
VALUES = st.recursive(
    SCALARS | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner | KINDS, max_size=4),
    max_leaves=8,
)


def filled(path: Path | None = None) -> BotApi:
    api = BotApi(
        User(id=4711, first_name="Jarvis", is_bot=True, username="jarvis_bot"),
        User(id=7, first_name="Vera"),
        lambda: datetime(2026, 3, 1, 12, tzinfo=UTC),
        path,
    )
    api.call("sendMessage", {"chat_id": 7, "text": "one"})
    api.call("sendPoll", {"chat_id": 7, "question": "?", "options": ["a", "b"]})
    api.people.upload(Upload(name="a.txt", content=b"abc"))
    api.people.add_group(-1001, "Team", [User(id=8, first_name="Otto")], forum=True)
    return api


PARAMS = st.dictionaries(st.sampled_from(NAMES), VALUES | st.just("\ud800"), max_size=8)


@given(st.sampled_from(sorted(METHODS)), PARAMS, st.booleans())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_call_is_answered(method: str, params: JsonDict, aimed: bool) -> None:
    api = filled()
    if aimed:
        params = {"text": "x", **params, "chat_id": 7, "message_id": params.get("message_id", 1)}
    result = api.call(method, params, {"f": Upload(name="f", content=b"abc")})
    assert msgspec.json.decode(result.to_bytes())["ok"] is result.ok
    if not result.ok:
        assert result.error_code in (400, 403, 404)
    copy = BotApi(api.bot, api.visitor, api.backend.clock)
    for record in api.backend.state.records():
        copy.backend.commit(record)
    assert list(copy.backend.state.records()) == list(api.backend.state.records())


class Shown:
    def __init__(self) -> None:
        self.frames: list[JsonDict] = []
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def show(self, frame: JsonDict) -> None:
        msgspec.json.encode(frame)
        self.frames.append(frame)


REQUESTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["send", "press", "vote", "history", "restart", "nope"])},
    optional={
        "chat": st.sampled_from([7, -1001, 8, 99, "7", None]),
        "text": SCALARS,
        "reply_to": st.sampled_from([None, 1, 99, "x"]),
        "id": st.text(max_size=3),
        "message_id": st.sampled_from([1, 2, 3, 99]),
        "row": st.integers(-2, 2),
        "col": st.integers(-2, 2),
        "option_ids": st.lists(st.integers(-2, 3), max_size=3),
        "before": st.integers(),
    },
)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
async def test_every_frame_of_the_page_is_borne() -> None:
    api = filled()
    pages = Pages(api)
    page = Shown()
    pages.join(page)

    @given(REQUESTS)
    @settings(max_examples=150, deadline=None)
    def handles(request: JsonDict) -> None:
        pages.handle(page, msgspec.json.encode(request))

    handles()
    pages.close()
    assert page.closed
    assert {frame["type"] for frame in page.frames} >= {"hello", "error"}
