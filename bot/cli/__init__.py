"""`jarvis`: one module per command group, with the verbs of the engines. Groups are imported when they are used."""

import importlib
import sys

import click

from core.errors import JarvisError

GROUPS = {
    "autonomous-queue": ("bot.cli.autonomous_queue", "group"),
    "build-scheduler": ("bot.cli.build_scheduler", "group"),
    "builds": ("bot.cli.builds", "group"),
    "overnight-runner": ("bot.cli.overnight_runner", "group"),
    "context-scheduler": ("bot.cli.context_scheduler", "group"),
    "pattern-learner": ("bot.cli.pattern_learner", "group"),
    "settings": ("bot.cli.preferences", "settings"),
    "weekend-planner": ("bot.cli.weekend_planner", "group"),
    "problem-predictor": ("bot.cli.problem_predictor", "group"),
    "simulate": ("bot.cli.simulate", "simulate"),
    "agents": ("bot.cli.agents", "group"),
    "approvals": ("bot.cli.decisions", "approvals"),
    "rules": ("bot.cli.decisions", "rules"),
    "audit": ("bot.cli.decisions", "audit"),
    "projects": ("bot.cli.projects", "group"),
    "productivity": ("bot.cli.productivity", "group"),
    "self-improver": ("bot.cli.self_improver", "group"),
    "run": ("bot.cli.process", "run"),
    "doctor": ("bot.cli.data", "doctor"),
    "backup": ("bot.cli.data", "backup"),
    "restore": ("bot.cli.data", "restore"),
}


class Lazy(click.Group):
    """Imports a group's module only when that group is asked for, so that every command starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all groups."""
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The group of that name; the client's module names with underscores work too."""
        entry = GROUPS.get(cmd_name.replace("_", "-"))
        if entry is None:
            return None
        command = getattr(importlib.import_module(entry[0]), entry[1])
        assert isinstance(command, click.Command)
        return command


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def jarvis() -> None:
    """Runs coding agents on your queue of tasks while you are away."""


def main() -> None:
    """Entry point. Exit codes: 0 ok, 1 refused (the reason is on standard error), 2 wrong usage."""
    try:
        code = jarvis.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except JarvisError as error:
        from bot.cli.wording import for_terminal

        click.echo(f"Error: {for_terminal(str(error))}", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
