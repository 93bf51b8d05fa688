"""Settings that can be changed in the chat: `/settings`."""

import contextlib

from telegram import Update

from core import preferences
from core.errors import NotFound
from handlers.callbacks import Setting
from handlers.replies import edit_pressed, reply
from handlers.services import Context
from handlers.tasks import person
from handlers.views import settings as views


async def settings(update: Update, context: Context) -> None:
    """`/settings`: all; `/settings brief 7:30` changes one, `/settings brief reset` takes that back."""
    services, words = context.services, context.args or []
    if not words:
        await reply(update, views.settings(services.preferences.all()))
        return
    name, value = _split(words)
    if not value:
        await reply(update, views.setting(services.preferences.get(name)))
        return
    if value.casefold() == "reset":
        one = services.preferences.reset(name, services.clock(), person(update))
    else:
        one = services.preferences.set(name, value, services.clock(), person(update))
    services.wake()
    await reply(update, views.setting(one))


def _split(words: list[str]) -> tuple[str, str]:
    """The name may have several words: the longest that is one. Raises NotFound."""
    for count in range(len(words), 1, -1):
        with contextlib.suppress(NotFound):
            return preferences.find(" ".join(words[:count])).name, " ".join(words[count:])
    return preferences.find(words[0]).name, " ".join(words[1:])


async def on_setting(update: Update, context: Context, pressed: Setting) -> str | None:
    """Open one, or choose a value."""
    services, toast = context.services, None
    if pressed.name is None:
        shown = views.settings(services.preferences.all())
    elif pressed.value is None:
        shown = views.setting(services.preferences.get(pressed.name))
    else:
        now, by = services.clock(), person(update)
        if pressed.value == "reset":
            one = services.preferences.reset(pressed.name, now, by)
        else:
            one = services.preferences.set(pressed.name, pressed.value, now, by)
        services.wake()
        shown, toast = views.setting(one), f"{one.preference.title}: {one.value}"
    await edit_pressed(update, shown)
    return toast
