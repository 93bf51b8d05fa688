"""`jarvis agents`: the coding agents on this machine."""

import re

import click

from bot.cli.output import installation, json_option, show_json, show_table
from core import outcomes
from handlers.views import agents
from handlers.views.message import unescape


@click.group()
def group() -> None:
    """The coding agents: which there are, and whether they work."""


@group.command("list")
@json_option
def list_agents(as_json: bool) -> None:
    """Show the known agents, in the order in which they are taken."""
    with installation() as at:
        now, zone = at.clock(), at.config.zone
        found = at.agents.all(now)
    if as_json:
        show_json(found)
        return
    rows = []
    for agent in found:
        state = "ready" if agent.is_ready else agent.missing or ""
        if agent.limited_until is not None:
            state = f"usage limit reached until {agent.limited_until.astimezone(zone):%a %H:%M}"
        if agent.path is None:
            state = f"not installed. {agent.install}"
        rows.append((agent.name, agent.version or "-", f"{state}, taken first" if agent.is_first else state))
    show_table(("agent", "version", "state"), rows, "")


@group.command("try")
@click.argument("name")
@json_option
@click.pass_context
def try_agent(context: click.Context, name: str, as_json: bool) -> None:
    """Let the agent NAME do a small task in a repository of its own; exit code 1 if that does not work."""
    with installation() as at:
        engine = at.agents.engine(name)
        click.echo(f"Trying {engine.name} on a small task. It may take a minute ...", err=True)
        trial = at.try_agent(engine)
    if as_json:
        show_json({"agent": engine.name, "result": trial.result, "log": trial.log})
    else:
        click.echo(re.sub(r"^[^\w]+", "", unescape(agents.tried(engine.name, trial.result, trial.log).text)))
    works = trial.result is not None and outcomes.is_proven(trial.result.outcome)
    context.exit(0 if works else 1)
