"""Rows of the tables that the commands print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.cli.wording import for_terminal
from core.build_scheduler import Listed, Stats
from core.model.build import Build, Progress
from core.transitions import label

if TYPE_CHECKING:
    from core.planning import Plan


def listed(entries: Sequence[Listed]) -> list[tuple[str, ...]]:
    """One row a task."""
    return [
        (
            entry.task.id,
            label(entry.task.state) + (f" (waits for {', '.join(entry.waits_for)})" if entry.waits_for else ""),
            f"{entry.score:.2f}",
            f"{entry.task.hours:g}",
            entry.size,
            entry.task.category.value,
            entry.task.title,
        )
        for entry in entries
    ]


def planned(plan: Plan, zone: ZoneInfo) -> list[tuple[str, ...]]:
    """One row a start."""
    return [
        (str(entry.slot), _time(entry.start, zone), _time(entry.end, zone), entry.task.id, entry.task.title)
        for entry in plan.planned
    ]


def plan(made: Plan) -> dict[str, Any]:
    """For JSON."""
    return {
        "now": made.now,
        "until": made.until,
        "planned": made.planned,
        "left_out": made.left_out,
        "tight": made.tight,
    }


def left_out(plan: Plan) -> list[tuple[str, ...]]:
    """One row a task that does not start."""
    return [(entry.task.id, for_terminal(entry.reason), entry.task.title) for entry in plan.left_out]


def stats(numbers: Stats, zone: ZoneInfo) -> list[tuple[str, ...]]:
    """One row a number."""
    rate = "-" if numbers.completion_rate is None else f"{numbers.completion_rate:.0%}"
    rows = [("tasks", str(numbers.total))]
    rows += [(f"  {name}", str(count)) for name, count in sorted(numbers.by_state.items())]
    rows += [
        ("completion rate", rate),
        ("hours shipped", f"{numbers.hours_shipped:.3g}"),
        ("hours waiting", f"{numbers.hours_queued:.3g}"),
    ]
    if numbers.runs_dry_at is not None:
        rows.append(("runs dry", _time(numbers.runs_dry_at, zone)))
    return [*rows]


def progress(builds: Sequence[tuple[Build, Progress | None]], now: datetime) -> list[tuple[str, ...]]:
    """One row a running build."""
    return [
        (
            build.task,
            how_far.phase.value if how_far else "starting",
            f"{(now - build.started_at).total_seconds() / 3600:.2f} of {build.hours:g} h",
            how_far.last_line[:60] if how_far else "",
        )
        for build, how_far in builds
    ]


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M}"
