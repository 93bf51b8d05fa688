"""Pauses: nothing starts, and nothing is merged by itself, until somebody resumes the work."""

from collections.abc import Collection
from datetime import datetime

from core import audit
from core.errors import Conflict, NotFound
from core.model.ids import ProjectName, UserId
from core.model.pause import Pause
from core.ports import Store


class Pauses:
    """Of all work, or of a project's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Pause]:
        """The pauses that hold, oldest first."""
        return self._store.pauses.all()

    def pause(self, project: ProjectName | None, by: UserId | None, now: datetime) -> Pause:
        """Pause all work, or a project's; again: the same. Raises NotFound for an unknown project."""
        with self._store.transaction():
            if project is not None and self._store.projects.get(project) is None:
                raise NotFound(f"There is no project “{project[:40]}”. /projects lists them.")
            known = self._store.pauses.get(project or "")
            if known is not None:
                return known
            pause = Pause(project=project, by=by, since=now)
            self._store.pauses.put(project or "", pause)
            audit.note(self._store, audit.QUEUE, "paused", now, actor=audit.actor(by), project=project)
        return pause

    def resume(self, project: ProjectName | None, by: UserId | None, now: datetime) -> list[Pause]:
        """End the pause of a project; None ends all. Returns those that were ended. Raises Conflict without any."""
        with self._store.transaction():
            ended = [pause for pause in self.all() if project is None or pause.project == project]
            if not ended:
                what = f"{project[:40]} is not paused" if project is not None else "Nothing is paused"
                raise Conflict(f"{what}, so there is nothing to resume.")
            for pause in ended:
                self._store.pauses.remove(pause.project or "")
                audit.note(self._store, audit.QUEUE, "resumed", now, actor=audit.actor(by), project=pause.project)
        return ended


def paused(pauses: Collection[Pause], project: ProjectName | None) -> Pause | None:
    """The pause that keeps work on a project from going on by itself, if any."""
    return next((pause for pause in pauses if pause.project is None or pause.project == project), None)
