"""Delivers due notifications in order, keeps progress messages fresh, and updates messages whose subject has changed.

A notification is marked as being sent before it is sent. If the process dies in between, nobody knows whether it
arrived; then, as after a connection that timed out, it is sent once more, and not a third time.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot

from core import notifications, weekend_progress
from core.builds import Builds
from core.model.config import Config
from core.model.ids import ChatId, PatternId, SuggestionId, TaskId, WeekendId
from core.model.notification import (
    BuildStarted,
    Delivered,
    Notification,
    NotificationState,
    PatternDue,
    PatternSuggested,
    Pending,
    RuleSuggested,
    Sending,
    Subject,
    TaskShown,
    Undeliverable,
)
from core.model.people import Mode
from core.people import People
from core.ports import Clock, Store
from handlers import replies
from handlers.views.message import Message

log = structlog.get_logger("outbox")

Render = Callable[[Subject, datetime], Message | None]
"""The message of a subject as things stand; None when what it tells of is gone."""

RETRY_AFTER_ERROR = timedelta(seconds=2)
MAX_WAIT = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=1)
FRESH = timedelta(hours=1)
"""So long a card is near enough to the end of a chat to be found again as the progress of its build."""


class Outbox:
    """One per process; `deliver` and `show_progress` are called by the timetable."""

    def __init__(
        self,
        store: Store,
        builds: Builds,
        people: People,
        render: Render,
        bot: ExtBot[Any],
        clock: Clock,
        config: Config,
    ) -> None:
        self._people = people
        self._store = store
        self._builds = builds
        self._bot = bot
        self._clock = clock
        self._render = render
        self._config = config
        self._delivering = asyncio.Lock()
        self._shown: dict[tuple[ChatId, int], Message] = {}

    def settle_doubts(self) -> None:
        """At start: decide about the notifications that were being sent when the process died."""
        for note in self._store.notifications.all():
            if isinstance(note.state, Sending):
                self._doubt(
                    note,
                    note.state.doubts,
                    notifications.REPEATS_AFTER_TIMEOUT,
                    "the process ended while it was being sent",
                )

    async def deliver(self) -> None:
        """Send what is due, oldest first; a chat whose message has to wait keeps its order."""
        async with self._delivering:
            blocked: set[ChatId] = set()
            for note in self._store.notifications.all():
                if not isinstance(note.state, Pending) or note.chat in blocked:
                    continue
                # A date far ahead is from before the clock was set back; it must not silence the chat until then.
                wait = note.state.due_at - self._clock()
                if timedelta() < wait <= LONGEST_PAUSE or not await self._send(note, note.state):
                    blocked.add(note.chat)

    async def show_progress(self) -> None:
        """Edit the progress message of each running build, if it looks different by now."""
        running = {build.id for build in self._builds.active()}
        for note in self._store.notifications.all():
            if isinstance(note.subject, BuildStarted) and note.subject.build in running:
                await self._edit(note)

    async def refresh(self, task: TaskId) -> None:
        """Edit every delivered message about a task to how things stand now."""
        for note in notifications.delivered_about(self._store, task):
            await self._edit(note)
        for weekend in weekend_progress.with_phase(self._store, task):
            await self.refresh_weekend(weekend.id)

    async def refresh_weekend(self, weekend: WeekendId) -> None:
        """Edit every delivered message about a weekend to how it stands now."""
        for note in notifications.about_weekend(self._store, weekend):
            await self._edit(note)

    async def refresh_pattern(self, pattern: PatternId) -> None:
        """Edit the messages about a routine to how it stands now."""
        for note in self._store.notifications.all():
            if isinstance(note.subject, PatternSuggested | PatternDue) and note.subject.pattern == pattern:
                await self._edit(note)

    async def refresh_suggestion(self, suggestion: SuggestionId) -> None:
        """Edit the messages that suggest a rule to how that stands now."""
        subject = RuleSuggested(suggestion=suggestion)
        for note in self._store.notifications.all():
            if note.subject == subject:
                await self._edit(note)

    async def _send(self, note: Notification, pending: Pending) -> bool:
        """Send one; False when it has to wait."""
        now = self._clock()
        message = self._render(note.subject, now)
        if message is None:
            self._set(note, Undeliverable(at=now, reason="its subject is gone"))
            return True
        mode = notifications.mode_of(self._store, note, self._config, now)
        if mode is Mode.OFF:
            self._set(note, Undeliverable(at=now, reason="switched off for this chat"))
            return True
        if isinstance(note.subject, BuildStarted) and await self._take_over(note, message, now):
            return True
        self._set(note, Sending(at=now, tries=pending.tries, doubts=pending.doubts))
        try:
            sent = await replies.send_once(
                self._bot, note.chat, message, silent=mode is Mode.SILENT, flood_retries=replies.NO_RETRIES
            )
        except TelegramError as error:
            return self._failed(note, pending, error, now)
        self._shown[note.chat, sent.message_id] = message
        self._set(note, Delivered(at=self._clock(), message=sent.message_id))
        return True

    async def _take_over(self, note: Notification, message: Message, now: datetime) -> bool:
        """Make a fresh card of the task its progress message, so that there is one message; False when there is none.

        If we die before that is recorded, the same edit is made again. If it can't be made, a message is sent as usual.
        """
        card = self._fresh_card(note, now)
        if card is None or not isinstance(card.state, Delivered):
            return False
        try:
            if not await replies.edit(self._bot, note.chat, card.state.message, message):
                return False
        except TelegramError as error:
            log.info("card not taken over", note=note.id, error=str(error))
            return False
        with self._store.transaction():
            self._store.notifications.remove(card.id)
            self._set(note, Delivered(at=now, message=card.state.message))
        self._shown[note.chat, card.state.message] = message
        return True

    def _fresh_card(self, note: Notification, now: datetime) -> Notification | None:
        task = notifications.task_of(self._store, note.subject)
        for card in notifications.delivered_about(self._store, task) if task is not None else ():
            if card.chat == note.chat and isinstance(card.subject, TaskShown) and isinstance(card.state, Delivered):
                return card if now - card.state.at < FRESH else None
        return None

    def _failed(self, note: Notification, pending: Pending, error: TelegramError, now: datetime) -> bool:
        """What becomes of a notification that could not be sent; False when it has to wait."""
        match error:
            case ChatMigrated():
                with self._store.transaction():
                    self._set(note, Pending(due_at=now))
                    self._people.move_chat(note.chat, ChatId(error.new_chat_id))
                log.info("group has another id", chat=note.chat, new=error.new_chat_id)
                return False
            case Forbidden() | BadRequest():
                blocked = isinstance(error, Forbidden)
                with self._store.transaction():
                    self._set(note, Undeliverable(at=now, reason=str(error), blocked=blocked))
                    if blocked or re.search("chat not found|chat was deleted|kicked", str(error), re.IGNORECASE):
                        self._people.lose_chat(note.chat, note.subject, now)
                log.error("notification refused", note=note.id, chat=note.chat, error=str(error))
                return True
            case NetworkError() if replies.may_have_arrived(error):
                timed_out = isinstance(error, TimedOut)
                allowed = notifications.REPEATS_AFTER_TIMEOUT if timed_out else notifications.REPEATS_AFTER_RESET
                return self._doubt(note, pending.doubts, allowed, str(error))
            case NetworkError():
                pause = min(RETRY_AFTER_ERROR * 2 ** min(pending.tries, 10), MAX_WAIT)
                return self._wait(note, pending, pause, error)
            case RetryAfter(retry_after=wait):
                pause = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
                return self._wait(note, pending, pause, error)
        return self._wait(note, pending, MAX_WAIT, error)

    def _wait(self, note: Notification, pending: Pending, pause: timedelta, error: TelegramError) -> bool:
        due = self._clock() + pause
        self._set(note, Pending(due_at=due, tries=pending.tries + 1, doubts=pending.doubts))
        log.warning("notification waits", note=note.id, seconds=pause.total_seconds(), error=str(error))
        return False

    def _doubt(self, note: Notification, doubts: int, allowed: int, why: str) -> bool:
        """It may have arrived: try once more, or let it be."""
        now = self._clock()
        if doubts < allowed:
            self._set(note, Pending(due_at=now + RETRY_AFTER_ERROR * 2**doubts, doubts=doubts + 1))
            return False
        self._set(note, Undeliverable(at=now, reason=f"uncertain: {why}"))
        log.warning("notification in doubt", note=note.id, why=why)
        return True

    async def _edit(self, note: Notification) -> None:
        message = self._render(note.subject, self._clock())
        if message is None or not isinstance(note.state, Delivered):
            return
        key = (note.chat, note.state.message)
        if self._shown.get(key) == message:
            return
        try:
            await replies.edit(self._bot, note.chat, note.state.message, message)
        except TelegramError as error:
            log.info("message not updated", note=note.id, error=str(error))
        else:
            self._shown[key] = message

    def _set(self, note: Notification, state: NotificationState) -> None:
        with self._store.transaction():
            self._store.notifications.put(note.id, msgspec.structs.replace(note, state=state))
