"""What is a rule, and what is only a task that sounds like one."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import rule_text
from core.errors import Refused
from core.model.category import Category
from core.model.decision import Rule, Verdict
from core.model.ids import ProjectName, RuleId
from tests.factories import NOW

PROJECTS = (ProjectName("shop"), ProjectName("Blog"))


@pytest.mark.parametrize(
    ("text", "verdict", "category", "project"),
    [
        ("don't auto-approve infrastructure in project shop", Verdict.ASK, Category.INFRASTRUCTURE, "shop"),
        ("Don’t auto-approve infrastructure in shop.", Verdict.ASK, Category.INFRASTRUCTURE, "shop"),
        ("Do not auto approve bug fixes", Verdict.ASK, Category.BUG, None),
        ("stop auto-approving docs", Verdict.ASK, Category.DOCUMENTATION, None),
        ("never run refactoring by itself", Verdict.ASK, Category.REFACTORING, None),
        ("don't let tests run without asking me in blog", Verdict.ASK, Category.TESTS, "Blog"),
        ("always ask before config changes", Verdict.ASK, Category.CONFIG, None),
        ("ask before docs in shop", Verdict.ASK, Category.DOCUMENTATION, "shop"),
        ("ask me about docs in shop", Verdict.ASK, Category.DOCUMENTATION, "shop"),
        ("do not auto approve anything", Verdict.ASK, None, None),
        ("don't auto-approve anything in shop", Verdict.ASK, None, "shop"),
        ("allow research to run by itself", Verdict.RUN, Category.RESEARCH, None),
        ("Let documentation run without asking", Verdict.RUN, Category.DOCUMENTATION, None),
        ("let all config tasks run by themselves in shop", Verdict.RUN, Category.CONFIG, "shop"),
        ("auto-approve tests in shop", Verdict.RUN, Category.TESTS, "shop"),
        ("auto-approve everything in @blog", Verdict.RUN, None, "Blog"),
        ("run new features without asking", Verdict.RUN, Category.FEATURE, None),
        ("auto-approve shop", Verdict.RUN, None, "shop"),
        ("let everything in shop run by itself", Verdict.RUN, None, "shop"),
        ("don't let docs in project shop run without asking", Verdict.ASK, Category.DOCUMENTATION, "shop"),
    ],
)
def test_rules(text: str, verdict: Verdict, category: Category | None, project: str | None) -> None:
    assert rule_text.parse(text, PROJECTS) == rule_text.ParsedRule(
        verdict, category, ProjectName(project) if project else None
    )


@pytest.mark.parametrize(
    "text",
    [
        "Don't approve orders twice", "Ask users about cookies", "Allow guests to check out", "Let users drop files",
        "Ask before closing the window", "Ask me about the weather", "Run the tests", "Build the docs", "Start the server",
        "Allow comments without login", "Let the timer run", "Never run the job twice", "Don't run migrations on start",
        "Always ask for the name first", "Ask before deleting a note", "Auto approve", "Don't auto-approve",
        "Approve orders automatically when paid", "Add a rule engine", "Rules for the game", "Fix the login test",
        "Allow research", "Let it be", "Stop the timer", "Do not build on Sundays", "Permit uploads of 5 MB",
        "Ask the server for the version before connecting", "Let documentation open in a new tab", "Run by itself",
        "Write tests", "Document the rules", "Ask for permission before the camera starts", "Never delete drafts",
        "Build a page that asks users first", "Please ask before you print", "Allow dark mode", "", " ", "ask", "x" * 5000,
        "Ask me before the call in the calendar view", "Don't let the dialog close",
        "Let the importer run automatically", "Auto-approve orders below 10 dollars", "Build docs automatically",
        "Don't auto-approve refunds above 100", "Let videos start automatically", "Never run two jobs automatically",
        "Auto-approve comments of known users", "Don't let bots run by themselves", "Let slideshow run by itself",
        "Allow plugins to run by themselves", "Let bugs be reported automatically", "Start backups without asking",
    ],
)  # fmt: skip
def test_tasks_are_no_rules(text: str) -> None:
    assert rule_text.parse(text, PROJECTS) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't auto-approve gardening", "“gardening” is no category"),
        ("auto-approve docs in nowhere", "There is no project “nowhere”. Registered: shop, Blog."),
    ],
)
def test_a_rule_about_something_unknown_is_refused(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        rule_text.parse(text, PROJECTS)


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_a_refusal(text: str) -> None:
    for said in (text, f"auto-approve {text}", f"ask me about {text}"):
        with suppress(Refused):
            rule_text.parse(said, PROJECTS)


def test_in_words() -> None:
    rule = Rule(id=RuleId("rule_1"), verdict=Verdict.ASK, category=Category.INFRASTRUCTURE, project=PROJECTS[0], at=NOW)
    assert rule_text.describe(rule) == "Infrastructure in project shop asks first"
    assert rule_text.describe(Rule(id=RuleId("rule_2"), verdict=Verdict.RUN, at=NOW)) == "Everything runs by itself"
