"""The weekend: `/weekend`, votes by button or poll, the choice, and what becomes of the project."""

import contextlib

from telegram import CallbackQuery, Chat, Update
from telegram.error import BadRequest

from core import notifications, weekend_progress, weekends
from core.errors import Conflict, NotFound, Refused
from core.model.ids import ChatId, WeekendId
from core.model.notification import WeekendShown
from core.model.weekend import Nothing, Poll, Rest, Summarised, Weekend
from core.weekend_votes import is_open
from handlers import parsing
from handlers.callbacks import UnknownButton
from handlers.replies import edit, persist, reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import times
from handlers.views import weekend as views
from handlers.views.message import Message, escape
from handlers.weekend_buttons import ChooseWeekend, FinishPhase, OnWeekend, VoteWeekend, WeekendVerb

RESTS = {WeekendVerb.CONTINUE: Rest.CONTINUE, WeekendVerb.NEXT: Rest.NEXT, WeekendVerb.DROP: Rest.DROP}


async def weekend(update: Update, context: Context) -> None:
    """`/weekend`: the ballot while the vote is open, then the progress; before, what could be built.

    In a group it opens the vote.
    """
    parsing.no_arguments(context.args or [], "weekend")
    services = context.services
    group = _is_group(update)
    now = services.clock()
    found = services.weekend.offer_again(now)
    if found is None and group:
        try:
            found = services.weekend.open_ballot(now)
        except Refused:  # nothing to vote on, or too late
            found = None
    if found is None:
        found = _unsettled(services)
    if found is None or isinstance(found.state, Nothing):
        await reply(update, _suggestions(services, found))
        return
    sent = await reply(update, _message(services, found, group=group or None))
    if sent is not None:
        subject = WeekendShown(weekend=found.id, request=str(sent.message_id), group=group)
        notifications.record_sent(services.store, subject, ChatId(sent.chat.id), sent.message_id, now)
        if group:  # one press does not decide any more: the ballots elsewhere say so
            await services.refresh_weekend(found.id)


def _unsettled(services: Services) -> Weekend | None:
    """The last weekend, while nobody has said what shall become of what it left."""
    last = services.weekend.latest(services.clock())
    if last is None or not isinstance(last.state, Summarised) or last.state.rest is not None:
        return None
    return last if weekend_progress.left(services.store, last.state.chosen.phases) else None


def _suggestions(services: Services, found: Weekend | None) -> Message:
    now = services.clock()
    weekend_id = weekends.weekend_of(now, services.config)
    remark = found.state.why if found is not None and isinstance(found.state, Nothing) else ""
    return views.suggestions(weekend_id, services.weekend.suggest(now), remark=remark)


def _message(services: Services, found: Weekend, *, group: bool | None = None) -> Message:
    now = services.clock()
    return views.shown(
        found,
        weekend_progress.progress(services.store, found, now),
        services.people.names(),
        now,
        services.config,
        group=bool(group),
        voting=bool(group) or services.weekend.has_group_ballot(found.id),
    )


# -- votes ------------------------------------------------------------------------------------------------------------


async def on_vote(update: Update, context: Context, pressed: VoteWeekend) -> str:
    """Vote; in a private chat one press decides, unless a group votes."""
    services, who = context.services, person(update)
    if who is None:
        raise NotFound("Nobody seems to have pressed.")
    decides = not _is_group(update) and not services.weekend.has_group_ballot(pressed.weekend)
    try:
        found = services.weekend.vote(pressed.weekend, who, pressed.task, services.clock(), decides=decides)
    finally:
        await services.refresh_weekend(pressed.weekend)
    services.wake()
    title = next(option.title for option in found.options if option.task == pressed.task)
    return _chosen_words(services, found) if decides else f"Your vote: {title}"


async def poll_answer(update: Update, context: Context) -> None:
    """An answer in a native poll counts as the vote of that person; an empty one takes it back.

    An answer that comes after the end closes the poll.
    """
    services, answer, who = context.services, update.poll_answer, person(update)
    found = services.weekend.poll(answer.poll_id) if answer is not None else None
    if answer is None or found is None or who is None:
        return
    voted, poll = found
    now = services.clock()
    if not is_open(voted, now):
        with contextlib.suppress(BadRequest):  # it is closed already, or gone
            await context.bot.stop_poll(poll.chat, poll.message)
        return
    if answer.option_ids:
        services.weekend.vote(voted.id, who, poll.options[answer.option_ids[0]], now, decides=False)
    else:
        services.weekend.withdraw(voted.id, who, now)
    await services.refresh_weekend(voted.id)


async def _send_poll(update: Update, context: Context, found: Weekend) -> str:
    """Show the options as a native poll in the group, once."""
    services, query = context.services, update.callback_query
    if query is None or query.message is None or not _is_group(update):
        raise Conflict("A poll is for groups.")
    chat = query.message.chat.id
    if any(poll.chat == chat for poll in found.polls):
        raise Conflict("The poll is in this chat already.")
    services.weekend.check_open(found, services.clock())
    question, options = views.poll(found)
    thread = (
        getattr(query.message, "message_thread_id", None) if getattr(query.message, "is_topic_message", 0) else None
    )
    sent = await persist(
        lambda: context.bot.send_poll(
            chat, question, options, is_anonymous=False, allows_multiple_answers=False, message_thread_id=thread
        )
    )
    assert sent.poll is not None
    offered = tuple(option.task for option in found.options)
    poll = Poll(id=sent.poll.id, chat=ChatId(chat), message=sent.message_id, options=offered)
    services.weekend.add_poll(found.id, poll, services.clock(), person(update))
    return "Answers in the poll and presses of the buttons count alike."


# -- the project ------------------------------------------------------------------------------------------------------


async def on_choose(update: Update, context: Context, pressed: ChooseWeekend) -> str:
    """Choose a suggested project at once; the message becomes its progress."""
    services = context.services
    try:
        found = services.weekend.select(pressed.task, services.clock(), person(update), weekend=pressed.weekend)
    finally:
        await services.refresh_weekend(pressed.weekend)
    query = update.callback_query
    if query is not None and query.message is not None:
        await _becomes(context, query, found, group=_is_group(update))
    services.wake()
    return _chosen_words(services, found)


async def on_weekend(update: Update, context: Context, pressed: OnWeekend) -> str:
    """Poll, start, stop, or what shall become of the rest."""
    services, by, now = context.services, person(update), context.services.clock()
    planner = services.weekend
    try:
        match pressed.verb:
            case WeekendVerb.POLL:
                return await _send_poll(update, context, planner.find(pressed.weekend))
            case WeekendVerb.START:
                said = await _start(update, services)
            case WeekendVerb.STOP:
                stopped = len(planner.stop(pressed.weekend, now, by))
                phases = "1 phase" if stopped == 1 else f"{stopped} phases"
                said = f"Stopped: {phases}." if stopped else "Nothing was left."
            case WeekendVerb.CONTINUE | WeekendVerb.NEXT | WeekendVerb.DROP:
                planner.answer_rest(pressed.weekend, RESTS[pressed.verb], now, by)
                said = views.REST_WORDS[RESTS[pressed.verb]]
            case _:
                raise UnknownButton("That button does nothing any more. /weekend shows where things stand.")
    finally:
        await services.refresh_weekend(pressed.weekend)
    services.wake()
    return said


async def _start(update: Update, services: Services) -> str:
    """Let the phases go; a message says what keeps the first one from being built."""
    now = services.clock()
    started = services.weekend.start(now, person(update), by_hand=True)
    found = started or services.weekend.current(now)
    first = services.weekend.first_waiting(found) if found is not None else None
    why = services.scheduler.obstacle(first, now) if first is not None else None
    if why is not None:
        await reply(update, Message(f"⚠️ /{first} can't be built yet: {escape(why)}."))
        return "It is let go, but something is missing."
    return "The phases start as soon as there is room." if started else "It was started already."


async def on_finish_phase(update: Update, context: Context, pressed: FinishPhase) -> str:
    """Mark a phase as done by hand."""
    services = context.services
    try:
        task = services.weekend.complete(pressed.task, services.clock(), person(update))
    finally:
        await services.refresh(pressed.task)
    services.wake()
    return f"Done: {task.title}"


async def _becomes(context: Context, query: CallbackQuery, found: Weekend, *, group: bool) -> None:
    assert query.message is not None
    services, chat, message = context.services, ChatId(query.message.chat.id), query.message.message_id
    await edit(context.bot, chat, message, _message(services, found))
    subject = WeekendShown(weekend=found.id, request=str(message), group=group)
    notifications.record_sent(services.store, subject, chat, message, services.clock())


def _chosen_words(services: Services, found: Weekend) -> str:
    chosen, now, zone = weekend_progress.chosen_of(found), services.clock(), services.config.zone
    title = chosen.title if chosen is not None else ""
    begins = weekends.moment(WeekendId(found.id), weekends.At.START, services.config)
    return f"“{title[:100]}” it is. " + (
        f"It starts {times.clock(begins, zone, now)}." if begins > now else "It starts as soon as there is room."
    )


def _is_group(update: Update) -> bool:
    return update.effective_chat is not None and update.effective_chat.type != Chat.PRIVATE
