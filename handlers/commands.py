"""The one table of commands: the menu, /help and the registration derive from it."""

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from telegram import BotCommand, Update
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler, PollAnswerHandler, TypeHandler, filters

from handlers import (
    agents,
    approvals,
    audit,
    builds,
    capture,
    changes,
    contexts,
    improvements,
    notifications,
    onboarding,
    overnight,
    patterns,
    pauses,
    presses,
    problems,
    productivity,
    projects,
    rules,
    settings,
    tasks,
    weekend,
)
from handlers.callbacks import tag_of
from handlers.guard import guard
from handlers.replies import reply
from handlers.services import App, Context
from handlers.views.onboarding import help_text

Handler = Callable[[Update, Context], Coroutine[Any, Any, None]]


class Command(msgspec.Struct, frozen=True):
    """One row of the table."""

    name: str
    description: str
    """For the menu and /help: what it does, in a few words."""
    handler: Handler


def table() -> tuple[Command, ...]:
    """All commands, in the order of the menu."""
    return (
        Command("add", "a new task, in one line or step by step", capture.add),
        Command("queue", "what waits and runs", tasks.queue),
        Command("brief", "what shipped, runs, failed and waits", overnight.brief),
        Command("weekend", "the weekend's project: choose it, see how far it is", weekend.weekend),
        Command("next", "the next three tasks", tasks.upcoming),
        Command("schedule", "the plan of this time window", tasks.schedule),
        Command("night", "the plan of the coming night", overnight.night),
        Command("evening", "quick wins, and how the queue stands", overnight.evening),
        Command("overnight", "the session: /overnight start, stop, report", overnight.session),
        Command("context", "what you are doing: /context sleeping 2h", contexts.context),
        Command("place", "name a shared location: /place gym", contexts.place),
        Command("task", "show a task: /task 12", tasks.show),
        Command("go", "build a task now: /go 12", tasks.start_now),
        Command("questions", "what waits for your word", approvals.questions),
        Command("approve", "let it be built: /approve 12, /approve all docs", approvals.approve),
        Command("reject", "do not build it: /reject 12", approvals.reject),
        Command("modify", "change a task: /modify 12", changes.modify),
        Command("diff", "what a build changed: /diff 12", builds.diff),
        Command("log", "what the agent wrote: /log 12", builds.log),
        Command("merge", "merge a result: /merge 12, /merge all", builds.merge),
        Command("update", "bring your checkout up to date after a merge: /update 12", builds.update_checkout),
        Command("rollback", "take a merge back: /rollback 12", builds.rollback),
        Command("discard", "drop a result: /discard 12", builds.discard),
        Command("restore", "bring a discarded result back: /restore 12, or what was cleaned up", problems.restore),
        Command("push", "push a result to the remote: /push 12", builds.push),
        Command("retry", "build again: /retry 12", tasks.retry),
        Command("cancel", "out of the queue, or stop the build: /cancel 12", tasks.cancel),
        Command("finished", "finished tasks", tasks.finished),
        Command("status", "how things stand", pauses.status),
        Command("pause", "start nothing any more: /pause, /pause shop", pauses.pause),
        Command("resume", "go on: /resume, /resume shop", pauses.resume),
        Command("stop_all", "pause, and stop what runs", pauses.stop_all),
        Command("stats", "the queue in numbers", tasks.stats),
        Command("week", "what this week has brought", productivity.week),
        Command("month", "what this month has brought", productivity.month),
        Command("problems", "what is or will be wrong with the machine; /problems metrics", problems.problems),
        Command("fix", "clean up logs and databases; shows first what", problems.fix),
        Command("patterns", "what you usually ask for, and when", patterns.patterns),
        Command("rules", "what runs by itself, what asks first", rules.rules),
        Command("trust", "how automatic decisions turned out", rules.trust),
        Command("audit", "what was done: /audit week, /audit 12", audit.audit),
        Command("lessons", "what builds keep to: /lessons shop use tabs", improvements.lessons),
        Command("correct", "say what was wrong: /correct use tabs", improvements.correct),
        Command("improve", "what I could do better, and what came of it", improvements.improve),
        Command("agents", "the coding agents, and a try: /agents try claude", agents.show_or_try),
        Command("projects", "the repositories I may work in", projects.list_or_change),
        Command("sample", "a small project to try me with", onboarding.sample),
        Command("settings", "your week and the limits", settings.settings),
        Command("notifications", "what comes into this chat, and how", notifications.notifications),
        Command("help", "all commands", show_help),
        Command("start", "say hello", onboarding.start),
    )


async def show_help(update: Update, _: Context) -> None:
    """`/help`: every command, from the table."""
    await reply(update, help_text(described()))


def described() -> list[tuple[str, str]]:
    """Name and description of each command."""
    return [(command.name, command.description) for command in table()]


def menu() -> list[BotCommand]:
    """What Telegram shows when the menu button is tapped."""
    return [BotCommand(name, description) for name, description in described()]


def timed(name: str, handler: Handler) -> Handler:
    """The handler, measured under that name from the moment at which it has the message to its answer."""

    async def run(update: Update, context: Context) -> None:
        with context.services.measured(name):
            await handler(update, context)

    return run


async def timed_press(update: Update, context: Context) -> None:
    """A press, measured by its kind."""
    data = update.callback_query.data if update.callback_query is not None else None
    with context.services.measured(f"press {tag_of(data or '')}"):
        await presses.press(update, context)


def register(app: App) -> None:
    """Put the guard before everything, then commands, presses and free text; edits of old messages are no commands."""
    fresh = filters.UpdateType.MESSAGE
    app.add_handler(TypeHandler(Update, guard), group=-1)
    for command in table():
        handler = timed(f"chat /{command.name}", _noted(command))
        app.add_handler(CommandHandler(command.name, handler, filters=fresh))
    app.add_handler(MessageHandler(fresh & filters.Regex(r"^/task_\d+(@\w+)?\s*$"), timed("chat /task", tasks.show)))
    app.add_handler(CallbackQueryHandler(timed_press))
    app.add_handler(PollAnswerHandler(timed("chat poll", weekend.poll_answer)))
    app.add_handler(MessageHandler(fresh & filters.COMMAND, timed("chat unknown", onboarding.unknown)))
    private = fresh & filters.ChatType.PRIVATE
    followed = fresh | filters.UpdateType.EDITED_MESSAGE
    app.add_handler(MessageHandler(followed & filters.LOCATION, timed("chat location", contexts.location)))
    app.add_handler(MessageHandler(fresh & filters.TEXT & ~filters.COMMAND, timed("chat text", capture.free_text)))
    app.add_handler(MessageHandler(private & ~filters.StatusUpdate.ALL, onboarding.not_text))


def _noted(command: Command) -> Handler:
    """The handler of a command, which is noted for the routines: what is asked for counts, whatever the answer."""

    async def handle(update: Update, context: Context) -> None:
        patterns.note_command(update, context, command.name)
        await command.handler(update, context)

    return handle
