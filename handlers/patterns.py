"""Routines: `/patterns`, the answers to what is suggested and handed over, and noting what is asked for."""

import asyncio
from datetime import UTC, datetime, timedelta

from telegram import Update

from core import notifications, request_types
from core.errors import Refused
from core.model.ids import ChatId, PatternId, UserId
from core.model.notification import ActionAsked
from core.model.pattern import Action, Pattern
from core.patterns import action_of
from handlers import parsing
from handlers.callbacks import JudgePattern, OnPattern, PatternVerb
from handlers.replies import edit, reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import patterns as views
from handlers.views.message import Message

WEEK = timedelta(days=7)
USAGE = (
    "Write /patterns, /patterns predict, /patterns suggest, /patterns log nba_rankings, /patterns enable pattern_1, "
    "/patterns disable pattern_1 or /patterns feedback pattern_1 useful (or useless)."
)


def note_command(update: Update, context: Context, name: str) -> None:
    """Note which command was sent; what `/add` adds counts as a free text. Touches no disk."""
    message = update.effective_message
    text = (message.text or "").partition(" ")[2] if message is not None else ""
    if name == "add" and text.strip():
        note_text(update, context, text)
    elif name != "add":
        note(update, context, request_types.of_command(name))


def note_text(update: Update, context: Context, text: str) -> None:
    """Note that a task was asked for in free text. Touches no disk."""
    note(update, context, request_types.of_text(text), request_types.timeless(text))


def note(update: Update, context: Context, kind: str, example: str = "") -> None:
    """Note a request of that type. Touches no disk."""
    services = context.services
    services.patterns.note(kind, services.clock(), f"person {person(update)}", example)


async def patterns(update: Update, context: Context) -> None:
    """`/patterns`: what is usually asked for, and what is done about it; with a verb, as on the command line."""
    await reply(update, await asyncio.to_thread(_said, context.services, context.args or [], person(update)))


def _said(services: Services, words: list[str], by: UserId | None) -> Message:
    book, now, zone = services.patterns, services.clock(), services.config.zone
    match words:
        case []:
            return shown(services)
        case ["predict"]:
            book.listed(now)
            return views.predicted(book.predictions(now, now + WEEK), now, zone)
        case ["suggest"]:
            book.listed(now)
            return views.to_build(book.suggest(now), now, zone)
        case ["log", *kind] if kind:
            known = book.log(" ".join(kind), now, f"person {by}")
            return Message(f"Recorded {views.name(known.type)}; so far: {len(known.at)}.")
        case ["enable", *name] if name:
            book.enable(" ".join(name), now, by)
        case ["disable", *name] if name:
            book.disable(" ".join(name), now, by)
        case ["feedback", *name, ("useful" | "useless") as verdict] if name:
            book.feedback(" ".join(name), now, by, useful=verdict == "useful")
        case _:
            raise Refused(USAGE)
    return shown(services)


def shown(services: Services) -> Message:
    """The list as of now; takes up to two seconds."""
    now = services.clock()
    known = services.patterns.listed(now)
    seen = {one.id: len(services.patterns.moments(one.type).at) for one in known}
    return views.patterns(known, seen, now, services.config.zone)


async def on_pattern(update: Update, context: Context, pressed: OnPattern) -> str | None:
    """A button about a routine."""
    services, now, by = context.services, context.services.clock(), person(update)
    book, pattern = services.patterns, pressed.pattern
    toast: str | None
    match pressed.verb:
        case PatternVerb.YES:
            return await _accept(update, context, pattern)
        case PatternVerb.NO:
            book.decline(pattern, now, by)
            toast = "Left as it was. /patterns lists it."
        case PatternVerb.NEVER:
            book.never(pattern, now, by)
            toast = "I won't speak of it again."
        case PatternVerb.ENABLE | PatternVerb.DISABLE:
            change = book.enable if pressed.verb is PatternVerb.ENABLE else book.disable
            change(pattern, now, by)
            await _replace(update, context, await asyncio.to_thread(shown, services))
            toast = "I do it ahead, as far as I am sure." if change == book.enable else "I leave it to you."
        case PatternVerb.ACTION:
            await _ask(update, context, book.find(pattern))
            return None
        case PatternVerb.DO:
            task = book.do_now(pattern, now, by, _chat(update))
            services.wake()
            toast = f"{task.id} starts as soon as there is room."
    await services.refresh_pattern(pattern)
    return toast


async def on_judge(update: Update, context: Context, pressed: JudgePattern) -> str:
    """Useful, or not."""
    services = context.services
    at = datetime.fromtimestamp(pressed.at, UTC)
    services.patterns.feedback(pressed.pattern, services.clock(), person(update), useful=pressed.useful, at=at)
    await services.refresh_pattern(pressed.pattern)
    return "Good to know." if pressed.useful else "I will be more careful with it."


async def take_action(update: Update, context: Context, asked: ActionAsked, text: str) -> None:
    """The reply that says what shall be built."""
    services = context.services
    action = _action(services, text)
    pattern = services.patterns.set_action(asked.pattern, action, services.clock(), person(update))
    await reply(update, views.action_set(pattern))


async def _accept(update: Update, context: Context, pattern_id: PatternId) -> str:
    services = context.services
    found = services.patterns.find(pattern_id)
    example = services.patterns.moments(found.type).example
    action = _action(services, example) if example and found.action is None else None
    pattern = services.patterns.accept(pattern_id, action, services.clock(), person(update))
    services.wake()
    await services.refresh_pattern(pattern_id)
    if request_types.command_of(pattern.type) is None and pattern.action is None:
        await _ask(update, context, pattern)
        return "Good. Tell me what to build."
    return "Good. You get it at its time."


async def _ask(update: Update, context: Context, pattern: Pattern) -> None:
    sent = await reply(update, views.ask_action(pattern))
    if sent is not None:
        subject = ActionAsked(pattern=pattern.id, request=str(sent.message_id))
        notifications.record_sent(
            context.services.store, subject, ChatId(sent.chat.id), sent.message_id, context.services.clock()
        )


def _action(services: Services, text: str) -> Action:
    """From a text like a task's. Raises Refused, before anything is changed, where such a task would be refused."""
    return services.patterns.checked(action_of(parsing.new_task(text, ChatId(0))))


def _chat(update: Update) -> ChatId | None:
    return ChatId(update.effective_chat.id) if update.effective_chat is not None else None


async def _replace(update: Update, context: Context, message: Message) -> None:
    query = update.callback_query
    if query is not None and query.message is not None:
        await edit(context.bot, query.message.chat.id, query.message.message_id, message)
