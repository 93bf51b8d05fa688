"""What Telegram promises about updates, presses, polls, groups and the rest, over HTTP and in memory alike."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputPollOption,
    Update,
)
from telegram.error import BadRequest, Conflict, EndPointNotFound, Forbidden, InvalidToken
from telegram.ext import Application, CommandHandler, ContextTypes
from telegram.request import HTTPXRequest

from bot.local.core import BotApi
from bot.local.events import PressAnswered, Typing
from bot.local.models import PersonError, User
from bot.local.request import InMemoryRequest

ME = 7


def keyboard(*data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(one or "x", callback_data=one) for one in data]])


async def refused(call: Awaitable[Any], words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await call
    assert caught.value.message == words


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_button_presses_are_answered_once_and_in_time(bot: Bot, api: BotApi, clock: Any) -> None:
    answers: list[PressAnswered] = []
    api.subscribe(lambda event: answers.append(event) if isinstance(event, PressAnswered) else None)
    message = await bot.send_message(ME, "x", reply_markup=keyboard("go:1"))
    press = api.people.press(message.message_id, 0, 0)
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.id, query.message.message_id) == ("go:1", ME, message.message_id)
    assert await query.answer("done", show_alert=True)
    assert [(a.press, a.text, a.show_alert) for a in answers] == [(press, "done", True)]
    too_old = "Query is too old and response timeout expired or query id is invalid"
    await refused(query.answer(), too_old)
    api.people.press_data(message.message_id, "forged", press_id="p2")
    (update,) = await bot.get_updates(offset=update.update_id + 1)
    assert update.callback_query is not None
    assert update.callback_query.data == "forged"
    clock.advance(15 * 60 + 1)
    await refused(update.callback_query.answer(), too_old)


async def test_updates_are_repeated_until_confirmed(bot: Bot, api: BotApi) -> None:
    for text in ("a", "b", "c"):
        api.people.send(text)
    first = await bot.get_updates(limit=2)
    again = await bot.get_updates(limit=2)
    assert [u.update_id for u in first] == [u.update_id for u in again]
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [u.message and u.message.text for u in rest] == ["c"]
    last = await bot.get_updates(offset=-1)
    assert [u.update_id for u in last] == [rest[0].update_id]


async def test_only_wanted_kinds_are_queued(bot: Bot, api: BotApi) -> None:
    await bot.get_updates(allowed_updates=[Update.CALLBACK_QUERY])
    api.people.send("unheard")
    assert await bot.get_updates() == ()
    await bot.get_updates(allowed_updates=[])
    api.people.send("heard")
    assert len(await bot.get_updates()) == 1


async def test_dropping_pending_updates(bot: Bot, api: BotApi) -> None:
    api.people.send("old")
    assert (await bot.get_webhook_info()).pending_update_count == 1
    assert await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()
    with pytest.raises(BadRequest, match="no webhooks"):
        await bot.set_webhook("https://example.org")


async def test_a_waiting_poll_gets_the_update_at_once(bot: Bot, api: BotApi) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=30))
    await until(lambda: api.online)
    api.people.send("/start@jarvis_bot now")
    async with asyncio.timeout(3):
        (update,) = await waiting
    assert update.message is not None
    assert update.message.entities[0].length == len("/start@jarvis_bot")
    assert not api.online


async def test_an_empty_poll_ends_in_time(bot: Bot) -> None:
    async with asyncio.timeout(4):
        assert await bot.get_updates(timeout=1) == ()


async def test_the_second_poller_ends_the_first(bot: Bot, api: BotApi) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await until(lambda: api.online)
    second = asyncio.create_task(bot.get_updates(timeout=30))
    with pytest.raises(Conflict) as caught:
        await first
    assert caught.value.message == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )
    await until(lambda: api.online)
    api.people.send("x")
    assert len(await second) == 1


async def test_a_cancelled_poll_frees_its_place(bot: Bot, api: BotApi) -> None:
    gone = asyncio.create_task(bot.get_updates(timeout=30))
    await until(lambda: api.online)
    gone.cancel()
    await until(lambda: not api.online)


async def test_commands_by_scope(bot: Bot, api: BotApi) -> None:
    await bot.set_my_commands([BotCommand("start", "Begin")])
    await bot.set_my_commands([BotCommand("add", "Add a task")], scope=BotCommandScopeAllPrivateChats())
    assert [c.command for c in await bot.get_my_commands()] == ["start"]
    assert api.commands(ME) == [{"command": "add", "description": "Add a task"}]
    await bot.set_my_commands([BotCommand("only", "Here")], scope=BotCommandScopeChat(ME))
    assert [c["command"] for c in api.commands(ME)] == ["only"]
    await bot.delete_my_commands(scope=BotCommandScopeChat(ME))
    assert [c["command"] for c in api.commands(ME)] == ["add"]
    await refused(bot.set_my_commands([BotCommand("Bad Name", "x")]), "Bot_command_invalid")


async def test_polls_are_voted_and_stopped(bot: Bot, api: BotApi) -> None:
    message = await bot.send_poll(ME, "When?", [InputPollOption("Now"), "Later"], is_anonymous=False)
    assert message.poll is not None
    assert [o.text for o in message.poll.options] == ["Now", "Later"]
    api.people.vote(message.message_id, [1])
    answer, tally = await bot.get_updates()
    assert answer.poll_answer is not None
    assert answer.poll_answer.option_ids == (1,)
    assert answer.poll_answer.option_persistent_ids == (message.poll.options[1].persistent_id,)
    assert tally.poll is not None
    assert [o.voter_count for o in tally.poll.options] == [0, 1]
    api.people.vote(message.message_id, [])
    stopped = await bot.stop_poll(ME, message.message_id)
    assert (stopped.is_closed, stopped.total_voter_count) == (True, 0)
    await refused(bot.stop_poll(ME, message.message_id), "Poll has already been closed")


async def test_polls_close_when_their_time_is_over(bot: Bot, api: BotApi, clock: Any) -> None:
    message = await bot.send_poll(ME, "?", ["a", "b"], open_period=60)
    clock.advance(61)
    (update,) = await bot.get_updates()
    assert update.poll is not None
    assert update.poll.is_closed
    assert api.history(ME)[0][-1].body["poll"]["is_closed"] is True
    assert message.poll is not None
    assert not message.poll.is_closed


async def test_poll_limits(bot: Bot) -> None:
    await bot.send_poll(ME, "?", [str(n) for n in range(12)])
    await refused(bot.send_poll(ME, "?", [str(n) for n in range(13)]), "Poll can't have more than 12 options")
    await refused(bot.send_poll(ME, "x" * 301, ["a", "b"]), "Poll question length must not exceed 300")
    await refused(bot.send_poll(ME, "?", ["a", "x" * 101]), "Poll options length must not exceed 100")


async def test_a_blocked_bot_gets_403(bot: Bot, api: BotApi) -> None:
    api.people.block()
    with pytest.raises(Forbidden) as caught:
        await bot.send_message(ME, "x")
    assert caught.value.message == "Forbidden: bot was blocked by the user"
    (update,) = await bot.get_updates()
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    api.people.block(blocked=False)
    assert await bot.send_message(ME, "x")


async def test_groups_keep_privacy(bot: Bot, api: BotApi) -> None:
    other = User(id=8, first_name="Otto")
    api.people.add_group(-1001, "Team", [other, api.visitor])
    asked = await bot.send_message(-1001, "?")
    api.people.send("chatter", chat=-1001, user=8)
    api.people.send("/queue@other_bot", chat=-1001, user=8)
    api.people.send("/queue@jarvis_bot", chat=-1001, user=8)
    api.people.send("an answer", chat=-1001, user=8, reply_to=asked.message_id)
    texts = [u.message and u.message.text for u in await bot.get_updates()]
    assert texts == ["/queue@jarvis_bot", "an answer"]
    assert await bot.get_chat_member_count(-1001) == 3
    assert (await bot.get_chat_member(-1001, 8)).status == "creator"
    assert (await bot.get_chat(-1001)).title == "Team"
    api.people.set_bot_status(-1001, "kicked")
    with pytest.raises(Forbidden, match="kicked from the supergroup"):
        await bot.send_message(-1001, "x")


async def test_forum_topics(bot: Bot, api: BotApi) -> None:
    api.people.add_group(-1002, "Forum", [api.visitor], forum=True)
    message = await bot.send_message(-1002, "x", message_thread_id=3)
    assert (message.message_thread_id, message.is_topic_message) == (3, True)


async def test_edited_and_forwarded_messages_and_places(bot: Bot, api: BotApi) -> None:
    sent = api.people.send("one")
    api.people.edit(sent["message_id"], "two")
    api.people.forward(sent["message_id"])
    api.people.location(52.5, 13.4)
    _, edited, forwarded, place = await bot.get_updates()
    assert edited.edited_message is not None
    assert edited.edited_message.text == "two"
    assert forwarded.message is not None
    assert forwarded.message.forward_origin is not None
    assert place.message is not None
    assert place.message.location is not None
    assert place.message.location.latitude == 52.5
    assert (await bot.send_location(ME, 1.5, 2.5)).location is not None


async def test_a_place_that_is_shared_live(bot: Bot, api: BotApi) -> None:
    sent = api.people.location(52.5, 13.4, live=3600)["message_id"]
    api.people.move(sent, 52.6, 13.5)
    api.people.stop_sharing(sent)

    shared, moved, ended = await bot.get_updates()

    assert shared.message is not None
    assert shared.message.location is not None
    assert shared.message.location.live_period == 3600
    for update, latitude, period in ((moved, 52.6, 3600), (ended, 52.6, None)):
        message = update.edited_message
        assert message is not None
        assert (message.message_id, message.edit_date) == (sent, shared.message.date)
        assert message.location is not None
        assert (message.location.latitude, message.location.live_period) == (latitude, period)
    with pytest.raises(PersonError, match="not shared live"):
        api.people.move(sent, 1, 1)


async def test_other_small_methods(bot: Bot, api: BotApi) -> None:
    seen: list[Typing] = []
    api.subscribe(lambda event: seen.append(event) if isinstance(event, Typing) else None)
    message = await bot.send_message(ME, "x")
    assert await bot.send_chat_action(ME, "typing")
    assert [event.chat for event in seen] == [ME]
    assert await message.pin()
    pinned = (await bot.get_chat(ME)).pinned_message
    assert pinned is not None
    assert pinned.message_id == message.message_id
    assert await bot.unpin_chat_message(ME)
    assert await message.set_reaction("👍")
    assert api.history(ME)[0][0].reaction == "👍"
    assert (await message.copy(ME)).message_id == message.message_id + 1
    assert (await message.forward(ME)).forward_origin is not None
    assert await bot.set_my_description("Long")
    assert await bot.set_my_short_description("Short")
    assert (await bot.get_my_description()).description == "Long"


async def test_unknown_methods_and_case(bot: Bot) -> None:
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("makeCoffee")
    assert (await bot.do_api_request("GETME"))["id"] == 4711


@pytest.mark.parametrize(("token", "words"), [("4711:" + "x" * 35, "Unauthorized"), ("nonsense", "Not Found")])
async def test_wrong_tokens(bot: Bot, api: BotApi, transport: str, token: str, words: str) -> None:
    request = InMemoryRequest(api, bot.token) if transport == "memory" else HTTPXRequest()
    stranger = Bot(token, base_url=bot.base_url.removesuffix(bot.token), request=request)
    with pytest.raises(InvalidToken, match=words):
        await stranger.get_me()
    await request.shutdown()


async def test_a_whole_application_runs_on_it(bot: Bot, api: BotApi) -> None:
    async def greet(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_text(f"Hello {update.effective_message.from_user}"[:5])

    application = Application.builder().bot(bot).build()
    application.add_handler(CommandHandler("start", greet))
    async with application:
        assert application.updater is not None
        await application.updater.start_polling()
        await application.start()
        api.people.send("/start")
        await until(lambda: api.history(ME)[0][-1].body["text"] == "Hello")
        await application.updater.stop()
        await application.stop()
    await until(lambda: not api.online)
