"""Routines: what was learned, what is offered, and what was built ahead."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core import request_types
from core.model.ids import PatternId
from core.model.notification import PatternDue, PatternForgotten
from core.model.pattern import Expected, Occurrence, Pattern
from core.model.task import Task
from core.pattern_book import Foreseen, rhythm
from core.patterns import PreBuild, occurrence_at
from handlers.callbacks import JudgePattern, OnPattern, PatternVerb
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines, shorten

SHOWN = 8
TODAY = 3
PREDICTED = 20
NONE_YET = (
    "I have not found a routine yet. I notice what you ask for and when; two or three times at the same time of the "
    "week are enough."
)


def name(kind: str) -> str:
    """What a routine is called: the command, or the words in quotes."""
    command = request_types.command_of(kind)
    return f"/{escape(command)}" if command is not None else f"“{escape(shorten(kind, 60))}”"


def patterns(known: Sequence[Pattern], seen: Mapping[PatternId, int], now: datetime, zone: ZoneInfo) -> Message:
    """All routines: when each comes next, how sure that is, and what is done about it; `seen`: how often it came."""
    if not known:
        return Message(NONE_YET)
    listed = [line for one in known[:SHOWN] for line in _entry(one, seen.get(one.id, 0), now, zone)]
    more = f"… and {len(known) - SHOWN} more: jarvis pattern-learner list" if len(known) > SHOWN else None
    rows = [_buttons(one) for one in known[:SHOWN]]
    return Message(lines("<b>What you usually ask for</b>", listed, more), rows)


def _entry(pattern: Pattern, seen: int, now: datetime, zone: ZoneInfo) -> list[str]:
    ahead = next((each for each in pattern.expected if each.at >= now), None)
    if ahead is None:
        coming = "forgotten: it does not come any more" if pattern.forgotten_at else "nothing soon"
    else:
        days = rhythm(pattern.expected, zone)
        coming = f"{days + ', ' if days else ''}next {times.clock(ahead.at, zone, now)} · {sure(ahead)}"
    icon = "✅" if pattern.enabled else "🔇" if pattern.never else "▫️"
    judged = f" · useful {pattern.useful}, not {pattern.useless}" if pattern.useful or pattern.useless else ""
    return [
        f"\n{icon} <b>{name(pattern.type)}</b> · {pattern.id}",
        f"{coming} · {seen} times{judged}",
        *([_what(pattern)] if pattern.action is not None else []),
    ]


def _what(pattern: Pattern) -> str:
    action = pattern.action
    assert action is not None
    place = f" in {escape(action.project)}" if action.project else ""
    return f"→ {escape(shorten(action.title, 100))} ({times.hours(action.hours)}){place}"


def _buttons(pattern: Pattern) -> list[Button]:
    if pattern.enabled:
        row = [Button(f"⏸ Disable {pattern.id}", OnPattern(PatternVerb.DISABLE, pattern.id))]
    else:
        row = [Button(f"▶️ Enable {pattern.id}", OnPattern(PatternVerb.ENABLE, pattern.id))]
    if request_types.command_of(pattern.type) is None:
        row.append(Button("✏️ What to build", OnPattern(PatternVerb.ACTION, pattern.id)))
    return row


def sure(expected: Expected) -> str:
    """How sure it is, in a word and in percent."""
    return f"{expected.band}, {expected.confidence:.0%}"


def today(expected: Sequence[tuple[Pattern, Expected]], zone: ZoneInfo) -> list[str]:
    """At most three lines about what is expected today."""
    return [
        f"{each.at.astimezone(zone):%H:%M} {name(pattern.type)} ({sure(each)}){_built(pattern, each)}"
        for pattern, each in expected[:TODAY]
    ]


def predicted(found: Sequence[Foreseen], now: datetime, zone: ZoneInfo) -> Message:
    """What is expected in the next days, soonest first."""
    if not found:
        return Message("Nothing is expected in the next seven days.")
    told = [
        f"{times.clock(expected.at, zone, now)} {name(kind)} ({sure(expected)})" for kind, expected in found[:PREDICTED]
    ]
    more = f"… and {len(found) - PREDICTED} more: jarvis pattern-learner predict" if len(found) > PREDICTED else None
    return Message(lines("<b>Expected in the next seven days</b>", told, more))


def to_build(found: Sequence[PreBuild], now: datetime, zone: ZoneInfo) -> Message:
    """What would be built ahead by now."""
    if not found:
        return Message("Nothing is expected in 2 to 4 hours.")
    told = []
    for one in found[:SHOWN]:
        what = escape(shorten(one.action.title, 100)) if one.action is not None else "nothing to build is known"
        by_itself = ", by itself" if one.by_itself else ""
        told.append(f"{times.clock(one.at, zone, now)} {name(one.type)} ({one.confidence:.0%}): {what}{by_itself}")
    return Message(lines("<b>To build ahead now</b>", told))


def _built(pattern: Pattern, expected: Expected) -> str:
    known = occurrence_at(pattern, expected.at)
    return ", built ahead" if known is not None and known.task is not None else ""


def suggested(pattern: Pattern, example: str, now: datetime, zone: ZoneInfo) -> Message:
    """Shall it be done ahead?"""
    days = rhythm(pattern.expected, zone)
    when = f" {days}" if days else ""
    if pattern.suggested_for is not None:
        when += f" about {times.clock(pattern.suggested_for, zone, now)}"
    is_command = request_types.command_of(pattern.type) is not None
    if is_command:
        what = "Shall I offer it by myself at its time?"
    elif pattern.action is not None or example:
        title = pattern.action.title if pattern.action is not None else example
        what = f"Shall I build “{escape(shorten(title, 200))}” ahead, so that it is ready then?"
    else:
        what = "Shall I have something ready then? You can say what."
    text = f"💡 You usually ask for {name(pattern.type)}{when}.\n{what}"
    if pattern.never:
        return Message(f"{text}\n🔇 I won't speak of it again.")
    if pattern.accepted is not None:
        return Message(f"{text}\n{'✅ Yes. /patterns takes it back.' if pattern.accepted else '🚫 Left as it was.'}")
    answers = (("✅ Yes", PatternVerb.YES), ("🚫 No", PatternVerb.NO), ("🔇 Never", PatternVerb.NEVER))
    return Message(text, [[Button(label, OnPattern(verb, pattern.id)) for label, verb in answers]])


def due(
    pattern: Pattern, told: PatternDue, occurrence: Occurrence | None, task: Task | None, result: Message | None
) -> Message:
    """Its time has come: the result that was built ahead, or the offer. `result`: what the build has made."""
    head = f"🔁 It is about the time at which you usually ask for {name(pattern.type)}."
    rows = list(result.rows) if result is not None else []
    if result is not None:
        body: str | None = f"I built it ahead:\n\n{result.text}"
    elif task is not None:
        body = f"/{task.id} was to be ready by now, and is not."
    elif told.task is None and pattern.action is not None:
        body = None
        rows.append([Button("▶️ Build it now", OnPattern(PatternVerb.DO, pattern.id))])
    else:
        body = None
    if occurrence is not None and occurrence.useful is not None:
        said = "👍 Useful: good to know." if occurrence.useful else "👎 Not useful: I will be more careful."
        return Message(lines(head, body, said), rows)
    at = int(told.at.timestamp())
    rows.append(
        [
            Button("👍 Useful", JudgePattern(pattern.id, True, at)),
            Button("👎 Not useful", JudgePattern(pattern.id, False, at)),
        ]
    )
    return Message(lines(head, body), rows)


def forgotten(pattern: Pattern, told: PatternForgotten, now: datetime, zone: ZoneInfo) -> Message:
    """It has stopped."""
    return Message(
        f"🍂 You don't seem to ask for {name(pattern.type)} any more (last {times.clock(told.last, zone, now)}), so I "
        "stopped doing it ahead. When it comes back, I learn it again."
    )


def ask_action(pattern: Pattern) -> Message:
    """Asks what shall be built, to be written as a reply."""
    return Message(
        f"What shall I build for {name(pattern.type)}? Write it as a reply to this message, like a task: "
        "the title with hours and @project, then what should be done, or run: and a command.",
        ask_reply="Update the rankings 1h @shop",
    )


def action_set(pattern: Pattern) -> Message:
    """It is noted."""
    then = "I build it ahead when I am sure (80%)." if pattern.enabled else "Enable it to have it built ahead."
    rows = [] if pattern.enabled else [_buttons(pattern)[:1]]
    return Message(f"✏️ Noted for {name(pattern.type)}:\n{_what(pattern)}\n{then}", rows)
