"""Votes are counted as people expect, whoever votes for what in which order."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core import ballots
from core.model.ids import TaskId, UserId
from core.model.weekend import Option, Vote
from tests.factories import NOW


def option(number: int, score: float = 1.0, age: float = 0.0) -> Option:
    return Option(
        task=TaskId(f"task_{number}"),
        title=f"Project {number}",
        hours=8.0,
        score=score,
        reason="",
        phases=(),
        created_at=NOW - timedelta(days=age),
    )


def votes(*numbers: int) -> list[Vote]:
    """Of one person each."""
    return [Vote(person=UserId(person), task=TaskId(f"task_{number}"), at=NOW) for person, number in enumerate(numbers)]


def won(options: list[Option], cast: list[Vote], possible: set[int] | None = None) -> str | None:
    numbers = possible if possible is not None else set(range(9))
    found = ballots.winner(options, cast, {TaskId(f"task_{number}") for number in numbers})
    return found.task if found else None


def test_most_votes_then_score_then_age() -> None:
    assert won([option(1, 9.0), option(2, 1.0)], votes(1, 2, 2)) == "task_2"
    assert won([option(1, 1.0), option(2, 2.0)], votes(1, 2)) == "task_2"
    assert won([option(1, age=1), option(2, age=2)], votes(1, 2)) == "task_2"


def test_without_a_vote_nothing_wins() -> None:
    assert won([option(1)], []) is None
    assert won([option(1)], votes(2)) is None
    assert won([option(1), option(2)], votes(1), possible={2}) is None


def test_options_that_were_voted_for_stay() -> None:
    fresh, old = [option(number) for number in range(1, 6)], [option(number) for number in range(5, 10)]

    kept = ballots.renewed(old, fresh, votes(5, 7, 8, 9), 6)

    assert [one.task for one in kept] == [f"task_{number}" for number in (1, 2, 5, 7, 8, 9)]
    assert ballots.renewed([], fresh, [], 6) == tuple(fresh)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), max_size=30))
def test_the_last_vote_of_each_person_counts(acts: list[tuple[int, int]]) -> None:
    cast: tuple[Vote, ...] = ()
    expected: dict[int, int] = {}
    for person, number in acts:
        if number == 0:
            cast = ballots.withdraw(cast, UserId(person))
            expected.pop(person, None)
        else:
            cast = ballots.cast(cast, UserId(person), TaskId(f"task_{number}"), NOW)
            expected[person] = number

    counted = ballots.tally([option(number) for number in range(1, 6)], cast)

    assert {person: ballots.of(cast, UserId(person)) for person in expected} == {
        person: f"task_{number}" for person, number in expected.items()
    }
    assert sum(counted.values()) == len(expected)
    assert [counted[TaskId(f"task_{number}")] for number in range(1, 6)] == [
        list(expected.values()).count(number) for number in range(1, 6)
    ]
