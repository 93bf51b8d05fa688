"""`jarvis builds`: look at results, and merge, roll back, push, discard or restore them. No person is recorded."""

from collections.abc import Callable
from datetime import datetime

import click

from bot.cli.output import installation, json_option, show_json
from core import deliveries
from core.errors import Conflict
from core.model.ids import TaskId, UserId
from core.model.task import Completed, Merged, RolledBack, Task
from core.shipping import Shipping
from handlers import parsing

Verb = Callable[[TaskId, UserId | None, datetime], Task]


MAX_LOG = 100_000_000
"""Bytes; more is never kept."""


@click.group()
def group() -> None:
    """The results of builds: look at them, merge, roll back, push, discard, restore."""


@group.command()
@click.argument("task")
@json_option
def merge(task: str, as_json: bool) -> None:
    """Merge the result of TASK into its base branch; `all` merges all that is proven, up to the first conflict."""
    if task.casefold() == "all":
        _merge_all(as_json)
        return
    _act(task, lambda shipping: shipping.merge, "is merged", as_json)


@group.command()
@click.argument("task")
@json_option
def rollback(task: str, as_json: bool) -> None:
    """Take the merge of TASK back, by a commit on top of the base branch."""
    _act(task, lambda shipping: shipping.rollback, "is rolled back", as_json)


@group.command()
@click.argument("task")
@json_option
def update(task: str, as_json: bool) -> None:
    """Bring your checkout up to date after a merge of TASK that left it alone."""
    _act(task, lambda shipping: shipping.update_checkout, "is in your checkout", as_json)


@group.command()
@click.argument("task")
@json_option
def push(task: str, as_json: bool) -> None:
    """Push the branch of TASK, or its base branch after a merge, to the remote (see PUSH)."""
    _act(task, lambda shipping: shipping.push, "is pushed", as_json)


@group.command()
@click.argument("task")
@json_option
def restore(task: str, as_json: bool) -> None:
    """Bring the discarded result of TASK back on its branch."""
    _act(task, lambda shipping: shipping.restore, "is back on its branch", as_json)


@group.command()
@click.argument("task")
@json_option
def discard(task: str, as_json: bool) -> None:
    """Delete the branch of TASK; its commits are kept in the trash for a while."""
    task_id = parsing.task_id(task)
    with installation() as at:
        bundle = at.shipping.discard(task_id, None, at.clock())
        days = at.config.trash_days
    if as_json:
        show_json({"task": task_id, "bundle": str(bundle)})
    else:
        click.echo(f"{task_id} is discarded; its commits are kept in {bundle} for {days:g} days.")


@group.command()
@click.argument("task")
@json_option
def diff(task: str, as_json: bool) -> None:
    """Print what the last build of TASK changed."""
    task_id = parsing.task_id(task)
    with installation() as at:
        text = at.shipping.diff(task_id)
    if as_json:
        show_json({"task": task_id, "diff": text})
    else:
        click.echo(text, nl=False)


@group.command()
@click.argument("task")
@json_option
def log(task: str, as_json: bool) -> None:
    """Print what the agent of the last build of TASK wrote; all of it that was kept."""
    task_id = parsing.task_id(task)
    with installation() as at:
        build = getattr(at.scheduler.find(task_id).task.state, "build", None)
        if build is None:
            raise Conflict(f"{task_id} has not been built yet.")
        text = at.executor.log(build, most=MAX_LOG).data.decode(errors="replace")
    if as_json:
        show_json({"task": task_id, "build": build, "log": text})
    else:
        click.echo(text or "No output yet.", nl=not text)


def _merge_all(as_json: bool) -> None:
    with installation() as at:
        done = at.shipping.merge_all_proven(None, at.clock())
    if as_json:
        show_json(done)
    else:
        for task in done.merged:
            click.echo(f"{task.id} is merged.")
    if done.stopped_at is not None:
        stopped, why = done.stopped_at
        raise Conflict(f"{stopped.id} could not be merged: {why}")


def _act(written: str, verb: Callable[[Shipping], Verb], done: str, as_json: bool) -> None:
    task_id = parsing.task_id(written)
    with installation() as at:
        task = verb(at.shipping)(task_id, None, at.clock())
    if as_json:
        show_json(task)
        return
    reason = deliveries.not_pushed(task.state.delivery) if isinstance(task.state, Completed) else None
    click.echo(f"{task_id} {done}{f', but not pushed: {reason}' if reason else '.'}")
    if reason:
        click.echo(f"Try again with: jarvis builds push {task_id}")
    delivery = getattr(task.state, "delivery", None)
    if isinstance(delivery, Merged | RolledBack) and delivery.checkout_behind:
        click.echo("Your checkout has uncommitted work and was left alone. Before you commit there, update it with:")
        click.echo(f"jarvis builds update {task_id}")
