"""What is due in an installation, without a chat: the same for the bot, for a session by hand, and for a simulation.

Everything may be called at any time and as often as wanted; what is not due does nothing.
"""

from datetime import datetime, timedelta

import structlog

from bot.wiring import Installation
from core import duty
from core.model.ids import TaskId
from core.model.task import Queued, Task

log = structlog.get_logger("tending")

DUTY_EVERY = timedelta(minutes=5)
FLUSH_EVERY = timedelta(minutes=5)
MEASURE_EVERY = timedelta(seconds=15)
PATTERNS_EVERY = timedelta(minutes=15)


class Tending:
    """One per process."""

    def __init__(self, installation: Installation, duty_every: timedelta = DUTY_EVERY) -> None:
        self._at = installation
        self._duty_every = duty_every
        self._duty_at: datetime | None = None
        self._measured_at: datetime | None = None
        self._patterns_at: datetime | None = None
        self._flushed_at: datetime | None = None

    def keep_times(self, now: datetime) -> list[str]:
        """What is due by the timetable, as the settings are by now; the names of the jobs that ran."""
        self._at.preferences.apply()
        return self._at.timetable.run_due(now)

    def look_after(self, now: datetime) -> None:
        """The owner's context, the hours on duty, the room on the machine, and the phases of the sessions."""
        at = self._at
        at.preferences.apply()
        at.contexts.track(now)
        self.keep_duty(now)
        self._watch_room(now)
        at.overnight.step(now)
        self.keep_patterns(now)

    def keep_duty(self, now: datetime) -> None:
        """Count the hours on duty."""
        if is_due(self._duty_at, self._duty_every, now):
            duty.keep(self._at.store, self._at.contexts, self._at.config, self._duty_at, now)
            self._duty_at = now

    def keep_patterns(self, now: datetime) -> None:
        """Write down what was asked for, and hand over what is due."""
        self._at.patterns.flush()
        self._at.patterns.hand_over(now)

    def learn_patterns(self, now: datetime) -> None:
        """Learn from what was asked for, build ahead, and suggest. May take a second: the bot does it beside its beat,
        at the same time as anything else here."""
        if is_due(self._patterns_at, PATTERNS_EVERY, now):
            self._patterns_at = now
            self._at.patterns.tend(now)

    def collect(self, now: datetime) -> list[Task]:
        """Take in the builds that have ended; returns their tasks."""
        if not self._at.builds.active():
            return []
        moved = self._at.queue.collect(now)
        for task in moved:
            log.info("build ended", task=task.id, state=task.state.__struct_config__.tag)
        return moved

    def go_on(self, now: datetime) -> list[TaskId]:
        """Start what is due and ask what has to be asked; returns the tasks that this concerns."""
        at = self._at
        at.weekend.notice_end(now)
        concerned = list(at.approvals.lapse(now))
        concerned += [approval.task for approval in at.approvals.remind(now)]
        self._watch_room(now)  # what comes after a quiet time must not start on a full machine
        started = at.queue.schedule_builds(now)
        for build in started:
            log.info("build started", build=build.id, engine=build.spec.engine.name)
            concerned.append(build.task)
        return concerned

    def merge(self, now: datetime) -> list[TaskId]:
        """Merge what the settings and the rules allow; returns the tasks."""
        return [task.id for task in self._at.shipping.merge_by_itself(now)] if self._at.config.auto_merge else []

    def write_measurements(self, now: datetime) -> None:
        """Write what was measured, in one batch every few minutes."""
        if is_due(self._flushed_at, FLUSH_EVERY, now):
            self._flushed_at = now
            self._at.improver.flush(now)

    def all(self, now: datetime) -> None:
        """Everything, once. A part that fails does not keep the others from being done; its error is raised after."""
        errors = []
        parts = (
            self.keep_times,
            self.look_after,
            self.learn_patterns,
            self.collect,
            self.go_on,
            self.merge,
            self.write_measurements,
            self._flush,
        )
        for part in parts:
            try:
                part(now)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _flush(self, now: datetime) -> None:
        self._at.audit.flush()

    def _watch_room(self, now: datetime) -> None:
        if not self._needs_room() or not is_due(self._measured_at, MEASURE_EVERY, now):
            return
        self._measured_at = now
        stopped = self._at.throttling.assess(self._at.measure(now), now)
        if stopped is not None:
            log.warning("build stopped to make room", build=stopped.id)

    def _needs_room(self) -> bool:
        at = self._at
        waiting = any(isinstance(task.state, Queued) for task in reversed(at.store.tasks.all()))
        return waiting or bool(at.builds.active() or at.store.throttle.all())


def is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether something that happened at `last` is due again.

    A clock that was set back must not silence us until it has caught up.
    """
    return last is None or not timedelta() <= now - last < every
