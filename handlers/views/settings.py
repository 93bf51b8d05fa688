"""Settings that can be changed in the chat."""

from collections.abc import Sequence

from core.preferences import Shown
from handlers.callbacks import Setting
from handlers.views.message import Button, Message, escape, lines

ZONES = ("Europe/Berlin", "America/New_York")
"""Examples where no values are offered, since there are too many."""


def settings(every: Sequence[Shown]) -> Message:
    """All of them; each button opens one."""
    buttons = [Button(f"{one.preference.title}: {one.value}"[:60], Setting(one.preference.name)) for one in every]
    text = lines(
        "<b>Settings</b>",
        "Tap one to change it, or write it: <code>/settings brief 7:30</code>. It takes effect at once, and comes "
        "before what stands in <code>.env</code>.",
    )
    return Message(text, [[button] for button in buttons])


def setting(one: Shown) -> Message:
    """One of them, with values to choose from."""
    name, title = one.preference.name, one.preference.title
    source = "changed here" if one.changed else "as in .env, or by default"
    choices = [
        Button(("● " if value == one.value else "") + value, Setting(name, value.replace(":", ".")))
        for value in one.preference.choices
    ]
    rows = [choices[index : index + 2] for index in range(0, len(choices), 2)]
    if one.changed:
        rows.append([Button("↩️ As before", Setting(name, "reset"))])
    rows.append([Button("◀ All settings", Setting())])
    example = next(value for value in one.preference.choices or ZONES if value != one.value)
    text = lines(
        f"<b>{escape(title[0].upper() + title[1:])}</b>: {escape(one.value)}",
        f"{source}.",
        f"Another value: <code>/settings {name} {escape(example)}</code>",
    )
    return Message(text, rows)
