"""What concerns the bot itself, and what comes into a chat."""

from core.model.config import Config
from core.model.notification import ChatLost
from core.model.people import ChatSettings, Kind, Mode
from handlers.callbacks import Notify, NotifyAtNight
from handlers.views.message import Button, Message, escape

_NAMES = {
    Kind.ESCALATIONS: "🚨 Escalations",
    Kind.QUESTIONS: "✋ Questions",
    Kind.BUILDS: "🔨 Builds",
    Kind.BUDGET: "💸 Budget",
    Kind.SUGGESTIONS: "💡 Suggestions",
    Kind.DAILY: "☀️ Brief, plan, check-in",
    Kind.WEEKEND: "🗓 Weekend",
    Kind.SYSTEM: "⚙️ About me",
}
_MODES = {Mode.ON: "🔔 on", Mode.SILENT: "🔕 silent", Mode.OFF: "🚫 off"}


def chat_lost(subject: ChatLost) -> Message:
    """Somebody can't be reached any more."""
    who = escape(subject.who) or ("a group" if subject.chat < 0 else "an owner")
    return Message(
        f"⚠️ I can't reach {who} in Telegram any more: the chat is gone, or I was blocked. Their news comes here."
    )


def notifications(settings: ChatSettings, config: Config) -> Message:
    """What comes into this chat; each button says what it sets."""
    rows = []
    for kind, name in _NAMES.items():
        mode = settings.modes.get(kind, Mode.ON)
        choices = [one for one in Mode if one is not Mode.OFF or kind is not Kind.ESCALATIONS]
        following = choices[(choices.index(mode) + 1) % len(choices)]
        rows.append([Button(f"{name}: {_MODES[mode]}", Notify(kind, following))])
    text = "<b>What comes into this chat</b>\nTap to change: on, silent, off."
    if config.quiet is not None:
        start, end = config.quiet
        night = "with a sound" if settings.sound_at_night else "without a sound, escalations excepted"
        text += f"\nFrom {start:%H:%M} to {end:%H:%M} it comes {night}."
        label = "🌙 At night: with a sound" if settings.sound_at_night else "🌙 At night: no sound"
        rows.append([Button(label, NotifyAtNight(not settings.sound_at_night))])
    return Message(text, rows)
