"""What a command prints: a table for people, or JSON for programs."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import msgspec

from bot import settings
from bot.wiring import Installation, open_installation

json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def installation() -> Iterator[Installation]:
    """The engines on the owner's data, with the settings of the working folder."""
    loaded = settings.load()
    with open_installation(loaded.config, loaded.owners, loaded.environment) as opened:
        yield opened


def show_json(value: object) -> None:
    """Structs, dataclasses, dates and all as indented JSON."""
    encoded = msgspec.json.encode(value, enc_hook=str)
    click.echo(msgspec.json.format(encoded, indent=2))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
    """A table; on a terminal a coloured one that wraps, else plain columns that `grep` and `awk` like."""
    if not rows:
        click.echo(empty)
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*columns, box=None, header_style="bold", pad_edge=False)
        for row in rows:
            table.add_row(*map(Text, row))
        Console().print(table)
    else:
        widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
        for row in (columns, *rows):
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
