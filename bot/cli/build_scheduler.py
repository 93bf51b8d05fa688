"""`jarvis build-scheduler`: the queue, its plan and its numbers."""

import click

from bot.cli import rows
from bot.cli.output import installation, json_option, show_json, show_table
from core.build_scheduler import Listed


@click.group()
def group() -> None:
    """The queue: what waits, what comes next, and when."""


@group.command("list")
@click.option("--all", "everything", is_flag=True, help="Finished tasks too.")
@json_option
def list_tasks(everything: bool, as_json: bool) -> None:
    """Show the queue."""
    with installation() as at:
        entries = at.scheduler.open_tasks() + (at.scheduler.finished() if everything else [])
    _show(entries, as_json, "The queue is empty. Add a task: jarvis autonomous-queue add ...")


@group.command("next")
@json_option
def next_tasks(as_json: bool) -> None:
    """Show the next 3 tasks."""
    with installation() as at:
        entries = at.scheduler.next(at.clock())
    _show(entries, as_json, "Nothing is ready to be built.")


@group.command()
@json_option
def schedule(as_json: bool) -> None:
    """Show what runs in the present time window, and why the rest does not."""
    with installation() as at:
        plan = at.scheduler.schedule(at.clock())
        zone = at.config.zone
    if as_json:
        show_json(rows.plan(plan))
        return
    show_table(("slot", "start", "end", "task", "title"), rows.planned(plan, zone), "Nothing starts in this window.")
    if plan.tight:
        click.echo(f"\nOne build fewer at a time: {plan.tight}.")
    if plan.left_out:
        click.echo("\nNot in this window:")
        show_table(("task", "why", "title"), rows.left_out(plan), "")


@group.command()
@json_option
def stats(as_json: bool) -> None:
    """Show the queue in numbers."""
    with installation() as at:
        numbers = at.scheduler.stats(at.clock())
        zone = at.config.zone
    if as_json:
        show_json(numbers)
    else:
        show_table(("what", "value"), rows.stats(numbers, zone), "")


def _show(entries: list[Listed], as_json: bool, empty: str) -> None:
    if as_json:
        show_json(entries)
    else:
        show_table(("task", "state", "score", "hours", "size", "category", "title"), rows.listed(entries), empty)
