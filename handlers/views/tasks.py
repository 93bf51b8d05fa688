"""Tasks: the card, the lists, the numbers."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core import deliveries, priority
from core.build_scheduler import Listed, Stats
from core.model.approval import Approval
from core.model.ids import TaskId
from core.model.task import (
    Cancelled,
    Completed,
    Delivery,
    Discarded,
    DoneByHand,
    Failed,
    Merged,
    NeedsApproval,
    Queued,
    Rejected,
    RolledBack,
    Running,
    Split,
    Task,
    TaskState,
    Unmerged,
)
from core.planning import Plan
from core.transitions import label
from handlers.callbacks import Answer, Ask, ChangeTask, ListName, OnTask, Page, RetryBuild, TaskVerb
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines, pre, shorten

PAGE = 8
LEARNED = 0.1
"""So much off, an expected length is told beside the estimate."""


def mark(state: TaskState) -> str:
    """The sign of a state."""
    match state:
        case Queued():
            return "⏳"
        case NeedsApproval():
            return "✋"
        case Running():
            return "🔨"
        case Completed(delivery=Merged()):
            return "🎉"
        case Completed(delivery=RolledBack()):
            return "↩️"
        case Completed(delivery=Discarded()):
            return "🗑"
        case Completed():
            return "✅"
        case Failed():
            return "❌"
        case Rejected() | Cancelled():
            return "🚫"
        case Split():
            return "🗓"
        case DoneByHand():
            return "🤝"


def is_over(state: TaskState) -> bool:
    """Whether nothing happens to it any more by itself."""
    return isinstance(state, Failed | Rejected | Cancelled)


def buttons(task: Task) -> list[list[Button]]:
    """What can be done with the task as it stands."""

    def verbs(*pairs: tuple[str, TaskVerb]) -> list[Button]:
        return [Button(text, retry(task) if verb is TaskVerb.RETRY else OnTask(verb, task.id)) for text, verb in pairs]

    match task.state:
        case NeedsApproval(approval=approval):
            return [
                [
                    Button("✅ Approve", Answer(approval, True)),
                    Button("✏️ Modify", ChangeTask(task.id)),
                    Button("🚫 Reject", Answer(approval, False)),
                ]
            ]
        case Queued():
            start = [] if task.start_now else [("▶️ Start now", TaskVerb.START)]
            modify = Button("✏️ Modify", ChangeTask(task.id))
            return [[*verbs(*start), modify, *verbs(("🚫 Cancel", TaskVerb.CANCEL))]]
        case Running():
            return [verbs(("⏹ Stop", TaskVerb.STOP), ("📄 Log", TaskVerb.LOG))]
        case Completed(delivery=delivery):
            rows = [verbs(*row) for row in _on_result(delivery)]
            return [*rows, [Button("✏️ Modify", ChangeTask(task.id))]] if isinstance(delivery, Unmerged) else rows
        case Failed():
            return [verbs(("🔁 Retry", TaskVerb.RETRY), ("🔍 Diff", TaskVerb.DIFF), ("📄 Log", TaskVerb.LOG))]
        case Cancelled() | Rejected():
            return [verbs(("🔁 Retry", TaskVerb.RETRY))]
        case Split():
            return [[Button("🗓 Weekend", Ask("weekend"))]]
        case DoneByHand():
            return []


def retry(task: Task) -> OnTask | RetryBuild:
    """Build it again, as long as it is as it stands now."""
    build = getattr(task.state, "build", None)
    return OnTask(TaskVerb.RETRY, task.id) if build is None else RetryBuild(task.id, build)


_Row = list[tuple[str, TaskVerb]]
_LOOK: _Row = [("🔍 Diff", TaskVerb.DIFF), ("📄 Log", TaskVerb.LOG)]


def _on_result(delivery: Delivery) -> list[_Row]:
    """Rollback never takes the place of Merge: a second tap at the same place must not undo the first."""
    retry, push = ("🔁 Retry", TaskVerb.RETRY), ("⬆️ Push", TaskVerb.PUSH)
    rows: list[_Row]
    match delivery:
        case Unmerged():
            first: _Row = [("🔀 Merge", TaskVerb.MERGE), ("🔍 Diff", TaskVerb.DIFF)]
            rows = [first, [("📄 Log", TaskVerb.LOG), ("🗑 Discard", TaskVerb.DISCARD)]]
        case Merged():
            rows = [_LOOK, [("↩️ Rollback", TaskVerb.ROLLBACK)]]
        case RolledBack():
            rows = [_LOOK, [retry]]
        case Discarded(purged_at=None):
            return [[("♻️ Restore", TaskVerb.RESTORE), retry], _LOOK]
        case Discarded():
            return [[retry, ("📄 Log", TaskVerb.LOG)]]
    if isinstance(delivery, Merged | RolledBack) and delivery.checkout_behind:
        rows = [[("⬇️ Update my checkout", TaskVerb.UPDATE)], *rows]
    return [*rows, [push]] if deliveries.not_pushed(delivery) else rows


def card(listed: Listed, approval: Approval | None, waiting: str | None, now: datetime, zone: ZoneInfo) -> Message:
    """Everything about one task; `waiting` tells when it starts, or what keeps it from starting."""
    task = listed.task
    text = lines(
        f"{mark(task.state)} <b>{escape(task.title)}</b>",
        f"/{task.id} · {state_line(task.state, now, zone)}",
        not_pushed(task.state),
        f"⏱ {escape(waiting)}" if waiting else None,
        f"❓ Asked because {escape(approval.reason)}." if approval else None,
        "",
        f"{times.hours(task.hours)}{_expected(listed)} ({listed.size}) · {task.category.value} · {task.priority.value}",
        f"score {escape(priority.explain(task))}",
        f"project {escape(task.project)}" if task.project else "no project",
        f"waits for {names(listed.waits_for)}" if listed.waits_for else None,
        " · ".join(_ways(task)) or None,
        escape(shorten(" ".join("#" + tag for tag in task.tags), 300)) or None,
        f"command <code>{escape(shorten(task.command, 300))}</code>" if task.command else None,
        f"checked by <code>{escape(shorten(task.verify, 200))}</code>" if task.verify else None,
        f"<blockquote expandable>{escape(shorten(task.description, 1500))}</blockquote>" if task.description else None,
    )
    return Message(text, buttons(task))


def _expected(listed: Listed) -> str:
    """Beside the estimate, what such builds really take, if that is something else."""
    expected = listed.expected
    if expected is None or abs(expected / listed.task.hours - 1) < LEARNED:
        return ""
    return f", likely {times.hours(expected)}"


def _ways(task: Task) -> list[str]:
    """What is special about how it is built."""
    agent = [f"agent {escape(task.agent)}"] if task.agent else []
    return [
        *agent,
        *(["without network"] if not task.network else []),
        *(["only within walls"] if task.confined else []),
    ]


def added(task: Task) -> Message:
    """One line for a task that asks first: the question comes as a message of its own."""
    return Message(f"➕ <b>{escape(task.title)}</b> · /{task.id}")


def state_line(state: TaskState, now: datetime, zone: ZoneInfo) -> str:
    """The state in words, safe to stand in HTML."""
    match state:
        case Queued(since=since):
            return f"queued {times.relative(since, now)}"
        case NeedsApproval():
            return "needs your approval"
        case Running(since=since):
            return f"in progress since {times.clock(since, zone, now)}"
        case Completed(delivery=Merged(commit=commit, at=at)):
            return f"merged {times.relative(at, now)} as <code>{commit[:9]}</code>"
        case Completed(delivery=RolledBack(commit=commit, at=at)):
            return f"rolled back {times.relative(at, now)} by <code>{commit[:9]}</code>"
        case Completed(delivery=Discarded(at=at, purged_at=purged)):
            gone = "" if purged is None else "; it can't be restored any more"
            return f"discarded {times.relative(at, now)}{gone}"
        case Completed(at=at):
            return f"completed {times.relative(at, now)}, not merged yet"
        case Failed(at=at, reason=why):
            return f"failed {times.relative(at, now)}: {escape(shorten(why, 300))}"
        case Rejected(at=at) | Cancelled(at=at) | DoneByHand(at=at):
            return f"{label(state)} {times.relative(at, now)}"
        case Split(at=at, phases=phases):
            return f"split {times.relative(at, now)} into {names(phases)}"


def not_pushed(state: TaskState) -> str | None:
    """Why the remote repository does not have it, if it should; safe to stand in HTML."""
    reason = deliveries.not_pushed(state.delivery) if isinstance(state, Completed) else None
    return f"⬆️ Not pushed: {escape(shorten(reason, 300))}" if reason else None


def names(task_ids: Sequence[TaskId]) -> str:
    """The first few, as commands that show them, and how many more."""
    more = f" and {len(task_ids) - 5} more" if len(task_ids) > 5 else ""
    return ", ".join(f"/{task_id}" for task_id in task_ids[:5]) + more


def line(listed: Listed) -> str:
    """One task in a list; the id is a command that shows its card."""
    task = listed.task
    waits = f" · waits for {names(listed.waits_for)}" if listed.waits_for else ""
    return (
        f"{mark(task.state)} /{task.id} <b>{escape(shorten(task.title, 80))}</b>\n"
        f"      {times.hours(task.hours)} · {task.category.value} · score {listed.score:.1f}{escape(waits)}"
    )


def page(name: ListName, entries: Sequence[Listed], number: int) -> Message:
    """A page of a list, with buttons to turn it; a page that is gone becomes the last one."""
    pages = max(1, -(-len(entries) // PAGE))
    number = min(max(number, 0), pages - 1)
    other = ListName.FINISHED if name is ListName.QUEUE else ListName.QUEUE
    rows = [[Button("📋 Queue" if name is ListName.FINISHED else "🏁 Finished", Page(other, 0))]]
    if not entries:
        empty = "The queue is empty. Write me what to build, or use /add." if name is ListName.QUEUE else "Nothing yet."
        return Message(empty, rows)
    if pages > 1:
        turn = [Button("◀", Page(name, (number - 1) % pages)), Button("▶", Page(name, (number + 1) % pages))]
        rows.insert(0, [turn[0], Button(f"{number + 1} / {pages}", Page(name, number)), turn[1]])
    title = "Queue" if name is ListName.QUEUE else "Finished"
    shown = entries[number * PAGE : (number + 1) * PAGE]
    noun = "task" if len(entries) == 1 else "tasks"
    return Message("\n".join([f"<b>{title}</b> · {len(entries)} {noun}", "", *map(line, shown)]), rows)


def upcoming(entries: Sequence[Listed]) -> Message:
    """The next tasks, with a button to start each."""
    if not entries:
        return Message("Nothing is ready to be built. Write me what to do, or see /queue.")
    rows = [[Button(f"▶️ Start {entry.task.id}", OnTask(TaskVerb.START, entry.task.id))] for entry in entries]
    return Message("\n".join(["<b>Next</b>", "", *map(line, entries)]), rows)


def plan(planned: Plan, now: datetime, zone: ZoneInfo) -> Message:
    """What runs in this window, and why the rest does not."""
    if planned.until > now:
        head = f"<b>Plan</b> · autonomous until {times.clock(planned.until, zone, now)}"
    else:
        head = "<b>Plan</b> · no autonomous window is open; only urgent work starts"
    if planned.tight:
        head += f"\nOne build fewer at a time: {escape(planned.tight)}."
    starts = [
        f"slot {entry.slot} · {times.clock(entry.start, zone, now)}–{times.clock(entry.end, zone, now)} "
        f"/{entry.task.id} {escape(shorten(entry.task.title, 60))}"
        for entry in planned.planned[:20]
    ]
    waiting = [
        f"/{entry.task.id} {escape(shorten(entry.task.title, 50))}: {escape(entry.reason)}"
        for entry in planned.left_out[:20]
    ]
    return Message(
        "\n".join([head, *starts, *(["", "<b>Not in this window</b>", *waiting] if waiting else [])]),
        [[Button("📋 Queue", Page(ListName.QUEUE, 0))]],
    )


def stats(numbers: Stats, now: datetime, zone: ZoneInfo) -> Message:
    """The queue in numbers."""
    states = [f"{name}: {count}" for name, count in sorted(numbers.by_state.items())]
    rate = "–" if numbers.completion_rate is None else f"{numbers.completion_rate:.0%}"
    text = lines(
        f"<b>Queue in numbers</b> · {numbers.total} tasks",
        states,
        f"completion rate: {rate}",
        f"hours shipped: {numbers.hours_shipped:.3g}",
        f"hours waiting: {numbers.hours_queued:.3g}",
        f"oldest waits for {times.span(numbers.oldest_age)}" if numbers.oldest_age is not None else None,
        f"runs dry {times.relative(numbers.runs_dry_at, now)} of building" if numbers.runs_dry_at else None,
    )
    return Message(text, [[Button("📋 Queue", Page(ListName.QUEUE, 0)), Button("☀️ Brief", Ask("brief"))]])


def log_excerpt(task: Task, content: str, *, runs: bool = False, is_whole: bool = True) -> Message:
    """The output of an agent, or its last lines, short enough for a message."""
    excerpt = pre(content, 3000)
    cut = "" if is_whole else ", the last lines"
    so_far = " so far" if runs and excerpt else ""
    return Message(f"📄 Log of /{task.id}{so_far}{cut}\n{excerpt or 'No output yet.'}")
