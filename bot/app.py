"""The Telegram application: built, run and stopped; every error of a handler ends here."""

import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any

import structlog
from httpx import create_ssl_context
from telegram import BotCommandScopeAllPrivateChats, Update
from telegram.constants import UpdateType
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, NetworkError, TelegramError
from telegram.ext import AIORateLimiter, ApplicationBuilder, ContextTypes
from telegram.request import BaseRequest, HTTPXRequest

from core.errors import JarvisError
from handlers import commands, replies
from handlers.replies import reply
from handlers.services import App, Context, Services
from handlers.views.message import Message, escape

log = structlog.get_logger("bot")

if find_spec("sniffio") is None:
    # httpcore asks for it eight times per request: what is not there is not looked for in every folder each time.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

ALLOWED_UPDATES = [
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.MY_CHAT_MEMBER,
    UpdateType.POLL_ANSWER,
]


class Pace(AIORateLimiter):
    """Keeps to Telegram's limits. With `replies.NO_RETRIES` a pause that Telegram asks for is raised at once."""

    def __init__(self, **limits: float) -> None:
        super().__init__(**limits)  # type: ignore[arg-type]
        self.measured: Callable[[str], AbstractContextManager[None]] = lambda endpoint: nullcontext()
        """Times a request: without the wait for its turn."""
        self._once = AIORateLimiter(**{**limits, "max_retries": 0})  # type: ignore[arg-type]

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """Send one request when it is its turn."""

        async def call(*args: Any, **kwargs: Any) -> Any:
            with self.measured(endpoint):
                return await callback(*args, **kwargs)

        request = (call, args, kwargs, endpoint, data)
        if rate_limit_args == replies.NO_RETRIES:
            return await self._once.process_request(*request, rate_limit_args=None)
        return await super().process_request(*request, rate_limit_args=rate_limit_args)


def build(token: str, api_url: str, *, request: BaseRequest | None = None) -> App:
    """The application for a Bot API server; `request` replaces HTTP, and needs no pacing. `equip` it before it runs."""
    limiter = Pace(max_retries=5) if request is None else Pace(overall_max_rate=0, group_max_rate=0, max_retries=5)
    builder = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .context_types(ContextTypes(context=Context))
        .rate_limiter(limiter)
        # One press of Stop must not wait behind the merge that somebody else asked for.
        .concurrent_updates(True)
    )
    calls, waiting = (request, request) if request is not None else _clients(api_url)
    app: App = builder.request(calls).get_updates_request(waiting).build()
    commands.register(app)
    app.add_error_handler(on_error)
    return app


def _clients(api_url: str) -> tuple[BaseRequest, BaseRequest]:
    """For calls, and for waiting for updates. Both trust the same certificates, which take long to read: only https
    needs any."""
    trusted = create_ssl_context(verify=not api_url.startswith("http://"))
    of_trusted = {"verify": trusted}
    return HTTPXRequest(httpx_kwargs=of_trusted), HTTPXRequest(connection_pool_size=1, httpx_kwargs=of_trusted)


def equip(app: App, services: Services) -> None:
    """Give the handlers their engines, and measure what is asked of Telegram from now on."""
    app.bot_data[Services] = services
    pace = app.bot.rate_limiter
    assert isinstance(pace, Pace)
    pace.measured = lambda endpoint: services.measured(f"telegram {endpoint}", "telegram", telegram_fails)


def telegram_fails(error: Exception) -> bool:
    """What people do, and what should not have been asked for, is no failure of Telegram's."""
    return not isinstance(error, Forbidden | ChatMigrated | BadRequest) or "chat not found" in str(error).lower()


async def publish_menu(app: App) -> None:
    """Tell Telegram the commands; a failure is logged and does no harm."""
    try:
        await app.bot.set_my_commands(commands.menu(), scope=BotCommandScopeAllPrivateChats())
        await app.bot.set_my_commands(commands.menu())
    except TelegramError as error:
        log.warning("command menu not published", error=str(error))


async def on_error(update: object, context: Context) -> None:
    """What the owner can act on is told in its own words; everything else is logged with its traceback."""
    error = context.error
    if isinstance(error, JarvisError):
        await _tell(update, escape(str(error)))
        return
    if isinstance(error, NetworkError) and not isinstance(update, Update):
        log.warning("no connection to Telegram", error=str(error))
        return
    if isinstance(error, Conflict):
        log.error("another bot uses this token; stop it, or this one")
        return
    log.error("handler failed", exc_info=error, update=update.update_id if isinstance(update, Update) else None)
    await _tell(update, "Something went wrong on my side. It is in the log (logs/jarvis.log); nothing was lost.")


async def _tell(update: object, text: str) -> None:
    if not isinstance(update, Update):
        return
    try:
        if update.callback_query is not None:
            await update.callback_query.answer(text[:200], show_alert=True)
        else:
            await reply(update, Message(text))
    except TelegramError as error:
        log.warning("the answer could not be sent", error=str(error))
