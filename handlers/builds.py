"""Commands on the result of a build: log, diff, merge, discard. Git runs in a worker thread."""

import asyncio
from pathlib import Path

from telegram import Update

from core.errors import Conflict
from core.model.ids import TaskId, UserId
from core.model.task import Merged, Task
from handlers import parsing
from handlers.replies import reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import tasks
from handlers.views.message import Document, Message, escape, pre
from handlers.views.tasks import buttons

INLINE_DIFF = 3000
MAX_DIFF = 2_000_000
"""Characters; only the beginning of a longer one is sent."""
MAX_LOG = 5_000_000
"""Bytes; only the end of a longer log is sent."""


async def merge(update: Update, context: Context) -> None:
    """`/merge 12`: into its base branch."""
    task_id = parsing.only_task_id(context.args or [], "merge")
    task = await run_merge(context.services, task_id, person(update))
    await reply(update, Message(merged_text(task), [row for row in buttons(task) if _is_behind(task)]))
    await context.services.refresh(task_id)


async def update_checkout(update: Update, context: Context) -> None:
    """`/update 12`: bring the owner's checkout up to date after a merge that left it alone."""
    task_id = parsing.only_task_id(context.args or [], "update")
    await run_update(context.services, task_id)
    await reply(update, Message("Your checkout is up to date; your uncommitted work is still there."))
    await context.services.refresh(task_id)


async def discard(update: Update, context: Context) -> None:
    """`/discard 12`: drop the branch, keep a bundle."""
    task_id = parsing.only_task_id(context.args or [], "discard")
    bundle = await run_discard(context.services, task_id, person(update))
    await reply(
        update, Message(f"/{task_id} is discarded; its commits are kept in <code>{escape(bundle.name)}</code>.")
    )
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


async def run_discard(services: Services, task_id: TaskId, by: UserId | None) -> Path:
    """Discard in a worker thread."""
    return await asyncio.to_thread(services.shipping.discard, task_id, by, services.clock())


def merged_text(task: Task) -> str:
    """One line on a merge that just happened."""
    if _is_behind(task):
        return f"🎉 /{task.id} is merged. ⚠️ Update your checkout before you commit there: it has uncommitted work."
    return f"🎉 /{task.id} is merged."


def _is_behind(task: Task) -> bool:
    delivery = getattr(task.state, "delivery", None)
    return isinstance(delivery, Merged) and delivery.checkout_behind


async def diff_message(services: Services, task_id: TaskId) -> Message:
    """The change of a task's last build."""
    text = await asyncio.to_thread(services.shipping.diff, task_id)
    if not text.strip():
        return Message(f"/{task_id} changed nothing.")
    if len(text) <= INLINE_DIFF:
        return Message(f'🔍 /{task_id}\n<pre><code class="language-diff">{escape(text)}</code></pre>')
    cut = ", the beginning" if len(text) > MAX_DIFF else ""
    return Message(f"🔍 The change of /{task_id}{cut}", document=Document(f"{task_id}.diff", text[:MAX_DIFF].encode()))


def log_message(services: Services, task_id: TaskId) -> Message:
    """The output of a task's last build. Raises NotFound or Conflict."""
    task = services.scheduler.find(task_id).task
    build = getattr(task.state, "build", None)
    if build is None:
        raise Conflict(f"{task_id} has not been built yet.")
    path = services.log_of(build)
    content = _tail(path) if path.exists() else b""
    text = content.decode("utf-8", "replace")
    if len(pre(text, INLINE_DIFF)) < INLINE_DIFF:
        return tasks.log_excerpt(task, text)
    return Message(f"📄 Log of /{task_id}", document=Document(f"{build}.log", content))


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - MAX_LOG, 0))
        return file.read(MAX_LOG)


async def run_update(services: Services, task_id: TaskId) -> Task:
    """Bring the owner's checkout up to date in a worker thread."""
    return await asyncio.to_thread(services.shipping.update_checkout, task_id)
