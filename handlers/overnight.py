"""The night and the day: brief, plan, check-in, sessions."""

import asyncio

from telegram import Update

from core.errors import Conflict, Refused
from core.model.ids import TaskId
from core.sessions import obstacle
from handlers import parsing
from handlers.approvals import answer
from handlers.callbacks import ForTonight, OnSession, SessionVerb, Wish
from handlers.replies import edit_pressed, reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import briefs, daily, sessions
from handlers.views.message import Message


async def brief(update: Update, context: Context) -> None:
    """`/brief`: what shipped, runs, failed and waits."""
    parsing.no_arguments(context.args or [], "brief")
    services = context.services
    await reply(update, briefs.brief(services.briefs.compose(services.clock()), services.config.zone))


async def night(update: Update, context: Context) -> None:
    """`/night`: the plan of the coming night, or of the rest of this one."""
    parsing.no_arguments(context.args or [], "night")
    await reply(update, await asyncio.to_thread(night_message, context.services))


def night_message(services: Services) -> Message:
    """The plan as things stand."""
    now = services.clock()
    return daily.night(services.scheduler.night(now), services.daily.ahead(now), now, services.config.zone)


async def evening(update: Update, context: Context) -> None:
    """`/evening`: quick wins, and how the queue stands."""
    parsing.no_arguments(context.args or [], "evening")
    await reply(update, await asyncio.to_thread(evening_message, context.services))


def evening_message(services: Services) -> Message:
    """The check-in as things stand."""
    now = services.clock()
    return daily.check_in(services.daily.evening(now), now, services.config.zone)


async def session(update: Update, context: Context) -> None:
    """`/overnight`: how the session stands; `start` and `stop` it by hand; its `report`."""
    services, now = context.services, context.services.clock()
    words = [word.casefold() for word in context.args or []]
    if len(words) > 1 or (words and words[0] not in ("start", "stop", "report")):
        raise Refused(sessions.USAGE)
    if words == ["report"]:
        made = await asyncio.to_thread(services.overnight.report, now)
        await reply(update, sessions.report(made, services.config.zone))
        return
    if words:
        await asyncio.to_thread(_change, services, SessionVerb(words[0]), update)
        services.wake()
    await reply(update, await asyncio.to_thread(session_message, services))


def session_message(services: Services) -> Message:
    """How the session stands, and its builds."""
    now = services.clock()
    overnight = services.overnight.is_overnight(now) is not None
    standing, why = services.overnight.standing(now), obstacle(services.store)
    return sessions.session(standing, overnight, now, services.config.zone, why)


def _change(services: Services, verb: SessionVerb, update: Update) -> None:
    now, by = services.clock(), person(update)
    if verb is SessionVerb.START:
        services.overnight.start(now, by)
        services.overnight.step(now)
    else:
        services.overnight.stop(now, by)


async def on_session(update: Update, context: Context, pressed: OnSession) -> str:
    """Start or stop it."""
    await asyncio.to_thread(_change, context.services, pressed.verb, update)
    context.services.wake()
    await edit_pressed(update, await asyncio.to_thread(session_message, context.services))
    return "Started." if pressed.verb is SessionVerb.START else "Nothing more starts."


async def _approve(update: Update, context: Context, task: TaskId) -> str:
    """Approve what the plan leaves out for that; what was escalated has to be looked at first."""
    services = context.services
    question = services.approvals.about(task)
    if question.escalated:
        raise Conflict(f"Look at it first: /{task} shows it. I ask because {question.reason}.")
    await answer(update, context, question.id, yes=True)
    await edit_pressed(update, await asyncio.to_thread(night_message, services))
    await services.refresh(task)
    return f"{task} is approved."


async def on_wish(update: Update, context: Context, pressed: ForTonight) -> str:
    """Leave a task out of the night, build it first, or approve it."""
    services, now = context.services, context.services.clock()
    if pressed.wish is Wish.APPROVE:
        return await _approve(update, context, pressed.task)
    services.queue.for_tonight(pressed.task, now, person(update), skip=pressed.wish is Wish.SKIP)
    services.wake()
    plan = await asyncio.to_thread(services.scheduler.night, now)
    await edit_pressed(update, daily.night(plan, services.daily.ahead(now), now, services.config.zone))
    if pressed.wish is Wish.SKIP:
        return f"{pressed.task} is left out tonight."
    obstacle = next((entry.reason for entry in plan.left_out if entry.task.id == pressed.task), None)
    return f"{pressed.task} goes first tonight." if obstacle is None else f"{pressed.task} still waits: {obstacle}."
