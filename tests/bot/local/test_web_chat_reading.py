"""The web chat while someone reads, scrolls and types in it: what moves, what shows, and what must not."""

import pytest
from playwright.async_api import Page, expect

from tests.bot.local import web_chat
from tests.bot.local.web_chat import VISITOR, Chat

browser, chat = web_chat.browser, web_chat.chat  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TOUCH = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


async def scroll_to_the_middle(page: Page) -> None:
    await page.evaluate("() => { const s = document.getElementById('scroller'); s.scrollTop = s.scrollHeight / 2; }")


async def fill(chat: Chat) -> None:
    for number in range(60):
        await chat.say(f"message {number}.")


@pytest.mark.parametrize("chat", [{}, {"reduced_motion": "reduce"}], indirect=True)
async def test_the_floating_date_is_seen_only_while_the_reader_scrolls(chat: Chat) -> None:
    await fill(chat)
    await chat.open()
    date = chat.page.locator(".date")
    await expect(date).to_have_css("opacity", "0")  # opening the page is no scrolling
    await scroll_to_the_middle(chat.page)
    await expect(date).to_have_css("opacity", "1")
    await expect(date).to_have_css("opacity", "0")
    await chat.say("news")
    await expect(chat.page.locator("#unread")).to_have_text("1")
    await expect(chat.page.locator(".scrolling")).to_have_count(0)
    await chat.page.evaluate("document.getElementById('scroller').scrollTop = 0")
    await expect(chat.page.locator(".scrolling")).to_have_count(1)
    await expect(chat.page.locator(".scrolling")).to_have_count(0)
    await expect(date).to_have_css("opacity", "1")  # between the days, where it covers nothing


async def test_a_text_that_is_too_long_cannot_be_sent_and_says_why(chat: Chat) -> None:
    await chat.open()
    send, counter = chat.page.locator("#send"), chat.page.locator("#counter")
    await chat.page.fill("#composer-text", "x" * 4000)
    await expect(counter).to_have_text("96 characters left")
    await expect(send).to_be_enabled()
    blue = await send.evaluate("(node) => getComputedStyle(node).color")
    await chat.page.fill("#composer-text", "x" * 5000)
    await expect(counter).to_have_text("904 characters too long")
    await expect(send).to_be_disabled()
    await expect(send).not_to_have_css("color", blue)
    await chat.page.press("#composer-text", "Enter")
    await expect(chat.page.locator("#composer-text")).to_have_value("x" * 5000)
    await chat.page.fill("#composer-text", "short")
    await expect(counter).to_be_hidden()
    await send.click()
    assert (await chat.next_message()).text == "short"


async def test_only_the_page_that_sends_goes_to_the_end(chat: Chat) -> None:
    await fill(chat)
    await chat.open()
    reader = await chat.context.new_page()
    await reader.goto(chat.server.page_url)
    for page in (chat.page, reader):
        await expect(page.locator("article", has_text="message 59.")).to_be_in_viewport()
        await scroll_to_the_middle(page)
        await expect(page.locator("#jump")).to_be_visible()
    before = await reader.evaluate("document.getElementById('scroller').scrollTop")
    await chat.write("from the first page")
    await expect(chat.page.locator(".out:not(.waiting)")).to_be_in_viewport()
    await expect(reader.locator(".out")).to_have_count(1)
    await expect(reader.locator(".out")).not_to_be_in_viewport()
    await expect(reader.locator("#unread")).to_be_hidden()  # one's own message is no news
    assert await reader.evaluate("document.getElementById('scroller').scrollTop") == pytest.approx(before, abs=1)


async def swipe(chat: Chat, text: str, distance: int) -> None:
    box = await chat.page.locator(".bubble", has_text=text).bounding_box()
    assert box is not None
    touch = await chat.context.new_cdp_session(chat.page)
    steps = [{"x": box["x"] + 40 + way, "y": box["y"] + 12} for way in range(0, distance + 1, 5)]
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": steps[:1]})
    for step in steps[1:]:
        await touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [step]})
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("chat", [TOUCH], indirect=True)
async def test_on_a_touch_screen_a_swipe_answers_and_no_arrow_is_in_the_way(chat: Chat) -> None:
    await chat.open()
    await chat.say("Which title?")
    await expect(chat.page.locator(".reply-action")).to_have_css("opacity", "0")
    await swipe(chat, "Which title?", 30)
    await expect(chat.page.locator(".swiping")).to_have_count(0)
    await expect(chat.page.locator("#reply-bar")).to_be_hidden()
    await swipe(chat, "Which title?", 90)
    await expect(chat.page.locator("#reply-bar")).to_contain_text("Which title?")
    await expect(chat.page.locator(".swiping")).to_have_count(0)


async def test_code_is_headed_by_its_language_and_copied_by_a_button_that_appears(chat: Chat) -> None:
    await chat.say("<pre>make test</pre> <pre><code class='language-python'>pass</code></pre>")
    await chat.open()
    blocks = chat.page.locator(".code-block")
    await expect(blocks.locator(".language")).to_have_text(["python"])
    await expect(blocks.first).to_have_text("make testCopy")
    await expect(blocks.first.locator(".copy")).to_have_css("opacity", "0")
    await blocks.first.hover()
    await expect(blocks.first.locator(".copy")).to_have_css("opacity", "1")


async def test_a_bar_of_block_characters_is_drawn(chat: Chat) -> None:
    message = await chat.say("building\n▓▓▓░░░░░░░░░\nlog: ░▓▒▓ and ▓░")
    await chat.open()
    bar = chat.page.locator(".bar")
    await expect(bar).to_have_count(1)
    await expect(bar).to_have_attribute("aria-label", "25%")
    shares = await bar.evaluate("(node) => [...node.children].map((part) => part.clientWidth / node.clientWidth)")
    assert shares == pytest.approx([0.25, 0.75], abs=0.01)
    assert "▓▓▓░░░░░░░░░" in str(await chat.page.locator(".bubble").text_content())
    await chat.bot.edit_message_text("▓▓▓▓▓▓░░░░░░", VISITOR, message.message_id)
    await expect(bar).to_have_attribute("aria-label", "50%")
