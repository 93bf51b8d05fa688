"""The open web pages: what they ask for, and what they are told live."""

import asyncio
from typing import Any, Protocol

import msgspec

from bot.local import frames
from bot.local.core import BotApi
from bot.local.events import (
    CommandsChanged,
    Event,
    MessageAdded,
    MessageEdited,
    MessagesDeleted,
    PollingChanged,
    PressAnswered,
    Typing,
)
from bot.local.models import JsonDict, PersonError

OFFLINE_AFTER = 2.0
"""Seconds without a waiting bot until the page says so: a bot that works on an update is not away."""


class Page(Protocol):
    """One open page."""

    def show(self, frame: JsonDict) -> None:
        """Send it a frame."""

    def close(self) -> None:
        """End its connection."""


class Send(msgspec.Struct, frozen=True, tag="send"):
    """The visitor writes."""

    text: str
    chat: int | None = None
    reply_to: int | None = None


class Press(msgspec.Struct, frozen=True, tag="press"):
    """The visitor presses a button."""

    id: str
    message_id: int
    row: int
    col: int
    chat: int | None = None


class Vote(msgspec.Struct, frozen=True, tag="vote"):
    """The visitor votes."""

    message_id: int
    option_ids: list[int]
    chat: int | None = None


class History(msgspec.Struct, frozen=True, tag="history"):
    """The page wants older messages."""

    before: int
    chat: int | None = None


class Restart(msgspec.Struct, frozen=True, tag="restart"):
    """The page starts over."""


_decode = msgspec.json.Decoder(Send | Press | Vote | History | Restart).decode


class Pages:
    """All open pages of one `BotApi`; must be made inside a running event loop."""

    def __init__(self, api: BotApi):
        self._api = api
        self._pages: set[Page] = set()
        self._pressed: dict[str, Page] = {}
        self._online = api.online
        self._loop = asyncio.get_running_loop()
        self._offline: asyncio.TimerHandle | None = None
        self._unsubscribe = api.subscribe(self._on_event)

    def join(self, page: Page) -> None:
        """A page was opened."""
        self._pages.add(page)
        self._greet(page)

    def leave(self, page: Page) -> None:
        """A page was closed."""
        self._pages.discard(page)
        self._pressed = {press: owner for press, owner in self._pressed.items() if owner is not page}

    def close(self) -> None:
        """Tell the pages nothing any more, and let them see that they are alone."""
        self._unsubscribe()
        for page in tuple(self._pages):
            page.close()
        if self._offline is not None:
            self._offline.cancel()

    def handle(self, page: Page, text: str | bytes) -> None:
        """Do what a page asks for; wrong requests are answered with an `error` frame."""
        try:
            request = _decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            page.show(frames.error("The page sent something that this server does not understand. Reload it."))
            return
        try:
            self._do(page, request)
        except PersonError as reason:
            page.show(frames.error(str(reason)))

    def _do(self, page: Page, request: Send | Press | Vote | History | Restart) -> None:
        people = self._api.people
        match request:
            case Send():
                people.send(request.text, chat=request.chat, reply_to=request.reply_to)
            case Press():
                self._press(page, request)
            case Vote():
                people.vote(request.message_id, request.option_ids, chat=request.chat)
            case History():
                chat = self._api.visitor.id if request.chat is None else request.chat
                if self._visible(chat):
                    page.show(frames.history(self._api, chat, request.before))
            case Restart():
                self._greet(page)

    def _press(self, page: Page, request: Press) -> None:
        self._pressed[request.id] = page
        try:
            self._api.people.press(request.message_id, request.row, request.col, chat=request.chat, press_id=request.id)
        except PersonError:
            del self._pressed[request.id]
            page.show(frames.callback_answer(request.id))
            raise

    def _greet(self, page: Page) -> None:
        page.show(frames.hello(self._api))
        page.show({"type": "bot_online", "online": self._online})

    def _visible(self, chat: int) -> bool:
        return any(known.id == chat for known in self._api.chats())

    def _broadcast(self, frame: JsonDict) -> None:
        for page in tuple(self._pages):
            page.show(frame)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, PollingChanged):
            self._note_polling(event.online)
        elif isinstance(event, PressAnswered):
            page = self._pressed.pop(event.press, None)
            if page is not None:
                page.show(frames.callback_answer(event.press, event.text, show_alert=event.show_alert))
        elif self._pages:
            frame = self._frame(event)
            if frame is not None:
                self._broadcast(frame)

    def _frame(self, event: Event) -> JsonDict | None:
        match event:
            case CommandsChanged():
                return {"type": "commands", "commands": self._api.commands(self._api.visitor.id)}
            case MessageAdded() | MessageEdited() | MessagesDeleted() | Typing():
                return self._chat_frame(event) if self._visible(event.chat) else None
        return None

    def _chat_frame(self, event: MessageAdded | MessageEdited | MessagesDeleted | Typing) -> dict[str, Any]:
        match event:
            case MessagesDeleted():
                return {"type": "deleted", "chat": event.chat, "message_ids": list(event.message_ids)}
            case Typing():
                return {"type": "typing", "chat": event.chat}
            case MessageAdded():
                return {"type": "message", "message": frames.page_message(self._api, event.message)}
            case MessageEdited():
                return {"type": "edited", "message": frames.page_message(self._api, event.message)}

    def _note_polling(self, online: bool) -> None:
        if self._offline is not None:
            self._offline.cancel()
            self._offline = None
        if online:
            self._set_online(True)
        else:
            self._offline = self._loop.call_later(OFFLINE_AFTER, self._set_online, False)

    def _set_online(self, online: bool) -> None:
        if online != self._online:
            self._online = online
            self._broadcast({"type": "bot_online", "online": online})
