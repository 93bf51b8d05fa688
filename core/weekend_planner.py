"""Weekend planner: offers projects on Friday, counts the votes, splits the chosen one, and sums up on Sunday.

What happens at a time may be called at any time and any number of times: it looks at what is recorded, does what is due
and not done yet, and writes that in one transaction with its news.
"""

from datetime import datetime

import msgspec

from core import approvals, audit, notifications, weekend_progress, weekends
from core.errors import Conflict, NotFound
from core.model.ids import TaskId, UserId, WeekendId
from core.model.notification import WeekendFree, WeekendSummary
from core.model.task import Cancelled, Completed, DoneByHand, Failed, Queued, Running, Task
from core.model.weekend import Chosen, Option, Rest, Summarised, Weekend
from core.transitions import label, move
from core.weekend_progress import Progress
from core.weekend_votes import WeekendVote


class WeekendPlanner(WeekendVote):
    """The use cases of the weekend. Each writes one transaction."""

    def progress(self, now: datetime) -> Progress | None:
        """How far the newest project is; None when there was none yet."""
        weekend = self.latest(now)
        return None if weekend is None else weekend_progress.progress(self._store, weekend, now)

    def start(self, now: datetime, by: UserId | None = None, *, by_hand: bool = False) -> Weekend | None:
        """Let the phases go, on Saturday morning or `by_hand` before; returns the weekend if they were held until now.

        Raises Conflict, only by hand, when nothing is chosen.
        """
        with self._store.transaction():
            weekend = self.current(now)
            if weekend is None or not isinstance(weekend.state, Chosen):
                if by_hand:
                    raise Conflict("No project is chosen. Choose one first: /weekend")
                return None
            if weekend.started_at is not None or (not by_hand and now < self._at(weekend.id, weekends.At.START)):
                return None
            chosen = weekend.state
            self._projects.release(chosen.phases, now)
            weekend = msgspec.structs.replace(weekend, started_at=now)
            self._store.weekends.put(weekend.id, weekend)
            actor = audit.actor(by) if by_hand else audit.BY_ITSELF
            started = f"Started the weekend's project “{chosen.title}”."
            self._note("weekend started", weekend, now, actor=actor, task=chosen.task, memory=started)
        return weekend

    def first_waiting(self, weekend: Weekend) -> TaskId | None:
        """The phase that comes next, if it waits in the queue."""
        chosen = weekend_progress.chosen_of(weekend)
        rest = weekend_progress.left(self._store, chosen.phases) if chosen is not None else []
        first = weekend_progress.task_of(self._store, rest[0]) if rest else None
        return first.id if first is not None and isinstance(first.state, Queued) else None

    def complete(self, phase: str, now: datetime, by: UserId | None) -> Task:
        """Mark a phase of the newest project, by its title or number or task, as done by hand.

        Raises NotFound, or Conflict when it is being built, built, or marked already.
        """
        with self._store.transaction():
            weekend = self.latest(now)
            chosen = weekend_progress.chosen_of(weekend) if weekend is not None else None
            if weekend is None or chosen is None:
                raise NotFound("There is no project of a weekend. Choose one first: /weekend")
            task = self._task_of_phase(chosen, phase)
            if isinstance(task.state, Running):
                raise Conflict(f"{task.id} is being built. Stop it first (/cancel {task.id}), then mark it as done.")
            if isinstance(task.state, Completed | DoneByHand):
                raise Conflict(f"{task.id} is {label(task.state)} already.")
            approvals.close(self._store, approvals.question_of(task), now)
            task = move(task, DoneByHand(at=now, by=by))
            self._store.tasks.put(task.id, task)
            done = f"“{task.title}” was done by hand."
            self._note("phase done by hand", weekend, now, actor=audit.actor(by), task=task.id, memory=done)
            if not weekend_progress.left(self._store, chosen.phases):
                self._end(weekend, now)
        return task

    def notice_end(self, now: datetime) -> Weekend | None:
        """When nothing is left of the present weekend's project, offer the others, and say so; once.

        Returns the weekend if that was noticed just now.
        """
        weekend = self.current(now)
        if weekend is None or not isinstance(weekend.state, Chosen) or weekend.state.ended_at is not None:
            return None
        with self._store.transaction():
            weekend = self.find(weekend.id)
            chosen = weekend_progress.chosen_of(weekend)
            if chosen is None or chosen.ended_at is not None or weekend_progress.left(self._store, chosen.phases):
                return None
            weekend = self._end(weekend, now)
            if weekend.again:
                self._tell(weekend.id, WeekendFree(weekend=weekend.id, task=chosen.task), now)
        return weekend

    def offer_again(self, now: datetime) -> Weekend | None:
        """The present weekend; if its project has ended, with what can be chosen by now."""
        with self._store.transaction():
            weekend = self.current(now)
            if weekend is None or not isinstance(weekend.state, Chosen) or weekend.state.ended_at is None:
                return weekend
            options = self._fitting(weekend.id, now)
            if options != weekend.again:
                weekend = msgspec.structs.replace(weekend, again=options)
                self._store.weekends.put(weekend.id, weekend)
        return weekend

    def stop(self, weekend_id: WeekendId, now: datetime, by: UserId | None) -> list[Task]:
        """Cancel what is left of a weekend's project, and stop what is being built; returns the tasks.

        On the weekend itself another one can be chosen then.

        Raises NotFound, or Conflict when nothing is chosen.
        """
        with self._store.transaction():
            weekend = self.find(weekend_id)
            chosen = weekend_progress.chosen_of(weekend)
            if chosen is None:
                raise Conflict("No project is chosen for that weekend.")
            dropped = self._drop(weekend, chosen, now, by)
            self._end(weekend, now)
            return dropped

    def summary(self, now: datetime) -> Progress | None:
        """What the newest project has become; from Sunday evening on the weekend is summed up with it, once.

        What is left waits for the next weekend from then on, until somebody says otherwise.
        """
        for weekend in self._with_project():
            if isinstance(weekend.state, Chosen) and now >= self._at(weekend.id, weekends.At.SUMMARY):
                self._sum_up(weekend.id, now)
        return self.progress(now)

    def answer_rest(self, weekend_id: WeekendId, rest: Rest, now: datetime, by: UserId | None) -> Weekend:
        """Say what shall become of what a weekend has left. Raises NotFound, or Conflict when that is settled."""
        with self._store.transaction():
            weekend = self.find(weekend_id)
            state = weekend.state
            if not isinstance(state, Summarised):
                raise Conflict("That weekend is not summed up yet.")
            if state.rest is Rest.DROP or not weekend_progress.left(self._store, state.chosen.phases):
                raise Conflict("Nothing is left of it any more.")
            if rest is not Rest.DROP and self._is_taken_up(weekend, state.chosen):
                raise Conflict("It was taken up on another weekend. /weekend shows how far it is.")
            if rest is Rest.CONTINUE:
                self._projects.release(state.chosen.phases, now)
            elif rest is Rest.NEXT:
                self._projects.hold(state.chosen.phases, self._next_start(weekend.id, now))
            else:
                self._drop(weekend, state.chosen, now, by)
            weekend = msgspec.structs.replace(weekend, state=msgspec.structs.replace(state, rest=rest, by=by))
            self._store.weekends.put(weekend.id, weekend)
            self._note(f"weekend rest: {rest.value}", weekend, now, actor=audit.actor(by), task=state.chosen.task)
        return weekend

    # -- inside -------------------------------------------------------------------------------------------------------

    def _end(self, weekend: Weekend, now: datetime) -> Weekend:
        """Record that the project has ended. The others are held for a choice if one fits, else let go."""
        chosen = weekend.state
        if not isinstance(chosen, Chosen) or chosen.ended_at is not None:
            return weekend
        present = weekend.id == weekends.weekend_of(now, self._config)
        options = self._fitting(weekend.id, now) if present else ()
        if options:
            self._projects.hold_projects(self._at(weekend.id, weekends.At.OVER))
        else:
            self._projects.release_projects()
        weekend = msgspec.structs.replace(weekend, again=options, state=msgspec.structs.replace(chosen, ended_at=now))
        self._store.weekends.put(weekend.id, weekend)
        self._note("weekend project ended", weekend, now, task=chosen.task, offered=len(options))
        return weekend

    def _fitting(self, weekend_id: WeekendId, now: datetime) -> tuple[Option, ...]:
        """What can be chosen and be built before the weekend is summed up."""
        begin = max(now, self._at(weekend_id, weekends.At.START))
        left = (self._at(weekend_id, weekends.At.SUMMARY) - begin).total_seconds() / 3600
        return tuple(option for option in self.suggest(now) if option.hours <= left)

    def _sum_up(self, weekend_id: WeekendId, now: datetime) -> None:
        with self._store.transaction():
            weekend = self.find(weekend_id)
            if not isinstance(weekend.state, Chosen):
                return  # another process was faster
            chosen = weekend.state
            self._projects.hold(chosen.phases, self._next_start(weekend.id, now))
            weekend = msgspec.structs.replace(weekend, state=Summarised(chosen=chosen, at=now))
            self._store.weekends.put(weekend.id, weekend)
            self._tell(weekend.id, WeekendSummary(weekend=weekend.id), now)
            rest = len(weekend_progress.left(self._store, chosen.phases))
            told = f"Summed up the weekend's project “{chosen.title}”: {rest} of {len(chosen.phases)} phases are left."
            self._note("weekend summed up", weekend, now, task=chosen.task, left=rest, memory=told)

    def _drop(self, weekend: Weekend, chosen: Chosen, now: datetime, by: UserId | None) -> list[Task]:
        """Cancel what is left, the last phase first: nobody is asked about a phase that is cancelled as well."""
        dropped: list[Task] = []
        for phase in reversed(weekend_progress.left(self._store, chosen.phases)):
            task = weekend_progress.task_of(self._store, phase)
            assert task is not None
            if isinstance(task.state, Failed):
                task = move(task, Cancelled(at=now, by=by, build=task.state.build))
                self._store.tasks.put(task.id, task)
                notifications.tell_dependents(self._store, task, now)
            else:
                task = self._queue.cancel(task.id, by, now)
            dropped.append(task)
        self._note("weekend stopped", weekend, now, actor=audit.actor(by), task=chosen.task, dropped=len(dropped))
        return dropped

    def _is_taken_up(self, weekend: Weekend, chosen: Chosen) -> bool:
        later = [weekend_progress.chosen_of(one) for one in self._with_project() if one.id > weekend.id]
        return any(one is not None and one.task == chosen.task for one in later)

    def _task_of_phase(self, chosen: Chosen, named: str) -> Task:
        """A phase by its number, its title or the beginning of it, or its task. Raises NotFound."""
        wanted = named.strip().strip("“”\"'").casefold()
        titles = [phase.title.casefold() for phase in chosen.phases]
        places = [str(number) for number in range(1, len(titles) + 1)]
        ids = [str(phase.task) for phase in chosen.phases]
        for known in (places, ids, titles):
            if wanted in known:
                return self._phase_at(chosen, known.index(wanted))
        near = [place for place, title in enumerate(titles) if wanted and title.startswith(wanted)]
        if len(near) == 1:
            return self._phase_at(chosen, near[0])
        listed = ", ".join(f"{place}. {phase.title}" for place, phase in zip(places, chosen.phases, strict=True))
        raise NotFound(f"“{named.strip()[:40]}” is no phase of “{chosen.title}”. It has: {listed}.")

    def _phase_at(self, chosen: Chosen, place: int) -> Task:
        task = weekend_progress.task_of(self._store, chosen.phases[place])
        if task is None:
            raise NotFound(f"The task of “{chosen.phases[place].title}” is gone.")
        return task
