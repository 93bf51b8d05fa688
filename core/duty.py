"""Counts the hours on duty: whether now is autonomous time, and whether the owner is there."""

from datetime import datetime

from core import pauses, productivity, windows
from core.context_scheduler import ContextScheduler
from core.model.config import Config
from core.model.context import Context
from core.ports import Store


def keep(store: Store, contexts: ContextScheduler, config: Config, since_last: datetime | None, now: datetime) -> None:
    """To be called every few minutes; see `core.productivity.record_duty`.

    Autonomous is every window but the evening's, in which the owner is there, unless all work is paused.
    """
    opened = {window.name for window in windows.open_at(now, config)} - {windows.QUICK_WIN}
    paused = pauses.paused(store.pauses.all(), None) is not None
    owner = contexts.detect(now).context is Context.AVAILABLE
    productivity.record_duty(
        store, since_last, now, autonomous=bool(opened) and not paused, owner=owner, zone=config.zone
    )
