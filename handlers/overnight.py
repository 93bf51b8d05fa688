"""What happened while the owner was away."""

from telegram import Update

from handlers import parsing
from handlers.replies import reply
from handlers.services import Context
from handlers.views import briefs


async def brief(update: Update, context: Context) -> None:
    """`/brief`: what shipped, runs, failed and waits."""
    parsing.no_arguments(context.args or [], "brief")
    services = context.services
    await reply(update, briefs.brief(services.briefs.compose(services.clock()), services.config.zone))
