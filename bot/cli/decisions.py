"""`jarvis approvals`, `jarvis rules` and `jarvis audit`: questions, what runs without asking, and what was done."""

from datetime import UTC, datetime, time, timedelta

import click

from bot.cli.output import installation, json_option, show_json, show_table
from core import categories, rule_text
from core.errors import Refused
from core.model.decision import Verdict
from core.model.ids import RuleId, TaskId
from handlers import parsing


@click.group()
def approvals() -> None:
    """Questions that wait for a person's word."""


@approvals.command("list")
@json_option
def list_questions(as_json: bool) -> None:
    """Show the open questions."""
    with installation() as at:
        waiting = at.approvals.open()
        zone = at.config.zone
    if as_json:
        show_json(waiting)
        return
    rows = [
        (
            approval.task,
            "escalated" if approval.escalated else approval.stage.value,
            approval.risk.value,
            f"{approval.expires_at.astimezone(zone):%Y-%m-%d %H:%M}",
            approval.reason,
        )
        for approval in waiting
    ]
    show_table(("task", "kind", "risk", "expires", "reason"), rows, "No question waits.")


@approvals.command()
@click.argument("tasks", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All but escalations and questions about results.")
@click.option("--category", metavar="NAME", help="With --all: those of this category.")
@json_option
def approve(tasks: tuple[str, ...], everything: bool, category: str | None, as_json: bool) -> None:
    """Let TASKS be built."""
    _answer(tasks, everything, category, as_json, yes=True)


@approvals.command()
@click.argument("tasks", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All but escalations and questions about results.")
@click.option("--category", metavar="NAME", help="With --all: those of this category.")
@json_option
def reject(tasks: tuple[str, ...], everything: bool, category: str | None, as_json: bool) -> None:
    """Do not build TASKS."""
    _answer(tasks, everything, category, as_json, yes=False)


def _answer(tasks: tuple[str, ...], everything: bool, category: str | None, as_json: bool, *, yes: bool) -> None:
    if bool(tasks) == everything:
        raise click.UsageError("Name tasks, or say --all.")
    with installation() as at:
        if everything:
            wanted = categories.parse_category(category) if category else None
            done = at.approvals.answer_all(wanted, yes=yes, by=None, now=at.clock()).tasks
        else:
            ids: list[TaskId] = list(map(parsing.task_id, tasks))
            done = [at.approvals.answer_task(task_id, yes=yes, by=None, now=at.clock()) for task_id in ids]
    if as_json:
        show_json(done)
    else:
        click.echo(f"{'Approved' if yes else 'Rejected'}: {', '.join(task.id for task in done) or 'nothing'}")


@click.group()
def rules() -> None:
    """What runs by itself, and what asks first."""


@rules.command("list")
@json_option
def list_rules(as_json: bool) -> None:
    """Show what the settings and the chat say."""
    with installation() as at:
        known = at.rules.all()
    if as_json:
        show_json(known)
    else:
        shown = [(rule.id, rule_text.describe(rule)) for rule in known]
        show_table(("id", "rule"), shown, "Only the table holds: docs/decisions.md shows it.")


@rules.command("add")
@click.argument("sentence", nargs=-1, required=True)
@json_option
def add_rule(sentence: tuple[str, ...], as_json: bool) -> None:
    """Add a rule in words, such as “ask before docs in shop” or “allow research to run by itself”."""
    with installation() as at:
        parsed = rule_text.parse(" ".join(sentence), [project.name for project in at.projects.all()])
        if parsed is None:
            raise Refused("That is no rule. Write it like “ask before docs in shop”.")
        rule = at.rules.add(Verdict(parsed.verdict), parsed.category, parsed.project, None, at.clock())
    if as_json:
        show_json(rule)
    else:
        click.echo(f"{rule.id}: {rule_text.describe(rule)}")


@rules.command("remove")
@click.argument("rule")
@json_option
def remove_rule(rule: str, as_json: bool) -> None:
    """Take RULE back."""
    with installation() as at:
        gone = at.rules.remove(RuleId(rule), None, at.clock())
    if as_json:
        show_json(gone)
    else:
        click.echo(f"Taken back: {rule_text.describe(gone)}")


@click.command()
@click.argument("what", default="today")
@json_option
def audit(what: str, as_json: bool) -> None:
    """Show what was done today, this `week`, or to a task."""
    with installation() as at:
        at.audit.flush()
        now, zone = at.clock(), at.config.zone
        since = task_id = None
        if what in ("today", "week"):
            first = now.astimezone(zone).date() - timedelta(days=6 if what == "week" else 0)
            since = datetime.combine(first, time(), zone).astimezone(UTC)
        else:
            task_id = parsing.task_id(what)
        entries = at.audit.entries(since, task_id)
    if as_json:
        show_json(entries)
        return
    shown = [
        (
            f"{datetime.fromisoformat(str(entry['at'])).astimezone(zone):%Y-%m-%d %H:%M}",
            str(entry.get("task") or entry.get("subject") or "-"),
            str(entry.get("action", "")),
            str(entry.get("actor", "")),
            str(entry.get("reason") or entry.get("title") or ""),
        )
        for entry in entries
    ]
    show_table(("when", "task", "what", "who", "why"), shown, "Nothing is on record.")
