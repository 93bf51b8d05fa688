"""What a week or a month has brought."""

import asyncio

from telegram import Update

from handlers import parsing
from handlers.callbacks import Period, ShowPeriod
from handlers.replies import edit_pressed, reply
from handlers.services import Context, Services
from handlers.views import productivity
from handlers.views.message import Message


async def week(update: Update, context: Context) -> None:
    """`/week`: since Monday, and the week before."""
    await _answer(update, context, Period.WEEK)


async def month(update: Update, context: Context) -> None:
    """`/month`: since its first day, and the month before."""
    await _answer(update, context, Period.MONTH)


async def on_show(update: Update, context: Context, pressed: ShowPeriod) -> None:
    """The other period, or the same one brought up to date, in place of the message."""
    await edit_pressed(update, await _report(context.services, pressed.period))


async def _answer(update: Update, context: Context, period: Period) -> None:
    parsing.no_arguments(context.args or [], period.value)
    await reply(update, await _report(context.services, period))


async def _report(services: Services, period: Period) -> Message:
    reports = services.productivity
    compose = reports.week if period is Period.WEEK else reports.month
    return productivity.report(period, await asyncio.to_thread(compose, services.clock()))
