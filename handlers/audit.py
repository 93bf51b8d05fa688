"""The record of what was done: `/audit`, for a task, for today, or for a week."""

import asyncio
from datetime import UTC, datetime, time, timedelta

from telegram import Update

from core.errors import Refused
from core.model.ids import TaskId
from handlers import parsing
from handlers.replies import reply
from handlers.services import Context
from handlers.views import audit as views


async def audit(update: Update, context: Context) -> None:
    """`/audit`, `/audit week`, `/audit 12`."""
    services, args = context.services, context.args or []
    if len(args) > 1:
        raise Refused("One thing at a time: /audit today, /audit week, or /audit task_12")
    now, zone = services.clock(), services.config.zone
    word = args[0].casefold() if args else "today"
    task_id: TaskId | None = None
    since: datetime | None = None
    if word in ("today", "week"):
        first = now.astimezone(zone).date() - timedelta(days=6 if word == "week" else 0)
        since = datetime.combine(first, time(), zone).astimezone(UTC)
    else:
        task_id = parsing.task_id(args[0])
    entries = await asyncio.to_thread(services.audit.entries, since, task_id)
    task = services.store.tasks.get(task_id) if task_id is not None else None
    merged = [task] if task is not None else [one for one in services.store.tasks.all() if _named(one.id, entries)]
    await reply(update, views.audit(word, entries, merged, services.people.names(), now, zone))


def _named(task_id: TaskId, entries: list[dict[str, object]]) -> bool:
    return any(entry.get("task") == task_id and entry.get("action") == "merged" for entry in entries)
