"""Telegram fails in all its ways: nothing is lost, and at most one message comes twice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.local.faults import Faults
from core.model.notification import Delivered, Undeliverable
from core.runtime.clock import utc_now
from storage import open_store
from tests.end_to_end.jarvis_process import Jarvis, until
from tests.end_to_end.telegram_chat import Telegram

FAULTS: dict[str, Callable[[Faults], None]] = {
    "429": lambda faults: faults.too_many_requests(1, "sendMessage"),
    "500": lambda faults: faults.server_error("sendMessage", times=2),
    "502": lambda faults: faults.bad_gateway("sendMessage"),
    "closed after delivery": lambda faults: faults.timeout_after_delivery("sendMessage"),
    "no answer after delivery": lambda faults: faults.slow(5.5, "sendMessage"),
    "closed before delivery": lambda faults: faults.reset_before_delivery("sendMessage"),
}
DOUBTFUL = ("closed after delivery", "no answer after delivery")
"""Here the bot can't know whether the message arrived."""


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_report_arrives_although_sending_fails(
    bot: Jarvis, telegram: Telegram, outside: Path, fault: str
) -> None:
    gate = outside / "gate"
    await telegram.add("Report", f"while ! test -e '{gate}'; do sleep 0.05; done; echo two >> a.txt")
    await telegram.hear("🔨 Report.*\n.* of about", "Stop")
    FAULTS[fault](telegram.api.faults)
    gate.touch()
    await telegram.hear("Report is built", "Merge")
    telegram.api.faults.clear()
    assert telegram.api.faults.happened

    await until(lambda: _settled(bot), "the end of all tries")
    assert "Report" in (await telegram.ask("/brief")).text
    assert len(telegram.said("Report is built")) == (2 if fault in DOUBTFUL else 1)


async def test_updates_are_not_lost_when_waiting_for_them_fails(bot: Jarvis, telegram: Telegram) -> None:
    faults = telegram.api.faults
    faults.reset_before_delivery("getUpdates")
    faults.server_error("getUpdates")
    faults.conflict("getUpdates")
    answer = await telegram.ask("/queue")
    await until(lambda: len(faults.happened) == 3, "three failures")
    assert "queue is empty" in answer.text
    assert "No such" not in (await telegram.ask("/stats")).text
    assert len(telegram.said("queue is empty")) == 1
    assert "another program uses this bot's token" in bot.errors()


async def test_everything_arrives_in_order_after_an_outage(bot: Jarvis, telegram: Telegram, outside: Path) -> None:
    started = outside / "started"
    await telegram.add("Work on", f"touch '{started}'; echo two >> a.txt")
    await until(started.exists, "the build")
    port = await telegram.close()
    telegram.api.people.send("/add Asked in the dark 1h")
    await until((bot.home / "runs" / "task_1-1" / "result.json").exists, "the end of the build")
    await until(lambda: "waiting for updates failed" in bot.errors(), "a failure")
    await telegram.open(port)
    await telegram.hear("Work on is built", "Merge")
    await telegram.hear("✋ Asked in the dark", "Approve")
    assert len(telegram.said("Work on is built")) == 1
    assert len(telegram.said("➕ Asked in the dark · /task_2")) == 1
    assert "Traceback" not in bot.errors()


async def test_the_bot_ends_in_order_without_a_connection(bot: Jarvis, telegram: Telegram) -> None:
    port = await telegram.close()
    assert await bot.stop() == 0
    assert "Traceback" not in bot.errors()
    await telegram.open(port)


def _settled(bot: Jarvis) -> bool:
    """Whether nothing waits for being sent."""
    store = open_store(bot.home, utc_now)
    try:
        return all(isinstance(note.state, Delivered | Undeliverable) for note in store.notifications.all())
    finally:
        store.close()
