"""Pictures for the documentation, of the real thing: `python -m tests.end_to_end.screenshots` (`make screenshots`)."""

import asyncio
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, ViewportSize, expect

from core.runtime.clock import utc_now
from tests.end_to_end.browser import ChatPage, open_browser
from tests.end_to_end.jarvis_process import ROOT, Jarvis, free_port
from tests.end_to_end.palette import with_palette

IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000
WIDE = ViewportSize(width=760, height=900)
PHONE = ViewportSize(width=390, height=800)
WAIT = 60_000
TASKS = (
    ("Cover the parser with tests", 3),
    ("Test the invoices", 3),
    ("Test the search page", 4),
    ("Test the club members", 2.5),
    ("Test the settings", 2.5),
)
"""What waits for the night."""


async def main() -> None:
    """Start Jarvis in a temporary folder, walk through the sample, and write the pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        jarvis = Jarvis(Path(folder) / "work")
        port = free_port()
        jarvis.start(LOCAL_CHAT_PORT=str(port))
        try:
            await jarvis.ready()
            async with open_browser() as browser:
                await _take_all(browser, f"http://127.0.0.1:{port}/", folder)
        finally:
            left = jarvis.end()
    if left:
        raise RuntimeError(f"processes are left: {left}")


async def _take_all(browser: Browser, url: str, folder: str) -> None:
    chat = ChatPage(await _open(browser, url, WIDE, "light"))
    await chat.page.click("#start")
    await chat.press("I am Jarvis", "Make the sample project")
    await chat.press("May I build this?", "Approve")
    await expect(chat.bubble("Print a receipt is built")).to_be_visible(timeout=WAIT)
    await chat.press("Fix the total with a discount is built", "Merge")
    await expect(chat.bubble("Fix the total with a discount is merged")).to_be_visible(timeout=WAIT)
    await _take(chat.page, "chat-light", "Fix the total with a discount is merged", folder)
    await _take(await _open(browser, url, WIDE, "dark"), "chat-dark", "Fix the total with a discount is merged", folder)
    await _take(await _open(browser, url, PHONE, "light"), "chat-phone", "Print a receipt is built", folder)
    await chat.write("/brief")
    await expect(chat.bubble("Brief ·")).to_contain_text("merged")
    await _take(chat.page, "brief", "Brief ·", folder)
    begin, end = (utc_now() + timedelta(hours=hours) for hours in (12, 20))  # so that nothing of it has begun
    await chat.write(f"/settings night {begin:%H}:00-{end:%H}:00")
    await expect(chat.bubble(f"{begin:%H}:00-{end:%H}:00").last).to_be_visible(timeout=WAIT)
    for title, hours in TASKS:
        await chat.write(f"/add {title} {hours}h #tests\nrun: make tests")
        await expect(chat.bubble(title)).to_be_visible(timeout=WAIT)
    await chat.write("/night")
    await expect(chat.bubble("The night ·")).to_be_visible(timeout=WAIT)
    await _take(chat.page, "night", "The night ·", folder)


async def _open(browser: Browser, url: str, size: ViewportSize, scheme: Literal["light", "dark"]) -> Page:
    context = await browser.new_context(
        viewport=size, device_scale_factor=2, color_scheme=scheme, reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.goto(url)
    await expect(page.locator("#status")).to_have_text("online")
    return page


async def _take(page: Page, name: str, last: str, folder: str) -> None:
    """A picture of the page, scrolled so that the message with `last` in it is the last one to be seen."""
    await expect(page.locator("#toasts > *")).to_have_count(0)
    await page.evaluate(_PLAIN)
    await page.locator(".in", has_text=last).last.evaluate("node => node.scrollIntoView({block: 'end'})")
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(500)  # what shows on scrolling fades
    if folder in await page.evaluate(_VISIBLE_TEXT):
        raise RuntimeError(f"{name} would show a path of this machine")
    path = IMAGES / f"{name}.png"
    path.write_bytes(await with_palette(page.context, await page.screenshot(animations="disabled")))
    size = path.stat().st_size
    if size > LARGEST:
        raise RuntimeError(f"{path.name} has {size:,} bytes; {LARGEST:,} is the limit")
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")


_PLAIN = """() => {
  const root = document.documentElement;
  root.style.setProperty('--page', root.dataset.theme === 'dark' ? '#101724' : '#dde4f7');
  document.querySelector('#jump').style.visibility = 'hidden';
}"""
"""One colour instead of a gradient: the files are a third as large, and 256 colours are enough."""

_VISIBLE_TEXT = """() => [...document.querySelectorAll('.bubble')].filter(node => {
  const box = node.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}).map(node => node.innerText).join('\\n')"""


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (RuntimeError, FileNotFoundError) as error:
        sys.exit(f"Error: {error}")
