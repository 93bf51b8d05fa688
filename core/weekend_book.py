"""What is recorded of the weekends, and how one gets its project."""

from datetime import datetime
from typing import Any

import msgspec

from core import audit, notifications, weekend_progress, weekends
from core.autonomous_queue import AutonomousQueue
from core.decisions import Decisions
from core.errors import NotFound
from core.model.config import Config
from core.model.ids import ChatId, TaskId, UserId, WeekendId
from core.model.notification import Subject
from core.model.weekend import Asked, Chosen, Option, Rest, Summarised, Vote, Weekend
from core.ports import Store
from core.weekend_projects import FOR_ANOTHER, Projects

COMMAND_LINE = UserId(0)
"""Votes as one person: nobody knows who types there."""


class WeekendBook:
    """Reads the weekends, and writes what several use cases share."""

    def __init__(self, store: Store, queue: AutonomousQueue, decisions: Decisions, config: Config) -> None:
        self._store = store
        self._queue = queue
        self._config = config
        self._projects = Projects(store, queue, decisions)

    def suggest(self, now: datetime) -> list[Option]:
        """The five best projects for this weekend or the coming one, those that were begun first."""
        return self._projects.offered(self._last(weekends.weekend_of(now, self._config)))

    def current(self, now: datetime) -> Weekend | None:
        """What is recorded of this weekend or the coming one."""
        return self._store.weekends.get(weekends.weekend_of(now, self._config))

    def find(self, weekend_id: WeekendId) -> Weekend:
        """One weekend. Raises NotFound."""
        weekend = self._store.weekends.get(weekend_id)
        if weekend is None:
            raise NotFound("Nothing is planned for that weekend. /weekend shows what there is.")
        return weekend

    def latest(self, now: datetime) -> Weekend | None:
        """The newest weekend with a project, the present one included."""
        present = weekends.weekend_of(now, self._config)
        return max((one for one in self._with_project() if one.id <= present), key=lambda one: one.id, default=None)

    def has_group_ballot(self, weekend_id: WeekendId) -> bool:
        """Whether a ballot of that weekend stands in a group, so that one press does not decide."""
        return bool(groups(self._store, weekend_id))

    # -- for the use cases --------------------------------------------------------------------------------------------

    def _new(self, now: datetime) -> Weekend:
        """The coming weekend with what is offered; “next weekend” for what the last one left is a vote for it."""
        weekend_id = weekends.weekend_of(now, self._config)
        last, options = self._last(weekend_id), self.suggest(now)
        votes: tuple[Vote, ...] = ()
        if last is not None and isinstance(last.state, Summarised) and last.state.rest is Rest.NEXT:
            chosen = last.state.chosen.task
            if any(option.task == chosen for option in options):
                votes = (Vote(person=last.state.by or COMMAND_LINE, task=chosen, at=now),)
        closes = self._at(weekend_id, weekends.At.CLOSE)
        return Weekend(
            id=weekend_id, options=tuple(options), votes=votes, asked_at=now, closes_at=closes, state=Asked()
        )

    def _choose(self, weekend: Weekend, task: TaskId, now: datetime, *, by: UserId | None, voted: bool) -> Weekend:
        """Split a project as it is now, and record that the weekend is for it, after those that ended on it before.

        Inside a transaction.

        Raises NotFound, Refused or Conflict when it can't be chosen.
        """
        option = self._projects.option(task, self._last(weekend.id))
        start = self._at(weekend.id, weekends.At.START)
        self._hold_rest(weekend.id, now)
        self._projects.hold_projects(self._at(weekend.id, weekends.At.OVER), FOR_ANOTHER)
        phases = self._projects.split(option, weekend.id, by, start, now)
        chosen = Chosen(task=option.task, title=option.title, by=by, voted=voted, at=now, phases=phases)
        earlier = (*weekend.earlier, weekend.state) if isinstance(weekend.state, Chosen) else weekend.earlier
        started = now if start <= now else None
        weekend = msgspec.structs.replace(weekend, again=(), earlier=earlier, state=chosen, started_at=started)
        self._store.weekends.put(weekend.id, weekend)
        actor = audit.BY_ITSELF if voted else audit.actor(by)
        memory = f"The vote chose “{option.title}” ({option.task}) for the weekend." if voted else ""
        self._note("weekend project chosen", weekend, now, actor=actor, task=option.task, memory=memory)
        return weekend

    def _hold_rest(self, weekend_id: WeekendId, now: datetime) -> None:
        """What the last weekend left waits for the weekend after this one, unless it is chosen or goes on anyway."""
        last = self._last(weekend_id)
        if last is not None and isinstance(last.state, Summarised) and last.state.rest is not Rest.CONTINUE:
            self._projects.hold(last.state.chosen.phases, self._next_start(weekend_id, now))

    def _next_start(self, weekend_id: WeekendId, now: datetime) -> datetime:
        """When the next weekend after that one starts that has not started yet."""
        following = weekends.following(weekend_id)
        while self._at(following, weekends.At.START) <= now:
            following = weekends.following(following)
        return self._at(following, weekends.At.START)

    def _with_project(self) -> list[Weekend]:
        return [one for one in self._store.weekends.all() if weekend_progress.chosen_of(one) is not None]

    def _last(self, before: WeekendId) -> Weekend | None:
        """The newest weekend with a project before that one."""
        return max((one for one in self._with_project() if one.id < before), key=lambda one: one.id, default=None)

    def _at(self, weekend_id: WeekendId, at: weekends.At) -> datetime:
        return weekends.moment(weekend_id, at, self._config)

    def _tell(self, weekend_id: WeekendId, subject: Subject, now: datetime) -> None:
        """To every owner, and to the groups that take part. Inside a transaction."""
        notifications.record(self._store, subject, None, now)
        for group in groups(self._store, weekend_id):
            notifications.record(self._store, subject, group, now)

    def _note(
        self,
        action: str,
        weekend: Weekend,
        now: datetime,
        *,
        actor: str = audit.BY_ITSELF,
        memory: str = "",
        **more: Any,
    ) -> None:
        chosen = weekend_progress.chosen_of(weekend)
        columns: dict[str, Any] = {"weekend": weekend.id, "title": chosen.title if chosen else None, **more}
        audit.note(self._store, audit.QUEUE, action, now, actor=actor, memory=memory, **columns)


def groups(store: Store, weekend_id: WeekendId) -> list[ChatId]:
    """The groups in which a weekend was shown: who reads there takes part."""
    notes = store.notifications.all()
    found = [note.chat for note in notes if note.chat < 0 and notifications.weekend_of(note.subject) == weekend_id]
    return list(dict.fromkeys(found))
