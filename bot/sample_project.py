"""The sample project: a small repository with tasks, to try Jarvis with."""

from bot.wiring import Installation
from core.errors import Refused
from core.model.ids import ChatId
from core.model.task import Source
from core.runtime import sample


def make(at: Installation, chat: ChatId) -> None:
    """Make the repository and queue its tasks for a chat. What a crash left unfinished is completed by the next call.

    Raises Refused when it is all there already.
    """
    if any(task.source is Source.SAMPLE for task in at.store.tasks.all()):
        raise Refused("The sample project is there already. /queue and /finished show its tasks.")
    folder = at.config.home / "sample"
    if not folder.exists():
        sample.make_repository(folder)
    at.projects.register(folder, at.clock(), name=sample.NAME, base="main", verify=sample.VERIFY)
    with at.store.transaction():
        for task in sample.tasks(chat):
            at.queue.add_to_queue(task, at.clock())
