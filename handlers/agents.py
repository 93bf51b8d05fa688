"""The coding agents on this machine."""

import asyncio

from telegram import Update

from core.errors import Refused
from handlers.replies import edit, reply
from handlers.services import Context
from handlers.views import agents


async def show_or_try(update: Update, context: Context) -> None:
    """`/agents`, or `/agents try NAME`."""
    match context.args or []:
        case []:
            services = context.services
            now = services.clock()
            found = await asyncio.to_thread(services.agents.all, now)
            await reply(update, agents.listing(found, now, services.config.zone))
        case ["try", name]:
            await run_try(update, context, name)
        case _:
            raise Refused("/agents lists them; /agents try NAME tries one on a small task.")


async def run_try(update: Update, context: Context, name: str) -> None:
    """Try one, and tell how it went in place of the first message. Raises Refused when it is not there."""
    services = context.services
    engine = services.agents.engine(name)
    sent = await reply(update, agents.trying(engine.name))
    trial = await asyncio.to_thread(services.try_agent, engine)
    if sent is not None:
        await edit(context.bot, sent.chat.id, sent.message_id, agents.tried(engine.name, trial.result, trial.log))
