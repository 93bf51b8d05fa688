"""`jarvis run`: the bot."""

import click


@click.command()
def run() -> None:
    """Run the bot, in Telegram or (without a token) with a chat page on this machine."""
    from bot import run as process
    from bot import settings

    process.run(settings.load())
