"""Injected failures reach the bot as the errors that the real network makes."""

import asyncio
import time

import pytest
from telegram import Bot
from telegram.error import Conflict, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.local.core import BotApi


def texts(api: BotApi) -> list[str]:
    return [message.body["text"] for message in api.history(7)[0]]


async def test_429_tells_how_long_to_wait(bot: Bot, api: BotApi) -> None:
    api.faults.too_many_requests(3, "sendMessage")
    with pytest.raises(RetryAfter, match="Retry in 3 seconds"):
        await bot.send_message(7, "one")
    await bot.send_message(7, "two")
    assert texts(api) == ["two"]


async def test_5xx_change_nothing(bot: Bot, api: BotApi) -> None:
    api.faults.server_error()
    api.faults.bad_gateway()
    for words in ("Internal Server Error", "Bad Gateway"):
        with pytest.raises(NetworkError, match=words):
            await bot.send_message(7, "one")
    assert texts(api) == []


async def test_403_and_409(bot: Bot, api: BotApi) -> None:
    api.faults.forbidden()
    api.faults.conflict()
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(7, "one")
    with pytest.raises(Conflict):
        await bot.get_updates()


async def test_a_timeout_after_delivery_keeps_the_effect(bot: Bot, api: BotApi, transport: str) -> None:
    api.faults.timeout_after_delivery("sendmessage")
    with pytest.raises(TimedOut if transport == "memory" else NetworkError):
        await bot.send_message(7, "arrived")
    assert texts(api) == ["arrived"]


async def test_a_reset_before_delivery_has_no_effect(bot: Bot, api: BotApi) -> None:
    api.faults.reset_before_delivery("sendmessage")
    with pytest.raises(NetworkError):
        await bot.send_message(7, "lost")
    await bot.send_message(7, "next")
    assert texts(api) == ["next"]


async def test_slow_answers_come_late(bot: Bot, api: BotApi) -> None:
    api.faults.slow(0.2, "sendmessage")
    began = time.monotonic()
    slow = asyncio.create_task(bot.send_message(7, "slow"))
    await bot.send_message(7, "fast")
    await slow
    assert time.monotonic() - began >= 0.2
    assert sorted(texts(api)) == ["fast", "slow"]


async def test_faults_hit_the_planned_calls_only(bot: Bot, api: BotApi) -> None:
    api.faults.server_error(lambda name: name.startswith("edit"), times=2)
    message = await bot.send_message(7, "one")
    for _ in range(2):
        with pytest.raises(TelegramError):
            await message.edit_text("two")
    await message.edit_text("two")
    assert api.faults.happened == [("editmessagetext", "error")] * 2
    api.faults.server_error(times=5)
    assert await bot.get_updates() == ()
    api.faults.clear()
    await bot.send_message(7, "three")


async def test_updates_survive_a_lost_answer(bot: Bot, api: BotApi) -> None:
    api.people.send("hello")
    api.faults.timeout_after_delivery("getupdates")
    with pytest.raises(NetworkError):
        await bot.get_updates()
    assert len(await bot.get_updates()) == 1
