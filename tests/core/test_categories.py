"""Categories by name and by the words of a title."""

import pytest

from core import categories
from core.errors import Refused
from core.model.task import Category, Priority


@pytest.mark.parametrize("category", Category)
def test_full_and_short_names_find_their_category(category: Category) -> None:
    assert categories.parse_category(category.value) is category
    assert categories.parse_category(f" {category.value.upper()} ") is category
    assert categories.parse_category(categories.short_name(category)) is category


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Performance", Category.PERFORMANCE),
        ("bug f", Category.BUG),
        ("test", Category.TESTS),
        ("new", Category.FEATURE),
    ],
)
def test_a_beginning_is_enough(name: str, category: Category) -> None:
    assert categories.parse_category(name) is category


@pytest.mark.parametrize("name", ["", "c", "nonsense", "x" * 1000, "bug fixes!"])
def test_a_name_that_fits_none_or_several_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        categories.parse_category(name)

    assert "Choose one of: Performance optimization, New features, Bug fixes" in str(refusal.value)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Fix the login test", Category.BUG),
        ("The shop crashes on Sunday", Category.BUG),
        ("Speed up the search", Category.PERFORMANCE),
        ("More tests for prices", Category.TESTS),
        ("Write the README", Category.DOCUMENTATION),
        ("Refactor the parser", Category.REFACTORING),
        ("Compare three databases", Category.RESEARCH),
        ("Add a page for returns", Category.USER_FACING),
        ("Implement returns", Category.FEATURE),
        ("Publish the package", Category.EXTERNAL),
        ("Prefix the names", Category.OTHER),
        ("修复登录", Category.OTHER),
    ],
)
def test_the_guess(title: str, category: Category) -> None:
    assert categories.guess(title) is category


def test_priorities() -> None:
    assert [categories.parse_priority(f" {priority.value.lower()} ") for priority in Priority] == list(Priority)
    with pytest.raises(Refused, match=r"“urgent” is no priority. Choose one of: CRITICAL, HIGH, MEDIUM, LOW, BACKLOG."):
        categories.parse_priority("urgent")
