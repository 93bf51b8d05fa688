"""What a task's words mean: dangers however they are said, and what only sounds like one."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import wording
from core.model.category import Category

PAIRS = [
    line.split("\t") for line in (Path(__file__).parent / "data/decisions/pairs.tsv").read_text().splitlines() if line
]
WORDS = [
    *("delete", "drop", "the", "all", "users", "of", "table", "when", "not", "without", "rotate", "key", "password"),
    *(
        "test",
        "docs",
        "api",
        "rename",
        "fix",
        "and",
        "then",
        ",",
        ".",
        ":",
        "(",
        ")",
        "“",
        "”",
        "`",
        "'",
        "-",
        "before",
    ),
    *("is", "$20", "disk", "full", "it", "them"),
]


def rules(text: str, category: Category = Category.BUG) -> set[str]:
    return {decision.rule for decision in wording.scan(text, category)}


def test_dangers_are_seen_however_they_are_said_and_little_else() -> None:
    """Half were written as a danger, half to sound like one. The words were tuned on them: this keeps, not measures."""
    escalated = {
        kind: [bool(rules(f"{title}\n{text}")) for wanted, title, text in PAIRS if wanted == kind]
        for kind in ("escalate", "harmless")
    }

    assert len(PAIRS) > 400
    assert sum(escalated["escalate"]) / len(escalated["escalate"]) >= 0.97
    assert sum(escalated["harmless"]) / len(escalated["harmless"]) <= 0.03


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Drop the users table", "wording: data loss"),
        ("The users table should be dropped", "wording: data loss"),
        ("Deletion of all customer data", "wording: data loss"),
        ("Get rid of the customers table", "wording: data loss"),
        ("Tidy up, and then wipe the production database", "wording: data loss"),
        ("Write a script that wipes the customer bucket", "wording: data loss"),
        ("Tidy\nThe old rows of the orders table can go", "wording: data loss"),
        ("Rotate the API key", "wording: security"),
        ("Turn the firewall off", "wording: security"),
        ("Fix XSS in the comment form", "wording: security"),
        ("Faster\nThe signature check is slow. Leave it out.", "wording: security"),
        ("Document the API, then rotate the secret", "wording: security"),
        ("Rename the fields of the public API", "wording: breaking change"),
        ("Drop support for Python 3.8", "wording: breaking change"),
        ("The disk is 98% full", "wording: emergency"),
        ("Production is down", "wording: emergency"),
    ],
)
def test_a_danger_is_named(text: str, rule: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "Make sure that the import does not drop tables",
        "Add a confirmation before deleting all records",
        "Fix a crash when deleting all records",
        "Prevent accidental deletion of customer data",
        "Document how to rotate the API key",
        "Write tests for deleting user accounts",
        'Fix a typo in "Delete all data"',
        "Fix the delete account button",
        "Explain the difference between DROP TABLE and TRUNCATE",
        "Refactor without breaking the API",
        "Remove the table of contents from the README",
        "Handle full disks\nShow a message when the disk is full.",
        "Crash\nSteps to reproduce:\n1. delete all users\n2. import the file",
        "Fix the dialog\nIt must be shown before an account is deleted.",
    ],
)
def test_what_is_denied_described_tested_or_shown_is_no_danger(text: str) -> None:
    assert rules(text) == set()


def test_an_order_in_the_description_counts_though_the_title_is_about_a_text() -> None:
    title = "Update the setup guide"

    assert rules(f"{title}\nIt deletes old backups by itself, say so.", Category.DOCUMENTATION) == set()
    assert "wording: data loss" in rules(f"{title}\nThen delete all backups.", Category.DOCUMENTATION)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)))
def test_no_text_raises(text: str) -> None:
    for category in (Category.BUG, Category.DOCUMENTATION):
        assert all(decision.reason for decision in wording.scan(text, category))
    wording.scan_command(text)


@pytest.mark.parametrize("piece", ["delete all the ", "$1,000 ", "renames the users of the ", "( ", "rm -r ", '"x'])
def test_a_long_text_is_read_in_a_moment(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    began = time.perf_counter()

    wording.scan(text, Category.BUG)
    wording.scan_command(text[:10_000])

    assert time.perf_counter() - began < 15
