"""The vote on a weekend's project: opened, asked about, counted once.

From then until the weekend is over no project that could be chosen starts by itself, be it chosen or not.
"""

from datetime import datetime

import msgspec

from core import audit, ballots, weekend_progress, weekends
from core.errors import Conflict, Refused
from core.model.ids import TaskId, UserId, WeekendId
from core.model.notification import WeekendAsked, WeekendClosed
from core.model.weekend import Asked, Chosen, Nothing, Option, Poll, Weekend
from core.weekend_book import COMMAND_LINE, WeekendBook

MOST = 7
"""Options of a ballot, with those that were voted for before others became better."""

NOTHING_FITS = "No open project takes 8 to 12 h, so there is nothing to choose from."
NO_VOTES = "Nobody has voted, so I build no project this weekend."
GONE = "What was voted for is not open any more, so I build no project this weekend."
TOO_LATE = "I was not running when the vote closed, so I built no project that weekend."


class WeekendVote(WeekendBook):
    """The use cases of the vote. Each writes one transaction."""

    def open_ballot(self, now: datetime) -> Weekend:
        """Open the vote for this weekend or the coming one, if it is not; asks nobody. Raises Refused or Conflict."""
        with self._store.transaction():
            weekend = self.current(now)
            if weekend is not None:
                return weekend
            weekend = self._new(now)
            if not weekend.options:
                raise Refused(NOTHING_FITS)
            if now >= weekend.closes_at:
                raise Conflict("It is too late for a vote. Choose a project yourself.")
            self._store.weekends.put(weekend.id, weekend)
            self._projects.hold_projects(self._at(weekend.id, weekends.At.OVER))
            self._note("weekend vote opened", weekend, now)
        return weekend

    def ask(self, now: datetime) -> Weekend | None:
        """Friday evening: ask the owners which project; returns the weekend if they were asked just now."""
        weekend_id = weekends.weekend_of(now, self._config)
        if not self._at(weekend_id, weekends.At.ASK) <= now < self._at(weekend_id, weekends.At.CLOSE):
            return None
        with self._store.transaction():
            known = self._store.weekends.get(weekend_id)
            if known is not None and (not isinstance(known.state, Asked) or known.round):
                return None
            fresh = self._new(now)
            weekend = known or fresh
            options = ballots.renewed(weekend.options, fresh.options, weekend.votes, MOST)
            weekend = msgspec.structs.replace(weekend, options=options, asked_at=now, round=1)
            if weekend.options:
                self._note("weekend asked", weekend, now, memory="Asked which project to build this weekend.")
            else:
                weekend = msgspec.structs.replace(weekend, state=Nothing(at=now, why=NOTHING_FITS))
                self._note("weekend without a project", weekend, now, reason=NOTHING_FITS)
            self._store.weekends.put(weekend.id, weekend)
            self._projects.hold_projects(self._at(weekend.id, weekends.At.OVER))
            self._tell(weekend.id, WeekendAsked(weekend=weekend.id), now)
        return weekend

    def remind(self, now: datetime) -> Weekend | None:
        """Friday night: ask once more if nobody has voted; returns the weekend if they were asked just now."""
        weekend_id = weekends.weekend_of(now, self._config)
        if now < self._at(weekend_id, weekends.At.REMIND):
            return None
        with self._store.transaction():
            weekend = self._store.weekends.get(weekend_id)
            if weekend is None or not is_open(weekend, now) or weekend.votes or weekend.round != 1:
                return None
            if now - weekend.asked_at < weekends.REMIND_AFTER:
                return None
            weekend = msgspec.structs.replace(weekend, round=2)
            self._store.weekends.put(weekend.id, weekend)
            self._tell(weekend.id, WeekendAsked(weekend=weekend.id, round=2), now)
            self._note("weekend asked again", weekend, now)
        return weekend

    def vote(self, weekend_id: WeekendId, person: UserId, task: TaskId, now: datetime, *, decides: bool) -> Weekend:
        """Count the vote of a person in place of an earlier one; `decides`: it ends the vote.

        Raises NotFound, or Conflict when the vote is over or the project can't be chosen any more.
        """
        with self._store.transaction():
            weekend = self.find(weekend_id)
            self.check_open(weekend, now)
            option = _option_of(weekend, task)
            if not self._projects.is_possible(option, self._last(weekend.id)):
                raise Conflict(f"{task} can't be chosen any more: it was built, changed or cancelled meanwhile.")
            if ballots.of(weekend.votes, person) != task:
                votes = ballots.cast(weekend.votes, person, task, now)
                weekend = msgspec.structs.replace(weekend, votes=votes)
                self._store.weekends.put(weekend.id, weekend)
                self._note("weekend vote", weekend, now, actor=audit.actor(_person(person)), task=task)
            if decides:
                weekend = self._choose(weekend, task, now, by=_person(person), voted=False)
        return weekend

    def withdraw(self, weekend_id: WeekendId, person: UserId, now: datetime) -> Weekend:
        """Take the vote of a person back. Raises NotFound, or Conflict when the vote is over."""
        with self._store.transaction():
            weekend = self.find(weekend_id)
            self.check_open(weekend, now)
            if ballots.of(weekend.votes, person) is not None:
                votes = ballots.withdraw(weekend.votes, person)
                weekend = msgspec.structs.replace(weekend, votes=votes)
                self._store.weekends.put(weekend.id, weekend)
                self._note("weekend vote taken back", weekend, now, actor=audit.actor(_person(person)))
        return weekend

    def add_poll(self, weekend_id: WeekendId, poll: Poll, now: datetime, by: UserId | None) -> None:
        """Remember a native poll that shows the options. Raises NotFound."""
        with self._store.transaction():
            weekend = self.find(weekend_id)
            weekend = msgspec.structs.replace(weekend, polls=(*weekend.polls, poll))
            self._store.weekends.put(weekend.id, weekend)
            self._note("weekend poll", weekend, now, actor=audit.actor(by))

    def polls_to_close(self, now: datetime) -> list[tuple[WeekendId, Poll]]:
        """The native polls that are open still though their vote is over."""
        return [
            (weekend.id, poll)
            for weekend in self._store.weekends.all()
            if weekend.polls and not is_open(weekend, now)
            for poll in weekend.polls
            if poll.closed_at is None
        ]

    def poll_closed(self, weekend_id: WeekendId, poll_id: str, now: datetime) -> None:
        """Record that a native poll is closed. Raises NotFound."""
        with self._store.transaction():
            weekend = self.find(weekend_id)
            polls = tuple(
                msgspec.structs.replace(poll, closed_at=now) if poll.id == poll_id else poll for poll in weekend.polls
            )
            self._store.weekends.put(weekend.id, msgspec.structs.replace(weekend, polls=polls))

    def poll(self, poll_id: str) -> tuple[Weekend, Poll] | None:
        """A native poll and its weekend."""
        for weekend in self._store.weekends.all():
            for poll in weekend.polls:
                if poll.id == poll_id:
                    return weekend, poll
        return None

    def close(self, now: datetime) -> Weekend | None:
        """Saturday morning: count, and split what won; returns the weekend if the vote ended just now."""
        closed = None
        with self._store.transaction():
            for weekend in self._store.weekends.all():
                if isinstance(weekend.state, Asked) and weekend.closes_at <= now:
                    closed = self._count(weekend, now)
                    self._tell(weekend.id, WeekendClosed(weekend=weekend.id), now)
        return closed

    def select(self, task: TaskId, now: datetime, by: UserId | None, *, weekend: WeekendId | None = None) -> Weekend:
        """Choose the project of this weekend or the coming one by hand; an open vote ends with it. Again: the same.

        `weekend` is the one that was meant; None: whichever it is.

        Raises NotFound, Refused, or Conflict when there is a project that has not ended, or this one can't be chosen.
        """
        if weekend not in (None, weekends.weekend_of(now, self._config)):
            raise Conflict("That weekend is over. /weekend shows the next one.")
        with self._store.transaction():
            known = self.current(now)
            chosen = weekend_progress.chosen_of(known) if known is not None else None
            if known is not None and chosen is not None:
                if chosen.task == task and chosen.ended_at is None and isinstance(known.state, Chosen):
                    return known
                if chosen.ended_at is None or not isinstance(known.state, Chosen):
                    raise Conflict(f"This weekend is for “{chosen.title}”. /weekend shows how far it is.")
            planned = known or self._new(now)
            return self._choose(planned, task, now, by=by, voted=False)

    def check_open(self, weekend: Weekend, now: datetime) -> None:
        """Raises Conflict when the vote is over."""
        if not is_open(weekend, now):
            chosen = weekend_progress.chosen_of(weekend)
            how = f": “{chosen.title}” was chosen." if chosen is not None else "."
            raise Conflict(f"The vote is over{how} /weekend shows what became of it.")

    # -- inside -------------------------------------------------------------------------------------------------------

    def _count(self, weekend: Weekend, now: datetime) -> Weekend:
        """End the vote with what won, or with nothing. Inside a transaction."""
        last = self._last(weekend.id)
        possible = {option.task for option in weekend.options if self._projects.is_possible(option, last)}
        won = ballots.winner(weekend.options, weekend.votes, possible)
        is_over = now >= self._at(weekend.id, weekends.At.OVER)
        if won is not None and not is_over:
            return self._choose(weekend, won.task, now, by=None, voted=True)
        why = TOO_LATE if is_over else GONE if weekend.votes else NO_VOTES
        self._hold_rest(weekend.id, now)
        weekend = msgspec.structs.replace(weekend, state=Nothing(at=now, why=why))
        self._store.weekends.put(weekend.id, weekend)
        self._note("weekend without a project", weekend, now, reason=why, memory=why)
        return weekend


def is_open(weekend: Weekend, now: datetime) -> bool:
    """Whether votes count."""
    return isinstance(weekend.state, Asked) and now < weekend.closes_at


def _option_of(weekend: Weekend, task: TaskId) -> Option:
    for option in weekend.options:
        if option.task == task:
            return option
    raise Conflict(f"{task} is no option of this weekend. /weekend lists them.")


def _person(person: UserId) -> UserId | None:
    return None if person == COMMAND_LINE else person
