"""Phases: from the list in a description with its hours, else as such work falls into parts; nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import phases
from core.model.category import Category
from tests import factories


def broken_down(
    description: str = "", hours: float = 10.0, category: Category = Category.FEATURE
) -> list[tuple[str, float]]:
    task = factories.task(hours=hours, category=category, description=description)
    return [(phase.title, phase.hours) for phase in phases.breakdown(task)]


def test_a_list_with_hours_is_taken_as_it_is() -> None:
    text = "A shop.\n\n- Data model (3h)\n- Pages - 2.5 h\n- [ ] Payment: 4 hours\n- Texts (0,5 h)\n\nThat is all."

    assert broken_down(text) == [("Data model", 3), ("Pages", 2.5), ("Payment", 4), ("Texts", 0.5)]


def test_minutes_are_understood() -> None:
    assert broken_down("- Model (9h)\n- Graphics (30m)\n- Texts: 30 min") == [
        ("Model", 9),
        ("Graphics", 0.5),
        ("Texts", 0.5),
    ]


def test_items_without_hours_share_what_is_left() -> None:
    assert broken_down("1. Model (4h)\n2. Pages\n3) Texts", 9.0) == [("Model", 4), ("Pages", 2.5), ("Texts", 2.5)]


@pytest.mark.parametrize(
    "text", ["* One\n* Two", "[ ] One\n[x] Two", "1) One\n2) Two", "• One\n• Two", "- **One**\n- Two:"]
)
def test_kinds_of_lists(text: str) -> None:
    assert broken_down(text, 8.0) == [("One", 4), ("Two", 4)]


def test_hours_that_do_not_fit_are_scaled() -> None:
    assert broken_down("- One (20h)\n- Two (20h)", 8.0) == [("One", 4), ("Two", 4)]


def test_a_number_in_the_text_is_no_estimate() -> None:
    assert broken_down("- Support 24 h format\n- Show 3 columns", 8.0) == [
        ("Support 24 h format", 4),
        ("Show 3 columns", 4),
    ]


def test_one_item_is_no_breakdown() -> None:
    assert broken_down("- only this", 10.0) == [
        ("Design", 1.5),
        ("Core", 4.5),
        ("Tests", 2),
        ("Documentation and polish", 2),
    ]


def test_a_long_list_is_cut_and_the_last_phase_takes_the_rest() -> None:
    found = broken_down("\n".join(f"- Part {n}" for n in range(1, 13)), 12.0)

    assert len(found) == 8
    assert found[-1][0] == "Part 8, and 4 more"


def test_two_items_of_one_name_can_be_told_apart() -> None:
    assert [title for title, _ in broken_down("- Tests\n- tests\n- Code")] == ["Tests", "tests (2)", "Code"]


def test_nested_items_belong_to_the_one_above() -> None:
    assert [title for title, _ in broken_down("- One\n    - detail\n- Two")] == ["One", "Two"]


@pytest.mark.parametrize("category", Category)
def test_every_category_has_its_usual_parts(category: Category) -> None:
    found = broken_down("", 8.0, category)

    assert 2 <= len(found) <= 8
    assert sum(hours for _, hours in found) == pytest.approx(8.0)
    assert sum(share for _, share in phases.USUAL[category]) == 100


ITEMS = st.lists(
    st.sampled_from(["- a", "- b (3h)", "- c: 0.1 h", "2. d (99h)", "[ ] e - 5h", "text", "- (2h)"]), max_size=14
)


@given(ITEMS, st.floats(8, 12), st.sampled_from(Category))
def test_nothing_is_lost_whatever_stands_there(items: list[str], hours: float, category: Category) -> None:
    found = broken_down("\n".join(items), hours, category)

    assert 2 <= len(found) <= 8
    assert sum(value for _, value in found) == pytest.approx(hours, abs=1e-5)
    assert min(value for _, value in found) >= 0.25
    assert all(title for title, _ in found)
    assert len({title.casefold() for title, _ in found}) == len(found)
