"""What the owner is doing, and what that means for the work."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core import contexts
from core.model.context import Context, Interval, Place, Reading
from handlers.callbacks import SetContext
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines

ICONS = {
    Context.GYM: "🏋️",
    Context.WORK: "💼",
    Context.SLEEPING: "😴",
    Context.AVAILABLE: "🙋",
    Context.UNKNOWN: "❔",
}


def context(reading: Reading, coming: Sequence[Interval], most: int, now: datetime, zone: ZoneInfo) -> Message:
    """Now, and the next hours."""
    slots = contexts.slots(reading.context, most)
    noun = "build" if slots == 1 else "builds"
    head = (
        f"{ICONS[reading.context]} <b>{reading.context.value}</b> · {escape(reading.why)}, "
        f"until {times.clock(reading.until, zone, now)}"
    )
    ahead = [f"{_span(one, now, zone)}  {ICONS[one.context]} {one.context.value}" for one in coming[1:]]
    text = lines(
        head,
        f"{slots} {noun} at once; {contexts.INTENSITY[reading.context]}.",
        ["", "<b>Next</b>", *ahead] if ahead else None,
        "",
        "Tap what is true, or write it: <code>/context sleeping 2h</code>",
    )
    return Message(text, buttons())


def buttons() -> list[list[Button]]:
    """One for each context, and one that takes back what was said."""
    named = [
        Button(f"{ICONS[each]} {each.value.capitalize()}", SetContext(each))
        for each in Context
        if each is not Context.UNKNOWN
    ]
    return [named[:2], named[2:], [Button("↩️ By my schedule", SetContext(None))]]


def place(found: Place | None, reading: Reading, now: datetime, zone: ZoneInfo) -> Message:
    """The answer to a shared location."""
    if found is None:
        return Message(
            "📍 I do not know this place. Answer the location with <code>/place gym</code>, or "
            "<code>/place library work</code>, and I know what you do there."
        )
    until = times.clock(reading.until, zone, now)
    return Message(f"📍 {escape(found.name)}: {ICONS[reading.context]} <b>{reading.context.value}</b> until {until}.")


def places(known: Sequence[Place]) -> Message:
    """All named places."""
    if not known:
        return Message(
            "No places yet. Share a location, and answer it with <code>/place gym</code>; from then on I know when you "
            "are there."
        )
    listed = [
        f"{ICONS[each.context]} {escape(each.name)} · {each.context.value} · within {each.metres:.0f} m"
        for each in known
    ]
    return Message(lines("<b>Places</b>", listed, "", "Forget one: <code>/place forget gym</code>"))


def named(made: Place) -> Message:
    """A place has a name now."""
    return Message(
        f"📍 {escape(made.name)} is noted: within {made.metres:.0f} m of here you are "
        f"{ICONS[made.context]} <b>{made.context.value}</b>."
    )


def _span(one: Interval, now: datetime, zone: ZoneInfo) -> str:
    return f"{times.clock(one.start, zone, now)}–{one.end.astimezone(zone):%H:%M}"
