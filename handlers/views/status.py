"""How things stand, and what was paused, stopped or resumed."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from core.model.ids import ProjectName, TaskId
from core.model.metrics import Sample
from core.model.pause import Pause
from core.status import Status
from handlers.callbacks import Ask, ListName, Page, Resume, StopAll
from handlers.views import tasks, times
from handlers.views.message import Button, Message, escape, lines, shorten


def status(report: Status, zone: ZoneInfo) -> Message:
    """The most important first: what keeps work from going on."""
    now = report.now
    text = lines(
        "<b>Status</b>",
        [f"⏸ {_what(pause.project)} since {times.clock(pause.since, zone, now)}" for pause in report.pauses],
        _stopped(report, zone),
        f"⚠️ {escape(report.obstacle)}" if report.obstacle else None,
        f"🔨 {len(report.running)} of {report.slots} slots in use" if report.slots else "🔨 no slot is free",
        [f"      /{task.id} {escape(shorten(task.title, 60))}" for task, _ in report.running],
        f"⏳ {report.queued} queued · ✋ {report.questions} to approve · 🔀 {report.to_merge} to merge",
        f"🚨 {report.escalations} urgent: /questions" if report.escalations else None,
        _window(report, zone),
        _spent(report),
        _machine(report.machine),
    )
    rows = [[Button("📋 Queue", Page(ListName.QUEUE, 0)), Button("☀️ Brief", Ask("brief"))]]
    if report.pauses:
        rows.append([Button("▶️ Resume", Resume())])
    return Message(text, rows)


def paused(project: ProjectName | None, running: Sequence[TaskId]) -> Message:
    """What the pause means for what runs."""
    what = f"{_what(project)}. Nothing starts, and nothing is merged by itself, until you say /resume."
    resume = Button("▶️ Resume", Resume(project))
    if not running:
        return Message(f"⏸ {what}", [[resume]])
    goes_on = f"{tasks.names(list(running))} {'goes' if len(running) == 1 else 'go'} on to the end."
    return Message(f"⏸ {what}\n{goes_on}", [[Button("⏹ Stop running builds too", StopAll(project)), resume]])


def resumed(ended: Sequence[Pause]) -> Message:
    """Going on."""
    places = [escape(pause.project) for pause in ended if pause.project is not None]
    everything = any(pause.project is None for pause in ended)
    return Message(f"▶️ Going on{'' if everything or not places else ' with ' + ', '.join(places)}.")


def stopped(ids: Sequence[TaskId]) -> Message:
    """Everything was stopped."""
    builds = f"Stopping {tasks.names(list(ids))}; their work so far is kept." if ids else "Nothing was running."
    return Message(f"⏹ All work is paused. {builds}\n/resume goes on.", [[Button("▶️ Resume", Resume())]])


def _what(project: ProjectName | None) -> str:
    return "All work is paused" if project is None else f"Work on {escape(project)} is paused"


def _stopped(report: Status, zone: ZoneInfo) -> str | None:
    if report.stopped_until is None:
        return None
    until = times.clock(report.stopped_until, zone, report.now)
    return f"⏹ This session was stopped: nothing more starts before {until}. /overnight start goes on."


def _window(report: Status, zone: ZoneInfo) -> str:
    if not report.windows:
        return "🕘 no autonomous window is open; only urgent work starts"
    return f"🕘 {', '.join(report.windows)}, autonomous until {times.clock(report.until, zone, report.now)}"


def _spent(report: Status) -> str | None:
    spent, config = report.around.spent, report.around.config
    parts = [f"${spent.dollars:.2f} of ${config.night_dollars:.2f}"] if config.night_dollars else []
    parts += [f"{spent.hours:.1f} of {config.night_hours:g} h"] if config.night_hours else []
    return f"💸 since noon: {', '.join(parts)}" if parts else None


def _machine(sample: Sample | None) -> str | None:
    if sample is None:
        return None
    shown = [f"{name} {sample.values[name]:.0f} %" for name in ("disk", "memory") if name in sample.values]
    shown += [f"load {sample.values['load']:.1f}"] if "load" in sample.values else []
    return f"🖥 {', '.join(shown)}" if shown else None
