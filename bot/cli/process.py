"""`jarvis run`: the bot."""

import gc

import click


@click.command()
def run() -> None:
    """Run the bot, in Telegram or (without a token) with a chat page on this machine."""
    gc.disable()  # what is imported stays: looking for garbage in it, now and later, only takes time
    from bot import run as process
    from bot import settings

    gc.freeze()
    gc.enable()
    process.run(settings.load())
