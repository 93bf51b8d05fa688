"""Drafts: a task card that the owner fills in with buttons before it is added."""

from datetime import datetime
from typing import Any

import msgspec

from core import task_text
from core.autonomous_queue import AutonomousQueue, NewTask
from core.errors import Conflict, NotFound
from core.model.ids import ChatId, DraftId, ProjectName, UserId
from core.model.task import Draft, Task
from core.ports import Store

KEPT = 200
"""Older drafts are forgotten."""


class Drafts:
    """Keeps drafts until they are added."""

    def __init__(self, store: Store, queue: AutonomousQueue) -> None:
        self._store = store
        self._queue = queue

    def begin(self, new: NewTask, chat: ChatId, now: datetime) -> Draft:
        """A draft of the task that is asked for. Raises Refused."""
        title = task_text.clean_title(new.title)
        projects = self._store.projects.all()
        project = new.project or (projects[0].name if len(projects) == 1 else None)
        if project is not None and self._store.projects.get(project) is None:
            raise NotFound(f"There is no project “{project[:40]}”. /projects lists them.")
        with self._store.transaction():
            known = [draft for draft in self._store.drafts.all() if new.request and draft.request == new.request]
            if known:
                return known[0]
            draft = Draft(
                id=DraftId(f"draft_{self._store.number('draft')}"),
                chat=chat,
                title=title,
                description=task_text.clean_text(new.description, "description"),
                hours=task_text.check_hours(new.hours),
                category=new.category,
                priority=new.priority,
                project=project,
                agent=new.agent,
                network=new.network,
                confined=new.confined,
                command=new.command,
                verify=new.verify,
                depends=tuple(new.depends),
                tags=task_text.clean_tags(tuple(new.tags)),
                request=new.request,
                created_at=now,
            )
            self._store.drafts.put(draft.id, draft)
            for old in self._store.drafts.all()[:-KEPT]:
                self._store.drafts.remove(old.id)
        return draft

    def find(self, draft_id: DraftId) -> Draft:
        """One draft. Raises NotFound when it was dropped, or Conflict when it was added."""
        draft = self._store.drafts.get(draft_id)
        if draft is None:
            raise NotFound("That draft is gone. Write the task again to start over.")
        if draft.task is not None:
            raise Conflict(f"That draft was added as {draft.task} already.")
        return draft

    def change(self, draft_id: DraftId, **changes: Any) -> Draft:
        """Set fields of a draft (names and types as in `Draft`). Raises NotFound, Conflict or Refused."""
        if "hours" in changes:
            task_text.check_hours(changes["hours"])
        if (project := changes.get("project")) is not None and self._store.projects.get(project) is None:
            raise NotFound(f"There is no project “{project[:40]}” any more.")
        with self._store.transaction():
            draft = msgspec.structs.replace(self.find(draft_id), **changes)
            self._store.drafts.put(draft.id, draft)
        return draft

    def drop(self, draft_id: DraftId) -> None:
        """Forget a draft. Raises NotFound or Conflict."""
        with self._store.transaction():
            self._store.drafts.remove(self.find(draft_id).id)

    def add(self, draft_id: DraftId, now: datetime, by: UserId | None = None, *, start_now: bool) -> Task:
        """Turn the draft into a task. Raises NotFound, Conflict (a second press) or Refused."""
        with self._store.transaction():
            draft = self.find(draft_id)
            task = self._queue.add_to_queue(new_task(draft, by, start_now=start_now), now)
            self._store.drafts.put(draft.id, msgspec.structs.replace(draft, task=task.id))
        return task


def new_task(draft: Draft, by: UserId | None = None, *, start_now: bool) -> NewTask:
    """The request that a draft stands for, by whoever added it."""
    return NewTask(
        title=draft.title,
        description=draft.description,
        hours=draft.hours,
        category=draft.category,
        priority=draft.priority,
        depends=draft.depends,
        tags=draft.tags,
        project=ProjectName(draft.project) if draft.project else None,
        agent=draft.agent,
        network=draft.network,
        confined=draft.confined,
        command=draft.command,
        verify=draft.verify,
        chat=draft.chat,
        by=by,
        start_now=start_now,
    )
