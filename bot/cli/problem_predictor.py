"""`jarvis problem-predictor`: what is or will be wrong with the machine, and what can be done about it."""

import click

from bot.cli.output import installation, json_option, show_json, show_table
from core import problem_words
from core.model.ids import RepairId
from core.model.problem import Problem, Repair
from core.outlooks import limits
from core.problem_predictor import Fixed

ALL_WELL = "No problems."
ACTOR = "command line"


@click.group()
def group() -> None:
    """Problems of the machine: foretold, fixed, and fixes taken back."""


@group.command()
@json_option
def scan(as_json: bool) -> None:
    """Measure now, look ahead, and show the problems."""
    with installation() as at:
        problems = at.problems.scan(at.clock())
    _show(problems, as_json)


@group.command("list")
@json_option
def show(as_json: bool) -> None:
    """Show the open problems as of the last scan."""
    with installation() as at:
        problems = at.problems.open_problems()
    _show(problems, as_json)


@group.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
def fix(dry_run: bool, as_json: bool) -> None:
    """Put old logs away, rotate large ones, vacuum databases, below LOG_ROOTS and DATABASE_ROOTS only; pack our own."""
    with installation() as at:
        fixed = at.problems.fix(at.clock(), dry_run=dry_run, actor=ACTOR)
    if as_json:
        show_json({"dry_run": dry_run, "freed": fixed.freed, "fixes": fixed.fixes, "repairs": fixed.repairs,
                   "before": fixed.before, "after": fixed.after})  # fmt: skip
    elif not fixed.fixes:
        click.echo("There is nothing to do.")
    elif dry_run:
        rows = [(each.kind.value, problem_words.size(each.frees), f"{each.root}/{each.path}") for each in fixed.fixes]
        show_table(("what", "frees", "file"), rows, "")
    else:
        _show_done(fixed)


@group.command()
@json_option
def metrics(as_json: bool) -> None:
    """Measure now, and show the series with their limits."""
    with installation() as at:
        sample = at.problems.measure(at.clock())
        limited = {limit.series: limit for limit in limits(sample, at.config)}
    if as_json:
        show_json({"at": sample.at, "values": sample.values,
                   "limits": {series: limit.value for series, limit in limited.items()}})  # fmt: skip
        return
    rows = []
    for series, value in sample.values.items():
        limit = limited.get(series)
        unit = limit.unit if limit else "MB"
        rows.append(
            (series, problem_words.amount(value, unit), problem_words.amount(limit.value, unit) if limit else "-")
        )
    show_table(("series", "now", "limit"), rows, "Nothing could be measured.")


@group.command()
@click.argument("repair", required=False)
@json_option
def restore(repair: str | None, as_json: bool) -> None:
    """Take the fix REPAIR back; without it, list what was done."""
    with installation() as at:
        if repair is None:
            repairs = at.problems.repairs()
            _show_repairs(repairs, as_json)
            return
        restored, place = at.problems.restore(RepairId(repair), at.clock(), actor=ACTOR)
    if as_json:
        show_json({"repair": restored, "path": place})
    else:
        click.echo(f"Restored: {place}")


def _show(problems: list[Problem], as_json: bool) -> None:
    if as_json:
        show_json(problems)
        return
    if not problems:
        click.echo(ALL_WELL)
    for problem in problems:
        click.echo(f"{problem.severity.value}: {problem.evidence} ({problem.id})")
        click.echo(f"   {problem.prediction}")
        if problem.fix:
            click.echo(f"   {problem.fix.replace('/fix', 'jarvis problem-predictor fix')}")


def _show_done(fixed: Fixed) -> None:
    for repair in fixed.repairs:
        click.echo(f"{problem_words.done(repair)} ({repair.id})")
    click.echo(f"Freed {problem_words.size(fixed.freed)}.")
    for series, value in (fixed.after or {}).items():
        before = (fixed.before or {}).get(series, value)
        if ":" in series and before != value:
            unit = "%" if series.startswith("disk") else "MB"
            was, now = (problem_words.amount(each, unit) for each in (before, value))
            click.echo(f"{problem_words.name_of(series)}: {was} before, {now} now")
    click.echo("Take one back: jarvis problem-predictor restore REPAIR")


def _show_repairs(repairs: list[Repair], as_json: bool) -> None:
    if as_json:
        show_json(repairs)
        return
    rows = [
        (each.id, f"{each.at:%Y-%m-%d %H:%M}", each.state.value, problem_words.size(each.freed), each.fix.path)
        for each in repairs
    ]
    show_table(("repair", "at (UTC)", "state", "freed", "file"), rows, "Nothing was done yet.")
