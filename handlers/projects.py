"""The registered repositories."""

import asyncio
import shlex
from pathlib import Path

from telegram import Update

from core.errors import Refused
from core.model.ids import ProjectName
from handlers.replies import reply
from handlers.services import Context
from handlers.views import projects
from handlers.views.message import Message, escape, shorten

USAGE = 'For example: /projects add ~/code/shop --name shop --base main --verify "make test"'
OPTIONS = ("--name", "--base", "--verify", "--agent")


async def list_or_change(update: Update, context: Context) -> None:
    """`/projects`, `/projects add PATH [--name N] [--base B] [--verify CMD] [--unchecked]`, `/projects remove NAME`."""
    services = context.services
    text = update.effective_message.text if update.effective_message else None
    words = _split(text or "")
    match words:
        case []:
            await reply(update, projects.listing(services.projects.all()))
        case ["add", path, *rest] if path:
            unchecked = "--unchecked" in rest
            options = _options([word for word in rest if word != "--unchecked"])
            if "--verify" in options and not unchecked:
                trying = f"Trying <code>{escape(shorten(options['--verify'], 200))}</code> once in a fresh checkout …"
                await reply(update, Message(trying))
            done = await asyncio.to_thread(
                services.projects.register,
                Path(path),
                services.clock(),
                name=options.get("--name"),
                base=options.get("--base"),
                verify=options.get("--verify"),
                agent=options.get("--agent"),
                try_verify=not unchecked,
            )
            await reply(update, projects.registered(done))
        case ["remove", name]:
            services.projects.remove(ProjectName(name))
            await reply(update, Message(f"{escape(name)} is no longer registered. Its files stay as they are."))
        case _:
            raise Refused(USAGE)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)[1:]
    except ValueError:
        raise Refused(f"A quotation mark is missing. {USAGE}") from None


def _options(words: list[str]) -> dict[str, str]:
    options = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or any(name not in OPTIONS for name in options):
        raise Refused(USAGE)
    return options
