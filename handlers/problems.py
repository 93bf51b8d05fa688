"""Problems of the machine: `/problems`, `/fix`, which shows what it would do before it does it, and `/restore`."""

import asyncio

from telegram import Update

from core import audit
from core.errors import Refused
from core.model.ids import RepairId
from core.model.problem import RepairState
from core.outlooks import limits
from handlers import builds, parsing
from handlers.callbacks import RunFix, TakeBack
from handlers.replies import edit, reply
from handlers.services import Context
from handlers.tasks import person
from handlers.views import problems as views
from handlers.views.message import Message, escape


async def problems(update: Update, context: Context) -> None:
    """`/problems`: measured now; each with its evidence and what is foretold, and a picture of the worst.

    `/problems metrics`: what was measured, with the limits.
    """
    services, words = context.services, context.args or []
    now = services.clock()
    if words == ["metrics"]:
        sample = await asyncio.to_thread(services.problems.measure, now)
        await reply(update, views.metrics(sample, limits(sample, services.config)))
        return
    if words:
        raise Refused("Write /problems, or /problems metrics for what was measured.")
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


async def restore(update: Update, context: Context) -> None:
    """`/restore repair_7`: what a fix took away; `/restore 12`: a discarded branch; alone: which fixes there are."""
    match context.args or []:
        case [name] if name.casefold().startswith("repair"):
            await reply(update, Message(escape(await _restored(update, context, RepairId(name.casefold())))))
        case [] if kept := [
            each for each in context.services.problems.repairs() if each.state is RepairState.DONE and each.kept
        ]:
            await reply(update, views.to_take_back(kept, context.services.clock(), context.services.config.zone))
        case _:
            await builds.restore(update, context)


async def on_take_back(update: Update, context: Context, pressed: TakeBack) -> str:
    """Bring back what a fix took away."""
    return await _restored(update, context, pressed.repair)


async def _restored(update: Update, context: Context, repair: RepairId) -> str:
    services = context.services
    by = audit.actor(person(update))
    _, place = await asyncio.to_thread(services.problems.restore, repair, services.clock(), actor=by)
    return f"Restored: {place}"
