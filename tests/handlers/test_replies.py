"""Messages with pictures, on their way through the local Telegram."""

from datetime import UTC, datetime, timedelta

import pytest
from telegram.error import TelegramError, TimedOut

from bot.local.models import StoredMessage
from handlers import replies
from handlers.callbacks import ListName, Page
from handlers.views.message import Button, Message, escape
from handlers.views.pictures import Bars, Picture, Series, Timeline
from tests.handlers.conftest import ANN, House

PICTURE = Bars(title="The week: 🚀 12 h", unit="h", labels=("Mon",), series=(Series(name="night", values=(2.5,)),))
START = datetime(2026, 10, 24, 20, tzinfo=UTC)
UNDRAWABLE = Timeline(title="Night", zone="Nowhere/Land", start=START, end=START + timedelta(hours=1), lanes=())
ROWS = ((Button("Queue", Page(ListName.QUEUE, 0)),),)
LONG = "<b>Brief</b>\n" + "word &amp; word\n" * 150


@pytest.fixture(autouse=True)
def quick_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_pause(seconds: float) -> None:
        assert seconds > 0

    monkeypatch.setattr("handlers.replies.asyncio.sleep", no_pause)


def message(text: str = "<b>Good</b> morning", picture: Picture | None = PICTURE) -> Message:
    return Message(text, ROWS, picture=picture)


def warnings(house: House) -> list[str]:
    return [str(entry["event"]) for entry in house.logged if entry["log_level"] == "warning"]


def looks(stored: StoredMessage) -> tuple[bool, bool, bool]:
    """Whether it has a photo, whether a text of its own, and whether buttons."""
    return "photo" in stored.body, "text" in stored.body, "reply_markup" in stored.body


async def test_a_short_text_is_the_caption(house: House) -> None:
    sent = await replies.send_once(house.app.bot, ANN.id, message(), silent=True)

    (stored,) = house.history()
    assert looks(stored) == (True, False, True)
    assert (stored.message_id, stored.body["caption"], stored.silent) == (sent.message_id, "Good morning", True)
    (size,) = stored.body["photo"]
    assert (size["width"], house.api.file(size["file_id"]).name) == (1080, "The week 12 h.png")  # type: ignore[union-attr]


@pytest.mark.parametrize(("emoji", "alone"), [(511, True), (512, False)])
async def test_a_caption_is_measured_as_telegram_does(house: House, emoji: int, alone: bool) -> None:
    await replies.send(house.app.bot, ANN.id, message(f"<b>{'😀' * emoji}</b> &amp;"))

    assert [looks(stored)[0] for stored in house.history()] == ([True] if alone else [False, True])


@pytest.mark.parametrize("silent", [True, False])
async def test_a_long_text_goes_first_and_the_photo_answers_it(house: House, silent: bool) -> None:
    sent = await replies.send_once(house.app.bot, ANN.id, message(LONG), silent=silent)

    text, photo = house.history()
    assert (looks(text), looks(photo)) == ((False, True, True), (True, False, False))
    assert text.message_id == sent.message_id
    assert photo.body["reply_to_message"]["message_id"] == text.message_id
    assert "caption" not in photo.body
    assert (text.silent, photo.silent) == (silent, silent)


async def test_a_text_over_the_limit_is_a_document_and_the_photo_answers_it(house: House) -> None:
    sent = await replies.send(house.app.bot, ANN.id, message(LONG * 3))

    document, photo = house.history()
    assert document.message_id == sent.message_id
    assert document.body["document"]["file_name"] == "message.txt"
    assert looks(photo) == (True, False, False)


async def test_a_picture_that_cannot_be_drawn_costs_nothing_but_itself(house: House) -> None:
    for text in ("<b>Good</b> morning", LONG):
        await replies.send_once(house.app.bot, ANN.id, message(text, UNDRAWABLE))

    assert [looks(stored) for stored in house.history()] == [(False, True, True)] * 2
    assert warnings(house) == ["picture not drawn"] * 2


async def test_where_photos_are_not_allowed_the_text_goes_alone(house: House) -> None:
    house.api.faults.error(400, "Bad Request: not enough rights to send photos to the chat", "sendphoto")

    await replies.send_once(house.app.bot, ANN.id, message())

    (stored,) = house.history()
    assert looks(stored) == (False, True, True)
    assert warnings(house) == ["picture refused"]


@pytest.mark.parametrize("fault", ["server_error", "bad_gateway", "reset_before_delivery", "timeout_after_delivery"])
async def test_a_photo_that_fails_does_not_harm_the_text_above_it(house: House, fault: str) -> None:
    getattr(house.api.faults, fault)("sendphoto", times=5)

    sent = await replies.send_once(house.app.bot, ANN.id, message(LONG))

    assert house.history()[0].message_id == sent.message_id
    assert warnings(house) == ["picture not sent"]
    assert len(house.api.faults.happened) == 1


async def test_who_keeps_a_record_is_told_of_a_doubt(house: House) -> None:
    house.api.faults.timeout_after_delivery("sendphoto")

    with pytest.raises(TimedOut):
        await replies.send_once(house.app.bot, ANN.id, message())

    assert [looks(stored) for stored in house.history()] == [(True, False, True)]


async def test_an_unknown_chat_is_told_as_for_a_text(house: House) -> None:
    with pytest.raises(TelegramError, match="Chat not found"):
        await replies.send_once(house.app.bot, 404, message())


async def test_a_captioned_photo_is_sent_with_patience(house: House) -> None:
    house.api.faults.server_error("sendphoto", times=2)

    await replies.send(house.app.bot, ANN.id, message())

    assert [looks(stored) for stored in house.history()] == [(True, False, True)]


# -- editing ----------------------------------------------------------------------------------------------------------


async def test_an_edit_replaces_the_caption_and_keeps_the_photo(house: House) -> None:
    sent = await replies.send_once(house.app.bot, ANN.id, message())
    photo = house.message(sent.message_id).body["photo"]
    edited = Message("<i>All</i> merged", ((Button("Undo", Page(ListName.QUEUE, 1)),),))

    for _ in range(2):  # that it looks like that already is no error
        await replies.edit(house.app.bot, ANN.id, sent.message_id, edited)

    body = house.message(sent.message_id).body
    assert (body["caption"], body["photo"]) == ("All merged", photo)
    assert body["caption_entities"][0]["type"] == "italic"
    assert house.labels(sent.message_id) == ["Undo"]


async def test_an_edit_too_long_for_a_caption_is_cut(house: House) -> None:
    sent = await replies.send_once(house.app.bot, ANN.id, message())

    await replies.edit(house.app.bot, ANN.id, sent.message_id, message(escape("😀<&>" * 300)))

    caption = house.message(sent.message_id).body["caption"]
    assert caption.startswith("😀<&>😀")
    assert caption.endswith("…")
    assert 1020 < len(caption.encode("utf-16-le")) // 2 <= 1024


async def test_an_edit_of_a_long_text_leaves_its_photo_alone(house: House) -> None:
    sent = await replies.send_once(house.app.bot, ANN.id, message(LONG))

    await replies.edit(house.app.bot, ANN.id, sent.message_id, message("short"))

    text, photo = house.history()
    assert (text.body["text"], looks(photo)) == ("short", (True, False, False))


async def test_a_deleted_photo_is_no_error(house: House) -> None:
    sent = await replies.send_once(house.app.bot, ANN.id, message())
    house.api.people.delete(sent.message_id)

    await replies.edit(house.app.bot, ANN.id, sent.message_id, message("late"))

    assert house.history() == []


async def test_an_edit_survives_a_broken_connection(house: House) -> None:
    sent = await replies.send_once(house.app.bot, ANN.id, message())
    house.api.faults.reset_before_delivery("editmessagecaption", times=2)

    await replies.edit(house.app.bot, ANN.id, sent.message_id, message("later"))

    assert house.text(sent.message_id) == "later"
