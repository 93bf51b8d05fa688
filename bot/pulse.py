"""One beat of the process: collect ended builds, start due ones, deliver news, keep progress fresh.

The timetable beats regularly; `wake` beats at once, so that a press of a button does not wait for the next beat.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta

import structlog

from bot.outbox import Outbox
from bot.tending import Tending, is_due
from bot.ticks import Ticks
from bot.wiring import Installation
from core.errors import Conflict, JarvisError
from core.model.config import PushMode
from core.model.ids import TaskId

log = structlog.get_logger("pulse")

SCHEDULE_EVERY = timedelta(seconds=5)
"""How soon a task that another process added is noticed."""

PROGRESS_EVERY = timedelta(seconds=2)
WATCH_EVERY = timedelta(seconds=15)
TROUBLE_EVERY = timedelta(minutes=1)


class Pulse:
    """One per process."""

    def __init__(self, installation: Installation, outbox: Outbox) -> None:
        self._at = installation
        self._tending = Tending(installation)
        self._outbox = outbox
        self._beating = asyncio.Lock()
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._beside: set[asyncio.Task[None]] = set()
        self._scheduled_at: datetime | None = None
        self._progress_at: datetime | None = None
        self._trouble = ""
        self._ticks: Ticks | None = None
        self._watched_at: datetime | None = None
        self._troubled_at: datetime | None = None

    def attach(self, ticks: Ticks) -> None:
        """Who wakes us at the times of the timetable."""
        self._ticks = ticks

    async def keep_times(self) -> None:
        """Do what is due by the timetable, and wake at its times as the settings are by now."""
        await self._guarded(self._run_due())

    async def _run_due(self) -> None:
        at = self._at
        try:
            for name in await asyncio.to_thread(self._tending.keep_times, at.clock()):
                log.info("due", job=name)
                self.wake()
                if name.startswith("weekend") and (weekend := at.weekend.latest(at.clock())) is not None:
                    await self._outbox.refresh_weekend(weekend.id)
        finally:  # a job that fails must not keep us from waking at the times of the others
            if self._ticks is not None:
                self._ticks.arrange(at.timetable.jobs(), at.config.zone)

    def wake(self) -> None:
        """Beat at once, and once more if something is due after the beat that runs now."""
        self._woken.set()
        if not self._tasks:
            task = asyncio.get_running_loop().create_task(self._beat_while_woken())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def beat(self) -> None:
        """Do all that is due. An error in one part is logged and does not keep the others from being done."""
        async with self._beating:
            now = self._at.clock()
            woken = self._woken.is_set()
            self._woken.clear()
            if woken and self._ticks is not None:  # a time may have been changed
                self._ticks.arrange(self._at.timetable.jobs(), self._at.config.zone)
            await self._guarded(self._look_after(now))
            await self._guarded(self._collect(now, woken=woken))
            await self._guarded(self._outbox.deliver())
            await self._guarded(asyncio.to_thread(self._tending.write_measurements, now))
            await self._guarded(asyncio.to_thread(self._at.audit.flush))
            if self._at.builds.active() and is_due(self._progress_at, PROGRESS_EVERY, now):
                self._progress_at = now
                await self._guarded(self._outbox.show_progress())

    async def drain(self) -> None:
        """Wait for the beat that runs now, and for what runs beside it; for an orderly end."""
        async with self._beating:
            await asyncio.gather(*self._beside)

    async def _beat_while_woken(self) -> None:
        while self._woken.is_set():
            await self.beat()

    async def _look_after(self, now: datetime) -> None:
        if is_due(self._watched_at, WATCH_EVERY, now):
            self._watched_at = now
            await asyncio.to_thread(self._tending.look_after, now)
            # what takes long must not keep news waiting
            self._run_beside(asyncio.to_thread(self._tending.learn_patterns, now))

    async def _collect(self, now: datetime, *, woken: bool) -> None:
        moved = await asyncio.to_thread(self._tending.collect, now) if self._at.builds.active() else []
        concerned = [task.id for task in moved]
        self._push(concerned)
        if woken or moved or is_due(self._scheduled_at, SCHEDULE_EVERY, now):
            self._scheduled_at = now
            concerned += await asyncio.to_thread(self._tending.go_on, now)
        concerned += await asyncio.to_thread(self._tending.merge, now) if self._at.config.auto_merge else []
        for task_id in concerned:
            await self._outbox.refresh(task_id)

    def _push(self, tasks: Sequence[TaskId]) -> None:
        """Push the branches of new results, if the settings say so: beside the beat, since it may take a minute."""
        if tasks and self._at.config.push is PushMode.BRANCH:
            self._run_beside(self._push_branches(tasks))

    def _run_beside(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _push_branches(self, tasks: Sequence[TaskId]) -> None:
        for task_id in tasks:
            with contextlib.suppress(Conflict):  # it has moved on meanwhile
                await asyncio.to_thread(self._at.shipping.push_branch, task_id, self._at.clock())
                await self._outbox.refresh(task_id)

    async def _guarded(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except Exception as error:
            # A full disk fails every beat: the same trouble is told once a minute, not once a second.
            now, trouble = self._at.clock(), f"{type(error).__name__}: {error}"
            if trouble != self._trouble or is_due(self._troubled_at, TROUBLE_EVERY, now):
                self._trouble, self._troubled_at = trouble, now
                log.error("beat failed", error=trouble, exc_info=not isinstance(error, JarvisError))
