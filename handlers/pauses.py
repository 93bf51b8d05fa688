"""Stopping and going on: `/pause`, `/resume`, `/stop_all`, and how things stand: `/status`."""

import asyncio

from telegram import Update

from core.errors import Refused
from core.model.ids import ProjectName, TaskId
from handlers import parsing
from handlers.callbacks import Resume, StopAll
from handlers.replies import edit_pressed, reply
from handlers.services import Context
from handlers.tasks import person
from handlers.views import status as views


async def pause(update: Update, context: Context) -> None:
    """`/pause`: nothing starts any more; `/pause shop`: in that project."""
    services, project = context.services, _project(context.args or [], "pause")
    services.pauses.pause(project, person(update), services.clock())
    await reply(update, views.paused(project, _running(context, project)))


async def resume(update: Update, context: Context) -> None:
    """`/resume`, or `/resume shop`."""
    services, project = context.services, _project(context.args or [], "resume")
    ended = services.pauses.resume(project, person(update), services.clock())
    services.wake()
    await reply(update, views.resumed(ended))


async def stop_all(update: Update, context: Context) -> None:
    """`/stop_all`: pause everything, and stop what runs."""
    parsing.no_arguments(context.args or [], "stop_all")
    services = context.services
    services.pauses.pause(None, person(update), services.clock())
    stopped = await asyncio.to_thread(services.queue.stop_running, None, person(update), services.clock())
    services.wake()
    await reply(update, views.stopped([task.id for task in stopped]))
    for task in stopped:
        await services.refresh(task.id)


async def status(update: Update, context: Context) -> None:
    """`/status`: paused or not, what runs, what waits, and what it has cost."""
    parsing.no_arguments(context.args or [], "status")
    services = context.services
    report = await asyncio.to_thread(services.status.report, services.clock())
    await reply(update, views.status(report, services.config.zone))


async def on_resume(update: Update, context: Context, pressed: Resume) -> str:
    """Go on."""
    services = context.services
    ended = services.pauses.resume(pressed.project, person(update), services.clock())
    services.wake()
    await edit_pressed(update, views.resumed(ended))
    return "Going on."


async def on_stop_all(update: Update, context: Context, pressed: StopAll) -> str:
    """Stop the running builds too."""
    services = context.services
    stopped = await asyncio.to_thread(services.queue.stop_running, pressed.project, person(update), services.clock())
    services.wake()
    await edit_pressed(update, views.paused(pressed.project, []))
    for task in stopped:
        await services.refresh(task.id)
    return f"Stopping {len(stopped)} …" if stopped else "Nothing is running any more."


def _running(context: Context, project: ProjectName | None) -> list[TaskId]:
    builds = context.services.queue.track_progress()
    return [build.task for build, _ in builds if project is None or build.project == project]


def _project(args: list[str], command: str) -> ProjectName | None:
    if len(args) > 1:
        raise Refused(f"/{command} takes the name of one project, or nothing for everything.")
    return ProjectName(args[0].removeprefix("@")) if args else None
