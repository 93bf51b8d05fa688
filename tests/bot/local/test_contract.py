"""What Telegram promises about messages and files, asked for over HTTP and in memory alike."""

from collections.abc import Awaitable
from typing import Any

import pytest
from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.error import BadRequest

from bot.local.core import BotApi
from bot.local.models import Upload

ME = 7
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03\x08\x02\x00\x00\x00\x12\x16\xf1M"
    b"\x00\x00\x00\x0cIDATx\x9cc`\xa0\x1c\x00\x00\x00K\x00\x01\xc1\xc6y\x83\x00\x00\x00\x00IEND\xaeB`\x82"
)


UNCLOSED = "Can't parse entities: can't find end tag corresponding to start tag \"b\""


def keyboard(*data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(one or "x", callback_data=one) for one in data]])


async def refused(call: Awaitable[Any], words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await call
    assert caught.value.message == words


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


async def test_the_caption_of_a_photo_is_edited(bot: Bot, api: BotApi) -> None:
    photo = await bot.send_photo(ME, PNG, caption="<i>one</i>", parse_mode="HTML", reply_markup=keyboard("a"))
    edited = await photo.edit_caption("<b>two</b>", parse_mode="HTML", reply_markup=keyboard("b"))
    assert isinstance(edited, Message)
    assert (edited.caption, edited.photo, edited.text) == ("two", photo.photo, None)
    assert [entity.type for entity in edited.caption_entities] == ["bold"]
    assert edited.reply_markup == keyboard("b")
    assert edited.edit_date is not None
    with pytest.raises(BadRequest, match="Message is not modified"):
        await photo.edit_caption("<b>two</b>", parse_mode="HTML", reply_markup=keyboard("b"))
    await refused(photo.edit_text("x"), "There is no text in the message to edit")
    await refused(photo.edit_caption("x" * 1025), "Message caption is too long")
    await refused(photo.edit_caption("<b>x", parse_mode="HTML"), UNCLOSED)
    await photo.edit_caption()  # an empty caption takes it away, and no keyboard takes the keyboard
    body = api.history(ME)[0][-1].body
    assert "photo" in body
    assert not {"caption", "caption_entities", "reply_markup"} & body.keys()


async def test_photos_keep_to_the_limits_of_their_size(bot: Bot) -> None:
    def png(width: int, height: int) -> bytes:
        return PNG[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + PNG[24:]

    assert (await bot.send_photo(ME, png(9520, 476))).photo[0].width == 9520
    for width, height in ((9000, 1001), (2001, 100)):
        await refused(bot.send_photo(ME, png(width, height)), "Photo_invalid_dimensions")
    size = 10 * 1024 * 1024
    assert await bot.send_photo(ME, PNG.ljust(size, b"x"))
    await refused(
        bot.send_photo(ME, PNG.ljust(size + 1, b"x")), f"File of size {size + 1} bytes is too big for a photo"
    )


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
