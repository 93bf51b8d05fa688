"""What the owner is doing: `/context`, shared locations, `/place`."""

from datetime import datetime, timedelta

from telegram import Location, Update

from core import clock_times
from core.context_scheduler import SHARED_ONCE
from core.errors import Refused
from core.model.context import Context as OwnersContext
from handlers.callbacks import SetContext
from handlers.replies import edit_pressed, reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import contexts as views
from handlers.views.message import Message

USAGE = "Write /context, or what you do and for how long: /context sleeping 2h, /context gym until 18:30, /context auto"
_NAMES = {each.value.casefold(): each for each in OwnersContext} | {"sleep": OwnersContext.SLEEPING}
_AT_PLACES = {
    "gym": OwnersContext.GYM,
    "work": OwnersContext.WORK,
    "office": OwnersContext.WORK,
    "bed": OwnersContext.SLEEPING,
}
LONGEST_LIVE = timedelta(days=7)
"""A location that is shared until it is switched off has a period of many years."""


async def context(update: Update, context: Context) -> None:
    """`/context`: now and next; `/context sleeping 2h` sets it, `/context auto` takes that back."""
    services, words, now = context.services, context.args or [], context.services.clock()
    if words:
        _set(services, words, now, update)
        services.wake()
    await reply(update, shown(services))


def _set(services: Services, words: list[str], now: datetime, update: Update) -> None:
    name = words[0].casefold()
    if name in ("auto", "schedule", "clear") and len(words) == 1:
        services.contexts.clear(now, person(update))
        return
    if name not in _NAMES:
        raise Refused(USAGE)
    rest = " ".join(words[1:]).removeprefix("for ")
    until = clock_times.parse_until(rest, now, services.config.zone) if rest else None
    services.contexts.set(_NAMES[name], now, person(update), until=until)


def shown(services: Services) -> Message:
    """What is true now, and what comes."""
    now = services.clock()
    reading = services.contexts.detect(now)
    coming = services.contexts.upcoming(now)
    return views.context(reading, coming, services.config.max_builds, now, services.config.zone)


async def on_set(update: Update, context: Context, pressed: SetContext) -> str:
    """A button of `/context`."""
    services, now = context.services, context.services.clock()
    if pressed.context is None:
        reading = services.contexts.clear(now, person(update))
    else:
        reading = services.contexts.set(pressed.context, now, person(update))
    services.wake()
    await edit_pressed(update, shown(services))
    return f"{reading.context.value}."


async def location(update: Update, context: Context) -> None:
    """A location that was shared, once or live; each step of a live one comes as an edit, and is not answered."""
    message, services, now = update.effective_message, context.services, context.services.clock()
    if message is None or message.location is None:
        return
    shared = message.location
    # What waited at Telegram while we were off does not tell where the owner is now.
    live_until = _live_until(shared, message.date)
    until = live_until or (message.edit_date or message.date) + SHARED_ONCE
    live = live_until is not None
    found = services.contexts.locate(shared.latitude, shared.longitude, now, until=until, live=live)
    services.wake()
    if update.edited_message is None:
        await reply(update, views.place(found, services.contexts.detect(now), now, services.config.zone))


def _live_until(shared: Location, since: datetime) -> datetime | None:
    if shared.live_period is None:
        return None
    period = shared.live_period
    seconds = period.total_seconds() if isinstance(period, timedelta) else float(period)
    return since + timedelta(seconds=min(seconds, LONGEST_LIVE.total_seconds()))


async def place(update: Update, context: Context) -> None:
    """`/place`: the places; `/place gym` in answer to a location names it; `/place forget gym`."""
    services, words = context.services, context.args or []
    if not words:
        await reply(update, views.places(services.contexts.places()))
        return
    if words[0].casefold() == "forget" and len(words) > 1:
        services.contexts.forget_place(" ".join(words[1:]))
        await reply(update, views.places(services.contexts.places()))
        return
    name, doing, metres = _place(words)
    source = update.effective_message.reply_to_message if update.effective_message is not None else None
    if source is not None and source.location is not None:
        latitude, longitude = source.location.latitude, source.location.longitude
    else:
        known = services.contexts.position(services.clock())
        if known is None:
            raise Refused("Share a location first, and answer it with this command.")
        latitude, longitude = known.latitude, known.longitude
    await reply(update, views.named(services.contexts.name_place(name, doing, latitude, longitude, metres)))
    services.wake()


def _place(words: list[str]) -> tuple[str, OwnersContext, float]:
    """`gym`, `library work`, `home available 80`. Raises Refused."""
    metres = 150.0
    if len(words) > 1 and words[-1].isascii() and words[-1].removesuffix("m").isdigit():
        metres = float(words.pop().removesuffix("m"))
    doing = _NAMES.get(words[-1].casefold()) if len(words) > 1 else None
    if doing is not None:
        words = words[:-1]
    name = " ".join(words)
    found = doing or _AT_PLACES.get(name.casefold())
    if found is None:
        raise Refused(f"What do you do there? For example: /place {name[:30]} work. Or gym, sleeping, available.")
    return name, found, metres
