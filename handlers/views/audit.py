"""The record of what was done, by whom and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.model.ids import UserId
from core.model.task import Completed, Merged, Task
from handlers.callbacks import OnTask, TaskVerb
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines, shorten

SHOWN = 25
ABOUT = ("title", "text", "path", "about", "type", "setting", "session", "project")
"""What a line is about, by the first of these that it has: a task, a lesson, a log, a weakness, a routine ..."""


def audit(
    what: str,
    entries: Sequence[Mapping[str, Any]],
    concerned: Sequence[Task],
    names: Mapping[UserId, str],
    now: datetime,
    zone: ZoneInfo,
) -> Message:
    """The newest entries last; what was merged can be taken back from here."""
    if not entries:
        return Message(f"Nothing is on record for {escape(what)}.")
    listed = [_line(entry, names, now, zone) for entry in entries[-SHOWN:]]
    left = len(entries) - len(listed)
    more = [f"… and {left} earlier ones, in logs/queue_actions.log and logs/decisions.jsonl"] if left else []
    rows = [
        [Button(f"↩️ Roll back {task.id}", OnTask(TaskVerb.ROLLBACK, task.id))]
        for task in concerned
        if isinstance(task.state, Completed) and isinstance(task.state.delivery, Merged)
    ]
    return Message(lines(f"<b>On record</b> · {escape(what)}", more, listed), rows[-3:])


def _line(entry: Mapping[str, Any], names: Mapping[UserId, str], now: datetime, zone: ZoneInfo) -> str:
    at = times.clock(datetime.fromisoformat(str(entry["at"])), zone, now)
    subject = entry.get("task") or entry.get("subject")
    link = f" /{escape(str(subject))}" if subject else ""
    action = escape(shorten(str(entry.get("action", "")), 60))
    found = next((entry[key] for key in ABOUT if entry.get(key)), "")
    about = f" “{escape(shorten(str(found), 40))}”" if found else ""
    why = entry.get("reason") or entry.get("changes")
    because = f": {escape(shorten(str(why), 80))}" if why else ""
    return f"{at} {action}{link}{about} — {who(str(entry.get('actor', '')), names)}{because}"


def who(actor: str, names: Mapping[UserId, str]) -> str:
    """A person by name, where it is known."""
    kind, _, number = actor.partition(" ")
    if kind == "person" and number.isdigit():
        return escape(names.get(UserId(int(number)), actor))
    return escape(shorten(actor, 60))
