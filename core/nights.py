"""What ran when, side by side: the builds of a stretch of time in as few lanes as they need."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from core import outcomes
from core.model.build import Active, Build, Ended, Stopped
from core.model.ids import TaskId
from core.model.task import Task


class Ran(msgspec.Struct, frozen=True):
    """One build, cut to the stretch."""

    build: Build
    title: str
    lane: int
    """From 0."""
    start: datetime
    end: datetime
    how: str
    """`running`, `proven`, `unproven`, `stopped` or `failed`."""


def lanes(
    builds: Iterable[Build], tasks: Mapping[TaskId, Task], since: datetime, until: datetime, now: datetime
) -> list[Ran]:
    """The builds that ran between two moments, in the order of their starts; those that run end at `now`."""
    free_at: list[datetime] = []
    found = []
    for build in sorted(builds, key=lambda one: one.started_at):
        end = build.state.result.ended_at if isinstance(build.state, Ended) else now
        if build.started_at >= until or end <= since:
            continue
        start, stop = max(build.started_at, since), min(end, until)
        lane = next((number for number, free in enumerate(free_at) if free <= start), len(free_at))
        free_at[lane : lane + 1] = [stop]
        title = tasks[build.task].title if build.task in tasks else build.spec.title
        found.append(Ran(build, title, lane, start, stop, how(build)))
    return found


def how(build: Build) -> str:
    """How a build ended, in one word."""
    if isinstance(build.state, Active):
        return "running"
    outcome = build.state.result.outcome
    if outcomes.is_proven(outcome):
        return "proven"
    if outcomes.is_usable(outcome):
        return "unproven"
    return "stopped" if isinstance(outcome, Stopped) else "failed"
