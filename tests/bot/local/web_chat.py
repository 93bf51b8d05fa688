"""The web chat in a real browser, against the real server, with a real bot at the other end: what its tests share."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from telegram import Bot, CallbackQuery, Message, Update
from telegram.error import NetworkError

from bot.local.core import BotApi
from bot.local.models import User
from bot.local.server import LocalServer, start
from core.runtime.clock import utc_now

TOKEN = "1:abcdefghijklmnopqrstuvwxyzABCDEFGHI"
VISITOR = 7
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--no-first-run", "--disable-quic", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


class Chat:
    """A running server, the bot that polls it, and one browser page that shows it."""

    def __init__(self, api: BotApi, server: LocalServer, bot: Bot, context: BrowserContext, page: Page):
        self.api, self.server, self.bot, self.context, self.page = api, server, bot, context, page
        self.updates: asyncio.Queue[Update] = asyncio.Queue()
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self._on_console(line.type, line.text))
        context.on("request", lambda request: self._on_request(request.url))

    def _on_console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "ERR_CONNECTION_REFUSED" not in text:
            self.problems.append(text)

    def _on_request(self, url: str) -> None:
        if not url.startswith((self.server.page_url, "blob:", "data:")):
            self.problems.append(f"a request to another origin: {url}")

    async def poll(self) -> None:
        offset = 0
        while True:
            with suppress(NetworkError):  # the server of some tests goes away for a moment
                for update in await self.bot.get_updates(offset=offset, timeout=5, allowed_updates=[]):
                    offset = update.update_id + 1
                    await self.updates.put(update)

    async def next_update(self) -> Update:
        return await asyncio.wait_for(self.updates.get(), timeout=10)

    async def next_message(self) -> Message:
        message = (await self.next_update()).message
        assert message is not None
        return message

    async def next_press(self) -> CallbackQuery:
        press = (await self.next_update()).callback_query
        assert press is not None
        return press

    async def say(self, text: str, **more: Any) -> Message:
        return await self.bot.send_message(VISITOR, text, parse_mode="HTML", **more)

    async def open(self) -> None:
        await self.page.goto(self.server.page_url)
        await expect(self.page.locator("#status")).to_have_text("online")

    async def write(self, text: str) -> None:
        await self.page.fill("#composer-text", text)
        await self.page.press("#composer-text", "Enter")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed; the browser tests need it: apt-get install chromium")
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest_asyncio.fixture(loop_scope="module")
async def chat(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Chat]:
    api = BotApi(
        User(id=1, first_name="Jarvis", is_bot=True, username="jarvis_bot"),
        User(id=VISITOR, first_name="You"),
        utc_now,
    )
    server = await start(api, 0, TOKEN)
    context = await browser.new_context(**getattr(request, "param", {}))
    context.set_default_timeout(10_000)
    async with Bot(TOKEN, base_url=server.api_url, base_file_url=server.file_url) as bot:
        chat = Chat(api, server, bot, context, await context.new_page())
        poller = asyncio.create_task(chat.poll())
        yield chat
        poller.cancel()
        with suppress(asyncio.CancelledError):
            await poller
    await context.close()
    await chat.server.stop()
    assert chat.problems == []
