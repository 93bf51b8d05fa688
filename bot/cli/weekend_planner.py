"""`jarvis weekend-planner`: choose the weekend's project, see how far it is, finish it."""

import click

from bot.cli.output import installation, json_option, show_json, show_table
from bot.cli.wording import for_terminal
from core import ballots, weekend_progress, weekends
from core.model.config import Config
from core.model.weekend import Asked, Option, Weekend
from core.weekend_book import COMMAND_LINE
from core.weekend_progress import Progress
from handlers import parsing

NOTHING_CHOSEN = "No project is chosen. Choose one: jarvis weekend-planner select TASK"
NOTHING_FITS = "No open project takes 8 to 12 h, so there is nothing to choose from."


@click.group()
def group() -> None:
    """The weekend: a project of 8 to 12 h, built in phases."""


@group.command()
@json_option
def suggest(as_json: bool) -> None:
    """Show the best five projects, with their phases, and the votes so far."""
    with installation() as at:
        found = at.weekend.current(at.clock())
        is_open = found is not None and isinstance(found.state, Asked)
        options = list(found.options) if found is not None and is_open else at.weekend.suggest(at.clock())
    votes = ballots.tally(options, found.votes if found is not None and is_open else ())
    if as_json:
        show_json([{**_plain(option), "votes": votes[option.task]} for option in options])
        return
    if not options:
        click.echo(NOTHING_FITS)
    for place, option in enumerate(options, start=1):
        voted = f", votes: {votes[option.task]}" if is_open else ""
        click.echo(f"{place}. {option.title} ({option.task}, {option.hours:g} h, score {option.score:.2f}{voted})")
        click.echo(f"   {option.reason}")
        for number, phase in enumerate(option.phases, start=1):
            click.echo(f"   {number}. {phase.title} ({phase.hours:g} h)")


@group.command()
@click.argument("task")
@json_option
def select(task: str, as_json: bool) -> None:
    """Choose TASK for this weekend or the coming one; it is split into its phases."""
    with installation() as at:
        weekend = at.weekend.select(parsing.task_id(task), at.clock(), None)
    _show_chosen(weekend, at.config, as_json)


@group.command()
@click.argument("task")
@json_option
def vote(task: str, as_json: bool) -> None:
    """Vote for TASK; the command line has one vote, which can be changed."""
    with installation() as at:
        now = at.clock()
        weekend = at.weekend.open_ballot(now)
        weekend = at.weekend.vote(weekend.id, COMMAND_LINE, parsing.task_id(task), now, decides=False)
        closes = weekend.closes_at.astimezone(at.config.zone)
    if as_json:
        show_json(weekend)
        return
    counted = ballots.tally(weekend.options, weekend.votes)
    rows = [(option.task, str(counted[option.task]), option.title) for option in weekend.options]
    show_table(("task", "votes", "title"), rows, NOTHING_FITS)
    click.echo(f"The vote ends {closes:%a %Y-%m-%d %H:%M}.")


@group.command()
@json_option
def start(as_json: bool) -> None:
    """Start the chosen project now instead of on Saturday at 9."""
    with installation() as at:
        started = at.weekend.start(at.clock(), by_hand=True)
        weekend = started or at.weekend.current(at.clock())
        first = at.weekend.first_waiting(weekend) if weekend is not None else None
        why = at.scheduler.obstacle(first, at.clock()) if first is not None else None
    if as_json:
        show_json(weekend)
        return
    click.echo("Its phases start as soon as there is room." if started else "It was started already.")
    if why is not None:
        click.echo(f"{first} can't be built yet: {for_terminal(why)}.")


@group.command()
@json_option
def progress(as_json: bool) -> None:
    """Show how far the project is, phase by phase."""
    with installation() as at:
        shown = at.weekend.progress(at.clock())
    _show_progress(shown, as_json)


@group.command()
@click.argument("phase")
@json_option
def complete(phase: str, as_json: bool) -> None:
    """Mark PHASE (its title or number) as done by hand."""
    with installation() as at:
        task = at.weekend.complete(phase, at.clock(), None)
    if as_json:
        show_json(task)
    else:
        click.echo(f"Done by hand: {task.title} ({task.id})")


@group.command()
@json_option
def summary(as_json: bool) -> None:
    """Show what shipped, time against estimate, and what is left; from Sunday at 20 on, that ends the weekend."""
    with installation() as at:
        shown = at.weekend.summary(at.clock())
    _show_progress(shown, as_json)
    if shown is None or as_json:
        return
    spent = sum(phase.actual or 0.0 for phase in shown.shipped)
    click.echo(f"Shipped: {len(shown.shipped)} of {len(shown.phases)} phases.", nl=not shown.shipped)
    if shown.shipped:
        click.echo(f" They took {spent:.1f} h for {shown.estimated_done:g} h estimated.")
    if shown.by_hand:
        click.echo(f"Done by hand: {', '.join(phase.title for phase in shown.by_hand)}.")
    for one in shown.earlier:
        click.echo(f"Before it: {one.title}, {one.done} of {one.phases} phases.")
    left = ", ".join(f"{phase.title} ({phase.estimated:g} h)" for phase in shown.left)
    click.echo(f"Left: {left or 'nothing'}.")


def _show_chosen(weekend: Weekend, config: Config, as_json: bool) -> None:
    if as_json:
        show_json(weekend)
        return
    chosen = weekend_progress.chosen_of(weekend)
    assert chosen is not None
    begins = weekends.moment(weekend.id, weekends.At.START, config).astimezone(config.zone)
    click.echo(f"{chosen.title} is the project of the weekend from {begins:%a %Y-%m-%d %H:%M} on:")
    for number, phase in enumerate(chosen.phases, start=1):
        click.echo(f"{number}. {phase.title} ({phase.hours:g} h, {phase.task})")


def _show_progress(shown: Progress | None, as_json: bool) -> None:
    if as_json:
        show_json(shown)
    elif shown is None:
        click.echo(NOTHING_CHOSEN)
    else:
        click.echo(f"{shown.title} ({shown.task}), {shown.share:.0%} of {shown.estimated:g} h")
        rows = [
            (
                str(phase.number),
                phase.task,
                phase.state,
                f"{phase.estimated:g}",
                "-" if phase.actual is None else f"{phase.actual:.1f}",
                phase.title,
            )
            for phase in shown.phases
        ]
        show_table(("phase", "task", "state", "hours", "actual", "title"), rows, "It has no phases.")


def _plain(option: Option) -> dict[str, object]:
    return {name: getattr(option, name) for name in option.__struct_fields__}
