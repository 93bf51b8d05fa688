"""`jarvis doctor`, `jarvis backup`, `jarvis restore`: whether all is well, and copies of the data."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import storage
from bot import settings
from bot.cli.output import json_option, show_json
from bot.wiring import open_installation
from core.errors import JarvisError
from core.model.build import Confinement, Level
from core.runtime.clock import utc_now
from core.runtime.confinement import Unconfinable, available, can_do_without_network, resolve
from core.runtime.probe import measure
from core.runtime.programs import LocalPrograms
from core.runtime.workspaces import GitWorkspaces
from core.surroundings import installed

FULL = 80.0
"""Percent of disk or memory from which on it is worth a warning."""

Finding = tuple[str, bool, str]
"""What was looked at, whether it is well, and a sentence."""


@click.command()
@click.option("--repair", is_flag=True, help="Put damaged data right; the files as they were are kept beside.")
@json_option
@click.pass_context
def doctor(context: click.Context, repair: bool, as_json: bool) -> None:
    """Look whether everything is well; exit code 1 if something is not."""
    loaded = settings.load()
    if repair:
        _repair(loaded.config.home)
    findings = list(_findings(loaded))
    if as_json:
        show_json([{"what": what, "well": well, "detail": detail} for what, well, detail in findings])
    else:
        for what, well, detail in findings:
            click.echo(f"{'ok ' if well else '!! '} {what}: {detail}")
    context.exit(0 if all(well for _, well, _ in findings) else 1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write all data as of one moment into FILE, while the bot runs or not."""
    rows = storage.backup(settings.load().config.home, file.absolute(), utc_now)
    click.echo(f"{file} holds all {rows} entries.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def restore(file: Path) -> None:
    """Make all data as they are in FILE; what is there now goes into a backup of its own first."""
    before = storage.restore(settings.load().config.home, file.absolute(), utc_now)
    click.echo(f"Restored from {file}. What was there before is in {before}.")


def _repair(home: Path) -> None:
    report = storage.repair(home, utc_now)
    if not report.needed:
        click.echo("The data need no repair.")
        return
    click.echo(f"Repaired. The files as they were are in {report.kept}.")
    for sentence in report.lost:
        click.echo(f"Lost: {sentence}")
    for sentence in report.doubtful:
        click.echo(f"Please look at: {sentence}")


def _findings(loaded: settings.Settings) -> Iterator[Finding]:
    yield "Python", True, sys.version.split()[0]
    git = shutil.which("git")
    yield "git", git is not None, git or "not on the PATH. Install it."
    yield "Telegram", True, "a token is set" if loaded.token else "no token: the chat is a page on this machine"
    yield from _agents(loaded)
    yield _walls(loaded)
    if loaded.config.home.is_dir():
        values = measure(loaded.config.home, utc_now()).values
        for name in ("disk", "memory"):
            yield (
                name,
                values[name] <= FULL,
                f"{values[name]:.0f} % used" + ("" if values[name] <= FULL else ", too much"),
            )
    yield from _folders(loaded)
    yield from _data(loaded)


def _folders(loaded: settings.Settings) -> Iterator[Finding]:
    """What is watched or cleaned up by the settings, but is not there."""
    config = loaded.config
    named = (
        ("WATCH_PATHS", config.watch_paths),
        ("LOG_ROOTS", config.log_roots),
        ("DATABASE_ROOTS", config.database_roots),
    )
    for name, paths in named:
        yield from ((name, False, f"{path} is no folder") for path in paths if not path.is_dir())


def _agents(loaded: settings.Settings) -> Iterator[Finding]:
    """Those that are installed, and those that are not though the settings name them."""
    config = loaded.config
    found = installed(LocalPrograms(loaded.environment), config)
    named = {*config.agents, *config.agent_by_category.values(), *(each.name for each in config.agent_templates)}
    for name in sorted(named - set(found)):
        yield f"agent {name}", False, "the settings name it, but it is not on the PATH"
    for name, program in found.items():
        yield f"agent {name}", True, program.path
    if not found:
        yield "agents", True, "none is installed: only tasks with a command of their own can be built"


def _walls(loaded: settings.Settings) -> Finding:
    """Which confinement is active, and what it lacks."""
    wanted = loaded.config.confinement
    try:
        level = resolve(Confinement(level=wanted))
    except Unconfinable as error:
        return "confinement", False, str(error)
    if level is Level.NONE:
        return "confinement", True, "none: agents may write wherever you may. CONFINEMENT=auto puts walls around them"
    offline = "" if can_do_without_network(level) else "; tasks without network can't be built here"
    hint = "" if level is Level.BUBBLEWRAP else ". Install bubblewrap for stronger walls"
    return "confinement", True, f"{level.value} ({available()[level]}){offline}{hint}"


def _data(loaded: settings.Settings) -> Iterator[Finding]:
    home = loaded.config.home
    try:
        with open_installation(loaded.config) as at:
            yield "data", True, f"{len(at.store.tasks.all())} tasks in {home}"
            workspaces = GitWorkspaces()
            for project in at.projects.all():
                try:
                    well = workspaces.has_branch(Path(project.path), project.base)
                    yield f"project {project.name}", well, project.path if well else f"branch {project.base} is gone"
                except JarvisError as error:
                    yield f"project {project.name}", False, str(error)
    except JarvisError as error:
        yield "data", False, str(error)
