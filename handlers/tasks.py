"""Commands on the queue: lists, cards, numbers, and the verbs on one task."""

from telegram import Update

from core import notifications
from core.approvals import Approvals
from core.build_scheduler import BuildScheduler
from core.model.config import Config
from core.model.ids import ChatId, TaskId, UserId
from core.model.task import NeedsApproval
from core.ports import Clock
from handlers import parsing
from handlers.callbacks import ListName, Page
from handlers.replies import reply
from handlers.services import Context, Services
from handlers.views import tasks
from handlers.views.message import Message, escape


async def queue(update: Update, context: Context) -> None:
    """`/queue`: open tasks, paged."""
    parsing.no_arguments(context.args or [], "queue")
    await reply(update, list_page(context.services, Page(ListName.QUEUE, 0)))


async def finished(update: Update, context: Context) -> None:
    """`/finished`: what is done with, paged."""
    parsing.no_arguments(context.args or [], "finished")
    await reply(update, list_page(context.services, Page(ListName.FINISHED, 0)))


def list_page(services: Services, page: Page) -> Message:
    """The page that a button or command asks for."""
    scheduler = services.scheduler
    entries = scheduler.open_tasks() if page.name is ListName.QUEUE else scheduler.finished()
    return tasks.page(page.name, entries, page.number)


async def show(update: Update, context: Context) -> None:
    """`/task 12`, or the id itself as a command: `/task_12`."""
    text = update.effective_message.text if update.effective_message else None
    args = context.args or ([text.split("@")[0]] if context.args is None and text else [])
    await show_card(update, context, parsing.only_task_id(args, "task"))


async def show_card(update: Update, context: Context, task_id: TaskId) -> None:
    """Answer with a task's card, which is kept up to date from then on. Raises NotFound."""
    services = context.services
    sent = await reply(update, card(services, task_id))
    if sent is not None:
        notifications.record_card(services.store, task_id, ChatId(sent.chat.id), sent.message_id, services.clock())


def card(services: Services, task_id: TaskId) -> Message:
    """The card of a task. Raises NotFound."""
    return card_of(services.scheduler, services.approvals, services.clock, services.config, task_id)


def card_of(scheduler: BuildScheduler, approvals: Approvals, clock: Clock, config: Config, task_id: TaskId) -> Message:
    """As `card`, from the engines that it takes."""
    listed = scheduler.find(task_id)
    state = listed.task.state
    approval = approvals.find(state.approval) if isinstance(state, NeedsApproval) else None
    return tasks.card(listed, approval, scheduler.why_waiting(task_id, clock()), clock(), config.zone)


async def upcoming(update: Update, context: Context) -> None:
    """`/next`: the three tasks that would be built next."""
    parsing.no_arguments(context.args or [], "next")
    await reply(update, tasks.upcoming(context.services.scheduler.next(context.services.clock())))


async def schedule(update: Update, context: Context) -> None:
    """`/schedule`: the plan of the present window."""
    parsing.no_arguments(context.args or [], "schedule")
    services = context.services
    now = services.clock()
    await reply(update, tasks.plan(services.scheduler.schedule(now), now, services.config.zone))


async def stats(update: Update, context: Context) -> None:
    """`/stats`: the queue in numbers."""
    parsing.no_arguments(context.args or [], "stats")
    services = context.services
    now = services.clock()
    await reply(update, tasks.stats(services.scheduler.stats(now), now, services.config.zone))


async def start_now(update: Update, context: Context) -> None:
    """`/go 12`: build it as soon as a slot is free."""
    services = context.services
    task_id = parsing.only_task_id(context.args or [], "go")
    task = services.queue.start_now(task_id, services.clock(), person(update))
    await _acted(update, context, task.id, start_words(services, task.id))


def start_words(services: Services, task_id: TaskId) -> str:
    """When a task that the owner wants at once will start, to be read after its name."""
    listed = services.scheduler.find(task_id)
    soon = "starts as soon as a slot is free"
    if isinstance(listed.task.state, NeedsApproval):
        return f"needs your approval first; then it {soon}"
    if listed.waits_for:
        return f"waits for {tasks.names(listed.waits_for)}; then it {soon}"
    return soon


async def cancel(update: Update, context: Context) -> None:
    """`/cancel 12`: out of the queue; a running build is stopped."""
    services = context.services
    task_id = parsing.only_task_id(context.args or [], "cancel")
    task = services.queue.cancel(task_id, person(update), services.clock())
    stopping = task.state.__struct_config__.tag == "in progress"
    await _acted(update, context, task.id, "is being stopped" if stopping else "is cancelled")


async def retry(update: Update, context: Context) -> None:
    """`/retry 12`: build it again."""
    services = context.services
    task_id = parsing.only_task_id(context.args or [], "retry")
    task = services.queue.retry(task_id, services.clock(), person(update))
    asks = isinstance(task.state, NeedsApproval)
    await _acted(update, context, task.id, "needs your approval" if asks else "is back in the queue")


async def _acted(update: Update, context: Context, task_id: TaskId, what: str) -> None:
    context.services.wake()
    await reply(update, Message(f"/{task_id} {escape(what)}."))
    await context.services.refresh(task_id)


def person(update: Update) -> UserId | None:
    """Who did it."""
    return UserId(update.effective_user.id) if update.effective_user else None
