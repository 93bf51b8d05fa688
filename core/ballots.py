"""Votes: one per person, changeable; the most votes win, and ties go to the higher score, then to the older project."""

from collections import Counter
from collections.abc import Container, Iterable
from datetime import datetime

from core.model.ids import TaskId, UserId
from core.model.weekend import Option, Vote


def cast(votes: Iterable[Vote], person: UserId, task: TaskId, now: datetime) -> tuple[Vote, ...]:
    """The votes with this one, in place of an earlier one of the person."""
    return (*withdraw(votes, person), Vote(person=person, task=task, at=now))


def withdraw(votes: Iterable[Vote], person: UserId) -> tuple[Vote, ...]:
    """The votes without that of a person."""
    return tuple(vote for vote in votes if vote.person != person)


def of(votes: Iterable[Vote], person: UserId) -> TaskId | None:
    """What a person voted for."""
    return next((vote.task for vote in votes if vote.person == person), None)


def tally(options: Iterable[Option], votes: Iterable[Vote]) -> dict[TaskId, int]:
    """How many votes each option has, in the order of the options; what is no option is not counted."""
    counted = Counter(vote.task for vote in votes)
    return {option.task: counted[option.task] for option in options}


def winner(options: Iterable[Option], votes: Iterable[Vote], possible: Container[TaskId]) -> Option | None:
    """The option with the most votes among the possible ones; None when none of these has a vote."""
    options = list(options)
    counted = tally(options, votes)
    in_the_race = [option for option in options if option.task in possible and counted[option.task]]
    return min(in_the_race, key=lambda option: (-counted[option.task], *rank(option)), default=None)


def renewed(old: Iterable[Option], fresh: Iterable[Option], votes: Iterable[Vote], most: int) -> tuple[Option, ...]:
    """The fresh options, and the old ones that somebody has voted for; beyond `most`, the last without a vote go."""
    fresh, voted = list(fresh), {vote.task for vote in votes}
    kept = [option for option in old if option.task in voted - {option.task for option in fresh}]
    wanted = [option.task for option in fresh if option.task in voted]
    spare = [option.task for option in fresh if option.task not in voted][: max(most - len(kept) - len(wanted), 0)]
    return (*(option for option in fresh if option.task in (*wanted, *spare)), *kept)


def rank(option: Option) -> tuple[float, datetime]:
    """For sorting among equals: by score, then the older one first."""
    return (-option.score, option.created_at)
