"""The table of Bot API methods, by lower-case name."""

from collections.abc import Callable
from typing import Any

from bot.local import callbacks, chats, editing, media, polls, profile, sending, updating
from bot.local.backend import Backend
from bot.local.params import Params

Method = Callable[[Backend, Params], Any]

METHODS: dict[str, Method] = {
    "getme": profile.get_me,
    "getupdates": updating.get_updates,
    "setwebhook": updating.set_webhook,
    "deletewebhook": updating.delete_webhook,
    "getwebhookinfo": updating.get_webhook_info,
    "logout": updating.yes,
    "close": updating.yes,
    "sendmessage": sending.send_message,
    "sendphoto": media.send_photo,
    "senddocument": media.send_document,
    "sendmediagroup": media.send_media_group,
    "sendlocation": sending.send_location,
    "sendchataction": sending.send_chat_action,
    "forwardmessage": sending.forward_message,
    "copymessage": sending.copy_message,
    "editmessagetext": editing.edit_text,
    "editmessagecaption": editing.edit_caption,
    "editmessagemedia": editing.edit_media,
    "editmessagereplymarkup": editing.edit_markup,
    "deletemessage": editing.delete_message,
    "deletemessages": editing.delete_messages,
    "answercallbackquery": callbacks.answer_callback_query,
    "sendpoll": polls.send_poll,
    "stoppoll": polls.stop_poll,
    "getfile": media.get_file,
    "getchat": chats.get_chat,
    "getchatmember": chats.get_chat_member,
    "getchatmembercount": chats.get_chat_member_count,
    "getchatadministrators": chats.get_chat_administrators,
    "leavechat": chats.leave_chat,
    "pinchatmessage": chats.pin_message,
    "unpinchatmessage": chats.unpin_message,
    "unpinallchatmessages": chats.unpin_message,
    "setmessagereaction": chats.set_reaction,
    "setmycommands": profile.set_my_commands,
    "getmycommands": profile.get_my_commands,
    "deletemycommands": profile.delete_my_commands,
    "setmyname": profile.set_text("name"),
    "getmyname": profile.get_text("name"),
    "setmydescription": profile.set_text("description"),
    "getmydescription": profile.get_text("description"),
    "setmyshortdescription": profile.set_text("short_description"),
    "getmyshortdescription": profile.get_text("short_description"),
}
