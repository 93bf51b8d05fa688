"""A newcomer's whole way in the browser: from the empty chat to the merged task."""

import subprocess
import sys

import pytest
from playwright.async_api import expect

from tests.end_to_end.browser import ChatPage, open_browser, skip_without_chromium
from tests.end_to_end.jarvis_process import Jarvis, free_port, until

pytestmark = pytest.mark.browser
WAIT = 40_000


@pytest.mark.slow
async def test_from_the_empty_chat_to_the_merged_sample_task(jarvis: Jarvis) -> None:
    skip_without_chromium()
    port = free_port()
    jarvis.start(LOCAL_CHAT_PORT=str(port))
    assert f"http://127.0.0.1:{port}/" in await jarvis.ready()
    async with open_browser() as browser:
        chat = ChatPage(await browser.new_page(viewport={"width": 900, "height": 1000}))
        await chat.page.goto(f"http://127.0.0.1:{port}/")
        await _walk(chat)
        before = await chat.page.locator(".bubble").count()
        await chat.page.reload()
        await expect(chat.page.locator(".bubble")).to_have_count(before)
        await expect(chat.bubble("Brief")).to_contain_text("Fix the total with a discount")
        assert chat.problems == []
    await _check_the_project(jarvis)
    assert await jarvis.stop() == 0
    await until(lambda: jarvis.processes() == [], "the end of all processes")
    assert "Traceback" not in jarvis.errors()
    assert "[error" not in jarvis.errors()


async def _walk(chat: ChatPage) -> None:
    await chat.page.click("#start")
    await chat.press("I am Jarvis", "Make the sample project")
    await chat.press("May I build this?", "Approve")
    for title in ("Fix the total with a discount", "Speed up the search for duplicates", "Print a receipt"):
        await expect(chat.bubble(f"{title} is built")).to_contain_text("Proven: ", timeout=WAIT)
    failed = chat.bubble("❌ Simplify the rounding of prices · /task_3 The checks fail")
    await expect(failed).to_contain_text("The checks fail with this change: 1 failed, 5 passed → 3 failed, 3 passed.")
    await expect(failed.get_by_role("button", name="Retry")).to_be_visible()

    await chat.press("Fix the total with a discount is built", "Diff")
    await expect(chat.bubble("diff --git")).to_contain_text("+    return sum(prices) * (100 - discount) // 100")
    await chat.press("Fix the total with a discount is built", "Merge")
    await expect(chat.bubble("Fix the total with a discount is merged")).to_contain_text("In main as", timeout=WAIT)
    await chat.write("/brief")
    brief = chat.bubble("Brief ·")
    await expect(brief).to_contain_text("Fix the total with a discount: Proven: 1 failed, 5 passed → 6 passed")
    await expect(brief).to_contain_text("Simplify the rounding of prices: The checks fail")


async def _check_the_project(jarvis: Jarvis) -> None:
    """As its owner finds it on the disk."""
    sample = jarvis.home / "sample"
    merge = jarvis.git(sample, "log", "-1", "--format=%P%n%B").splitlines()
    assert len(merge[0].split()) == 2, "a merge has two parents"
    assert merge[1] == "Merge task_1: Fix the total with a discount"
    assert merge[3] == "Proven: 1 failed, 5 passed → 6 passed."
    assert merge[5:7] == ["Jarvis-Task: task_1", "Jarvis-Run: task_1-1"]
    tests = subprocess.run([sys.executable, "-m", "unittest"], cwd=sample, capture_output=True, text=True, check=False)
    assert tests.returncode == 0, tests.stderr
    assert "Ran 6 tests" in tests.stderr
    assert jarvis.git(sample, "status", "--porcelain") == ""
    assert jarvis.git(sample, "branch", "--show-current") == "main\n"
    assert jarvis.git(sample, "worktree", "list").splitlines() == [
        line for line in jarvis.git(sample, "worktree", "list").splitlines() if line.startswith(f"{sample} ")
    ]
    assert not any((jarvis.home / "worktrees").iterdir())
