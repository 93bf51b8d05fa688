"""`jarvis settings`: what can be changed while Jarvis works."""

import click

from bot.cli.output import installation, json_option, show_json, show_table


@click.command()
@click.argument("name", required=False)
@click.argument("value", required=False)
@json_option
def settings(name: str | None, value: str | None, as_json: bool) -> None:
    """Show the settings of your week and the limits, or change one: NAME VALUE (`reset` takes a change back)."""
    with installation() as at:
        now = at.clock()
        if name is not None and value == "reset":
            shown = [at.preferences.reset(name, now)]
        elif name is not None and value is not None:
            shown = [at.preferences.set(name, value, now)]
        else:
            shown = [at.preferences.get(name)] if name is not None else at.preferences.all()
    if as_json:
        show_json([{"name": one.preference.name, "value": one.value, "changed": one.changed} for one in shown])
        return
    rows = [(one.preference.name, one.value, "changed" if one.changed else "", one.preference.title) for one in shown]
    show_table(("setting", "value", "", "what"), rows, "")
