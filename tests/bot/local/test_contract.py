"""What Telegram promises to a bot, asked for over HTTP and in memory alike."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputPollOption,
    LinkPreviewOptions,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, Conflict, EndPointNotFound, Forbidden, InvalidToken
from telegram.ext import Application, CommandHandler, ContextTypes
from telegram.request import HTTPXRequest

from bot.local.core import BotApi
from bot.local.events import PressAnswered, Typing
from bot.local.models import Upload, User
from bot.local.request import InMemoryRequest

ME = 7
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03\x08\x02\x00\x00\x00\x12\x16\xf1M"
    b"\x00\x00\x00\x0cIDATx\x9cc`\xa0\x1c\x00\x00\x00K\x00\x01\xc1\xc6y\x83\x00\x00\x00\x00IEND\xaeB`\x82"
)


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


async def test_introduces_itself(bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (4711, "jarvis_bot", True)


async def test_formatted_text_arrives_with_utf16_offsets(bot: Bot, api: BotApi) -> None:
    message = await bot.send_message(ME, "😀 <b>שלום</b> <a href='https://a.b/?q=1&amp;r'>x</a>", parse_mode="HTML")
    assert message.text == "😀 שלום x"
    assert [(e.type, e.offset, e.length, e.url) for e in message.entities] == [
        ("bold", 3, 4, None),
        ("text_link", 8, 1, "https://a.b/?q=1&r"),
    ]
    assert api.history(ME)[0][-1].body["text"] == "😀 שלום x"


async def test_explicit_entities_and_trimming(bot: Bot) -> None:
    entities = [MessageEntity("bold", 2, 5), MessageEntity("pre", 8, 3, language="py")]
    message = await bot.send_message(ME, "  hello x=1 \n ", entities=entities)
    assert message.text == "hello x=1"
    assert [(e.type, e.offset, e.length, e.language) for e in message.entities] == [
        ("bold", 0, 5, None),
        ("pre", 6, 3, "py"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Message text is empty"),
        (" \n ", "Text must be non-empty"),
        ("x" * 4097, "Message is too long"),
        ("😀" * 2049, "Message is too long"),
        ("<b>x", "Can't parse entities: can't find end tag corresponding to start tag \"b\""),
        ("é<x>y</x>", 'Can\'t parse entities: unsupported start tag "x" at byte offset 2'),
        (
            "<b><i>test</b></i>",
            'Can\'t parse entities: unmatched end tag at byte offset 10, expected "</i>", found "</b>"',
        ),
        ("x</b>", "Can't parse entities: unexpected end tag at byte offset 1"),
        ("a < b", 'Can\'t parse entities: unsupported start tag "" at byte offset 2'),
        ("<b", "Can't parse entities: unclosed start tag at byte offset 0"),
        (
            "<span class='x'>y</span>",
            'Can\'t parse entities: tag "span" must have class "tg-spoiler" at byte offset 0',
        ),
    ],
)
async def test_refuses_bad_texts_in_telegrams_words(bot: Bot, api: BotApi, text: str, words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await bot.send_message(ME, text, parse_mode="HTML")
    assert caught.value.message.lower() == words.lower()
    assert api.history(ME) == ([], False)


async def test_limits_count_utf16_after_parsing(bot: Bot) -> None:
    assert len((await bot.send_message(ME, f"<b>{'x' * 4096}</b>", parse_mode="HTML")).text or "") == 4096
    await bot.send_document(ME, b"x", caption="😀" * 512)
    await refused(bot.send_document(ME, b"x", caption="x" * 1025), "Message caption is too long")


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        (MessageEntity("bold", 9, 1), "Entity begins after the end of the text at utf-16 offset 9"),
        (MessageEntity("bold", 5, 2), "Entity begins in a middle of a utf-16 symbol at byte offset 4"),
        (MessageEntity("bold", 0, 5), "Entity ends in a middle of a utf-16 symbol at byte offset 4"),
        (MessageEntity("bold", -1, 1), "Receive an entity with incorrect offset -1"),
        (
            MessageEntity("bold", 0, 9),
            "Entity beginning at utf-16 offset 0 ends after the end of the text at utf-16 offset 9",
        ),
        (MessageEntity("text_link", 0, 1, url="nope"), "Entity url 'nope' is invalid: wrong http url"),
    ],
)
async def test_refuses_entities_outside_the_text(bot: Bot, entity: MessageEntity, words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await bot.send_message(ME, "hell😀o", entities=[entity])
    assert caught.value.message.lower() == words.lower()


async def test_unknown_parse_modes_and_markdown(bot: Bot) -> None:
    await refused(bot.send_message(ME, "x", parse_mode="nope"), "Unsupported parse_mode")
    with pytest.raises(BadRequest, match="html and explicit entities only"):
        await bot.send_message(ME, "*x*", parse_mode="MarkdownV2")


async def test_unknown_chats(bot: Bot) -> None:
    await refused(bot.send_message(99, "x"), "Chat not found")
    await refused(bot.send_message("@nobody", "x"), "Chat not found")
    await refused(bot.send_message("", "x"), "Chat_id is empty")


async def test_replies(bot: Bot) -> None:
    first = await bot.send_message(ME, "one")
    second = await bot.send_message(ME, "two", reply_parameters=ReplyParameters(first.message_id))
    third = await bot.send_message(ME, "three", reply_to_message_id=second.message_id)
    assert second.reply_to_message is not None
    assert second.reply_to_message.text == "one"
    assert third.reply_to_message is not None
    assert third.reply_to_message.reply_to_message is None
    await refused(bot.send_message(ME, "x", reply_to_message_id=999), "Message to be replied not found")
    loose = ReplyParameters(999, allow_sending_without_reply=True)
    assert (await bot.send_message(ME, "x", reply_parameters=loose)).reply_to_message is None


async def test_accepted_options(bot: Bot) -> None:
    message = await bot.send_message(
        ME,
        "https://example.org",
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        disable_notification=True,
        protect_content=True,
    )
    assert message.has_protected_content
    assert message.entities[0].type == "url"
    await refused(bot.send_message(ME, "x", message_thread_id=5), "Message thread not found")


async def test_callback_data_has_at_most_64_bytes(bot: Bot) -> None:
    await bot.send_message(ME, "x", reply_markup=keyboard("é" * 32))
    await refused(bot.send_message(ME, "x", reply_markup=keyboard("é" * 32 + "x")), "Button_data_invalid")
    with pytest.raises(BadRequest, match=r"text buttons are unallowed"):
        await bot.send_message(ME, "x", reply_markup=keyboard(""))


async def test_button_addresses(bot: Bot) -> None:
    good = InlineKeyboardMarkup([[InlineKeyboardButton("x", url="https://a.b")]])
    assert (await bot.send_message(ME, "x", reply_markup=good)).reply_markup == good
    bad = InlineKeyboardMarkup([[InlineKeyboardButton("x", url="not-a-url")]])
    await refused(
        bot.send_message(ME, "x", reply_markup=bad),
        "Inline keyboard button url 'not-a-url' is invalid: wrong http url",
    )


async def test_edits(bot: Bot, api: BotApi) -> None:
    message = await bot.send_message(ME, "one", reply_markup=keyboard("a"))
    edited = await message.edit_text("<b>two</b>", parse_mode="HTML")
    assert not isinstance(edited, bool)
    assert (edited.message_id, edited.text, edited.reply_markup) == (message.message_id, "two", None)
    assert edited.edit_date is not None
    with pytest.raises(BadRequest, match="exactly the same as a current content") as caught:
        await message.edit_text("<b>two</b>", parse_mode="HTML")
    assert caught.value.message.startswith("Message is not modified: specified new message content")
    await message.edit_reply_markup(keyboard("b"))
    await refused(bot.edit_message_text("x", chat_id=ME, message_id=999), "Message to edit not found")
    theirs = api.people.send("mine")
    await refused(bot.edit_message_text("x", chat_id=ME, message_id=theirs["message_id"]), "Message can't be edited")
    await refused(
        bot.edit_message_caption(ME, message.message_id, caption="x"), "There is no caption in the message to edit"
    )
    assert [m.body["text"] for m in api.history(ME)[0]] == ["two", "mine"]


async def test_messages_with_other_keyboards_cannot_be_edited(bot: Bot, api: BotApi) -> None:
    forced = await bot.send_message(ME, "?", reply_markup=ForceReply(input_field_placeholder="name"))
    await bot.send_message(ME, "?", reply_markup=ReplyKeyboardMarkup([["A", "B"]]))
    assert forced.reply_markup is None
    shown = api.history(ME)[0][0].keyboard
    assert shown is not None
    assert shown["force_reply"] is True
    with pytest.raises(BadRequest, match="can't be edited"):
        await forced.edit_text("x")


async def test_deleting(bot: Bot, api: BotApi, clock: Any) -> None:
    one, two, three = [await bot.send_message(ME, text) for text in "abc"]
    assert await one.delete()
    await refused(bot.delete_message(ME, one.message_id), "Message to delete not found")
    assert await bot.delete_messages(ME, [one.message_id, two.message_id])
    clock.advance(49 * 3600)
    await refused(bot.delete_message(ME, three.message_id), "Message can't be deleted for everyone")
    assert [m.message_id for m in api.history(ME)[0]] == [three.message_id]


async def test_photos_and_documents(bot: Bot, api: BotApi) -> None:
    photo = await bot.send_photo(ME, PNG, caption="<i>look</i>", parse_mode="HTML")
    assert (photo.photo[0].width, photo.photo[0].height, photo.caption) == (2, 3, "look")
    document = await bot.send_document(ME, b"# notes", filename="../nötes.md")
    assert document.document is not None
    assert (document.document.file_name, document.document.file_size) == ("nötes.md", 7)
    file = await document.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"# notes"
    again = await bot.send_document(ME, document.document.file_id, caption="again")
    assert again.document == document.document
    edited = await bot.edit_message_media(
        InputMediaDocument(b"new", filename="b.txt", caption="c"), ME, again.message_id
    )
    assert not isinstance(edited, bool)
    assert edited.document is not None
    assert (edited.document.file_name, edited.caption) == ("b.txt", "c")


async def test_albums_upload_by_attach_names(bot: Bot) -> None:
    album = await bot.send_media_group(
        ME, [InputMediaDocument(b"a", filename="a.txt"), InputMediaDocument(b"b", filename="b.txt", caption="x")]
    )
    assert [m.document and m.document.file_name for m in album] == ["a.txt", "b.txt"]
    assert len({m.media_group_id for m in album}) == 1


async def test_refuses_bad_files(bot: Bot) -> None:
    await refused(bot.send_photo(ME, b"no picture"), "Image_process_failed")
    await refused(bot.send_document(ME, b""), "File must be non-empty")
    await refused(bot.send_document(ME, "BQACnope"), "Wrong file identifier/http url specified")
    await refused(bot.get_file("nope"), "Wrong file_id or the file is temporarily unavailable")


async def test_visitor_uploads_reach_the_bot(bot: Bot, api: BotApi) -> None:
    api.people.upload(Upload(name="a.txt", content=b"abc", mime="text/plain"), caption="/add file")
    api.people.upload(Upload(name="p.png", content=PNG))
    first, second = await bot.get_updates()
    assert first.message is not None
    assert first.message.document is not None
    assert first.message.caption_entities[0].type == "bot_command"
    file = await first.message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"abc"
    assert second.message is not None
    assert second.message.photo


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
