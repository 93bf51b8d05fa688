"""`jarvis simulate`: what a year would bring, in a minute."""

import asyncio
import logging
import sys
from pathlib import Path

import click

from bot.cli.output import json_option, show_json, show_table


@click.command()
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3660), help="From a Monday on.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same days.")
@click.option("--report", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write a picture (PNG) there.")
@json_option
def simulate(days: int, seed: int, file: Path | None, as_json: bool) -> None:
    """Run the real engines on a virtual clock, with an owner, builds and crashes that are made up.

    Touches nothing of yours: it works in a temporary folder.
    """
    if file is not None and not file.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {file.parent}", param_hint="--report")
    import structlog

    from bot.simulation import findings, report, year

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with year.simulated(days, seed) as made:
        with click.progressbar(length=1000, label=f"{days} days", file=sys.stderr) as bar:
            made.run(lambda share: bar.update(round(share * 1000) - bar.pos))
        found = findings.find(made)
    if as_json:
        show_json(found)
    else:
        show_table(("what", "figure", "goal", ""), report.rows(found), "")
        for line in found.wrong[:20]:
            click.echo(f"  ! {line}")
    if file is not None:
        from handlers.pictures import drawn

        png = asyncio.run(drawn(report.picture(found)))
        if png is None:
            raise click.ClickException("The picture could not be drawn.")
        file.write_bytes(png)
        click.echo(f"The picture is in {file}.", err=as_json)
