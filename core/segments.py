"""The autonomous time ahead, cut into stretches in which the same rules hold."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from core import contexts, sessions, windows
from core.model.context import Context
from core.model.task import Task
from core.surroundings import Surroundings
from core.windows import Window


class Stretch(msgspec.Struct, frozen=True):
    """From a moment to another, in aware UTC times."""

    start: datetime
    end: datetime
    windows: tuple[Window, ...]
    """Those that are open; the one that takes the longest tasks first."""
    context: Context | None
    """None: whatever the owner does."""
    slots: int
    is_night: bool
    """Whether it lies in a night, in which the owner can want a task whatever its size."""

    def accepts(self, task: Task, now: datetime) -> bool:
        """Whether a task may start in it; what the owner wants in a night may always start there."""
        if self.is_night and is_wanted(task, now):
            return True
        if task.hours > self.windows[0].max_hours:
            return False
        return self.context is None or contexts.unwelcome(task, self.context) is None


def ahead(
    around: Surroundings, now: datetime, until: datetime | None = None, cuts: Iterable[datetime] = ()
) -> list[Stretch]:
    """The stretches of the unbroken autonomous time from `now`, or of that up to a moment; none outside of it.

    A stretch begins at each of `cuts`, too. At the begin of the night the machine is looked after first, so builds
    start some minutes later.
    """
    config = around.config
    end = sessions.autonomous_until(around.added, now, config)
    end = min(end, until) if until is not None else end
    if end <= now:
        return []
    local = now.astimezone(config.zone).date()
    days = (end - now).days + 3
    there = [*windows.occurrences(local - timedelta(days=1), days, config), *([around.added] if around.added else [])]
    there = [window for window in there if window.end > now and window.start < end]
    edges = (moment for window in there for moment in _edges(window))
    moments = (*cuts, *edges, *(stretch.start for stretch in around.contexts))
    known = {now, end, *(moment for moment in moments if now < moment < end)}
    found = []
    for start, stop in itertools.pairwise(sorted(known)):
        opened = [window for window in there if window.start <= start < window.end and not _is_too_early(window, start)]
        if opened:
            # Who adds time by hand wants work done in it, whatever they do meanwhile.
            context = None if around.added in opened else _context_at(around, start)
            most = around.slots if context is None else contexts.slots(context, around.slots)
            in_order = tuple(sorted(opened, key=lambda window: -window.max_hours))
            is_night = any(window.name == windows.OVERNIGHT for window in opened)
            found.append(Stretch(start, stop, in_order, context, most, is_night))
    return found


def why_not(task: Task, stretches: Sequence[Stretch], around: Surroundings, start: datetime, now: datetime) -> str:
    """Why time leaves a task out that could start on a slot from `start` on, in plain words."""
    config = around.config
    rest = [stretch for stretch in stretches if stretch.end > start]
    if not rest:
        following = windows.next_for(task.hours, start, config)
        local = max(following.start, start).astimezone(config.zone)
        return f"waits for the {following.name} window ({local:%a %H:%M})"
    longest = max(rest, key=lambda stretch: stretch.windows[0].max_hours).windows[0]
    if task.hours > longest.max_hours:
        return f"too long for the {longest.name} window; waits for {windows.size_class(task.hours)}"
    accepting = [stretch for stretch in rest if stretch.accepts(task, now)]
    if not accepting:
        context = next((stretch.context for stretch in rest if stretch.context is not None), None)
        return (contexts.unwelcome(task, context) if context is not None else None) or "fits into none of the windows"
    left = max((rest[-1].end - max(start, now, accepting[0].start)).total_seconds() / 3600, 0)
    expected = around.expected_hours(task)
    if expected > left:
        learned = "" if abs(expected - task.hours) < 0.05 else f" (such builds take {expected:.1f} h)"
        return f"too long for the {left:.1f} h left{learned}"
    return "others fill the time that is left"


def is_wanted(task: Task, now: datetime) -> bool:
    """Whether the owner wants it in the night that is on or comes next, whatever would keep it waiting."""
    return task.wanted_until is not None and now < task.wanted_until


def _edges(window: Window) -> tuple[datetime, ...]:
    return (window.start, window.end, window.start + windows.SPAWN_DELAY)


def _is_too_early(window: Window, start: datetime) -> bool:
    return window.name == windows.OVERNIGHT and start < window.start + windows.SPAWN_DELAY


def _context_at(around: Surroundings, moment: datetime) -> Context | None:
    return next((one.context for one in around.contexts if one.start <= moment < one.end), None)
