"""Approvals by command."""

import re

from telegram import Update

from core.model.ids import ApprovalId
from handlers import parsing
from handlers.replies import reply
from handlers.services import Context
from handlers.tasks import person
from handlers.views.message import Message


async def approve(update: Update, context: Context) -> None:
    """`/approve 12`."""
    await _answer(update, context, yes=True)


async def reject(update: Update, context: Context) -> None:
    """`/reject 12`."""
    await _answer(update, context, yes=False)


async def _answer(update: Update, context: Context, *, yes: bool) -> None:
    services = context.services
    task_id = parsing.only_task_id(context.args or [], "approve" if yes else "reject")
    services.approvals.answer_task(task_id, yes=yes, by=person(update), now=services.clock())
    services.wake()
    await reply(update, Message(f"/{task_id} is {'approved' if yes else 'rejected'}."))
    await services.refresh(task_id)


async def answer_in_words(update: Update, context: Context, approval: ApprovalId, text: str) -> bool:
    """Take “yes”, “no” and the like as the answer to a question that was replied to; False for other words."""
    words = re.findall(r"\w+|👍|👎", text.casefold())
    word = words[0] if 0 < len(words) <= 3 else ""
    yes, no = word in ("yes", "y", "ok", "okay", "approve", "go", "👍"), word in ("no", "n", "reject", "stop", "👎")
    if not yes and not no:
        return False
    services = context.services
    task = services.approvals.answer(approval, yes=yes, by=person(update), now=services.clock())
    services.wake()
    await reply(update, Message(f"/{task.id} is {'approved' if yes else 'rejected'}."))
    await services.refresh(task.id)
    return True
