"""Two bots as processes of their own, each on a local Bot API server in this process: ours, and the bare one."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from bot import settings
from bot.local import events
from bot.local.core import BotApi
from bot.local.models import User
from bot.local.server import start
from bot.wiring import open_installation
from core.autonomous_queue import NewTask
from core.model.task import Category
from core.runtime.clock import utc_now

ROOT = Path(__file__).resolve().parents[2]
VISITOR = 7
TOKEN = "100200300:benchmark-token-of-the-usual-length"
PATIENCE = 30.0


class Contestant:
    """A bot that can be started, asked and looked at. `command` makes the command line from the server's address."""

    def __init__(self, folder: Path, command: Callable[[str], list[str]], **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.api = BotApi(
            User(id=100200300, first_name="Bot", is_bot=True, username="some_bot"),
            User(id=VISITOR, first_name="You"),
            utc_now,
        )
        self.folder = folder
        self._command_of = command
        self._command: list[str] = []
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **settings}
        self._waiting: tuple[Callable[[events.Event], bool], asyncio.Future[float]] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.api.subscribe(self._on_event)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Its server runs for the length of the block; the bot is ended with it."""
        server = await start(self.api, 0, TOKEN)
        url = server.api_url.removesuffix("/bot")
        self._command = self._command_of(url)
        self._environment |= {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": url, "OWNER_IDS": str(VISITOR)}
        try:
            yield
        finally:
            await self.stop()
            await server.stop()

    async def start(self) -> float:
        """Start the process; returns the seconds until it waits for updates."""
        online = self._next(lambda event: isinstance(event, events.PollingChanged) and event.online)
        with (self.folder / "output.txt").open("ab") as output:
            begun = time.perf_counter()
            self._process = subprocess.Popen(
                self._command, cwd=self.folder, env=self._environment, stdout=output, stderr=output
            )
        return await asyncio.wait_for(online, PATIENCE) - begun

    async def stop(self) -> None:
        """SIGTERM, and wait; nothing when it does not run."""
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, PATIENCE)
            self._process = None

    async def ask(self, text: str) -> float:
        """Write a text; returns the seconds from there to the bot's answer."""
        answer = self._next(lambda event: isinstance(event, events.MessageAdded) and _is_answer(event))
        begun = time.perf_counter()
        self.api.people.send(text)
        return await asyncio.wait_for(answer, PATIENCE) - begun

    async def press(self, label: str) -> float:
        """Press the button of the last message; returns the seconds from there to the edited message."""
        body = self.api.history(VISITOR, limit=1)[0][0].body
        row, column = next(
            (row, column)
            for row, buttons in enumerate(body["reply_markup"]["inline_keyboard"])
            for column, button in enumerate(buttons)
            if button["text"] == label
        )
        edited = self._next(lambda event: isinstance(event, events.MessageEdited))
        begun = time.perf_counter()
        self.api.people.press(body["message_id"], row, column)
        return await asyncio.wait_for(edited, PATIENCE) - begun

    def memory(self) -> tuple[float, float]:
        """MiB: of its own, and resident."""
        assert self._process is not None
        full = psutil.Process(self._process.pid).memory_full_info()
        return full.uss / 2**20, full.rss / 2**20

    def cpu_seconds(self) -> float:
        """Spent so far by all threads; to the nanosecond where the system tells, else to the tick."""
        assert self._process is not None
        if counters := list(Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")):
            return sum(int(counter.read_text().split()[0]) for counter in counters) / 1e9
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    def _next(self, wanted: Callable[[events.Event], bool]) -> asyncio.Future[float]:
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting = (wanted, future)
        return future

    def _on_event(self, event: events.Event) -> None:
        now = time.perf_counter()
        if self._waiting is not None and self._waiting[0](event):
            self._waiting[1].set_result(now)
            self._waiting = None


def ours(folder: Path, tasks: int, **more: str) -> Contestant:
    """Jarvis with these settings, and that many tasks in its queue that can't start, since there is no project."""
    folder.mkdir()
    config = settings.parse({}, folder).config
    with open_installation(config) as installation:
        for number in range(tasks):
            new = NewTask(title=f"Make import {number} twice as fast", hours=1.5, category=Category.PERFORMANCE)
            installation.queue.add_to_queue(new, utc_now())
    return Contestant(folder, lambda _: [sys.executable, "-m", "bot", "run"], **more)


def bare(folder: Path) -> Contestant:
    """The echo bot."""
    return Contestant(folder, lambda url: [sys.executable, "-m", "tests.benchmarks.echo_bot", TOKEN, url])


def _is_answer(event: events.MessageAdded) -> bool:
    return bool(event.message.body["from"]["is_bot"])
