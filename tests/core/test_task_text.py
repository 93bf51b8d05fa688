"""What may stand in a task."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import task_text
from core.errors import Refused


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("  Fix   the\tlogin \n", "Fix the login"),
        ("Fix the 🚀 of 👩‍👩‍👧", "Fix the 🚀 of 👩‍👩‍👧"),
        ("תקן את הבדיקה", "תקן את הבדיקה"),
        ("<b>bold</b> & more", "<b>bold</b> & more"),
        ("a\x00b\x1bc", "a b c"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("a\u2066b\u2069c\u200e", "abc"),
        ("one\u2028two", "one two"),
        ("lone \ud83d half", "lone half"),
        ("x" * 200, "x" * 200),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert task_text.clean_title(text) == title


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00", "\u202e", "\u200b\u200b", "\u2060", "\ufeff"])
def test_a_title_without_anything_to_see_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"The task needs a title"):
        task_text.clean_title(text)


@pytest.mark.parametrize(("length", "shown"), [(201, "201"), (10_000, "10,000")])
def test_a_title_that_is_too_long_says_how_long_it_is(length: int, shown: str) -> None:
    with pytest.raises(Refused, match=f"The title has {shown} characters; 200 are enough."):
        task_text.clean_title("x" * length)


def test_the_lines_of_a_description_stay() -> None:
    assert task_text.clean_text(" a\n\tb\x07\n\n\u202ec\ud800 ", "description") == "a\n\tb\n\nc"


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refused, match=r"The description has 20,001 characters; 20,000 is the limit."):
        task_text.clean_text("x" * 20_001, "description")


@given(st.text(max_size=300))
def test_a_clean_title_can_be_stored_and_shown(text: str) -> None:
    try:
        title = task_text.clean_title(text)
    except Refused:
        return
    assert title == title.strip()
    assert 0 < len(title) <= 200
    assert all(unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") for char in title)
    assert title.encode()
    assert task_text.clean_title(title) == title


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("1,5", 1.5),
        ("1.5h", 1.5),
        ("2 hours", 2.0),
        ("30m", 0.5),
        ("90 min", 1.5),
        ("1h30m", 1.5),
        ("1h 30m", 1.5),
        (" 12 ", 12.0),
        ("٢", 2.0),
    ],
)
def test_hours(text: str, hours: float) -> None:
    assert task_text.parse_hours(text) == hours


@pytest.mark.parametrize("text", ["0", "0h", "0m", "-1", "-0.5h", "- 2", "-30m", "−1"])
def test_no_time_at_all_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"must be more than 0 hours"):
        task_text.parse_hours(text)


@pytest.mark.parametrize("text", ["1000", "12.1", "13h", "721m", "999999"])
def test_too_much_time_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(Refused, match=r"Split it into phases"):
        task_text.parse_hours(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "nan", "inf", "-inf", "1e400", "1e2", "0x10", "1.2.3", "h", "2d", "9" * 5000, "9" * 400 + "m"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"is not a number of hours. Write it like 0.5, 2h or 30m.|Split it"):
        task_text.parse_hours(text)


@given(st.text(max_size=30))
def test_any_text_is_hours_or_refused(text: str) -> None:
    try:
        hours = task_text.parse_hours(text)
    except Refused:
        return
    assert 0 < hours <= 12


@pytest.mark.parametrize("hours", [0.0, -0.1, float("nan"), float("-inf")])
def test_hours_must_be_more_than_none(hours: float) -> None:
    with pytest.raises(Refused, match=r"more than 0"):
        task_text.check_hours(hours)


@pytest.mark.parametrize("hours", [12.01, 1000.0, 1e300, float("inf")])
def test_hours_must_fit_into_one_task(hours: float) -> None:
    with pytest.raises(Refused, match=r"more than one task may take \(12\)"):
        task_text.check_hours(hours)


def test_tags() -> None:
    assert task_text.clean_tags(("Web", "web", "größe", "a-b_c")) == ("web", "größe", "a-b_c")


@pytest.mark.parametrize("tag", ["", "two words", "a,b", "<b>", "x" * 31, "a\n"])
def test_tags_that_are_refused(tag: str) -> None:
    with pytest.raises(Refused, match=r"can't be a tag"):
        task_text.clean_tags((tag,))
