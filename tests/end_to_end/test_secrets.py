"""The token can't be found in anything that the bot writes, whatever goes wrong and however much it logs."""

import re
from pathlib import Path

from bot.local.core import BotApi
from tests.end_to_end.jarvis_process import Jarvis, until
from tests.end_to_end.telegram_chat import OWNER, TOKEN, Telegram

SECRET = TOKEN.partition(":")[2].encode()


async def test_neither_token_nor_code_is_written_down(jarvis: Jarvis, telegram: Telegram, project: Path) -> None:
    telegram.api.faults.bad_gateway("getMe")
    jarvis.start(LOG_LEVEL="DEBUG", PROJECTS=str(project), **telegram.settings)
    claim = re.search(r"/start (\w+)", await jarvis.ready())
    assert claim is not None
    await telegram.ask(f"/start {claim[1]}")
    await telegram.ask("/queue")
    await _go_wrong(telegram)
    await telegram.add("Look around", "env; cat /proc/$PPID/environ; echo two >> a.txt", asks=True)
    await telegram.hear("Look around is built", "Merge")
    await telegram.ask("/log 1")
    port = await telegram.close()
    await until(lambda: "ConnectError" in jarvis.errors(), "an error of the connection")
    await telegram.open(port)
    await telegram.ask("/stats")
    assert await jarvis.stop() == 0
    jarvis.start(TELEGRAM_BOT_TOKEN=TOKEN[:-3] + "abc")
    await until(lambda: jarvis.process.poll() is not None, "the refusal of a wrong token")
    jarvis.start(TELEGRAM_BOT_TOKEN=TOKEN + "!")
    await until(lambda: jarvis.process.poll() is not None, "the refusal of a token of a wrong form")

    assert "DEBUG" in jarvis.printed[1].read_text().upper(), "the log is as talkative as it gets"
    written = [path for path in (*jarvis.home.rglob("*"), *jarvis.printed) if path.is_file()]
    assert [path.name for path in written if SECRET[:-3] in path.read_bytes()] == []
    logs = [path for path in written if path.suffix != ".out"]
    assert {"jarvis.log", "output.log", "run-0.err"} <= {path.name for path in logs}
    assert [path.name for path in logs if claim[1].encode() in path.read_bytes()] == []
    assert SECRET[:-3].decode() not in "".join(message.text for message in telegram.messages())


async def _go_wrong(telegram: Telegram) -> None:
    """Each kind of failure once, on a call that somebody waits for."""
    faults = telegram.api.faults
    faults.server_error("sendMessage")
    faults.bad_gateway("sendMessage")
    faults.timeout_after_delivery("sendMessage")
    faults.too_many_requests(1, "sendMessage")
    faults.reset_before_delivery("getUpdates")
    faults.error(401, "Unauthorized", "sendMessage")
    faults.error(404, "Not Found", "sendMessage")
    for command in ("/stats", "/projects", "/next", "/help"):
        telegram.api.people.send(command)
    await until(lambda: len(faults.happened) >= 8, "all failures")
    faults.clear()
    _forget_the_chat(telegram.api)
    await telegram.ask("/queue")


def _forget_the_chat(api: BotApi) -> None:
    """The owner blocks the bot for a moment."""
    api.people.block(user=OWNER)
    api.people.block(user=OWNER, blocked=False)
