"""`jarvis overnight-runner`: what happened while you were away."""

import click

from bot.cli.briefs import show_brief
from bot.cli.output import json_option


@click.group()
def group() -> None:
    """The night: what was built, and what waits for you."""


@group.command()
@json_option
def brief(as_json: bool) -> None:
    """Show the brief: what shipped, runs, failed and waits."""
    show_brief(as_json)
