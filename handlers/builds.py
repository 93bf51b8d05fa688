"""Commands on the result of a build: log, diff, merge, rollback, push, discard, restore. Git runs in a thread."""

import asyncio
import re
from pathlib import Path

from telegram import Update

from core import deliveries
from core.errors import Conflict
from core.model.ids import RepairId, TaskId, UserId
from core.model.task import Completed, Merged, RolledBack, Running, Task
from handlers import parsing
from handlers.problems import take_back
from handlers.replies import reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import diffs, tasks
from handlers.views.message import Document, Message, escape, pre
from handlers.views.tasks import buttons

INLINE_LOG = 3000
MAX_LOG = 5_000_000
"""Bytes; only the end of a longer log is sent."""


async def merge(update: Update, context: Context) -> None:
    """`/merge 12`: into its base branch."""
    task_id = parsing.only_task_id(context.args or [], "merge")
    task = await run_merge(context.services, task_id, person(update))
    await reply(update, Message(merged_text(task), [row for row in buttons(task) if _needs_more(task)]))
    await context.services.refresh(task_id)


async def rollback(update: Update, context: Context) -> None:
    """`/rollback 12`: take a merge back."""
    task_id = parsing.only_task_id(context.args or [], "rollback")
    task = await run_rollback(context.services, task_id, person(update))
    await reply(update, Message(rolled_back_text(task), [row for row in buttons(task) if _needs_more(task)]))
    await context.services.refresh(task_id)


async def push(update: Update, context: Context) -> None:
    """`/push 12`: to the remote repository."""
    task_id = parsing.only_task_id(context.args or [], "push")
    try:
        await run_push(context.services, task_id, person(update))
        await reply(update, Message(f"/{task_id} is pushed."))
    finally:
        await context.services.refresh(task_id)


async def update_checkout(update: Update, context: Context) -> None:
    """`/update 12`: bring the owner's checkout up to date after a merge that left it alone."""
    task_id = parsing.only_task_id(context.args or [], "update")
    await run_update(context.services, task_id, person(update))
    await reply(update, Message("Your checkout is up to date; your uncommitted work is still there."))
    await context.services.refresh(task_id)


async def discard(update: Update, context: Context) -> None:
    """`/discard 12`: drop the branch, keep a bundle."""
    task_id = parsing.only_task_id(context.args or [], "discard")
    bundle = await run_discard(context.services, task_id, person(update))
    days = f"{context.services.config.trash_days:g}"
    await reply(
        update,
        Message(
            f"/{task_id} is discarded; its commits are kept in <code>{escape(bundle.name)}</code> for {days} days. "
            f"/restore {task_id} brings them back."
        ),
    )
    await context.services.refresh(task_id)


async def restore(update: Update, context: Context) -> None:
    """`/restore 12`: bring a discarded branch back; `/restore repair_3`: take a clean-up back."""
    if context.args and context.args[0].startswith("repair_"):
        place = await take_back(context.services, RepairId(context.args[0]), person(update))
        await reply(update, Message(f"Restored: {escape(place)}"))
        return
    task_id = parsing.only_task_id(context.args or [], "restore")
    task = await run_restore(context.services, task_id, person(update))
    await reply(update, Message(f"/{task_id} is back on its branch.", buttons(task)))
    await context.services.refresh(task_id)


async def diff(update: Update, context: Context) -> None:
    """`/diff 12`: the change, inline when it is short."""
    task_id = parsing.only_task_id(context.args or [], "diff")
    await reply(update, await diff_message(context.services, task_id))


async def log(update: Update, context: Context) -> None:
    """`/log 12`: the output of the agent."""
    task_id = parsing.only_task_id(context.args or [], "log")
    await reply(update, await asyncio.to_thread(log_message, context.services, task_id))


async def run_merge(services: Services, task_id: TaskId, by: UserId | None) -> Task:
    """Merge in a worker thread; the other handlers go on meanwhile."""
    return await asyncio.to_thread(services.shipping.merge, task_id, by, services.clock())


async def run_rollback(services: Services, task_id: TaskId, by: UserId | None) -> Task:
    """Roll back in a worker thread."""
    return await asyncio.to_thread(services.shipping.rollback, task_id, by, services.clock())


async def run_push(services: Services, task_id: TaskId, by: UserId | None) -> Task:
    """Push in a worker thread."""
    return await asyncio.to_thread(services.shipping.push, task_id, by, services.clock())


async def run_discard(services: Services, task_id: TaskId, by: UserId | None) -> Path:
    """Discard in a worker thread."""
    return await asyncio.to_thread(services.shipping.discard, task_id, by, services.clock())


async def run_restore(services: Services, task_id: TaskId, by: UserId | None) -> Task:
    """Restore in a worker thread."""
    return await asyncio.to_thread(services.shipping.restore, task_id, by, services.clock())


async def run_update(services: Services, task_id: TaskId, by: UserId | None) -> Task:
    """Bring the owner's checkout up to date in a worker thread."""
    return await asyncio.to_thread(services.shipping.update_checkout, task_id, by, services.clock())


def merged_text(task: Task) -> str:
    """One or two sentences on a merge that just happened."""
    return _done_text(task, f"🎉 /{task.id} is merged")


def rolled_back_text(task: Task) -> str:
    """One or two sentences on a rollback that just happened."""
    return _done_text(task, f"↩️ /{task.id} is rolled back")


def _done_text(task: Task, what: str) -> str:
    """With what is left to do, and safe to stand in HTML."""
    reason = deliveries.not_pushed(task.state.delivery) if isinstance(task.state, Completed) else None
    text = f"{what}, but not pushed: {escape(reason)} /push {task.id} tries again." if reason else f"{what}."
    if _is_behind(task):
        text += " ⚠️ Update your checkout before you commit there: it has uncommitted work."
    return text


def _needs_more(task: Task) -> bool:
    reason = deliveries.not_pushed(task.state.delivery) if isinstance(task.state, Completed) else None
    return _is_behind(task) or reason is not None


def _is_behind(task: Task) -> bool:
    delivery = getattr(task.state, "delivery", None)
    return isinstance(delivery, Merged | RolledBack) and delivery.checkout_behind


async def diff_message(services: Services, task_id: TaskId) -> Message:
    """The change of a task's last build."""

    def made() -> Message:
        text = services.shipping.diff(task_id)
        return diffs.diff(services.scheduler.find(task_id).task, text)

    return await asyncio.to_thread(made)


def log_message(services: Services, task_id: TaskId) -> Message:
    """The output of a task's last build; of one that runs, the last lines. Raises NotFound or Conflict."""
    task = services.scheduler.find(task_id).task
    build = getattr(task.state, "build", None)
    if build is None:
        raise Conflict(f"{task_id} has not been built yet.")
    part = services.log_of(build, -MAX_LOG, MAX_LOG)
    content, size = part.data, part.size
    text = content.decode("utf-8", "replace")
    runs = isinstance(task.state, Running)
    is_short = len(pre(text, INLINE_LOG)) < INLINE_LOG
    if runs or is_short:
        return tasks.log_excerpt(task, text, runs=runs, is_whole=is_short)
    return Message(
        "\n".join([f"📄 Log of /{task_id}", *_cuts(content, size)]), document=Document(f"{build}.log", content)
    )


def _cuts(content: bytes, size: int) -> list[str]:
    """What the document does not show of the output."""
    cuts = []
    if size > len(content):
        cuts.append(f"The last {len(content) / 1e6:.0f} MB of {size / 1e6:.1f} MB.")
    if gap := re.search(rb"\[\.\.\. +(\d+) bytes left out here \.\.\.\]", content):
        cuts.append(f"{int(gap[1]) / 1e6:.1f} MB from the middle were not kept; a note stands there.")
    return cuts
