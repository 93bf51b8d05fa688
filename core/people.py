"""Who owns this installation."""

import hmac
import secrets
from datetime import datetime

import msgspec

from core import notifications
from core.model.approval import Open
from core.model.ids import ChatId, UserId
from core.model.notification import ApprovalAsked, ChatLost, Pending, Subject, Undeliverable
from core.model.people import Chat, Owner
from core.ports import Store


class People:
    """The owners, and the private chats in which they get news."""

    def __init__(self, store: Store, named: frozenset[UserId] = frozenset()) -> None:
        self._store = store
        self._named = named
        self._admitted: dict[UserId, str] = {}
        self._code: str | None = None

    def is_owner(self, person: UserId) -> bool:
        """Whether this person may command; nobody may while the list is empty."""
        return person in self._named or person in self._admitted or self._store.owners.get(str(person)) is not None

    def has_owner(self) -> bool:
        """Whether anybody may."""
        return bool(self._named or self._admitted or self._store.owners.all())

    def names(self) -> dict[UserId, str]:
        """What the known owners are called."""
        return {owner.id: owner.name for owner in self._store.owners.all()} | self._admitted

    def admit(self, person: UserId, name: str) -> None:
        """Count somebody as an owner as long as this process runs: the visitor of the chat page on this machine."""
        self._admitted[person] = name

    def offer_code(self) -> str:
        """A one-time code that claims the bot while it has no owner; to be shown where only the owner can look."""
        self._code = secrets.token_hex(4)
        return self._code

    def claim(self, person: UserId, name: str, code: str, now: datetime) -> bool:
        """Make the person the first owner if the code is right. A code works once, and not when there is an owner."""
        given = code.encode(errors="replace")
        if self._code is None or self.has_owner() or not hmac.compare_digest(given, self._code.encode()):
            return False
        self._code = None
        with self._store.transaction():
            self._store.owners.put(str(person), Owner(id=person, name=name, since=now))
        return True

    def meet(self, person: UserId, chat: ChatId, now: datetime) -> None:
        """Remember a private chat with an owner, so that news reaches it; open questions are asked there at once."""
        if self._store.chats.get(str(chat)) is None:
            with self._store.transaction():
                self._store.chats.put(str(chat), Chat(id=chat, owner=person, since=now))
                self._send_again(chat, now)
                for approval in self._store.approvals.all():
                    if isinstance(approval.state, Open):
                        notifications.record(self._store, ApprovalAsked(approval=approval.id), chat, now)

    def lose_chat(self, chat: ChatId, subject: Subject, now: datetime) -> None:
        """The bot was thrown out: news of a group goes to the owners themselves, that of a person waits for them.

        The other owners are told, and get what could not be delivered. Inside the caller's transaction.
        """
        entry = self._store.chats.get(str(chat))
        if chat > 0:
            self.forget_chat(chat)
        notifications.record(self._store, subject, None, now)
        if entry is not None or chat < 0:
            name = self.names().get(entry.owner, "") if entry is not None else ""
            notifications.record(self._store, ChatLost(chat=chat, who=name, at=now), None, now)

    def move_chat(self, old: ChatId, new: ChatId) -> None:
        """A group has become a supergroup, with another id: its news and its tasks follow. Inside a transaction."""
        for note in self._store.notifications.all():
            if note.chat == old:
                key = note.key.removesuffix(f"@{old}") + f"@{new}"
                self._store.notifications.put(note.id, msgspec.structs.replace(note, chat=new, key=key))
        for task in self._store.tasks.all():
            if task.chat == old:
                self._store.tasks.put(task.id, msgspec.structs.replace(task, chat=new))
        settings = self._store.chat_settings.get(str(old))
        if settings is not None:
            self._store.chat_settings.put(str(new), msgspec.structs.replace(settings, chat=new))
            self._store.chat_settings.remove(str(old))

    def _send_again(self, chat: ChatId, now: datetime) -> None:
        for note in self._store.notifications.all():
            if note.chat == chat and isinstance(note.state, Undeliverable) and note.state.blocked:
                self._store.notifications.put(note.id, msgspec.structs.replace(note, state=Pending(due_at=now)))

    def forget_chat(self, chat: ChatId) -> None:
        """Send no more news to a chat."""
        if self._store.chats.get(str(chat)) is not None:
            with self._store.transaction():
                self._store.chats.remove(str(chat))
