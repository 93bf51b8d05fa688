"""The brief as a message."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core import outcomes, problem_words
from core.briefs import Brief, Finished
from core.model.task import Completed, Merged, Unmerged
from handlers.callbacks import Answer, ListName, OnTask, Page, TaskVerb
from handlers.views import patterns, times
from handlers.views.message import MAX_TEXT, Button, Message, escape, lines, shorten, unescape, utf16_length
from handlers.views.night_pictures import ran_picture

SHOWN = (8, 4, 2, 1)
"""How many entries of each section are shown; the first number with which the brief fits into a message."""


LATE = timedelta(minutes=10)
"""A brief that comes so much after its time says so."""


def brief(report: Brief, zone: ZoneInfo, *, morning: bool = False) -> Message:
    """What shipped, runs, failed and waits; two lines when nothing happened. A picture of what ran, if anything did."""
    now = report.now
    name = "Morning brief" if morning else "Brief"
    late = f" · {times.span(report.late)} late" if report.late >= LATE else ""
    head = f"☀️ <b>{name}</b> · {now.astimezone(zone):%A %H:%M}{late}"
    queue = f"{report.queued} waiting in the queue" if report.queued else "the queue is empty"
    if report.is_quiet:
        quiet = f"{head}\nNothing happened since {times.clock(report.since, zone, now)}; {queue}."
        more = [_section(*_problems(report), 2), _section(*_expected(report, zone), patterns.TODAY)]
        return Message(lines(quiet, *more), _queue_button())
    text = ""
    for shown in SHOWN:
        text = _text(report, head, queue, shown, zone)
        if utf16_length(unescape(text)) <= MAX_TEXT:
            break
    picture = ran_picture(report.ran, f"What ran until {now.astimezone(zone):%a %d %b %H:%M}", zone)
    return Message(text, _buttons(report), picture=picture)


def _text(report: Brief, head: str, queue: str, shown: int, zone: ZoneInfo) -> str:
    now = report.now
    sections = [
        ("🚀 Shipped, with proof", [_finished(entry) for entry in report.shipped]),
        ("📦 Built, but not proven", [_finished(entry) for entry in report.unproven]),
        ("🔨 Building now", _running(report, now, zone)),
        ("❌ Failed", [_finished(entry) for entry in report.failed]),
        (
            "✋ Waits for your approval",
            [f"/{q.task.id} {_title(q.task.title)}: {escape(q.approval.reason)}" for q in report.questions],
        ),
        ("🔀 Waits for your merge since before", _earlier(report)),
        ("⚠️ Trouble", _trouble(report, zone)),
        ("🧹 Cleaned up", _cleaned(report)),
        _problems(report),
        _expected(report, zone),
    ]
    listed = [line for title, entries in sections for line in _section(title, entries, shown)]
    shipped = f"{times.hours(report.hours_shipped)} shipped" if report.hours_shipped else "nothing shipped"
    cost = f" for ${report.dollars:.2f}" if report.dollars else ""
    multiplier = f" Productivity: {report.multiplier:.1f}x." if report.multiplier is not None else ""
    return lines(
        head, listed, "", f"{shipped}{cost} since {times.clock(report.since, zone, now)}; {queue}.{multiplier}"
    )


def _expected(report: Brief, zone: ZoneInfo) -> tuple[str, list[str]]:
    return "🔁 Usually asked for today", patterns.today(report.expected, zone)


def _cleaned(report: Brief) -> list[str]:
    return [escape(problem_words.cleaned(report.repairs))] if report.repairs else []


def _problems(report: Brief) -> tuple[str, list[str]]:
    return "🩺 Problems", [f"{escape(one.evidence)}. {escape(one.prediction)}" for one in report.problems]


def _trouble(report: Brief, zone: ZoneInfo) -> list[str]:
    missed = [
        f"{name} of {times.clock(due, zone, report.now)} was missed: I was off" for name, due in report.missed[-3:]
    ]
    return missed + ([f"nothing new starts: {escape(report.throttled)}"] if report.throttled else [])


def _section(title: str, entries: list[str], shown: int) -> list[str]:
    if not entries:
        return []
    more = [f"… and {len(entries) - shown} more"] if len(entries) > shown else []
    return [f"\n<b>{title}</b>", *(f"• {entry}" for entry in entries[:shown]), *more]


def _finished(entry: Finished) -> str:
    size = entry.result.diff
    parts = [outcomes.reason(entry.result).rstrip(".")]
    if size is not None:
        parts.append(f"+{size.insertions} −{size.deletions}")
    if isinstance(entry.task.state, Completed) and isinstance(entry.task.state.delivery, Merged):
        parts.append("merged")
    elif isinstance(entry.task.state, Completed) and isinstance(entry.task.state.delivery, Unmerged):
        parts.append("waits for your merge")
    return f"/{entry.task.id} {_title(entry.task.title)}: {escape(shorten(' · '.join(parts), 300))}"


def _earlier(report: Brief) -> list[str]:
    """Results that wait for a merge and are not among the news above."""
    news = {entry.task.id for entry in (*report.shipped, *report.unproven)}
    return [f"/{task.id} {_title(task.title)}" for task in report.to_merge if task.id not in news]


def _running(report: Brief, now: datetime, zone: ZoneInfo) -> list[str]:
    return [
        f"/{entry.task.id} {_title(entry.task.title)}: "
        f"{entry.progress.phase.value if entry.progress else 'starting'}, "
        f"expected by {times.clock(entry.expected_end, zone, now)}"
        for entry in report.running
    ]


def _title(title: str) -> str:
    return escape(shorten(title, 80))


def _buttons(report: Brief) -> list[list[Button]]:
    rows = [
        [
            Button(f"✅ Approve {q.task.id}", Answer(q.approval.id, True)),
            Button(f"🚫 Reject {q.task.id}", Answer(q.approval.id, False)),
        ]
        for q in report.questions[:3]
    ]
    single = [Button(f"🔀 Merge {task.id}", OnTask(TaskVerb.MERGE, task.id)) for task in report.to_merge[:4]]
    single += [
        Button(f"🔁 Retry {entry.task.id}", OnTask(TaskVerb.RETRY, entry.task.id)) for entry in report.failed[:2]
    ]
    rows += [single[index : index + 2] for index in range(0, len(single), 2)]
    return [*rows, *_queue_button()]


def _queue_button() -> list[list[Button]]:
    return [[Button("📋 Queue", Page(ListName.QUEUE, 0))]]
