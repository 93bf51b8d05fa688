"""The in-memory transport is fast enough for thousands of handler tests."""

import statistics
import time

from telegram import Bot

from bot.local.core import BotApi
from bot.local.request import InMemoryRequest

TOKEN = "4711:" + "localtoken" * 3 + "abcde"


async def test_a_message_takes_well_under_a_millisecond(api: BotApi) -> None:
    request = InMemoryRequest(api, TOKEN)
    durations = []
    async with Bot(TOKEN, request=request, get_updates_request=request) as bot:
        for _ in range(300):
            began = time.perf_counter()
            await bot.send_message(7, "<b>Jarvis</b> is <i>ready</i>.", parse_mode="HTML")
            durations.append(time.perf_counter() - began)
    assert statistics.median(durations) < 0.001


async def test_a_long_history_does_not_slow_it_down(api: BotApi) -> None:
    def median_of(count: int) -> float:
        durations = []
        for number in range(count):
            began = time.perf_counter()
            api.call("sendMessage", {"chat_id": "7", "text": f"message {number}"})
            durations.append(time.perf_counter() - began)
        return statistics.median(durations)

    early = median_of(200)
    median_of(3000)
    assert median_of(200) < early * 4
    assert len(api.backend.state.histories[7]) == 2000
