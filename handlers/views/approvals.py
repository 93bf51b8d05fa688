"""Questions: what a person needs to answer them, and what becomes of the message when they are answered."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.approvals import REPEATS, Batch
from core.model.agent import Usage
from core.model.approval import Approval
from core.model.decision import Verdict
from core.model.ids import TaskId
from core.model.task import Priority, Task
from core.model.trust import Suggestion
from handlers.callbacks import Always, Answer, ChangeField, ChangeTask, OnTask, Seen, TakeSuggestion, TaskVerb
from handlers.views import tasks, times
from handlers.views.builds import spent
from handlers.views.message import Button, Message, escape, lines, shorten

LISTED = 20
CHANGEABLE = (ChangeField.TITLE, ChangeField.DESCRIPTION, ChangeField.HOURS, ChangeField.PRIORITY)
HOURS = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0)


def question(task: Task, approval: Approval, used: Usage | None, now: datetime, zone: ZoneInfo) -> Message:
    """May this be built? `used`: what earlier tries have cost."""
    cost = spent(used)
    text = lines(
        head(approval),
        f"{sign(approval)} <b>{escape(task.title)}</b> · /{task.id}",
        f"May I build this? I ask because {escape(approval.reason)}.",
        " · ".join(
            filter(
                None,
                [
                    f"risk {approval.risk.value}",
                    times.hours(task.hours),
                    task.category.value,
                    task.priority.value,
                    f"project {escape(task.project)}" if task.project else "no project",
                    f"{cost} so far" if cost else None,
                ],
            )
        ),
        f"command <code>{escape(shorten(task.command, 300))}</code>" if task.command else None,
        f"<blockquote expandable>{escape(shorten(task.description, 800))}</blockquote>" if task.description else None,
        f"Without an answer I drop it {times.clock(approval.expires_at, zone, now)}.",
    )
    return Message(text, buttons(task, approval))


def head(approval: Approval) -> str | None:
    """That it is not asked for the first time."""
    if not approval.told:
        return None
    return f"🔔 Again ({approval.told} of {REPEATS}):" if approval.escalated else "🔔 Still waiting for your word:"


def sign(approval: Approval) -> str:
    """Whether it is urgent."""
    return "🚨" if approval.escalated else "✋"


def buttons(task: Task, approval: Approval) -> list[list[Button]]:
    """What can be answered."""
    details = Button("🔎 Details", OnTask(TaskVerb.SHOW, task.id))
    if approval.escalated:
        more = [details] if approval.seen_at else [details, Button("👀 Seen", Seen(approval.id))]
    else:
        place = f"Always in {shorten(task.project, 20)}" if task.project else "Always"
        more = [details, Button(f"♾ {place}", Always(approval.id))]
    return [*tasks.buttons(task), more]


def answered(task: Task, verdict: str) -> Message:
    """What the question becomes once it is settled; `verdict` is safe to stand in HTML."""
    return Message(f"{tasks.mark(task.state)} <b>{escape(task.title)}</b> · /{task.id}\n{verdict}")


def result(task: Task, approval: Approval, shown: Message) -> Message:
    """May this be merged? `shown` tells how the build ended, with its proof and what was found in the change."""
    rows = shown.rows
    if approval.escalated and approval.seen_at is None:
        rows = [*rows, [Button("👀 Seen", Seen(approval.id))]]
    return Message(lines(head(approval), shown.text), rows)


def expired(task: Task) -> Message:
    """Nobody has answered in time."""
    text = f"⌛ <b>{escape(task.title)}</b> · /{task.id}\nNobody answered whether I may build it, so I dropped it."
    return Message(text, tasks.buttons(task) if tasks.is_over(task.state) else [])


def waiting(open_ones: Sequence[tuple[Task, Approval]], now: datetime) -> Message:
    """All questions, the urgent ones first, with a way to answer several at once."""
    if not open_ones:
        return Message("No question waits for you.")
    ordered = sorted(open_ones, key=lambda pair: not pair[1].escalated)
    listed = [
        f"{sign(approval)} /{task.id} <b>{escape(shorten(task.title, 60))}</b>: {escape(shorten(approval.reason, 100))}"
        f" · asked {times.relative(approval.asked_at, now)}"
        for task, approval in ordered[:LISTED]
    ]
    more = [f"… and {len(ordered) - LISTED} more"] if len(ordered) > LISTED else []
    hint = "/approve all answers those that are neither urgent nor about a merge." if len(ordered) > 1 else None
    rows = [
        [Button(f"✅ {task.id}", Answer(one.id, True)), Button(f"🚫 {task.id}", Answer(one.id, False))]
        for task, one in ordered[:5]
        if not one.escalated
    ]
    return Message(lines("<b>Waiting for your word</b>", listed, more, hint), rows)


def batch(done: Batch, *, yes: bool) -> Message:
    """What became of several questions."""
    word = "Approved" if yes else "Rejected"
    listed = f"{word}: {tasks.names([task.id for task in done.tasks])}." if done.tasks else "Nothing was answered."
    if not done.left:
        return Message(listed if done.tasks else "No question waits for such an answer.")
    left: list[TaskId] = [approval.task for approval in done.left]
    rest = f"{tasks.names(left)}: please answer {'it' if len(left) == 1 else 'each'} separately, it needs a look."
    rows = [[Button(f"🔎 {task_id}", OnTask(TaskVerb.SHOW, task_id))] for task_id in left[:5]]
    return Message(f"{listed}\n{rest}", rows)


def change(task: Task) -> Message:
    """What shall be changed?"""
    text = lines(
        f"✏️ <b>{escape(task.title)}</b> · /{task.id}",
        f"{times.hours(task.hours)} · {task.priority.value} · {task.category.value}",
        f"<blockquote expandable>{escape(shorten(task.description, 800))}</blockquote>" if task.description else None,
        "What shall I change? It goes into the queue with that.",
    )
    fields = [Button(field.value.capitalize(), ChangeTask(task.id, field)) for field in CHANGEABLE]
    rows = [
        fields[:2],
        fields[2:],
        [Button("✖️ Leave it", ChangeTask(task.id, ChangeField.CLOSE))],
    ]
    return Message(text, rows)


def change_values(task: Task, field: ChangeField) -> Message:
    """The values to choose from."""
    if field is ChangeField.HOURS:
        values = [(times.hours(hours), f"{hours:g}") for hours in HOURS if hours != task.hours]
    else:
        values = [(priority.value, priority.value) for priority in Priority if priority is not task.priority]
    chosen = [Button(text, ChangeTask(task.id, field, value)) for text, value in values]
    rows = [chosen[index : index + 3] for index in range(0, len(chosen), 3)]
    text = f"✏️ <b>{escape(task.title)}</b> · /{task.id}\nNew {field.value}?"
    return Message(text, [*rows, [Button("◀️ Back", ChangeTask(task.id, ChangeField.MENU))]])


def ask_text(task: Task, field: ChangeField) -> Message:
    """Asks for a new title or description, to be written as a reply."""
    return Message(f"Write the new {field.value} of /{task.id} as a reply to this message.", ask_reply=field.value)


def suggestion(made: Suggestion) -> Message:
    """More freedom, or less?"""
    name, place = escape(made.category.value), escape(made.project)
    if made.verdict is Verdict.RUN:
        what = f"Shall {name} in {place} run without asking from now on?"
    else:
        what = f"Shall I ask before {name} in {place} from now on?"
    text = f"💡 {what}\nI suggest it because {escape(made.reason)}."
    if made.accepted is not None:
        return Message(f"{text}\n{'✅ Yes, that holds now: /rules' if made.accepted else '🚫 Left as it was.'}")
    return Message(
        text, [[Button("✅ Yes", TakeSuggestion(made.id, True)), Button("🚫 No", TakeSuggestion(made.id, False))]]
    )
