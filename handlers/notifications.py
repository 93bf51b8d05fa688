"""What comes into a chat, and with or without a sound: `/notifications`."""

from telegram import Update

from core import notifications as news
from core.model.ids import ChatId
from core.model.people import ChatSettings
from handlers import parsing
from handlers.callbacks import Notify, NotifyAtNight
from handlers.replies import edit_pressed, reply
from handlers.services import Context
from handlers.views import system


async def notifications(update: Update, context: Context) -> None:
    """`/notifications`: the settings of this chat."""
    parsing.no_arguments(context.args or [], "notifications")
    if update.effective_chat is not None:
        chat = ChatId(update.effective_chat.id)
        settings = context.services.store.chat_settings.get(str(chat)) or ChatSettings(chat=chat, modes={})
        await reply(update, system.notifications(settings, context.services.config))


async def on_notify(update: Update, context: Context, pressed: Notify) -> str | None:
    """Set how such news comes."""
    if update.effective_chat is None:
        return None
    settings = news.set_mode(context.services.store, ChatId(update.effective_chat.id), pressed.kind, pressed.mode)
    await _show(update, context, settings)
    return f"{pressed.kind.value.capitalize()}: {pressed.mode.value}."


async def on_night(update: Update, context: Context, pressed: NotifyAtNight) -> str | None:
    """Set whether there is a sound at night."""
    if update.effective_chat is None:
        return None
    settings = news.set_night(context.services.store, ChatId(update.effective_chat.id), sound=pressed.sound)
    await _show(update, context, settings)
    return "With a sound." if pressed.sound else "Without a sound."


async def _show(update: Update, context: Context, settings: ChatSettings) -> None:
    await edit_pressed(update, system.notifications(settings, context.services.config))
