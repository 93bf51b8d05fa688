"""Prints a brief."""

import click

from bot.cli.output import installation, show_json
from bot.cli.wording import without_links
from handlers.views import briefs
from handlers.views.message import unescape


def show_brief(as_json: bool) -> None:
    """The brief of the last 24 hours, as text or JSON."""
    with installation() as at:
        report = at.briefs.compose(at.clock())
        zone = at.config.zone
    if as_json:
        show_json(report)
    else:
        click.echo(without_links(unescape(briefs.brief(report, zone).text)))
