"""Problems of the machine: `/problems`, and `/fix`, which shows what it would do before it does it."""

import asyncio

from telegram import Update

from core import audit
from core.model.ids import RepairId, UserId
from handlers import parsing
from handlers.callbacks import RunFix, TakeBack
from handlers.replies import edit, reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import problems as views


async def problems(update: Update, context: Context) -> None:
    """`/problems`: measured now; each with its evidence and what is foretold, and a picture of the worst."""
    parsing.no_arguments(context.args or [], "problems")
    services = context.services
    now = services.clock()
    found = await asyncio.to_thread(services.problems.scan, now)
    services.wake()
    await reply(update, views.listed(found, services.store.metrics.all(), now, services.config.zone))


async def fix(update: Update, context: Context) -> None:
    """`/fix`: what would be done, with a button that does it."""
    parsing.no_arguments(context.args or [], "fix")
    services = context.services
    planned = await asyncio.to_thread(services.problems.fix, services.clock(), dry_run=True)
    await reply(
        update, views.planned(planned, allowed=bool(services.config.log_roots or services.config.database_roots))
    )


async def on_fix(update: Update, context: Context, pressed: RunFix) -> None:
    """Show what would be done as a message of its own, or do it in place of that message."""
    if not pressed.do:
        context.args = []
        await fix(update, context)
        return
    services, query = context.services, update.callback_query
    by = audit.actor(person(update))
    done = await asyncio.to_thread(services.problems.fix, services.clock(), actor=by)
    if query is not None and query.message is not None:
        await edit(context.bot, query.message.chat.id, query.message.message_id, views.fixed(done))


async def on_take_back(update: Update, context: Context, pressed: TakeBack) -> str:
    """Bring back what a fix took away."""
    return f"Restored: {await take_back(context.services, pressed.repair, person(update))}"


async def take_back(services: Services, repair: RepairId, by: UserId | None) -> str:
    """Take a fix back in a worker thread; returns where the file is now."""
    now, actor = services.clock(), audit.actor(by)
    _, place = await asyncio.to_thread(services.problems.restore, repair, now, actor=actor)
    return place
