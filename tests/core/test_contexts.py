"""What each context means for the work."""

from typing import Any

import pytest

from core.contexts import INTENSITY, prefers, slots, unwelcome
from core.model.category import Category
from core.model.context import Context
from core.model.task import Source
from tests import factories

SLEEPING, WORK, GYM, AVAILABLE, UNKNOWN = (
    Context.SLEEPING,
    Context.WORK,
    Context.GYM,
    Context.AVAILABLE,
    Context.UNKNOWN,
)


def test_every_context_says_how_hard_it_works() -> None:
    assert set(INTENSITY) == set(Context)


@pytest.mark.parametrize(
    ("context", "three", "one", "ten"),
    [(SLEEPING, 3, 1, 10), (WORK, 3, 1, 10), (GYM, 2, 1, 2), (AVAILABLE, 1, 1, 1), (UNKNOWN, 1, 1, 1)],
)
def test_builds_at_the_same_time(context: Context, three: int, one: int, ten: int) -> None:
    assert [slots(context, most) for most in (3, 1, 10)] == [three, one, ten]


@pytest.mark.parametrize("context", [SLEEPING, WORK, GYM])
@pytest.mark.parametrize("category", list(Category))
def test_anything_may_start_while_the_owner_is_away(context: Context, category: Category) -> None:
    assert unwelcome(factories.task(hours=12.0, category=category), context) is None


@pytest.mark.parametrize("category", list(Category))
def test_quick_wins_only_while_the_owner_is_there(category: Category) -> None:
    assert unwelcome(factories.task(hours=2.0, category=category), AVAILABLE) is None
    assert unwelcome(factories.task(hours=2.01, category=category), AVAILABLE) == ("you are available: quick wins only")


def test_documentation_and_tests_only_while_nothing_is_known() -> None:
    allowed = {category for category in Category if unwelcome(factories.task(category=category), UNKNOWN) is None}
    assert allowed == {Category.DOCUMENTATION, Category.TESTS}


@pytest.mark.parametrize("context", list(Context))
def test_what_was_chosen_for_the_weekend_runs_in_any_context(context: Context) -> None:
    chosen = factories.task(hours=12.0, category=Category.FEATURE, source=Source.WEEKEND)
    assert unwelcome(chosen, context) is None


@pytest.mark.parametrize(
    ("context", "liked", "not_liked"),
    [
        (GYM, {"title": "Workout timer"}, {"title": "Invoice page"}),
        (GYM, {"title": "Gymtracker"}, {"title": "Gardening"}),
        (GYM, {"title": "Charts", "project": "my_fitness-app"}, {"title": "Charts"}),
        (GYM, {"title": "Charts", "tags": ("health",)}, {"title": "Charts", "tags": ("money",)}),
        (WORK, {"title": "Compare prices", "category": Category.RESEARCH}, {"title": "Refactor parser"}),
        (WORK, {"title": "More", "category": Category.TESTS}, {"title": "More", "category": Category.DOCUMENTATION}),
        (SLEEPING, {"title": "Big page", "hours": 6.0}, {"title": "Small page", "hours": 1.0}),
        (SLEEPING, {"title": "Data import", "hours": 0.5}, {"title": "Typo", "hours": 0.5}),
        (SLEEPING, {"category": Category.INFRASTRUCTURE}, {"category": Category.DOCUMENTATION}),
        (AVAILABLE, {"hours": 2.0}, {"hours": 2.5}),
        (UNKNOWN, {"category": Category.DOCUMENTATION}, {"category": Category.FEATURE}),
    ],
)
def test_what_is_preferred_when(context: Context, liked: dict[str, Any], not_liked: dict[str, Any]) -> None:
    assert prefers(factories.task(**liked), context)
    assert not prefers(factories.task(**not_liked), context)


@pytest.mark.parametrize(
    ("context", "title"),
    [
        (SLEEPING, "An important fix"),
        (GYM, "Constraining the layout"),
        (WORK, "Contesting"),
    ],
)
def test_a_word_inside_another_is_not_meant(context: Context, title: str) -> None:
    assert not prefers(factories.task(title=title), context)
