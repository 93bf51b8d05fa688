"""The system's Chromium, and the chat page in it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--no-first-run", "--disable-quic", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """A browser for the length of the block. Raises FileNotFoundError when Chromium is not installed."""
    if CHROMIUM is None:
        raise FileNotFoundError("Chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


def skip_without_chromium() -> None:
    """Skip the test, visibly; where everything has to be tested, fail."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed; the browser tests need it: apt-get install chromium")
        pytest.skip("Chromium is not installed")


class ChatPage:
    """The page as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.set_default_timeout(40_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def bubble(self, text: str) -> Locator:
        """The newest message of the bot that contains a text."""
        return self.page.locator(".in", has_text=text).last

    async def press(self, text: str, button: str) -> None:
        """Press a button below the message that contains a text."""
        await self.bubble(text).get_by_role("button", name=button).first.click()

    async def write(self, text: str) -> None:
        """Write and send."""
        await self.page.fill("#composer-text", text)
        await self.page.press("#composer-text", "Enter")
