"""Questions: answered by command, by button or in words, one at a time or several; always by a person."""

import re

from telegram import Update

from core import categories
from core.errors import Refused
from core.model.category import Category
from core.model.decision import Stage, Verdict
from core.model.ids import ApprovalId, TaskId
from core.model.task import Task
from handlers import builds, parsing
from handlers.callbacks import Always, Answer, Seen, TakeSuggestion
from handlers.replies import reply
from handlers.services import Context
from handlers.tasks import person
from handlers.views import approvals as views
from handlers.views.message import Message, escape, unescape

_BATCH = re.compile(
    r"(?:please )?(approve|reject)(?: (?:all|every|everything|the))*(?: (?:of )?(?P<what>[\w /-]+?))?"
    r"(?: (?:tasks?|questions?|ones?|changes))?[.!]?",
    re.IGNORECASE,
)
_YES = ("yes", "y", "ok", "okay", "approve", "approved", "go", "sure", "👍", "✅")
_NO = ("no", "n", "nope", "reject", "rejected", "stop", "👎", "🚫")


async def approve(update: Update, context: Context) -> None:
    """`/approve 12`, `/approve 12 13`, `/approve all`, `/approve all documentation`."""
    await _by_command(update, context, yes=True)


async def reject(update: Update, context: Context) -> None:
    """`/reject 12`, and the same forms as `approve`."""
    await _by_command(update, context, yes=False)


async def _by_command(update: Update, context: Context, *, yes: bool) -> None:
    args, command = context.args or [], "approve" if yes else "reject"
    if not args:
        raise Refused(f"Which task? For example: /{command} task_12, or /{command} all. /questions lists them.")
    if args[0].casefold() == "all":
        await _answer_all(update, context, _category(" ".join(args[1:])), yes=yes)
        return
    said: list[str] = []
    for task_id in dict.fromkeys(map(parsing.task_id, args)):
        try:
            said.append((await answer(update, context, context.services.approvals.about(task_id).id, yes=yes))[1])
        except Refused as error:
            if len(args) == 1:
                raise
            said.append(escape(str(error)))
    await reply(update, Message("\n".join(said)))
    for task_id in map(parsing.task_id, args):
        await context.services.refresh(task_id)


async def questions(update: Update, context: Context) -> None:
    """`/questions`: what waits for an answer."""
    parsing.no_arguments(context.args or [], "questions")
    services = context.services
    waiting = [(task, one) for one in services.approvals.open() if (task := services.store.tasks.get(one.task))]
    await reply(update, views.waiting(waiting, services.clock()))


async def answer_in_words(update: Update, context: Context, approval: ApprovalId, text: str) -> bool:
    """Take “yes”, “no” and the like as the answer to a question that was replied to; False for other words."""
    yes = yes_or_no(text)
    if yes is None:
        return False
    await _answer_one(update, context, approval, yes=yes)
    return True


def yes_or_no(text: str) -> bool | None:
    """Which of the two a few words say; None: neither."""
    words = re.findall(r"\w+|👍|👎|✅|🚫", text.casefold())
    word = words[0] if 0 < len(words) <= 3 else ""
    return word in _YES if word in _YES or word in _NO else None


async def batch_in_words(update: Update, context: Context, text: str) -> bool:
    """Take “approve all documentation” as what it says; False for other texts."""
    match = _BATCH.fullmatch(text.strip())
    if match is None or " " not in text.strip():
        return False
    what = match["what"] or ""
    category = categories.find(what) if what else None
    if what and category is None:
        return False  # some other sentence that begins with this word
    await _answer_all(update, context, category, yes=match[1].casefold() == "approve")
    return True


async def _answer_one(update: Update, context: Context, approval: ApprovalId, *, yes: bool) -> None:
    task_id, said = await answer(update, context, approval, yes=yes)
    await reply(update, Message(said))
    await context.services.refresh(task_id)


async def answer(update: Update, context: Context, approval_id: ApprovalId, *, yes: bool) -> tuple[TaskId, str]:
    """Record an answer and do what follows from it; returns the task and what to say.

    Yes to a question about a result is a merge, no is a discard. Raises NotFound or Conflict.
    """
    services, by = context.services, person(update)
    approval = services.approvals.check_open(approval_id, services.clock())
    if approval.stage is Stage.RESULT:
        if yes:
            said = builds.merged_text(await builds.run_merge(services, approval.task, by))
        else:
            await builds.run_discard(services, approval.task, by)
            said = f"/{approval.task} is discarded. Its commits are kept in the trash."
        services.wake()
        return approval.task, said
    task = services.approvals.answer(approval_id, yes=yes, by=by, now=services.clock())
    services.wake()
    return task.id, f"/{task.id} is {'approved' if yes else 'rejected'}."


async def _answer_all(update: Update, context: Context, category: Category | None, *, yes: bool) -> None:
    services = context.services
    done = services.approvals.answer_all(category, yes=yes, by=person(update), now=services.clock())
    services.wake()
    await reply(update, views.batch(done, yes=yes))
    for task in done.tasks:
        await services.refresh(task.id)


def _category(words: str) -> Category | None:
    return categories.parse_category(words) if words else None


# -- buttons ----------------------------------------------------------------------------------------------------------


async def on_answer(update: Update, context: Context, pressed: Answer) -> str:
    """Approve or Reject."""
    _, said = await answer(update, context, pressed.approval, yes=pressed.yes)
    return unescape(said).replace("/task", "task")


async def on_always(update: Update, context: Context, pressed: Always) -> str:
    """Approve, and let all such tasks run by themselves from now on."""
    services = context.services
    now, by = services.clock(), person(update)
    with services.store.transaction():
        task: Task = services.approvals.answer(pressed.approval, yes=True, by=by, now=now)
        services.rules.add(Verdict.RUN, task.category, task.project, by, now)
    services.wake()
    place = f" in {task.project}" if task.project else ""
    return f"Approved. {task.category.value}{place} runs by itself from now on; /rules takes it back."


async def on_seen(update: Update, context: Context, pressed: Seen) -> str:
    """Acknowledge an escalation."""
    services = context.services
    services.approvals.acknowledge(pressed.approval, person(update), services.clock())
    return "Good. I won't repeat it; it still waits for your answer."


async def on_suggestion(update: Update, context: Context, pressed: TakeSuggestion) -> str:
    """Take a suggested rule, or leave it."""
    services = context.services
    taken = services.trust.answer(pressed.suggestion, yes=pressed.yes, by=person(update), now=services.clock())
    await services.refresh_suggestion(taken.id)
    return "That holds from now on; /rules takes it back." if pressed.yes else "It stays as it is."
