"""Overnight runner: leads a session of autonomous work through its phases; days and trainings go the same way.

Each phase is recorded when it is done and can be done again without harm, so a session goes on after a crash at any
point. Builds are started by the queue's plan, which a session opens or holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core import audit, metrics, sessions, windows
from core.builds import active_builds
from core.errors import Conflict
from core.model.config import Config
from core.model.ids import SessionId, UserId
from core.model.metrics import Sample
from core.model.session import Session, SessionKind
from core.model.task import Completed, Failed
from core.overnight_report import REPORTED, Report, Reports
from core.planning import Plan, Planned
from core.ports import Store

PREPARE_AFTER = timedelta(minutes=5)
CHECK_EVERY = timedelta(minutes=30)
LEAST_LEFT = {SessionKind.OVERNIGHT: timedelta(hours=1), SessionKind.WORK: timedelta(hours=1)}
LEAST_LEFT_OTHERS = timedelta(minutes=15)

Preparation = Callable[[datetime], Sequence[str]]
"""Something that is done before the builds start; returns what was done, a sentence each."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A session as it stands."""

    session: Session
    report: Report
    """What was built in it so far."""
    coming: Sequence[Planned]
    """What starts in it still, in that order."""


class OvernightRunner:
    """The use cases of sessions."""

    def __init__(
        self,
        store: Store,
        config: Config,
        *,
        plan: Callable[[datetime], Plan],
        measure: Callable[[datetime], Sample],
        reports: Reports,
        write_report: Callable[[str, Mapping[str, Any]], None],
        preparations: Sequence[Preparation] = (),
    ) -> None:
        self._store = store
        self._config = config
        self._plan = plan
        self._measure = measure
        self._reports = reports
        self._write_report = write_report
        self._preparations = preparations

    # -- what starts and ends a session -------------------------------------------------------------------------------

    def open(self, kind: SessionKind, due: datetime, now: datetime) -> Session | None:
        """Open the session of a window, inside a transaction; again: the same. None when too little of it is left."""
        window = sessions.window_of(kind, due, self._config)
        if window is None or window.end - now < least_left(kind, window.end - window.start):
            return None
        key = sessions.session_id(kind, window.start, self._config)
        known = self._store.sessions.get(key)
        if known is not None and known.closed_at is None:
            return known
        if known is not None and known.start != window.start:  # the owner came into another zone on that day
            key = SessionId(f"{key}-{window.start:%H%M}")
            known = self._store.sessions.get(key)
        if known is not None:
            return known
        session = Session(id=key, kind=kind, start=window.start, end=window.end, opened_at=now)
        self._store.sessions.put(key, session)
        self._note(session, "opened", now, until=session.end.isoformat())
        return session

    def start(self, now: datetime, by: UserId | None = None) -> Session:
        """Start by hand: the night's session if it is night, else one of eight hours. Raises Conflict when one runs.

        What was stopped goes on instead.
        """
        with self._store.transaction():
            going = sessions.current(self._store, now)
            if going is not None and going.stopped_at is not None:
                return self._go_on(going, now, by)
            if going is not None and going.by_hand:
                raise Conflict("A session runs already; /overnight shows it.")
            night = sessions.window_of(SessionKind.OVERNIGHT, now, self._config)
            kind = SessionKind.OVERNIGHT if night else SessionKind.BY_HAND
            end = night.end if night else now + timedelta(hours=sessions.BY_HAND_HOURS)
            key = sessions.session_id(kind, night.start if night else now, self._config)
            known = self._store.sessions.get(key)
            session = known or Session(id=key, kind=kind, start=now, end=end, opened_at=now)
            session = msgspec.structs.replace(session, by=by, by_hand=True, closed_at=None)
            self._store.sessions.put(key, session)
            self._note(session, "started", now, audit.actor(by), until=session.end.isoformat())
        return session

    def _go_on(self, session: Session, now: datetime, by: UserId | None) -> Session:
        """Take back that sessions were stopped, inside a transaction; returns this one."""
        for one in sessions.going(self._store, now):
            if one.stopped_at is not None:
                on = msgspec.structs.replace(one, stopped_at=None, stopped_by=None)
                self._store.sessions.put(one.id, on)
                self._note(on, "goes on", now, audit.actor(by), until=on.end.isoformat())
        return self._store.sessions.get(session.id) or session

    def stop(self, now: datetime, by: UserId | None = None) -> Session:
        """Start nothing more until the end of the session; what runs goes on. Raises Conflict when none runs."""
        with self._store.transaction():
            session = sessions.current(self._store, now)
            if session is None:
                raise Conflict("No session runs now, so there is nothing to stop.")
            if session.stopped_at is not None:
                raise Conflict("It is stopped already: nothing more starts until it ends.")
            session = msgspec.structs.replace(session, stopped_at=now, stopped_by=by)
            self._store.sessions.put(session.id, session)
            self._note(session, "stopped", now, audit.actor(by))
        return session

    def current(self, now: datetime) -> Session | None:
        """The session that goes on now."""
        return sessions.current(self._store, now)

    def standing(self, now: datetime) -> Standing | None:
        """The session that goes on now, with what was built in it and what comes."""
        session = self.current(now)
        if session is None:
            return None
        planned = self._plan(now).planned if session.stopped_at is None else []
        coming = [entry for entry in planned if entry.start < session.end]
        return Standing(session=session, report=self._reports.compose(session, now), coming=coming)

    def is_overnight(self, now: datetime) -> windows.Window | None:
        """The night that now lies in; None by day."""
        return sessions.window_of(SessionKind.OVERNIGHT, now, self._config)

    def report(self, now: datetime) -> Report:
        """Of the night, or of the session by hand, that goes on or was last. Raises Conflict before the first."""
        made = self._reports.latest(now)
        if made is None:
            raise Conflict("There was no session yet. `start` begins one.")
        return made

    # -- phase by phase -----------------------------------------------------------------------------------------------

    def step(self, now: datetime) -> None:
        """Do all that is due in the sessions that are open."""
        for session in sessions.open_sessions(self._store):
            self._advance(session, now)

    def _follow(self, session: Session, now: datetime) -> Session:
        """The session with its end where the settings have it by now; at once when its time is over by them."""
        if session.by_hand or not session.opened_at <= now < session.end:
            return session
        window = sessions.window_of(session.kind, now, self._config)
        end = window.end if window is not None else now
        return session if end == session.end else self._put(session, now, "moved", until=end.isoformat(), end=end)

    def _advance(self, session: Session, now: datetime) -> None:
        session = self._follow(session, now)
        if session.stopped_at is None and now < session.end:
            session = self._prepare(session, now)
            overdue = session.checked_at is None or not timedelta() <= now - session.checked_at < CHECK_EVERY
            if session.planned_at is not None and overdue:
                session = self._check(session, now)
        if session.reported_at is None and now >= sessions.report_at(session, self._config):
            session = self._finish_report(session, now)
        if now >= session.end:
            self._put(session, now, "closed", closed_at=now)

    def _prepare(self, session: Session, now: datetime) -> Session:
        """What comes before the builds."""
        if session.scanned_at is None:
            sample = self._measure(now)
            metrics.record(self._store, sample)
            session = self._put(session, now, "scanned", machine=sample.values, scanned_at=now)
        patient = session.kind is SessionKind.OVERNIGHT and not session.by_hand
        if session.prepared_at is None and (not patient or now >= session.start + PREPARE_AFTER):
            done = [sentence for preparation in self._preparations for sentence in self._try(preparation, now)]
            session = self._put(session, now, "prepared", done=done, prepared_at=now)
        ready = session.prepared_at is not None and (not patient or now >= session.start + windows.SPAWN_DELAY)
        if session.planned_at is None and ready:
            plan = self._plan(now)
            planned = [entry.task.id for entry in plan.planned]
            session = self._put(session, now, "planned", planned=planned, left=len(plan.left_out), planned_at=now)
        return session

    def _check(self, session: Session, now: datetime) -> Session:
        sample = self._measure(now)
        since = session.checked_at or session.opened_at
        tasks = self._store.tasks.all()
        fresh = [task for task in tasks if isinstance(task.state, (Completed, Failed)) and task.state.at >= since]
        return self._put(
            session,
            now,
            "checked",
            running=[build.id for build in active_builds(self._store)],
            completed=[task.id for task in fresh if isinstance(task.state, Completed)],
            failed=[task.id for task in fresh if isinstance(task.state, Failed)],
            machine=sample.values,
            checked_at=now,
            checks=session.checks + 1,
        )

    def _finish_report(self, session: Session, now: datetime) -> Session:
        """Write the report; the file is written again if we die before that is recorded."""
        if session.kind in REPORTED:
            report = self._reports.compose(session, now)
            # A session of the day must not take the place of the night's report.
            name = report.day if session.kind is SessionKind.OVERNIGHT else session.id
            self._write_report(f"overnight_report_{name}.json", msgspec.to_builtins(report))
        return self._put(session, now, "reported", reported_at=now)

    def _try(self, preparation: Preparation, now: datetime) -> Sequence[str]:
        try:
            return preparation(now)
        except Exception as error:
            return [f"{type(error).__name__}: {error}"]

    def _put(self, session: Session, now: datetime, action: str, **changes: Any) -> Session:
        """Record that a phase is done; what is no field of the session is told in the log only.

        Nothing when another process was faster.
        """
        fields = {name: value for name, value in changes.items() if name in session.__struct_fields__}
        told = {name: value for name, value in changes.items() if name not in fields}
        with self._store.transaction():
            known = self._store.sessions.get(session.id) or session
            if any(getattr(known, name) != getattr(session, name) for name in fields):
                return known
            session = msgspec.structs.replace(known, **fields)
            self._store.sessions.put(session.id, session)
            self._note(session, action, now, **told)
        return session

    def _note(self, session: Session, action: str, now: datetime, actor: str = audit.BY_ITSELF, **more: Any) -> None:
        audit.note(self._store, audit.OVERNIGHT, action, now, actor=actor, session=session.id, **more)


def least_left(kind: SessionKind, length: timedelta) -> timedelta:
    """A session that is late is opened if so much of its time is left; else it is recorded as missed."""
    return min(LEAST_LEFT.get(kind, LEAST_LEFT_OTHERS), length / 2)
