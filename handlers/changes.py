"""Changing a task in a short dialogue: what, then the new value by button or as a reply."""

from telegram import Update

from core import categories, notifications, task_text
from core.model.ids import ChatId, TaskId
from core.model.notification import ChangeAsked
from core.model.task import NeedsApproval, Task
from handlers import parsing
from handlers.callbacks import ChangeField, ChangeTask
from handlers.replies import edit_pressed, reply
from handlers.services import Context
from handlers.tasks import person
from handlers.views import approvals as views
from handlers.views.message import Message


async def on_change(update: Update, context: Context, pressed: ChangeTask) -> str | None:
    """Modify sends the dialogue as a message of its own, which the other buttons change in place."""
    services = context.services
    match pressed.field:
        case ChangeField.CLOSE:
            await _replace(update, context, Message(f"✏️ /{pressed.task} stays as it is."))
        case None:
            await reply(update, views.change(services.changes.check(pressed.task)))
        case ChangeField.MENU:
            await _replace(update, context, views.change(services.changes.check(pressed.task)))
        case ChangeField.TITLE | ChangeField.DESCRIPTION:
            await _ask(update, context, services.changes.check(pressed.task), pressed.field)
        case field if pressed.value is None:
            await _replace(update, context, views.change_values(services.changes.check(pressed.task), field))
        case field:
            said = await _change(update, context, pressed.task, field, pressed.value)
            await _replace(update, context, Message(f"✏️ {said}"))
    return None


async def modify(update: Update, context: Context) -> None:
    """`/modify 12`: change a task before it is built."""
    task = context.services.changes.check(parsing.only_task_id(context.args or [], "modify"))
    await reply(update, views.change(task))


async def take_answer(update: Update, context: Context, asked: ChangeAsked, text: str) -> None:
    """The reply to a question for a new title or description."""
    said = await _change(update, context, asked.task, ChangeField(asked.field), text)
    await reply(update, Message(f"✏️ {said}"))


async def _change(update: Update, context: Context, task_id: TaskId, field: ChangeField, value: str) -> str:
    """Make the change, and tell what became of the task. Raises JarvisError."""
    services = context.services
    new: object = value
    if field is ChangeField.HOURS:
        new = task_text.parse_hours(value)
    elif field is ChangeField.PRIORITY:
        new = categories.parse_priority(value)
    task = services.changes.change(task_id, person(update), services.clock(), **{field.value: new})
    services.wake()
    await services.refresh(task.id)
    if isinstance(task.state, NeedsApproval):
        return f"/{task.id} is changed. It needs a word of its own now, so I ask again."
    return f"/{task.id} is changed, and in the queue."


async def _ask(update: Update, context: Context, task: Task, field: ChangeField) -> None:
    sent = await reply(update, views.ask_text(task, field))
    if sent is not None:
        subject = ChangeAsked(task=task.id, field=field.value, request=str(sent.message_id))
        notifications.record_sent(
            context.services.store, subject, ChatId(sent.chat.id), sent.message_id, context.services.clock()
        )


async def _replace(update: Update, context: Context, message: Message) -> None:
    await edit_pressed(update, message)
