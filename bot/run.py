"""`jarvis run`: the bot as a process, against Telegram or against the chat page on this machine."""

import asyncio
import contextlib
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import msgspec
import structlog
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import ExtBot

from bot import app as telegram_app
from bot import logs, sample_project, ticks
from bot.outbox import Outbox
from bot.polls import close_ended
from bot.pulse import Pulse
from bot.rendering import Renderer
from bot.setting_reader import SECRETS
from bot.settings import Settings
from bot.watching import watch
from bot.wiring import Installation, open_installation
from core import notifications
from core.errors import Refused
from core.model.ids import ChatId, UserId
from core.runtime.instance import hold_instance
from core.runtime.secrecy import forget_variables, hide_from_neighbours
from core.surroundings import installed
from handlers.services import App, Services
from handlers.tasks import card_of

log = structlog.get_logger("jarvis")

VISITOR = UserId(1)
"""The person at the chat page."""

STORE_SECONDS = 300.0
METRICS_SECONDS = 600.0
POLLS_SECONDS = 15.0
TRASH_SECONDS = 3600.0
TRUST_SECONDS = 3600.0


class Line(msgspec.Struct, frozen=True):
    """Where the bot connects to, and what to tell on the console."""

    token: str
    api_url: str
    greeting: str
    is_local: bool


def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises Refused or StoreUnavailable when it can't start."""
    home = settings.config.home
    hide_from_neighbours()
    forget_variables(SECRETS)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(hold_instance(home))
            logs.configure(settings.log_level, home / "logs", [settings.token or ""])
        except OSError as error:
            raise Refused(
                f"{error.filename or home} can't be used: {error.strerror}. Set JARVIS_HOME to another folder."
            ) from error
        installation = stack.enter_context(open_installation(settings.config, settings.owners, settings.environment))
        asyncio.run(_run(settings, installation))


async def _run(settings: Settings, installation: Installation) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    watch(installation)
    await asyncio.to_thread(_register_projects, settings, installation)
    active = {build.id for build in installation.builds.active()}
    await asyncio.to_thread(installation.executor.reattach, active)
    async with _line(settings, installation) as line:
        await serve(line, installation, stop)


async def serve(line: Line, installation: Installation, stop: asyncio.Event) -> None:
    """Connect, work until `stop` is set, and end in order. Builds go on."""
    app = telegram_app.build(line.token, line.api_url)
    outbox = _outbox_of(installation, app)
    pulse = Pulse(installation, outbox)
    telegram_app.equip(app, services_of(installation, outbox, pulse, is_local=line.is_local))
    if not await _connect(app, stop):
        return
    assert app.updater is not None
    outbox.settle_doubts()
    await app.start()
    await app.updater.start_polling(
        timeout=30,
        allowed_updates=telegram_app.ALLOWED_UPDATES,
        error_callback=_PollingErrors(),
        drop_pending_updates=False,
    )
    await telegram_app.publish_menu(app)
    timetable = ticks.Ticks(_jobs(installation, pulse, outbox, app.bot), pulse.keep_times)
    pulse.attach(timetable)
    timetable.start()
    _say(line.greeting + _missing_agents(installation) + _obstacle(installation))
    log.info("ready", bot=app.bot.username)
    await pulse.keep_times()
    try:
        await stop.wait()
    finally:
        log.info("stopping; running builds go on")
        timetable.stop()
        await app.updater.stop()
        await app.stop()
        await pulse.drain()
        installation.improver.flush(installation.clock())
        await app.shutdown()


def _outbox_of(at: Installation, app: App) -> Outbox:
    return Outbox(at.store, at.builds, at.people, renderer_of(at).render, app.bot, at.clock, at.config)


def renderer_of(installation: Installation) -> Renderer:
    """What makes messages of news."""
    at = installation
    card = partial(card_of, at.scheduler, at.approvals, at.clock, at.config)
    return Renderer(at.store, at.builds, at.people, card, at.briefs, at.daily, at.config)


def _jobs(installation: Installation, pulse: Pulse, outbox: Outbox, bot: ExtBot[Any]) -> list[ticks.Every]:
    return [
        ticks.Every("pulse", 1.0, pulse.beat),
        ticks.Every("metrics", METRICS_SECONDS, partial(_measure, installation)),
        ticks.Every("store", STORE_SECONDS, partial(_tend_store, installation)),
        ticks.Every("trust", TRUST_SECONDS, partial(_suggest, installation, pulse)),
        ticks.Every("polls", POLLS_SECONDS, partial(close_ended, installation.weekend, bot, installation.clock)),
        ticks.Every("trash", TRASH_SECONDS, partial(_purge_trash, installation, outbox)),
    ]


async def _measure(installation: Installation) -> None:
    """Add a line to the history of the machine, and look ahead; what is critical is told by the outbox."""
    await asyncio.to_thread(installation.problems.scan, installation.clock())


def services_of(installation: Installation, outbox: Outbox, pulse: Pulse, *, is_local: bool) -> Services:
    """What the handlers get to see of the installation."""
    return Services(
        store=installation.store,
        clock=installation.clock,
        config=installation.config,
        people=installation.people,
        queue=installation.queue,
        scheduler=installation.scheduler,
        approvals=installation.approvals,
        changes=installation.changes,
        rules=installation.rules,
        trust=installation.trust,
        pauses=installation.pauses,
        audit=installation.audit,
        status=installation.status,
        drafts=installation.drafts,
        shipping=installation.shipping,
        briefs=installation.briefs,
        contexts=installation.contexts,
        preferences=installation.preferences,
        daily=installation.daily,
        overnight=installation.overnight,
        problems=installation.problems,
        productivity=installation.productivity,
        weekend=installation.weekend,
        patterns=installation.patterns,
        projects=installation.projects,
        improver=installation.improver,
        lessons=installation.lessons,
        measured=installation.measured,
        agents=installation.agents,
        try_agent=installation.try_agent,
        make_sample=partial(sample_project.make, installation),
        log_of=installation.executor.log,
        refresh=outbox.refresh,
        refresh_suggestion=outbox.refresh_suggestion,
        refresh_weekend=outbox.refresh_weekend,
        refresh_pattern=outbox.refresh_pattern,
        wake=pulse.wake,
        is_local=is_local,
    )


@asynccontextmanager
async def _line(settings: Settings, installation: Installation) -> AsyncIterator[Line]:
    if settings.token is not None:
        installation.people.forget_chat(ChatId(VISITOR))
        for owner in settings.owners:
            installation.people.meet(owner, ChatId(owner), installation.clock())
        greeting = "Jarvis is ready, and listens in Telegram. Ctrl+C stops it; running builds go on."
        if not installation.people.has_owner():
            code = installation.people.offer_code()
            logs.hide(code)
            greeting += f"\nNobody owns this bot yet. Send it this message to make it yours:  /start {code}"
        yield Line(settings.token, settings.api_url, greeting, is_local=False)
        return
    from bot.local.core import BotApi
    from bot.local.models import User
    from bot.local.server import PortInUse, start

    token = f"1000:{secrets.token_urlsafe(32)}"
    api = BotApi(
        User(id=1000, first_name="Jarvis", is_bot=True, username="jarvis_bot"),
        User(id=VISITOR, first_name="You"),
        installation.clock,
        installation.config.home / "data" / "local_chat.jsonl",
    )
    if api.damaged_journal is not None:
        log.error("the history of the chat page could not be read; it is kept aside", file=str(api.damaged_journal))
    try:
        server = await start(api, settings.local_chat_port, token)
    except PortInUse as error:
        raise Refused(str(error)) from error
    installation.people.admit(VISITOR, "you")
    installation.people.meet(VISITOR, ChatId(VISITOR), installation.clock())
    greeting = f"Jarvis is ready. Open  {server.page_url}  in your browser. Ctrl+C stops it; running builds go on."
    try:
        yield Line(token, server.api_url.removesuffix("/bot"), greeting, is_local=True)
    finally:
        await server.stop()
        api.close()


async def _connect(app: App, stop: asyncio.Event) -> bool:
    """Log in, with patience while there is no connection; False when told to stop meanwhile.

    Raises Refused for a wrong token or address.
    """
    pause = 1.0
    while not stop.is_set():
        try:
            await app.initialize()
        except InvalidToken:
            raise Refused(
                "Telegram does not know this token. Check TELEGRAM_BOT_TOKEN in .env "
                "(and TELEGRAM_API_URL, if you set it)."
            ) from None
        except NetworkError as error:
            log.warning("no connection to Telegram; trying again", seconds=pause, error=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, 60.0)
        else:
            return True
    return False


class _PollingErrors:
    """Logs what goes wrong while waiting for updates, each kind once until it changes."""

    def __init__(self) -> None:
        self._last: type[TelegramError] | None = None

    def __call__(self, error: TelegramError) -> None:
        if type(error) is self._last:
            return
        self._last = type(error)
        if isinstance(error, Conflict):
            log.error("another program uses this bot's token; stop one of the two", error=str(error))
        else:
            log.warning("waiting for updates failed; trying again", error=str(error))


def _register_projects(settings: Settings, installation: Installation) -> None:
    known = {project.path for project in installation.projects.all()}
    mistakes = []
    with installation.store.transaction():  # all of them, or none
        for path in settings.projects:
            if str(path.resolve()) not in known:
                try:
                    installation.projects.register(path, installation.clock())
                except Refused as error:
                    mistakes.append(f"  {error}")
        if mistakes:
            raise Refused("\n".join(["PROJECTS names what can't be used. Change it in .env:", *mistakes]))


async def _tend_store(installation: Installation) -> None:
    """Shorten the journal, and archive what has been finished for long."""
    await asyncio.to_thread(installation.store.checkpoint_if_due)
    await asyncio.to_thread(installation.store.archive_finished, installation.clock())
    await asyncio.to_thread(notifications.forget_old, installation.store, installation.clock())


async def _suggest(installation: Installation, pulse: Pulse) -> None:
    """Suggest changes of the rules that the figures speak for."""
    if await asyncio.to_thread(installation.trust.suggest, installation.clock()):
        pulse.wake()


async def _purge_trash(installation: Installation, outbox: Outbox) -> None:
    """Delete what was discarded long ago; its messages do not offer to restore it any more."""
    for task in await asyncio.to_thread(installation.shipping.purge_trash, installation.clock()):
        await outbox.refresh(task.id)
    await asyncio.to_thread(installation.problems.purge, installation.clock())


def _missing_agents(installation: Installation) -> str:
    """What the settings name and is not there."""
    config, found = installation.config, installed(installation.programs, installation.config)
    wanted = (*config.agents, *config.agent_by_category.values(), *(each.name for each in config.agent_templates))
    missing = [name for name in dict.fromkeys(wanted) if name not in found]
    return f"\nNot on the PATH, though the settings name them: {', '.join(missing)}." if missing else ""


def _obstacle(installation: Installation) -> str:
    """Why nothing can be built on this machine, if so."""
    reason = installation.executor.capacity().reason
    return f"\nBut nothing will be built: {reason}" if reason else ""


def _say(text: str) -> None:
    """To the person at the console; the one-time code must not get into a log."""
    sys.stdout.write(f"\n{text}\n\n")
    sys.stdout.flush()
