"""Telegram in this process, and a person who chats in it with a bot in another one."""

import re
from dataclasses import dataclass

from bot.local import events
from bot.local.core import BotApi
from bot.local.models import StoredMessage, User
from bot.local.server import LocalServer, start
from core.runtime.clock import utc_now
from tests.end_to_end.jarvis_process import until

TOKEN = "8174239055:AAF-q3Zt0_end2end_QmXwVbKcRyTnLpJhGs"
OWNER = 7
STRANGER = 666
_BOT = User(id=8174239055, first_name="Jarvis", is_bot=True, username="jarvis_bot")


@dataclass(frozen=True)
class Seen:
    """A message as a person sees it."""

    number: int
    text: str
    buttons: tuple[tuple[str, ...], ...]
    from_bot: bool


class Telegram:
    """A Bot API server, the owner at the one end and the bot at the other."""

    def __init__(self) -> None:
        self.api = BotApi(_BOT, User(id=OWNER, first_name="Olivia"), utc_now)
        self.api.people.add_user(User(id=STRANGER, first_name="Stan"))
        self.toasts: list[str] = []
        """What the bot answered to presses."""
        self._server: LocalServer | None = None
        self.api.subscribe(self._on_event)

    def _on_event(self, event: events.Event) -> None:
        if isinstance(event, events.PressAnswered):
            self.toasts.append(event.text or "")

    async def open(self, port: int = 0) -> None:
        """Begin to serve."""
        self._server = await start(self.api, port, TOKEN)

    async def close(self) -> int:
        """Stop serving; the bot loses its connection. Returns the port."""
        assert self._server is not None
        await self._server.stop()
        return self._server.port

    @property
    def settings(self) -> dict[str, str]:
        """What connects a bot to this server."""
        assert self._server is not None
        return {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": f"http://127.0.0.1:{self._server.port}"}

    def messages(self, chat: int = OWNER) -> list[Seen]:
        """All messages of a private chat, oldest first."""
        return [_seen(message) for message in self.api.history(chat)[0]]

    def said(self, pattern: str, chat: int = OWNER) -> list[Seen]:
        """The messages of the bot that match."""
        return [message for message in self.messages(chat) if message.from_bot and re.search(pattern, message.text)]

    async def hear(self, pattern: str, button: str | None = None) -> Seen:
        """Wait until a message of the bot matches (and has that button); the newest such."""

        def found() -> list[Seen]:
            matching = self.said(pattern)
            return [message for message in matching if button is None or button in _labels(message)]

        return (await until(found, f"a message with “{pattern}” and the button {button}"))[-1]

    async def ask(self, text: str) -> Seen:
        """Write something and wait for the next message of the bot."""
        number = self.api.people.send(text)["message_id"]

        def answers() -> list[Seen]:
            return [message for message in self.messages() if message.number > number and message.from_bot]

        return (await until(answers, f"an answer to {text!r}"))[0]

    async def press(self, message: Seen, label: str) -> str:
        """Press the button whose text contains `label`; returns the toast or alert that came back."""
        places = [(row, column) for row, texts in enumerate(message.buttons) for column, _ in enumerate(texts)]
        row, column = next(place for place in places if label in message.buttons[place[0]][place[1]])
        before = len(self.toasts)
        self.api.people.press(message.number, row, column)
        await until(lambda: len(self.toasts) > before, f"an answer to the press of {label}")
        return self.toasts[before]

    async def add(self, title: str, command: str, *, verify: str | None = None, asks: bool = False) -> str:
        """Add a task that starts at once, or after somebody's yes when it `asks`; returns its id."""
        check = f"\nverify: {verify}" if verify else ""
        card = rf"{re.escape(title)}(?: · |\n)/(task_\d+)"  # or what the card has become: its build may run already
        self.api.people.send(f"/add {title} 0.1h !high #bug\nrun: {command}{check}")
        shown = await self.hear(card, "✅ Approve" if asks else None)
        task = re.search(card, shown.text)
        assert task is not None
        if asks:
            await self.press(shown, "Approve")
        return task[1]


def _seen(message: StoredMessage) -> Seen:
    body = message.body
    rows = body.get("reply_markup", {}).get("inline_keyboard", [])
    return Seen(
        number=body["message_id"],
        text=body.get("text") or body.get("caption") or "",
        buttons=tuple(tuple(button["text"] for button in row) for row in rows),
        from_bot=body["from"]["id"] == _BOT.id,
    )


def _labels(message: Seen) -> str:
    return "\n".join(label for row in message.buttons for label in row)
