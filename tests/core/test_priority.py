"""The score of a task, and the order of a queue."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import priority
from core.model.task import Category, Priority
from tests import factories


@pytest.mark.parametrize(
    ("weight", "hours", "score"),
    [
        (Priority.HIGH, 1.0, 4.0),
        (Priority.HIGH, 4.0, 1.0),
        (Priority.MEDIUM, 0.5, 6.0),
        (Priority.CRITICAL, 1.0, 5.0),
        (Priority.LOW, 1.0, 2.0),
        (Priority.BACKLOG, 2.0, 0.5),
    ],
)
def test_the_examples_of_the_specification(weight: Priority, hours: float, score: float) -> None:
    task = factories.task(priority=weight, hours=hours)

    assert priority.score(task) == score


def test_the_score_is_explained_term_by_term() -> None:
    assert priority.explain(factories.task(priority=Priority.HIGH, hours=4.0)) == "HIGH 4 × 1/4 h = 1.00"


def test_equal_scores_go_to_the_older_task() -> None:
    newer = factories.task(1, created_at=factories.NOW)
    older = factories.task(2, created_at=factories.NOW - timedelta(days=1))

    assert priority.by_score([newer, older]) == [older, newer]


def test_tasks_of_the_same_moment_keep_the_order_of_their_numbers() -> None:
    tasks = [factories.task(number, created_at=factories.NOW) for number in (10, 9, 2, 1)]

    assert [priority.number(task) for task in priority.by_score(tasks)] == [1, 2, 9, 10]


def test_urgent_ones_come_before_higher_scores() -> None:
    bug = factories.task(1, category=Category.BUG, priority=Priority.HIGH, hours=8.0)
    wanted = factories.task(2, start_now=True, hours=12.0)
    quick = factories.task(3, priority=Priority.CRITICAL, hours=0.25)

    assert priority.by_score([quick, wanted, bug]) == [bug, wanted, quick]


@pytest.mark.parametrize(
    ("category", "weight", "urgent"),
    [
        (Category.BUG, Priority.CRITICAL, True),
        (Category.BUG, Priority.HIGH, True),
        (Category.BUG, Priority.MEDIUM, False),
        (Category.PERFORMANCE, Priority.CRITICAL, False),
    ],
)
def test_only_important_bug_fixes_are_urgent(category: Category, weight: Priority, urgent: bool) -> None:
    assert priority.is_urgent(factories.task(category=category, priority=weight)) is urgent


@given(st.lists(st.tuples(st.sampled_from(Priority), st.floats(0.1, 12)), max_size=20))
def test_no_task_stands_before_a_better_one(pairs: list[tuple[Priority, float]]) -> None:
    tasks = [factories.task(n, priority=weight, hours=hours) for n, (weight, hours) in enumerate(pairs, 1)]
    ranked = priority.by_score(tasks)

    assert sorted(ranked, key=priority.number) == tasks
    assert all(priority.score(a) >= priority.score(b) for a, b in itertools.pairwise(ranked))
