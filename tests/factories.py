"""Rows of the domain with sensible values; each test names only what it is about."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from core.autonomous_queue import NewTask
from core.budgets import Spending
from core.model.build import (
    Active,
    Build,
    BuildResult,
    BuildSpec,
    BuildState,
    DiffStat,
    Engine,
    Limits,
    Outcome,
    Phase,
    Progress,
    Proven,
    TestCounts,
    Verification,
)
from core.model.config import AgentTemplate, Config
from core.model.context import Context, Override
from core.model.execution import Capacity
from core.model.ids import BuildId, ProjectName, TaskId
from core.model.project import Project
from core.model.task import Category, Priority, Queued, Task
from core.ports import Program, Store
from core.surroundings import Surroundings

NOW = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
"""A Tuesday evening, in the middle of the quick-win window (in UTC)."""

UTC_ZONE = ZoneInfo("UTC")
AGENT = AgentTemplate(name="agent", argv=("agent",))


def hours(value: float) -> timedelta:
    return timedelta(hours=value)


def config(home: Path = Path("home"), **changes: Any) -> Config:
    values: dict[str, Any] = {"home": home, "zone": UTC_ZONE, "agent_templates": (AGENT,), **changes}
    return Config(**values)


def asleep(store: Store) -> None:
    """The owner said so: builds run on all slots, and what may start depends on the window alone."""
    said = Override(context=Context.SLEEPING, since=NOW - timedelta(days=1), until=NOW + timedelta(days=400))
    with store.transaction():
        store.contexts.put("override", said)


def surroundings(config: Config, **changes: Any) -> Surroundings:
    """With the project `shop`, nothing spent, and room for all."""
    values: dict[str, Any] = {
        "config": config,
        "projects": {ProjectName("shop"): project()},
        "capacity": Capacity(),
        "spent": Spending(since=NOW),
        "programs": {template.name: Program(path="/usr/bin/agent") for template in config.agent_templates},
        "limited": {},
        **changes,
    }
    return Surroundings(**values)


def task(number: int = 1, **changes: Any) -> Task:
    """A queued task of the project `shop` that runs by itself."""
    values: dict[str, Any] = {
        "id": TaskId(f"task_{number}"),
        "title": f"Write docs {number}",
        "hours": 1.0,
        "category": Category.DOCUMENTATION,
        "priority": Priority.MEDIUM,
        "project": ProjectName("shop"),
        "created_at": NOW + timedelta(seconds=number),
        "state": Queued(since=NOW),
        **changes,
    }
    return Task(**values)


def new_task(title: str = "Write docs", **changes: Any) -> NewTask:
    values: dict[str, Any] = {"title": title, "category": Category.DOCUMENTATION, **changes}
    return NewTask(**values)


def project(path: Path | str = "/srv/shop", **changes: Any) -> Project:
    values: dict[str, Any] = {
        "name": ProjectName("shop"),
        "path": str(path),
        "base": "main",
        "verify": "make test",
        "added_at": NOW,
        **changes,
    }
    return Project(**values)


def spec(build: str = "task_1-1", **changes: Any) -> BuildSpec:
    values: dict[str, Any] = {
        "id": BuildId(build),
        "task": TaskId(build.rpartition("-")[0]),
        "title": "Write docs",
        "repository": "/srv/shop",
        "base": "main",
        "branch": f"jarvis/{build}",
        "worktree": f"home/worktrees/{build}",
        "engine": Engine(name="shell", shell="true"),
        "prompt": "Do it.",
        "verify": None,
        "limits": Limits(wall=30, idle=20, verify=20, grace=0.3),
        **changes,
    }
    return BuildSpec(**values)


def build(build_id: str = "task_1-1", state: BuildState | None = None, **changes: Any) -> Build:
    values: dict[str, Any] = {
        "id": BuildId(build_id),
        "task": TaskId(build_id.rpartition("-")[0]),
        "project": ProjectName("shop"),
        "hours": 1.0,
        "spec": spec(build_id),
        "started_at": NOW,
        "state": state or Active(),
        **changes,
    }
    return Build(**values)


def verification(passed: int = 4, failed: int = 0, **changes: Any) -> Verification:
    run = Verification(
        command="make test",
        passed=failed == 0,
        exit_code=1 if failed else 0,
        seconds=2.0,
        tests=TestCounts(passed=passed, failed=failed),
    )
    return msgspec.structs.replace(run, **changes)


def result(outcome: Outcome | None = None, **changes: Any) -> BuildResult:
    """By default: one red test before, all green after."""
    values: dict[str, Any] = {
        "outcome": outcome or Proven(),
        "base_commit": "a" * 40,
        "commit": "b" * 40,
        "diff": DiffStat(files=1, insertions=3, deletions=1),
        "before": verification(passed=3, failed=1),
        "after": verification(passed=4),
        "started_at": NOW,
        "ended_at": NOW + timedelta(minutes=2),
        **changes,
    }
    return BuildResult(**values)


def progress(phase: Phase = Phase.WORKING, last_line: str = "") -> Progress:
    return Progress(phase=phase, since=NOW, pid=1, started=0.0, last_line=last_line)
