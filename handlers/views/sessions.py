"""Sessions of autonomous work: how they stand, and their reports."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.model.session import Session
from core.overnight_report import BuildLine, Report
from core.overnight_runner import Standing
from handlers.callbacks import OnSession, SessionVerb
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines, shorten

_MARKS = {"running": "🔨", "proven": "✅", "unverified": "📦", "already red": "📦", "stopped": "⏹"}
_KINDS = {"running": "Running", "stopped": "Stopped"} | dict.fromkeys(("proven", "unverified", "already red"), "Done")
SHOWN = 6
"""How many builds of each kind are shown."""
LATE = timedelta(minutes=5)
_OUTCOMES = {
    "broke": "checks failed",
    "empty": "nothing changed",
    "already red": "not proven",
    "unverified": "not proven",
}
USAGE = "Write /overnight, or /overnight start, /overnight stop, /overnight report."


def session(
    standing: Standing | None, overnight: bool, now: datetime, zone: ZoneInfo, obstacle: str | None = None
) -> Message:
    """Whether one goes on, what it builds and has built, and what comes; `obstacle` is why nothing new starts in it."""
    if standing is None:
        when = "It is night, but no session runs." if overnight else "No session runs now."
        return Message(f"🌙 {when}", [[Button("▶️ Start one", OnSession(SessionVerb.START))]])
    going = standing.session
    until = times.clock(going.end, zone, now)
    if going.stopped_at is not None:
        head = f"⏹ <b>{going.kind.value}</b> · stopped; nothing more starts before {until}"
        button = Button("▶️ Go on", OnSession(SessionVerb.START))
    else:
        head = f"🌙 <b>{going.kind.value}</b> · until {until}"
        button = Button("⏹ Start nothing more", OnSession(SessionVerb.STOP))
    text = lines(
        head,
        _phases(going, zone),
        _builds(standing, zone),
        f"\n⚠️ Nothing new starts: {escape(obstacle)}." if obstacle and going.stopped_at is None else None,
    )
    return Message(text, [[button]])


def _phases(going: Session, zone: ZoneInfo) -> str:
    """The newest step of it."""
    steps = [
        (moment, what)
        for what, moment in (
            ("opened", going.opened_at),
            ("machine looked at", going.scanned_at),
            ("prepared", going.prepared_at),
            ("planned", going.planned_at),
            ("checked" if going.checks == 1 else f"checked, {going.checks} times by now", going.checked_at),
            ("reported", going.reported_at),
        )
        if moment is not None
    ]
    newest = max(enumerate(steps), key=lambda step: (step[1][0], step[0]))[1]
    return f"{newest[0].astimezone(zone):%H:%M} {newest[1]}"


def _builds(standing: Standing, zone: ZoneInfo) -> list[str]:
    by_outcome = {
        title: [_line(one) for one in standing.report.builds if (_KINDS.get(one.outcome, "Failed")) == title]
        for title in ("Running", "Done", "Failed", "Stopped")
    }
    coming = [
        f"{entry.start.astimezone(zone):%H:%M} /{entry.task.id} {escape(shorten(entry.task.title, 60))}"
        for entry in standing.coming
    ]
    listed: list[str] = []
    for title, entries in {**by_outcome, "Next": coming}.items():
        if entries:
            more = [f"… and {len(entries) - SHOWN} more"] if len(entries) > SHOWN else []
            listed += ["", f"<b>{title}</b>", *entries[:SHOWN], *more]
    return listed or ["", "Nothing was built so far, and nothing comes."]


def report(made: Report, zone: ZoneInfo) -> Message:
    """What a session has built."""
    name = made.session.partition("-20")[0].replace("-", " ")
    head = f"📄 <b>{name}</b> · {made.start.astimezone(zone):%a %H:%M}–{made.end.astimezone(zone):%H:%M}"
    cost = f", ${made.dollars:.2f}" if made.dollars is not None else ""
    stopped = f"{made.stopped_builds} stopped, " if made.stopped_builds else ""
    counts = f"{made.completed} completed, {made.failed} failed, {stopped}{made.running} running; "
    late = timedelta(minutes=made.opened_late_minutes)
    remarks = [f"began {times.span(late)} late"] if late >= LATE else []
    remarks += ["stopped before its time"] if made.stopped else []
    shipped = f"{times.hours(made.hours_shipped)} shipped" if made.hours_shipped else "nothing shipped"
    listed = [_line(one) for one in made.builds[:20]]
    return Message(lines(head, counts + shipped + cost, remarks, listed or "Nothing was built."))


def _line(one: BuildLine) -> str:
    took = f"{times.span(timedelta(hours=one.hours))} of {times.hours(one.estimated_hours)}"
    mark = _MARKS.get(one.outcome, "❌")
    return f"{mark} /{one.task} {escape(shorten(one.title, 60))} · {took} · {_OUTCOMES.get(one.outcome, one.outcome)}"
