"""The report of a session: what was built, how it ended, what it cost; `logs/overnight_report_<day>.json`."""

from datetime import datetime

import msgspec

from core import budgets, outcomes
from core.model.build import Active, Build, Ended
from core.model.config import Config
from core.model.ids import BuildId, SessionId, TaskId
from core.model.session import Session, SessionKind
from core.ports import Store

REPORTED = (SessionKind.OVERNIGHT, SessionKind.BY_HAND)
"""Their reports are written to files."""


class BuildLine(msgspec.Struct, frozen=True, kw_only=True):
    """One build of the session."""

    build: BuildId
    task: TaskId
    title: str
    project: str
    engine: str
    started_at: datetime
    ended_at: datetime | None
    """None: it still runs."""
    outcome: str
    """`running`, or how it ended: `proven`, `broke`, ..."""
    summary: str
    estimated_hours: float
    hours: float
    """So far, or in all."""
    lines_added: int = 0
    lines_removed: int = 0
    dollars: float | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Of a session, up to a moment. Times are aware UTC."""

    day: str
    """The local day on which the session ends."""
    session: SessionId
    start: datetime
    end: datetime
    written_at: datetime
    opened_late_minutes: float
    stopped: bool
    builds: list[BuildLine]
    completed: int
    failed: int
    running: int
    stopped_builds: int
    """By somebody, or to make room."""
    hours_shipped: float
    """Estimated hours of what is proven."""
    dollars: float | None
    checks: int


class Reports:
    """Writes reports from the records."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config

    def compose(self, session: Session, now: datetime) -> Report:
        """Of the builds that ran at any time in the session."""
        store = self._store
        known = {build.id: build for build in (*store.archived_builds.all(), *store.builds.all())}
        builds = [build for build in known.values() if _overlaps(build, session, now)]
        lines = [self._line(build, now) for build in builds]
        proven = [line for line in lines if line.outcome == "proven"]
        usage = budgets.total(build.state.result.usage for build in builds if isinstance(build.state, Ended))
        usable = [line for line in lines if line.outcome in ("proven", "unverified", "already red")]
        running = [line for line in lines if line.ended_at is None]
        stopped = [line for line in lines if line.outcome == "stopped"]
        return Report(
            day=f"{session.end.astimezone(self._config.zone):%Y-%m-%d}",
            session=session.id,
            start=session.start,
            end=session.end,
            written_at=now,
            opened_late_minutes=round(max((session.opened_at - session.start).total_seconds(), 0) / 60, 1),
            stopped=session.stopped_at is not None,
            builds=lines,
            completed=len(usable),
            failed=len(lines) - len(usable) - len(running) - len(stopped),
            stopped_builds=len(stopped),
            running=len(running),
            hours_shipped=sum(line.estimated_hours for line in proven),
            dollars=usage.dollars if usage is not None else None,
            checks=session.checks,
        )

    def latest(self, now: datetime) -> Report | None:
        """Of the night, or of the session by hand, that goes on or was last; else of any. None before the first."""
        begun = [session for session in self._store.sessions.all() if session.start <= now]
        told = [session for session in begun if session.kind in REPORTED] or begun
        session = max(told, key=lambda one: one.start, default=None)
        return self.compose(session, now) if session is not None else None

    def _line(self, build: Build, now: datetime) -> BuildLine:
        result = build.state.result if isinstance(build.state, Ended) else None
        end = result.ended_at if result is not None else None
        diff, usage = (result.diff, result.usage) if result is not None else (None, None)
        task = self._store.tasks.get(build.task) or self._store.archived_tasks.get(build.task)
        return BuildLine(
            build=build.id,
            task=build.task,
            title=task.title if task is not None else build.spec.title,
            project=build.project,
            engine=build.spec.engine.name,
            started_at=build.started_at,
            ended_at=end,
            outcome=str(result.outcome.__struct_config__.tag) if result is not None else "running",
            summary=outcomes.reason(result) if result is not None else "",
            estimated_hours=build.hours,
            hours=round(((end or now) - build.started_at).total_seconds() / 3600, 3),
            lines_added=diff.insertions if diff is not None else 0,
            lines_removed=diff.deletions if diff is not None else 0,
            dollars=usage.dollars if usage is not None else None,
        )


def _overlaps(build: Build, session: Session, now: datetime) -> bool:
    end = now if isinstance(build.state, Active) else build.state.result.ended_at
    return build.started_at < session.end and end >= session.start
