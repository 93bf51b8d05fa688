"""A local Telegram with an injected clock, spoken to over HTTP and in memory by a real `telegram.Bot`."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.local.core import BotApi
from bot.local.models import User
from bot.local.request import InMemoryRequest
from bot.local.server import LocalServer, start

TOKEN = "4711:" + "localtoken" * 3 + "abcde"
JARVIS = User(id=4711, first_name="Jarvis", is_bot=True, username="jarvis_bot")
VISITOR = User(id=7, first_name="Vera", language_code="en")


class SetClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def api(clock: SetClock) -> BotApi:
    return BotApi(JARVIS, VISITOR, clock)


@pytest.fixture
async def server(api: BotApi) -> AsyncIterator[LocalServer]:
    running = await start(api, 0, TOKEN)
    yield running
    await running.stop()


@pytest.fixture(params=["http", "memory"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def bot(transport: str, api: BotApi) -> AsyncIterator[Bot]:
    """The same bot, over the one transport and the other."""
    if transport == "memory":
        memory = InMemoryRequest(api, TOKEN)
        async with Bot(TOKEN, request=memory, get_updates_request=memory) as spoken:
            yield spoken
        return
    running = await start(api, 0, TOKEN)
    plain = HTTPXRequest(connection_pool_size=8, read_timeout=5)
    polling = HTTPXRequest(connection_pool_size=4, read_timeout=5)
    async with Bot(
        TOKEN,
        base_url=running.api_url,
        base_file_url=running.file_url,
        request=plain,
        get_updates_request=polling,
    ) as spoken:
        yield spoken
    await running.stop()
