"""What people do in the chats: the other side of the Bot API, for the web page and for tests."""

from bot.local import callbacks, polls
from bot.local.backend import Backend
from bot.local.chats import member_json
from bot.local.detection import leading_command
from bot.local.entities import tidy, to_units
from bot.local.events import MessagesDeleted
from bot.local.markup import utf16_length
from bot.local.media import keep_upload, media_content
from bot.local.messages import MAX_CAPTION, MAX_TEXT, add, replace, without_reply
from bot.local.models import ApiError, Chat, ChatKind, JsonDict, PersonError, StoredMessage, Upload, User
from bot.local.records import ChatKnown, MessagesRemoved, UserBlocked
from bot.local.sending import content_of


class People:
    """Acts as people; `chat` and `user` default to the visitor and their private chat with the bot.

    Every act stores what it changes, tells the listeners and queues the update that the bot gets.
    All raise `PersonError`, with words for showing, when the chat does not allow the act.
    """

    def __init__(self, backend: Backend):
        self._backend = backend

    def add_user(self, user: User) -> Chat:
        """Make another person known; returns their private chat with the bot."""
        return self._backend.add_user(user)

    def add_group(
        self,
        chat_id: int,
        title: str,
        members: list[User],
        *,
        kind: ChatKind = "supergroup",
        forum: bool = False,
        bot_status: str = "member",
    ) -> Chat:
        """Make a group with these people (the first one owns it) and the bot in it."""
        for user in members:
            self._backend.add_user(user)
        statuses = {user.id: "member" if place else "creator" for place, user in enumerate(members)}
        statuses[self._backend.bot.id] = bot_status
        chat = Chat(id=chat_id, type=kind, title=title, members=statuses, forum=forum)
        self._backend.commit(ChatKnown(chat=chat))
        return chat

    def send(
        self,
        text: str,
        *,
        chat: int | None = None,
        user: int | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
    ) -> JsonDict:
        """Write a text; returns the `Message`."""
        clean, entities = tidy(text, [])
        if not clean:
            raise PersonError("Write something first.")
        if utf16_length(clean) > MAX_TEXT:
            raise PersonError(f"A message has at most {MAX_TEXT} characters; this one is longer.")
        content: JsonDict = {"text": clean}
        if entities:
            content["entities"] = entities
        if thread:
            content.update(message_thread_id=thread, is_topic_message=True)
        return self._say(content, chat, user, reply_to)

    def upload(
        self, upload: Upload, *, caption: str = "", chat: int | None = None, user: int | None = None
    ) -> JsonDict:
        """Send a file: a picture that the browser knows as a photo, everything else as a document."""
        clean, entities = tidy(caption, [])
        if utf16_length(clean) > MAX_CAPTION:
            raise PersonError(f"A caption has at most {MAX_CAPTION} characters; this one is longer.")
        content = self._file_content(upload)
        if clean:
            content["caption"] = clean
        if entities:
            content["caption_entities"] = entities
        return self._say(content, chat, user, None)

    def location(
        self,
        latitude: float,
        longitude: float,
        *,
        live: int | None = None,
        chat: int | None = None,
        user: int | None = None,
    ) -> JsonDict:
        """Share a place; `live`: for so many seconds from now, in which it can be moved."""
        return self._say({"location": _place(latitude, longitude, live)}, chat, user, None)

    def move(self, message_id: int, latitude: float, longitude: float, *, chat: int | None = None) -> None:
        """Move a place that is shared live; the bot hears of it by `edited_message`."""
        shared = self._live(message_id, chat)
        self._relocate(message_id, _place(latitude, longitude, shared["live_period"]), chat)

    def stop_sharing(self, message_id: int, *, chat: int | None = None) -> None:
        """End a live place where it is; the bot hears of it by `edited_message`, without a period."""
        shared = self._live(message_id, chat)
        self._relocate(message_id, _place(shared["latitude"], shared["longitude"], None), chat)

    def _live(self, message_id: int, chat: int | None) -> JsonDict:
        body = self._message(self._chat(chat), message_id).body
        shared: JsonDict = body.get("location", {})
        if self._backend.now() >= body["date"] + shared.get("live_period", 0):
            raise PersonError("This place is not shared live.")
        return shared

    def _relocate(self, message_id: int, place: JsonDict, chat: int | None) -> None:
        where = self._chat(chat)
        message = self._message(where, message_id)
        body = {**message.body, "location": place, "edit_date": self._backend.now()}
        replace(self._backend, where.id, message, body)
        if self._bot_hears(where, body):
            self._backend.deliver("edited_message", body)

    def forward(self, message_id: int, *, chat: int | None = None, user: int | None = None) -> JsonDict:
        """Forward a message of the chat into the same chat."""
        body = self._message(self._chat(chat), message_id).body
        origin = {"type": "user", "date": body["date"], "sender_user": body["from"]}
        return self._say({**content_of(body), "forward_origin": origin}, chat, user, None)

    def edit(self, message_id: int, text: str, *, chat: int | None = None, user: int | None = None) -> JsonDict:
        """Change the text of one's own message."""
        where, who = self._chat(chat), self._user(user)
        message = self._message(where, message_id)
        if message.body["from"]["id"] != who.id or "text" not in message.body:
            raise PersonError("Only your own text messages can be edited.")
        clean, entities = tidy(text, [])
        body = {key: value for key, value in message.body.items() if key != "entities"}
        body.update(text=clean, edit_date=self._backend.now())
        if entities:
            body["entities"] = entities
        replace(self._backend, where.id, message, body)
        if self._bot_hears(where, body):
            self._backend.deliver("edited_message", body)
        return body

    def delete(self, message_id: int, *, chat: int | None = None) -> None:
        """Delete a message; the bot hears nothing of it, as at Telegram."""
        where = self._chat(chat)
        self._message(where, message_id)
        self._backend.commit(MessagesRemoved(chat=where.id, message_ids=[message_id]))
        self._backend.emit(MessagesDeleted(chat=where.id, message_ids=(message_id,)))

    def press(
        self,
        message_id: int,
        row: int = 0,
        col: int = 0,
        *,
        chat: int | None = None,
        user: int | None = None,
        press_id: str | None = None,
    ) -> str:
        """Press an inline button; returns the press's number, which `PressAnswered` carries."""
        message = self._message(self._chat(chat), message_id)
        rows = message.body.get("reply_markup", {}).get("inline_keyboard", [])
        if not (0 <= row < len(rows) and 0 <= col < len(rows[row])):
            raise PersonError("This button is no longer there.")
        data = rows[row][col].get("callback_data")
        if data is None:
            raise PersonError("This button does not send anything.")
        return self.press_data(message_id, data, chat=chat, user=user, press_id=press_id)

    def press_data(
        self,
        message_id: int,
        data: str,
        *,
        chat: int | None = None,
        user: int | None = None,
        press_id: str | None = None,
    ) -> str:
        """Send any callback data, as a forged client could; the message must be there."""
        who = self._user(user)
        message = self._message(self._chat(chat), message_id)
        return callbacks.press(self._backend, who, message.body, data, press_id)

    def vote(self, message_id: int, option_ids: list[int], *, chat: int | None = None, user: int | None = None) -> None:
        """Vote in a poll; an empty list takes the vote back."""
        polls.close_overdue(self._backend)
        message = self._message(self._chat(chat), message_id)
        if "poll" not in message.body:
            raise PersonError("This message is no poll.")
        polls.vote(self._backend, message, self._user(user), option_ids)

    def block(self, *, user: int | None = None, blocked: bool = True) -> None:
        """Block the bot, or let it in again; the bot hears of it by `my_chat_member`."""
        who = self._user(user)
        self._backend.commit(UserBlocked(user=who.id, blocked=blocked))
        before, after = ("member", "kicked") if blocked else ("kicked", "member")
        self._membership(self._chat(who.id), who, before, after)

    def set_bot_status(self, chat: int, status: str, *, user: int | None = None) -> None:
        """Add, remove or promote the bot in a group; the bot hears of it by `my_chat_member`."""
        where = self._chat(chat)
        before = where.members.get(self._backend.bot.id, "left")
        where.members[self._backend.bot.id] = status
        self._backend.commit(ChatKnown(chat=where))
        self._membership(where, self._user(user), before, status)

    def _membership(self, chat: Chat, by: User, before: str, after: str) -> None:
        bot = self._backend.bot
        self._backend.deliver(
            "my_chat_member",
            {
                "chat": chat.to_json(),
                "from": by.to_json(),
                "date": self._backend.now(),
                "old_chat_member": member_json(bot, before),
                "new_chat_member": member_json(bot, after),
            },
        )

    def _chat(self, chat: int | None) -> Chat:
        found = self._backend.state.chats.get(self._backend.visitor.id if chat is None else chat)
        if found is None:
            raise PersonError("There is no such chat.")
        return found

    def _user(self, user: int | None) -> User:
        found = self._backend.state.users.get(self._backend.visitor.id if user is None else user)
        if found is None:
            raise PersonError("There is no such person.")
        return found

    def _message(self, chat: Chat, message_id: int) -> StoredMessage:
        message = self._backend.find_message(chat.id, message_id)
        if message is None:
            raise PersonError("This message is no longer there.")
        return message

    def _file_content(self, upload: Upload) -> JsonDict:
        try:
            return media_content(keep_upload(self._backend, upload, "photo"), "photo")
        except ApiError:
            pass
        try:
            return media_content(keep_upload(self._backend, upload, "document"), "document")
        except ApiError as error:
            raise PersonError("The file is empty." if not upload.content else "A file has at most 50 MB.") from error

    def _say(self, content: JsonDict, chat: int | None, user: int | None, reply_to: int | None) -> JsonDict:
        where, who = self._chat(chat), self._user(user)
        if where.type == "private" and where.id != who.id:
            raise PersonError("Nobody can write into another person's private chat.")
        if where.type != "private" and where.members.get(who.id, "left") in ("left", "kicked"):
            raise PersonError("Only members can write into this group.")
        if reply_to is not None:
            content = {**content, "reply_to_message": without_reply(self._message(where, reply_to).body)}
        body = add(self._backend, where, who, content).body
        if self._bot_hears(where, body):
            self._backend.deliver("message", body)
        return body

    def _bot_hears(self, chat: Chat, body: JsonDict) -> bool:
        """Whether the bot gets this message: in groups privacy mode leaves commands and replies."""
        backend = self._backend
        if chat.type == "private":
            return chat.id not in backend.state.blocked
        status = chat.members.get(backend.bot.id, "left")
        if status in ("left", "kicked"):
            return False
        if backend.reads_all_group_messages or status == "administrator":
            return True
        if body.get("reply_to_message", {}).get("from", {}).get("id") == backend.bot.id:
            return True
        command = leading_command(to_units(body.get("text") or body.get("caption") or ""))
        mine = (backend.bot.username or "").lower()
        return command is not None and command[1].lower() in ("", mine)


def _place(latitude: float, longitude: float, live: int | None) -> JsonDict:
    """A `Location`; `live_period` stands in active live ones only."""
    return {"latitude": latitude, "longitude": longitude} | ({"live_period": live} if live is not None else {})
