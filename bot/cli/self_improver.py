"""`jarvis self-improver`: what Jarvis measures of itself, and what it makes of that."""

import click

from bot.cli.output import installation, json_option, show_json, show_table
from core.errors import Refused
from core.model.ids import ImprovementId, LessonId, ProjectName
from core.model.improvement import Acted, Improvement


@click.group()
def group() -> None:
    """What Jarvis could do better, and what it was told it did wrong."""


@group.command()
@json_option
def suggest(as_json: bool) -> None:
    """Show the open suggestions, the most severe first."""
    with installation() as at:
        waiting = at.improver.suggest(at.clock())
    if as_json:
        show_json(waiting)
        return
    rows = [_row(each) for each in waiting]
    columns = ("id", "severity", "weakness", "subject", "remedy", "hours", "evidence")
    show_table(columns, rows, "Nothing to improve.")


@group.command()
@json_option
def stats(as_json: bool) -> None:
    """Show the operations of the last seven days: how often, how long, how many failures; and what was improved."""
    from handlers.views.improvements import figures, ms

    with installation() as at:
        now = at.clock()
        numbers = at.improver.stats(now)
        acted = [(each, at.improver.impact(each, now)) for each in at.improver.acted()]
    if as_json:
        show_json({"operations": numbers, "improved": [{"improvement": a, "impact": b} for a, b in acted]})
        return
    rows = [
        (
            *(each.operation, str(each.figures.count), ms(each.figures.p50), ms(each.figures.p95), ms(each.longest)),
            *(str(each.figures.failures), each.last_failure[:60]),
        )
        for each in numbers
    ]
    show_table(("operation", "count", "p50", "p95", "longest", "failures", "last"), rows, "Nothing was measured yet.")
    for each, impact in acted:
        after = figures(impact.after) if impact.after is not None else "not yet"
        click.echo(f"{each.id} {each.subject}: before {figures(impact.before)}; after {after}")


@group.command("log-time")
@click.argument("operation")
@click.argument("ms", type=float)
@json_option
def log_time(operation: str, ms: float, as_json: bool) -> None:
    """Log that OPERATION took MS milliseconds."""
    with installation() as at:
        at.improver.log_time(operation, ms, at.clock())
        at.improver.flush(at.clock())
    _said({"operation": operation, "ms": ms}, f"{operation}: {ms:g} ms.", as_json)


@group.command("log-failure")
@click.argument("api")
@click.argument("error")
@json_option
def log_failure(api: str, error: str, as_json: bool) -> None:
    """Log that API failed with ERROR."""
    with installation() as at:
        at.improver.log_failure(api, error, at.clock())
        at.improver.flush(at.clock())
    _said({"api": api, "error": error}, f"{api}: {error}", as_json)


@group.command("log-correction")
@click.argument("text")
@click.option("--project", help="The registered project that it is about.")
@json_option
def log_correction(text: str, project: str | None, as_json: bool) -> None:
    """Log that something was wrong; the chat asks what becomes of it."""
    with installation() as at:
        made = at.improver.log_correction(text, ProjectName(project) if project else None, at.clock())
    _said(made, f"{made.id}: {made.text}", as_json)


@group.command()
@click.option("--add", "added", metavar="TEXT", help="Add a lesson.")
@click.option("--project", help="The registered project that it is for; without it: everywhere.")
@click.option("--drop", "dropped", metavar="ID", help="Forget a lesson.")
@json_option
def lessons(added: str | None, project: str | None, dropped: str | None, as_json: bool) -> None:
    """Show what builds keep to."""
    place = ProjectName(project) if project else None
    if added and dropped:
        raise Refused("Add a lesson, or drop one.")
    with installation() as at:
        if added:
            at.lessons.add(added, place, at.clock())
        if dropped:
            at.lessons.drop(LessonId(dropped), at.clock())
        known = [each for each in at.lessons.all() if place is None or each.project in (None, place)]
    if as_json:
        show_json(known)
    else:
        rows = [(each.id, each.project or "everywhere", f"{each.since:%Y-%m-%d}", each.text) for each in known]
        show_table(("id", "where", "since", "lesson"), rows, "No lessons yet.")


@group.command("do")
@click.argument("improvement")
@json_option
def act(improvement: str, as_json: bool) -> None:
    """Do what was suggested: IMPROVEMENT is its id."""
    from handlers.views.improvements import done

    with installation() as at:
        made = at.improver.act(ImprovementId(improvement), at.clock())
    assert isinstance(made.state, Acted)
    _said(made, done(made), as_json)


def _row(each: Improvement) -> tuple[str, ...]:
    return (
        *(each.id, each.severity.name.lower(), each.weakness.value, each.subject, each.remedy.value),
        *(f"{each.effort:g}", each.evidence),
    )


def _said(value: object, sentence: str, as_json: bool) -> None:
    if as_json:
        show_json(value)
    else:
        click.echo(sentence)
