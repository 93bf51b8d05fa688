"""`jarvis context-scheduler`: what the owner is doing."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from bot.cli.output import installation, json_option, show_json, show_table
from core import contexts
from core.model.context import Context, Interval, Reading


@click.group()
def group() -> None:
    """What you are doing, and what that means for the work."""


@group.command()
@json_option
def detect(as_json: bool) -> None:
    """Show the present context."""
    with installation() as at:
        reading, zone = at.contexts.detect(at.clock()), at.config.zone
    if as_json:
        show_json(reading)
    else:
        click.echo(_words(reading, zone))


@group.command()
@json_option
def summary(as_json: bool) -> None:
    """Show the present context with all that it decides."""
    with installation() as at:
        now, zone = at.clock(), at.config.zone
        reading, coming = at.contexts.detect(now), at.contexts.upcoming(now)
        slots, places = contexts.slots(reading.context, at.config.max_builds), at.contexts.places()
        position = at.contexts.position(now)
    if as_json:
        show_json({"context": reading, "slots": slots, "upcoming": coming, "places": places, "position": position})
        return
    click.echo(_words(reading, zone))
    click.echo(f"builds at once: {slots}")
    click.echo(f"intensity: {contexts.INTENSITY[reading.context].replace(':', ',', 1)}")
    if places:
        click.echo("places: " + ", ".join(f"{place.name} ({place.context.value})" for place in places))
    show_table(("from", "to", "context"), _rows(coming, zone), "")


@group.command()
@json_option
def upcoming(as_json: bool) -> None:
    """Show the next 12 hours."""
    with installation() as at:
        coming, zone = at.contexts.upcoming(at.clock()), at.config.zone
    if as_json:
        show_json(coming)
    else:
        show_table(("from", "to", "context"), _rows(coming, zone), "")


@group.command("set")
@click.argument("context")
@click.argument("span", nargs=-1)
@json_option
def set_context(context: str, span: tuple[str, ...], as_json: bool) -> None:
    """Say what you are doing: CONTEXT is gym, work, sleeping, available, unknown, or auto.

    SPAN is for how long (2h) or until when (until 7:00); else until your schedule changes next.
    """
    from core import clock_times

    names = {each.value.casefold(): each for each in Context}
    word = context.casefold()
    if word not in (*names, "auto"):
        raise click.BadParameter(f"choose one of {', '.join(names)} or auto", param_hint="CONTEXT")
    with installation() as at:
        now, zone = at.clock(), at.config.zone
        until: datetime | None = clock_times.parse_until(" ".join(span), now, zone) if span else None
        reading = at.contexts.clear(now) if word == "auto" else at.contexts.set(names[word], now, until=until)
    if as_json:
        show_json(reading)
    else:
        click.echo(_words(reading, zone))


def _words(reading: Reading, zone: ZoneInfo) -> str:
    return f"{reading.context.value}: {reading.why}, until {reading.until.astimezone(zone):%a %H:%M}"


def _rows(coming: list[Interval], zone: ZoneInfo) -> list[tuple[str, ...]]:
    return [
        (f"{one.start.astimezone(zone):%a %H:%M}", f"{one.end.astimezone(zone):%a %H:%M}", one.context.value)
        for one in coming
    ]
