"""The web chat, as a person uses it."""

import struct
import zlib

import pytest
from playwright.async_api import FloatRect, Locator, expect
from telegram import ForceReply, InlineKeyboardMarkup, InputFile

from bot.local.server import start
from tests.bot.local import web_chat
from tests.bot.local.web_chat import TOKEN, VISITOR, Chat

browser, chat = web_chat.browser, web_chat.chat  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

KEEP_SOCKETS = """window.sockets = []; window.WebSocket = class extends WebSocket {
  constructor(...args) { super(...args); window.sockets.push(this); }
}"""
PHONE = {"width": 360, "height": 640}


def buttons(*rows: list[str]) -> InlineKeyboardMarkup:
    keyboard = [[{"text": text, "callback_data": text} for text in row] for row in rows]
    return InlineKeyboardMarkup.de_json({"inline_keyboard": keyboard}, None)


async def box(locator: Locator) -> FloatRect:
    found = await locator.bounding_box()
    assert found is not None
    return found


def picture(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress((b"\0" + b"\x30\x70\xe0" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_newcomer_presses_start_and_a_reload_keeps_the_history(chat: Chat) -> None:
    await chat.open()
    await expect(chat.page).to_have_title("Jarvis")
    await chat.page.click("#start")
    assert (await chat.next_message()).text == "/start"
    await chat.say("Welcome.")
    await expect(chat.page.locator(".in .bubble")).to_contain_text("Welcome.")
    await expect(chat.page.locator("#empty")).to_be_hidden()
    await chat.page.reload()
    await expect(chat.page.locator(".bubble")).to_have_count(2)
    await expect(chat.page.locator(".out .bubble")).to_contain_text("/start")


async def test_text_is_formatted_and_only_text_of_the_bot_is_trusted_as_such(chat: Chat) -> None:
    await chat.say(
        "<b>bold</b> <i>italic</i> <code>x = 1</code> <a href='https://example.org/'>page</a>\n"
        "<pre><code class='language-python'>if a &lt; b:\n    pass</code></pre>\n"
        "<tg-spoiler>secret</tg-spoiler> &lt;img src=x onerror=alert(1)&gt;\n"
        "<blockquote expandable>" + "a line\n" * 9 + "end</blockquote>"
    )
    await chat.open()
    body = chat.page.locator(".bubble .body")
    await expect(body.locator("b")).to_have_text("bold")
    await expect(body.locator("i")).to_have_text("italic")
    await expect(body.locator("pre")).to_have_text("if a < b:\n    pass")
    await expect(body.locator("a")).to_have_attribute("rel", "noopener noreferrer")
    await expect(body.locator("a")).to_have_attribute("target", "_blank")
    assert await body.locator("img").count() == 0
    await body.locator(".spoiler").click()
    await expect(body.locator(".spoiler.revealed")).to_have_text("secret")
    quote = body.locator("blockquote")
    folded = await box(quote)
    await quote.locator(".expand").click()
    unfolded = await box(quote)
    assert unfolded["height"] > 2 * folded["height"]
    await chat.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await body.locator(".copy").click()
    await expect(body.locator(".copy.copied")).to_be_visible()
    assert await chat.page.evaluate("navigator.clipboard.readText()") == "if a < b:\n    pass"


async def test_a_press_spins_until_its_toast_and_an_alert_waits_for_ok(chat: Chat) -> None:
    await chat.open()
    message = await chat.say("Merge it?", reply_markup=buttons(["Merge", "Diff"], ["Discard"]))
    merge = chat.page.locator(".keyboard button", has_text="Merge")
    widths = [(await box(chat.page.locator(".keyboard button").nth(place)))["width"] for place in range(3)]
    assert widths[0] == pytest.approx(widths[1], abs=0.5)
    assert widths[2] > 2 * widths[0]
    await merge.click()
    await expect(merge).to_have_class("busy")
    query = await chat.next_press()
    assert query.data == "Merge"
    await chat.bot.answer_callback_query(query.id, "Merging now")
    await expect(chat.page.locator(".toast")).to_have_text("Merging now")
    await expect(merge).not_to_have_class("busy")
    await chat.page.locator(".keyboard button", has_text="Discard").click()
    query = await chat.next_press()
    assert query.message is not None
    assert query.message.message_id == message.message_id
    await chat.bot.answer_callback_query(query.id, "This can't be undone", show_alert=True)
    await expect(chat.page.locator("#alert")).to_contain_text("This can't be undone")
    await expect(chat.page.locator("#alert-ok")).to_be_focused()
    await chat.page.keyboard.press("Tab")
    await expect(chat.page.locator("#alert-ok")).to_be_focused()
    await chat.page.keyboard.press("Escape")
    await expect(chat.page.locator("#alert")).to_be_hidden()


async def test_an_edit_changes_its_own_message_and_does_not_move_the_reader(chat: Chat) -> None:
    first = await chat.say("short", reply_markup=buttons(["Stop"]))
    for number in range(60):
        await chat.say(f"message {number}.")
    await chat.open()
    await chat.page.evaluate("for (const node of document.querySelectorAll('article')) node.untouched = true")
    read = chat.page.locator("article", has_text="message 20.")
    await read.scroll_into_view_if_needed()
    before = await box(read)
    await chat.bot.edit_message_text("much longer\n" * 8, VISITOR, first.message_id)
    edited = chat.page.locator(f"[data-message-id='{first.message_id}']")
    await expect(edited.locator(".edited")).to_have_text("edited")
    await expect(edited.locator(".keyboard")).to_have_count(0)
    assert await chat.page.evaluate("[...document.querySelectorAll('article')].every((node) => node.untouched)")
    await chat.say("news")
    await expect(chat.page.locator("#unread")).to_have_text("1")
    after = await box(read)
    assert after["y"] == pytest.approx(before["y"], abs=1)
    await chat.page.click("#jump")
    await expect(chat.page.locator("article", has_text="news")).to_be_in_viewport()


async def test_force_reply_opens_the_reply_and_the_bot_sees_what_was_answered(chat: Chat) -> None:
    await chat.open()
    question = await chat.say("Which title?", reply_markup=ForceReply(input_field_placeholder="New title"))
    field = chat.page.locator("#composer-text")
    await expect(field).to_have_attribute("placeholder", "New title")
    await expect(field).to_be_focused()
    await expect(chat.page.locator("#reply-bar")).to_contain_text("Which title?")
    await chat.write("A better one")
    answer = await chat.next_message()
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.message_id == question.message_id
    await expect(chat.page.locator(".out .quote")).to_contain_text("Which title?")
    await expect(chat.page.locator("#reply-bar")).to_be_hidden()


async def test_documents_are_downloaded_and_photos_enlarged(chat: Chat) -> None:
    await chat.open()
    await chat.bot.send_document(VISITOR, InputFile(b"+ added\n", filename="tâche 1.diff"), caption="The diff")
    await chat.bot.send_photo(VISITOR, picture(64, 36), caption="The <b>night</b>", parse_mode="HTML")
    await expect(chat.page.locator(".document")).to_contain_text("8 B")
    async with chat.page.expect_download() as download:
        await chat.page.click(".document")
    saved = await download.value
    assert saved.suggested_filename == "tâche 1.diff"
    assert (await saved.path()).read_bytes() == b"+ added\n"
    await expect(chat.page.locator(".photo.loaded")).to_be_visible()
    await chat.page.click(".photo")
    await expect(chat.page.locator("#viewer-image")).to_be_visible()
    await expect(chat.page.locator("#viewer-caption")).to_have_text("The night")
    await chat.page.keyboard.press("Escape")
    await expect(chat.page.locator("#viewer")).to_be_hidden()


@pytest.mark.parametrize("chat", [{"viewport": PHONE, "has_touch": True}], indirect=True)
async def test_a_photo_is_readable_and_stays_when_its_caption_is_edited(chat: Chat) -> None:
    photo = await chat.bot.send_photo(
        VISITOR, picture(1080, 700), caption="Brief", filename="Night.png", reply_markup=buttons(["Merge", "Look"])
    )
    await chat.bot.send_photo(VISITOR, picture(1080, 700), filename="Week.png")
    await chat.open()
    image = chat.page.locator(".photo img").first
    await expect(image).to_have_attribute("alt", "Brief")
    await expect(chat.page.locator(".photo img").last).to_have_attribute("alt", "Week.png")
    await image.evaluate("node => { node.dataset.kept = 'yes'; }")
    place, below = await image.bounding_box(), await chat.page.get_by_role("button", name="Merge").bounding_box()
    assert place
    assert below
    assert place["width"] >= 0.75 * PHONE["width"]
    assert place["width"] / place["height"] == pytest.approx(1080 / 700, rel=0.02)
    assert below["y"] >= place["y"] + place["height"]

    await photo.edit_caption("All merged", reply_markup=buttons(["Undo"]))

    await expect(chat.page.locator(".with-photo .text")).to_have_text("All merged")
    await expect(chat.page.get_by_role("button", name="Merge")).to_be_hidden()
    await expect(chat.page.get_by_role("button", name="Undo")).to_be_visible()


async def test_files_are_sent_with_a_caption(chat: Chat) -> None:
    await chat.open()
    notes = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
    await chat.page.set_input_files("#file", notes)  # type: ignore[arg-type]
    await expect(chat.page.locator(".attachment")).to_contain_text("notes.txt")
    await chat.write("Look at this")
    message = await chat.next_message()
    assert message.document is not None
    assert (message.document.file_name, message.caption) == ("notes.txt", "Look at this")
    await expect(chat.page.locator(".out .document")).to_contain_text("notes.txt")
    await expect(chat.page.locator("#attachments")).to_be_hidden()


async def test_a_vote_shows_the_result_and_can_be_taken_back(chat: Chat) -> None:
    await chat.open()
    await chat.bot.send_poll(VISITOR, "Which project?", ["Charts", "Import", "None"], is_anonymous=False)
    await chat.page.locator(".choice", has_text="Import").click()
    await expect(chat.page.locator(".result.mine")).to_contain_text("100%")
    await expect(chat.page.locator(".result").first).to_contain_text("0%")
    answer = (await chat.next_update()).poll_answer
    assert answer is not None
    assert answer.option_ids == (1,)
    await chat.page.click(".retract")
    await expect(chat.page.locator(".choice")).to_have_count(3)


async def test_the_command_menu_is_filtered_and_sends(chat: Chat) -> None:
    await chat.open()
    await expect(chat.page.locator("#menu")).to_be_hidden()
    await chat.bot.set_my_commands([("queue", "What waits"), ("quit", "Stop"), ("brief", "What shipped")])
    await chat.page.click("#menu")
    await expect(chat.page.locator(".command")).to_have_count(3)
    await chat.page.keyboard.press("Escape")
    await expect(chat.page.locator(".command").first).to_be_hidden()
    await chat.page.keyboard.type("/qu")
    await expect(chat.page.locator(".command")).to_have_count(2)
    await chat.page.keyboard.press("ArrowDown")
    await chat.page.keyboard.press("Enter")
    assert (await chat.next_message()).text == "/quit"
    await chat.say("Nothing waits. See /brief or task_1.")
    await chat.page.locator(".in .command-link").click()
    assert (await chat.next_message()).text == "/brief"


async def test_what_is_written_without_a_connection_arrives_once(chat: Chat) -> None:
    await chat.page.add_init_script(KEEP_SOCKETS)
    await chat.open()
    await chat.write("before")
    await expect(chat.page.locator(".waiting")).to_have_count(0)
    await chat.server.stop()
    await chat.page.evaluate("window.sockets.at(-1).close()")
    await expect(chat.page.locator("#status")).to_have_text("reconnecting …")
    await chat.write("while away")
    await chat.write("while away")
    await expect(chat.page.locator(".waiting")).to_have_count(2)
    chat.server = await start(chat.api, chat.server.port, TOKEN)
    await expect(chat.page.locator(".waiting")).to_have_count(0)
    await expect(chat.page.locator(".out")).to_have_count(3)
    texts = [message.body["text"] for message in chat.api.history(VISITOR)[0]]
    assert texts == ["before", "while away", "while away"]


async def test_what_arrived_just_before_the_connection_broke_is_not_sent_again(chat: Chat) -> None:
    await chat.page.add_init_script(KEEP_SOCKETS)
    await chat.open()
    await chat.page.evaluate(
        "() => { const last = sockets.at(-1); const send = last.send.bind(last);"
        "last.send = (text) => { send(text); last.close(); } }"  # the server's echo is lost
    )
    await chat.write("only once")
    await expect(chat.page.locator("article:not(.waiting).out")).to_have_count(1)
    await expect(chat.page.locator(".waiting")).to_have_count(0)
    assert await chat.page.evaluate("sockets.length") == 2
    assert len(chat.api.history(VISITOR)[0]) == 1


async def test_a_second_chat_can_be_switched_to(chat: Chat) -> None:
    await chat.open()
    await expect(chat.page.locator("#switcher")).to_be_hidden()
    chat.api.people.add_group(-5, "Weekend crew", [chat.api.visitor])
    await chat.bot.send_message(-5, "Vote, please")
    await chat.page.reload()
    await chat.page.select_option("#chats", label="Weekend crew")
    await expect(chat.page.locator(".bubble")).to_contain_text("Vote, please")
    await chat.write("Done")
    await expect(chat.page.locator(".out")).to_contain_text("Done")
    assert [message.body["text"] for message in chat.api.history(-5)[0]] == ["Vote, please", "Done"]


async def test_a_text_that_is_too_long_stays_in_the_field(chat: Chat) -> None:
    await chat.open()
    await chat.write("x" * 4097)
    await expect(chat.page.locator("#counter")).to_have_text("1 character too long")
    await chat.write("x" * 4096)
    await expect(chat.page.locator(".out")).to_have_count(1)
    assert len(chat.api.history(VISITOR)[0]) == 1


async def test_older_messages_are_loaded_on_the_way_up(chat: Chat) -> None:
    for number in range(230):
        chat.api.people.send(f"old {number}")
    await chat.open()
    await expect(chat.page.locator("article")).to_have_count(200)
    await chat.page.evaluate("document.getElementById('scroller').scrollTop = 0")
    await expect(chat.page.locator("article")).to_have_count(230)
    numbers = await chat.page.evaluate("[...document.querySelectorAll('article')].map((a) => +a.dataset.messageId)")
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("chat", [{"color_scheme": "dark"}], indirect=True)
async def test_the_theme_follows_the_system_until_one_is_chosen(chat: Chat) -> None:
    await chat.open()
    root = chat.page.locator("html")
    await expect(root).to_have_attribute("data-theme", "dark")
    await chat.page.emulate_media(color_scheme="light")
    await expect(root).to_have_attribute("data-theme", "light")
    await chat.page.click("#theme")
    await expect(root).to_have_attribute("data-theme", "dark")
    await chat.page.reload()
    await expect(root).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("chat", [{"viewport": PHONE, "has_touch": True}], indirect=True)
async def test_nothing_is_wider_than_a_small_phone(chat: Chat) -> None:
    await chat.bot.set_my_commands([("queue", "What waits, " * 20)])
    await chat.say("w" * 300, reply_markup=buttons(["A rather long label on a button"] * 3, ["x" * 60]))
    await chat.say(f"<pre>{'code ' * 60}</pre><blockquote>{'q' * 200}</blockquote>")
    await chat.bot.send_document(VISITOR, InputFile(b"x", filename="n" * 120 + ".txt"))
    await chat.bot.send_photo(VISITOR, picture(1600, 200))
    await chat.bot.send_poll(VISITOR, "q" * 200, ["o" * 90, "p" * 90])
    await chat.open()
    await chat.page.click("#menu")
    widest = await chat.page.evaluate(
        "Math.max(...[...document.querySelectorAll('body *:not(.code-block *)')]"
        ".filter((node) => node.checkVisibility()).map((node) => node.getBoundingClientRect().right))"
    )
    assert widest <= PHONE["width"]
    assert await chat.page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
