"""`jarvis productivity`: what a week or a month has brought."""

import click

from bot.cli.output import installation, json_option, show_json, show_table
from core.productivity import Comparison, Figures
from handlers.views.productivity import estimates_in_words


@click.group()
def group() -> None:
    """What a week or a month has brought, in figures."""


@group.command()
@json_option
def week(as_json: bool) -> None:
    """Since Monday, day by day, and the week before."""
    with installation() as at:
        _show(at.productivity.week(at.clock()), "week", as_json)


@group.command()
@json_option
def month(as_json: bool) -> None:
    """Since its first day, day by day, and the month before."""
    with installation() as at:
        _show(at.productivity.month(at.clock()), "month", as_json)


def _show(comparison: Comparison, name: str, as_json: bool) -> None:
    if as_json:
        show_json(comparison)
        return
    now, before = comparison.period, comparison.before
    rows = [(f"{day.date:%a %Y-%m-%d}", *_cells(day.figures)) for day in now.days]
    rows += [(f"this {name}", *_cells(now.total)), (f"the {name} before", *_cells(before.total))]
    columns = ("day", "shipped h", "builds", "proven", "failed", "ran h", "completed", "autonomous h", "owner h", "x")
    show_table(columns, rows, "")
    if now.total.accuracy is not None:
        click.echo(f"This {name} {estimates_in_words(now.total.accuracy)}.")
    cost = now.total.cost
    if cost is not None and cost.dollars is not None:
        click.echo(f"${cost.dollars:.2f} on models.")


def _cells(figures: Figures) -> tuple[str, ...]:
    return (
        f"{figures.hours_shipped:.1f}",
        str(figures.builds),
        str(figures.proven),
        str(figures.failed),
        f"{figures.build_hours:.1f}",
        "-" if figures.completion_rate is None else f"{figures.completion_rate:.0%}",
        f"{figures.autonomous_hours:.1f}",
        f"{figures.owner_hours:.1f}",
        "-" if figures.multiplier is None else f"{figures.multiplier:.1f}",
    )
