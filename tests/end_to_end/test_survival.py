"""The bot is killed while a build runs: nothing is lost, and nothing is done or told twice."""

import contextlib
import json
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.jarvis_process import Jarvis, until
from tests.end_to_end.telegram_chat import Telegram


@pytest.mark.parametrize("ends", ["while the bot is down", "after the bot is back"])
async def test_a_killed_bot_picks_its_build_up(bot: Jarvis, telegram: Telegram, outside: Path, ends: str) -> None:
    started, gate = outside / "started", outside / "gate"
    await telegram.add(
        "Outlive", f"touch '{started}'; while ! test -e '{gate}'; do sleep 0.05; done; echo done >> out.txt"
    )
    await until(started.exists, "the build")
    await telegram.hear("🔨 Outlive.*\n.* of about", "Stop")
    bot.kill()
    if ends == "while the bot is down":
        gate.touch()
        await until((bot.home / "runs" / "task_1-1" / "result.json").exists, "the end of the build")
        await until(lambda: bot.processes() == [], "the end of the build process")
        bot.start()
        await bot.ready()
    else:
        bot.start()
        await bot.ready()
        assert "🔨" in (await telegram.ask("/queue")).text
        gate.touch()
    await telegram.hear("Outlive is built", "Merge")

    bot.kill()
    bot.start()
    await bot.ready()
    await telegram.ask("/brief")
    assert len(telegram.said("Outlive is built")) == 1
    assert len(telegram.said("· built in ")) == 1, "the progress message is the same as before"
    assert telegram.said("🔨 Outlive") == []
    spawns = (bot.home / "logs" / "subagent_spawns.jsonl").read_text().splitlines()
    assert [json.loads(line)["build"] for line in spawns] == ["task_1-1"]
    assert "+done\n" in (await telegram.ask("/diff 1")).text + "\n"
    assert "task_1 is merged" in (await telegram.ask("/merge 1")).text


async def test_a_build_that_dies_with_the_bot_is_told_and_tried_once_more_by_itself(
    bot: Jarvis, telegram: Telegram, outside: Path
) -> None:
    started, gate = outside / "started", outside / "gate"
    await telegram.add("Vanish", f"touch '{started}'; echo half > half.txt; test -e '{gate}' || sleep 1000")
    await until(started.exists, "the build")
    bot.kill()
    for process in bot.processes():
        with contextlib.suppress(psutil.NoSuchProcess):  # the agent ends with its build process
            process.kill()
    await until(lambda: bot.processes() == [], "the end of everything")

    bot.start()
    await bot.ready()
    lost = await telegram.hear("🔁 Vanish is tried again")
    assert "The build process vanished" in lost.text
    gate.touch()
    await telegram.hear("Vanish is built", "Merge")
    assert len(telegram.said("is built")) == 1
