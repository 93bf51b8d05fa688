"""The local Bot API: Telegram's server side in plain Python, without any network."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.local.backend import Backend, Listener
from bot.local.faults import Faults
from bot.local.methods import METHODS
from bot.local.models import ApiError, ApiResult, Chat, StoredFile, StoredMessage, Upload, User
from bot.local.params import Params
from bot.local.people import People
from bot.local.polls import close_overdue
from bot.local.profile import commands_for

NOT_FOUND = ApiResult(ok=False, error_code=404, description="Not Found")
UNAUTHORIZED = ApiResult(ok=False, error_code=401, description="Unauthorized")


class BotApi:
    """One bot and the people around it.

    `bot` and `visitor` are their Bot API users, `clock` gives the aware present moment, and `path`
    is the journal that lets everything survive a restart (files go to the folder `<path>.files`);
    without it everything is in memory. `reads_all_group_messages` turns privacy mode off.

    `people` acts as people, `faults` breaks calls on purpose. Not thread-safe: one event loop uses it.
    """

    def __init__(
        self,
        bot: User,
        visitor: User,
        clock: Callable[[], datetime],
        path: Path | None = None,
        *,
        reads_all_group_messages: bool = False,
    ):
        self.backend = Backend(bot, visitor, clock, path)
        self.backend.reads_all_group_messages = reads_all_group_messages
        self.people = People(self.backend)
        self.faults = Faults()

    @property
    def bot(self) -> User:
        """The bot."""
        return self.backend.bot

    @property
    def visitor(self) -> User:
        """The person at the web page."""
        return self.backend.visitor

    def call(self, method: str, params: Mapping[str, Any], files: Mapping[str, Upload] | None = None) -> ApiResult:
        """Answer one Bot API call; parameters are texts or JSON values. getUpdates does not wait here."""
        handler = METHODS.get(method.lower())
        if handler is None:
            return NOT_FOUND
        close_overdue(self.backend)
        try:
            return ApiResult(ok=True, result=handler(self.backend, Params(params, files)))
        except ApiError as error:
            return error.to_result()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; returns the function that ends it."""
        return self.backend.subscribe(listener)

    @property
    def online(self) -> bool:
        """Whether a bot waits for updates at this moment."""
        return self.backend.pollers.occupied

    @property
    def damaged_journal(self) -> Path | None:
        """Where a journal that could not be read entirely was kept aside; None when all is well."""
        return self.backend.journal.damaged if self.backend.journal else None

    def chats(self) -> list[Chat]:
        """All chats that the visitor is in, their private one first."""
        mine = self.visitor.id
        known = self.backend.state.chats.values()
        joined = [chat for chat in known if chat.members.get(mine, "left") not in ("left", "kicked")]
        return [self.backend.state.chats[mine], *joined]

    def history(self, chat: int, *, before: int | None = None, limit: int = 200) -> tuple[list[StoredMessage], bool]:
        """The newest messages of a chat (below number `before`), oldest first, and whether more exist."""
        stored = self.backend.state.histories.get(chat, {})
        page: list[StoredMessage] = []
        for message in reversed(stored.values()):
            if before is not None and message.message_id >= before:
                continue
            if len(page) == limit:
                return page[::-1], True
            page.append(message)
        return page[::-1], False

    def commands(self, chat: int, user: int | None = None) -> list[dict[str, Any]]:
        """The command menu that a person (default: the visitor) sees in a chat."""
        person = self.backend.state.users[self.visitor.id if user is None else user]
        return commands_for(self.backend, self.backend.state.chats[chat], person)

    def file(self, file_id: str) -> StoredFile | None:
        """What is known of a file, or None."""
        return self.backend.state.files.get(file_id)

    def file_at(self, file_path: str) -> StoredFile | None:
        """The file that getFile gave this path for, or None."""
        return next((file for file in self.backend.state.files.values() if file.path == file_path), None)

    def read_file(self, file: StoredFile) -> bytes | None:
        """Its content, or None when it is gone."""
        return self.backend.files.read(file)

    def close(self) -> None:
        """Let go of the journal; the state stays readable."""
        self.backend.close()
