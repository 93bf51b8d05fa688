"""`jarvis overnight-runner`: the night, and other sessions of autonomous work."""

import sys
import time
from datetime import datetime

import click

from bot.cli.briefs import show_brief
from bot.cli.output import installation, json_option, show_json
from bot.cli.wording import for_terminal, without_links
from bot.wiring import Installation
from core.model.session import Session

BEAT_SECONDS = 2.0


@click.group()
def group() -> None:
    """The night: what was built, and what waits for you."""


@group.command()
@json_option
def brief(as_json: bool) -> None:
    """Show the brief: what shipped, runs, failed and waits."""
    show_brief(as_json)


@group.command()
@click.option("--no-wait", is_flag=True, help="Only begin it, for the bot to go on; do not lead it from here.")
@json_option
def start(no_wait: bool, as_json: bool) -> None:
    """Start a session: tonight's, or one of eight hours by day. For your hand, or for cron.

    While the bot runs, it leads the session. Without it, this command does so until the session ends.
    """
    from core.runtime.by_hand import bot_is_there, command_is_there

    with installation() as at:
        session = at.overnight.start(at.clock())
        at.overnight.step(at.clock())
        bot, command = bot_is_there(at.config.home), command_is_there(at.config.home)
        if as_json:
            show_json(session)
        else:
            until = session.end.astimezone(at.config.zone)
            leader = "the bot leads it" if bot else "another command leads it" if command else ""
            leader = leader or ("nobody leads it" if no_wait else "Ctrl+C ends it")
            click.echo(f"Started {session.id}, until {until:%a %H:%M}; {leader}.")
        if not (bot or command or no_wait):
            _lead(at, session, quiet=as_json)


def _lead(at: Installation, session: Session, *, quiet: bool) -> None:
    """Do the bot's work until the session ends, is stopped, or a bot takes over. Builds go on in any case."""
    from bot import logs
    from bot.tending import Tending
    from bot.watching import watch
    from core.runtime.by_hand import bot_is_there, lead_session

    logs.configure("INFO", None, [])  # what is done goes to standard error, beside the JSON
    watch(at)
    tending = Tending(at)
    with lead_session(at.config.home):
        at.executor.reattach({build.id for build in at.builds.active()})
        trouble = ""
        while True:
            try:
                tending.all(at.clock())
            except Exception as error:  # a full disk, an agent that can't be started: the night goes on
                if str(error) != trouble:
                    trouble = str(error)
                    click.echo(f"Trouble: {type(error).__name__}: {error}", err=True)
            now, known = at.clock(), at.store.sessions.get(session.id)
            if known is None or known.closed_at is not None or known.stopped_at is not None:
                break
            if bot_is_there(at.config.home):
                click.echo("The bot is here and goes on.", err=True)
                return
            _wait(now, known.end)
    if not quiet:
        click.echo("The session is over. What it did: jarvis overnight-runner report")
        if running := len(at.builds.active()):
            noun = "build goes" if running == 1 else "builds go"
            click.echo(f"{running} {noun} on; jarvis autonomous-queue schedule takes in what comes of it.")


def _wait(now: datetime, end: datetime) -> None:
    time.sleep(min(BEAT_SECONDS, max((end - now).total_seconds(), 0.1)))


@group.command()
@json_option
def stop(as_json: bool) -> None:
    """Start nothing more in the session that runs; builds that run go on."""
    with installation() as at:
        session = at.overnight.stop(at.clock())
        until = session.end.astimezone(at.config.zone)
    if as_json:
        show_json(session)
    else:
        click.echo(f"Nothing more starts before {until:%a %H:%M}. Running builds go on.")


@group.command()
@json_option
def status(as_json: bool) -> None:
    """Show the session that runs: what is being built, was built, and comes."""
    from core.sessions import obstacle
    from handlers.views import sessions
    from handlers.views.message import unescape

    with installation() as at:
        now = at.clock()
        standing, overnight = at.overnight.standing(now), at.overnight.is_overnight(now) is not None
        zone, why = at.config.zone, obstacle(at.store)
    if as_json:
        show_json(standing.session if standing is not None else None)
    else:
        said = for_terminal(why) if why is not None else None
        click.echo(without_links(unescape(sessions.session(standing, overnight, now, zone, said).text)))


@group.command()
@json_option
def report(as_json: bool) -> None:
    """Show the report of the session that runs, or of the last one."""
    from handlers.views import sessions
    from handlers.views.message import unescape

    with installation() as at:
        made, zone = at.overnight.report(at.clock()), at.config.zone
    if as_json:
        show_json(made)
    else:
        click.echo(without_links(unescape(sessions.report(made, zone).text)))


@group.command("is-overnight")
@json_option
def is_overnight(as_json: bool) -> None:
    """Tell whether it is night: exit code 0 if it is, 1 if not."""
    with installation() as at:
        window, zone = at.overnight.is_overnight(at.clock()), at.config.zone
    if as_json:
        show_json({"overnight": window is not None, "until": window.end if window is not None else None})
    elif window is not None:
        click.echo(f"Yes, until {window.end.astimezone(zone):%H:%M}.")
    else:
        click.echo("No.")
    sys.exit(0 if window is not None else 1)
