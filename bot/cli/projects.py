"""`jarvis projects`: the git repositories that Jarvis may work in."""

from pathlib import Path

import click

from bot.cli.output import installation, json_option, show_json, show_table
from core.model.ids import ProjectName


@click.group()
def group() -> None:
    """The git repositories that Jarvis may work in."""


@group.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="Short name; default: the folder's.")
@click.option("--base", help="Branch to start from and merge into; default: the one checked out.")
@click.option("--verify", help="Command that exits with 0 when the project is in order, for example “make test”.")
@click.option("--agent", help="The coding agent that is tried first for it; jarvis agents list shows them.")
@click.option("--unchecked", is_flag=True, help="Don't try the verification command now (it may run for an hour).")
@json_option
def add(path: Path, unchecked: bool, as_json: bool, verify: str | None, **given: str | None) -> None:
    """Register the repository at PATH, or change how it is registered."""
    with installation() as at:
        if verify and not unchecked:
            click.echo(f"Trying “{verify}” once in a fresh checkout ...", err=True)
        done = at.projects.register(path, at.clock(), verify=verify, try_verify=not unchecked, **given)
    if as_json:
        show_json(done)
    else:
        project, trial = done.project, done.trial
        proof = f"checked by “{project.verify}”" if project.verify else "no verification command: nothing can be proven"
        click.echo(f"Registered {project.name}: {project.path}, branch {project.base}, {proof}.")
        if trial is not None and not trial.passed:
            last = trial.tail.splitlines()[-1] if trial.tail else f"exit code {trial.exit_code}"
            click.echo(f"Its checks fail there now ({last}), so they can't prove much yet.")


@group.command("list")
@json_option
def list_projects(as_json: bool) -> None:
    """Show the registered repositories."""
    with installation() as at:
        projects = at.projects.all()
    if as_json:
        show_json(projects)
    else:
        rows = [(project.name, project.base, project.verify or "-", project.path) for project in projects]
        show_table(("name", "base", "verify", "path"), rows, "No project is registered: jarvis projects add PATH")


@group.command()
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Forget a project. Its files stay as they are."""
    with installation() as at:
        at.projects.remove(ProjectName(name))
    if as_json:
        show_json({"removed": name})
    else:
        click.echo(f"{name} is no longer registered.")
