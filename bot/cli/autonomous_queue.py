"""`jarvis autonomous-queue`: add tasks, start builds, see how far they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from bot.cli import rows
from bot.cli.briefs import show_brief
from bot.cli.output import installation, json_option, show_json, show_table
from bot.cli.wording import for_terminal
from core import categories, request_types, task_text
from core.autonomous_queue import NewTask
from core.model.ids import ProjectName
from core.model.task import NeedsApproval, Task
from core.transitions import label
from handlers import parsing

if TYPE_CHECKING:
    from bot.wiring import Installation


@click.group()
def group() -> None:
    """The queue: add tasks, start builds, follow them."""


class WithNumbers(click.Command):
    """Takes “-1” for a number, so that our own check refuses it, and not for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As its base; the minus of a number becomes a real one."""
        return super().parse_args(ctx, [re.sub(r"^-(?=[\d.,]+[hm]?$)", "−", word) for word in args])


@group.command(cls=WithNumbers)
@click.argument("title")
@click.argument("description", default="")
@click.argument("hours", default="1")
@click.argument("category", default="")
@click.argument("priority", default="MEDIUM")
@click.option("--depends", multiple=True, metavar="TASK", help="Wait for this task (repeatable).")
@click.option("--project", metavar="NAME", help="The project to work in; needed when there is more than one.")
@click.option("--agent", metavar="NAME", help="The engine to use.")
@click.option("--run", "command", metavar="COMMAND", help="The shell command that does the work.")
@click.option("--verify", metavar="COMMAND", help="The command that proves the result, instead of the project's.")
@click.option("--tag", "tags", multiple=True, metavar="WORD", help="A tag (repeatable).")
@click.option("--offline", is_flag=True, help="Build it without a network.")
@click.option("--confined", is_flag=True, help="Don't build it without walls, also if CONFINEMENT=none is set.")
@click.option("--now", "start_now", is_flag=True, help="Build it as soon as a slot is free, whatever the time.")
@json_option
def add(as_json: bool, hours: str, category: str, priority: str, depends: tuple[str, ...], **given: object) -> None:
    """Add a task: TITLE DESCRIPTION HOURS CATEGORY PRIORITY.

    As in the chat, lines “run: ...”, “verify: ...” and “agent: ...” of the description say what these options say.
    """
    from core.runtime.by_hand import bot_is_there, command_is_there

    title = str(given["title"])
    given["description"], said = parsing.split_commands(str(given["description"]))
    for option, word in (("command", "run"), ("verify", "verify"), ("agent", "agent")):
        given[option] = given[option] or said.get(word)
    given["network"] = not given.pop("offline")
    new = NewTask(
        hours=task_text.parse_hours(hours),
        category=categories.parse_category(category) if category else categories.guess(title),
        priority=categories.parse_priority(priority),
        depends=[parsing.task_id(task) for task in depends],
        project=ProjectName(str(given.pop("project"))) if given.get("project") else None,
        **{name: value for name, value in given.items() if name != "project"},  # type: ignore[arg-type]
    )
    with installation() as at:
        task = at.queue.add_to_queue(new, at.clock())
        _note(at, task)
        waiting = at.scheduler.why_waiting(task.id, at.clock())
        somebody = bot_is_there(at.config.home) or command_is_there(at.config.home)
    if as_json:
        show_json(task)
        return
    click.echo(f"Added {task.id}: {task.title} ({label(task.state)})")
    if isinstance(task.state, NeedsApproval):
        click.echo(f"It waits for your approval, in the chat or here: jarvis approvals approve {task.id}")
    if task.project is None:
        click.echo("It has no project, so it can't be built: name one with --project (see jarvis projects list).")
    elif waiting is not None:
        click.echo(_when(waiting, somebody))


def _when(waiting: str, somebody: bool) -> str:
    """When a task starts, or why not; `somebody` is there to start it."""
    if not waiting.startswith("starts"):
        return f"It waits: {for_terminal(waiting)}."
    if somebody:
        return f"It {waiting}."
    soon = waiting == "starts in a moment"
    when = "It starts as soon as the bot runs" if soon else f"It {waiting}, if the bot runs then"
    return f"{when}: jarvis run. Without it: jarvis autonomous-queue schedule"


def _note(at: Installation, task: Task) -> None:
    """A request like one in the chat, and written like one: routines are learned from both."""
    marks = [f"{task.hours:g}h", f"#{task.category.value.split()[0].casefold()}"]
    marks += [f"@{task.project}"] if task.project is not None else []
    asked = " ".join([request_types.timeless(task.title), *marks]) if task.command is None else ""
    at.patterns.note(request_types.of_text(task.title), at.clock(), "command line", asked)


@group.command()
@json_option
def progress(as_json: bool) -> None:
    """Show the running builds."""
    with installation() as at:
        running, now = at.queue.track_progress(), at.clock()
    if as_json:
        show_json([{"build": build, "progress": how_far} for build, how_far in running])
    else:
        show_table(("task", "phase", "time", "last line"), rows.progress(running, now), "No build is running.")


@group.command()
@json_option
def report(as_json: bool) -> None:
    """Show what was built in the last 24 hours."""
    show_brief(as_json)


@group.command()
@json_option
def schedule(as_json: bool) -> None:
    """Start the builds that are due now, and take in those that have ended."""
    with installation() as at:
        now = at.clock()
        at.queue.collect(now)
        started = at.queue.schedule_builds(now)
    if as_json:
        show_json(started)
    elif not started:
        click.echo("Nothing starts now. See why: jarvis build-scheduler schedule")
    for build in () if as_json else started:
        click.echo(f"Started {build.id} on branch {build.spec.branch}")


@group.command()
@click.argument("project", required=False)
@json_option
def pause(project: str | None, as_json: bool) -> None:
    """Start nothing any more, or nothing in PROJECT; running builds go on."""
    with installation() as at:
        paused = at.pauses.pause(ProjectName(project) if project else None, None, at.clock())
    if as_json:
        show_json(paused)
    else:
        click.echo(
            f"{f'Work on {project}' if project else 'All work'} is paused. Go on: jarvis autonomous-queue resume"
        )


@group.command()
@click.argument("project", required=False)
@json_option
def resume(project: str | None, as_json: bool) -> None:
    """End the pause, or that of PROJECT."""
    with installation() as at:
        ended = at.pauses.resume(ProjectName(project) if project else None, None, at.clock())
    if as_json:
        show_json(ended)
    else:
        click.echo("Going on.")


@group.command("stop-all")
@json_option
def stop_all(as_json: bool) -> None:
    """Pause everything, and stop the builds that run."""
    with installation() as at:
        at.pauses.pause(None, None, at.clock())
        stopped = at.queue.stop_running(None, None, at.clock())
    if as_json:
        show_json([task.id for task in stopped])
    else:
        click.echo(f"Paused. Stopping: {', '.join(task.id for task in stopped) or 'nothing was running'}")
