"""Room on the machine: over its limits nothing new starts, and what stays too much costs the least valuable build."""

from datetime import datetime, timedelta

import msgspec

from core import audit, priority
from core.builds import Builds
from core.errors import Conflict
from core.model.build import Active, Build, Ended
from core.model.config import Config
from core.model.ids import BuildId
from core.model.metrics import Sample
from core.model.session import Throttle
from core.ports import Store
from core.sessions import THROTTLE

MARGIN = 2.0
"""Percentage points under the limit at which work goes on, so that it does not stop and go."""
PATIENCE = timedelta(minutes=15)
"""So long it may stay over the limit before a build is stopped."""
BETWEEN_STOPS = timedelta(minutes=5)
"""A stopped build needs some time to give back what it held."""
MUCH_WORSE = 10.0
"""Percentage points over the limit at which a build is stopped at once; over a high limit, half of what is left."""


class Throttling:
    """Watches the machine while builds run."""

    def __init__(self, store: Store, builds: Builds, config: Config) -> None:
        self._store = store
        self._builds = builds
        self._config = config

    def assess(self, sample: Sample, now: datetime) -> Build | None:
        """Take in a measurement; returns the build that is stopped to make room, if any."""
        known = self._store.throttle.get(THROTTLE)
        over = excess(sample, self._config, MARGIN if known else 0.0)
        if over is None:
            if known is not None:
                self._resume(known, sample, now)
            return None
        reason, beyond = over
        worst = max(beyond, known.worst if known else 0.0)
        throttle = known or Throttle(since=now, reason=reason, worst=worst)
        throttle = msgspec.structs.replace(throttle, reason=reason, worst=worst)
        victim = self._victim(known, beyond, now, at_once=is_much_worse(sample, self._config))
        if known is None or victim is not None or known.reason != reason:
            with self._store.transaction():
                if known is None:
                    self._note("throttled", now, reason, f"Started nothing new: {reason}.")
                if victim is not None and not self._request_stop(victim, reason, now):
                    victim = None
                if victim is not None:
                    throttle = msgspec.structs.replace(throttle, acted_at=now, stopped=victim.id)
                self._store.throttle.put(THROTTLE, throttle)
        if victim is not None:
            self._builds.signal_stop(victim.id)
        return victim

    def _request_stop(self, victim: Build, reason: str, now: datetime) -> bool:
        """Inside a transaction. False when it has just ended: the next measurement tells whether another has to go."""
        try:
            self._builds.request_stop(victim.id, None, requeue=reason)
        except Conflict:
            return False
        self._note("stopped to make room", now, reason, f"Stopped {victim.id} to make room: {reason}.")
        return True

    def _resume(self, known: Throttle, sample: Sample, now: datetime) -> None:
        with self._store.transaction():
            self._store.throttle.remove(THROTTLE)
            span = (now - known.since).total_seconds() / 60
            self._note("throttle ended", now, known.reason, f"Room again after {span:.0f} min.")

    def _victim(self, known: Throttle | None, beyond: float, now: datetime, *, at_once: bool) -> Build | None:
        """The running build of the lowest score, when there has been no room for long, or it gets much worse."""
        if known is None and not at_once:
            return None
        if known is not None:
            too_long = beyond > 0 and now - known.since >= PATIENCE
            lately = known.acted_at is not None and now - known.acted_at < BETWEEN_STOPS
            lately = lately and not self._ended_by_itself(known.stopped)
            if lately or not (too_long or at_once):
                return None
        running = [build for build in self._builds.active() if not _is_stopping(build)]
        scored = [(task, build) for build in running if (task := self._store.tasks.get(build.task)) is not None]
        if not scored:
            return None
        last = priority.by_score([task for task, _ in scored])[-1]
        return next(build for task, build in scored if task.id == last.id)

    def _ended_by_itself(self, build_id: BuildId | None) -> bool:
        """Whether the stop came too late for it, so that there is nothing to wait for."""
        build = self._store.builds.get(build_id) if build_id is not None else None
        return build is not None and isinstance(build.state, Ended) and not build.state.requeued

    def _note(self, action: str, now: datetime, reason: str, memory: str) -> None:
        audit.note(self._store, audit.OVERNIGHT, action, now, actor=audit.BY_ITSELF, reason=reason, memory=memory)


def excess(sample: Sample, config: Config, margin: float = 0.0) -> tuple[str, float] | None:
    """What is over its limit less the margin, in plain words, and by how many percentage points; None if nothing."""
    over = [
        (sample.values[name] - limit, f"{name} {sample.values[name]:.0f} % full, limit {limit:.0f} %")
        for name, limit in _limits(config)
        if sample.values.get(name, 0.0) > limit - margin
    ]
    if not over:
        return None
    beyond, _ = max(over)
    return ", ".join(reason for _, reason in over), beyond


def is_much_worse(sample: Sample, config: Config) -> bool:
    """Whether a build has to go at once."""
    return any(
        sample.values.get(name, 0.0) - limit >= min(MUCH_WORSE, (100 - limit) / 2)
        for name, limit in _limits(config)
        if limit < 100
    )


def _limits(config: Config) -> tuple[tuple[str, float], ...]:
    return (("disk", config.disk_limit), ("memory", config.memory_limit))


def _is_stopping(build: Build) -> bool:
    return isinstance(build.state, Active) and build.state.stop_requested
