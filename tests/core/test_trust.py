"""How often decisions stood, and what the figures suggest: once, and never without somebody's word."""

import pytest

from core import trust
from core.errors import Conflict
from core.model.category import Category
from core.model.decision import Verdict
from core.model.ids import ProjectName
from core.model.notification import RuleSuggested
from tests.core.conftest import OWNER, Engines

SHOP = ProjectName("shop")


def approve_features(engines: Engines, count: int, *, no: int = 0) -> None:
    for number in range(count):
        task = engines.add(f"A new page {number}", category=Category.FEATURE)
        engines.approvals.answer_task(task.id, yes=number >= no, by=OWNER, now=engines.now)


def roll_back_docs(engines: Engines, count: int) -> None:
    for number in range(count):
        task = engines.finish(engines.add(f"Write docs {number}"))
        engines.shipping.merge(task.id, OWNER, engines.now)
        engines.shipping.rollback(task.id, OWNER, engines.now)


def test_records_count_what_stood_and_what_did_not(engines: Engines) -> None:
    roll_back_docs(engines, 1)
    kept = engines.finish(engines.add("Write docs"))
    engines.shipping.merge(kept.id, OWNER, engines.now)
    dropped = engines.finish(engines.add("Write docs again"))
    engines.shipping.discard(dropped.id, OWNER, engines.now)
    approve_features(engines, 3, no=1)

    docs, features = engines.trust.records(engines.now)
    assert (docs.category, docs.automatic, docs.stood, docs.rolled_back, docs.discarded) == (
        Category.DOCUMENTATION,
        3,
        1,
        1,
        1,
    )
    assert (features.asked, features.approved, features.automatic) == (3, 2, 0)


def test_many_plain_yeses_suggest_more_freedom_once(engines: Engines) -> None:
    approve_features(engines, 8)
    assert engines.trust.suggest(engines.now) == []
    approve_features(engines, 4)

    (made,) = engines.trust.suggest(engines.now)

    assert (made.verdict, made.category, made.project) == (Verdict.RUN, Category.FEATURE, "shop")
    assert made.reason == "you approved 12 of 12 questions about New features as they were"
    assert RuleSuggested(suggestion=made.id) in engines.subjects()
    assert engines.trust.suggest(engines.now) == []
    assert engines.rules.all() == []


def test_a_no_among_them_suggests_nothing(engines: Engines) -> None:
    approve_features(engines, 12, no=3)
    assert engines.trust.suggest(engines.now) == []


def test_rollbacks_suggest_to_ask_first(engines: Engines) -> None:
    roll_back_docs(engines, 4)

    (made,) = engines.trust.suggest(engines.now)
    assert (made.verdict, made.category) == (Verdict.ASK, Category.DOCUMENTATION)


@pytest.mark.parametrize("yes", [True, False])
def test_a_suggestion_becomes_a_rule_by_a_person_only(engines: Engines, yes: bool) -> None:
    roll_back_docs(engines, 4)
    (made,) = engines.trust.suggest(engines.now)

    engines.trust.answer(made.id, yes=yes, by=OWNER, now=engines.now)

    assert [(rule.verdict, rule.category, rule.by) for rule in engines.rules.all()] == (
        [(Verdict.ASK, Category.DOCUMENTATION, OWNER)] if yes else []
    )
    with pytest.raises(Conflict, match="answered already"):
        engines.trust.answer(made.id, yes=yes, by=OWNER, now=engines.now)
    assert engines.trust.suggest(engines.now) == []


def test_the_interval_of_a_share() -> None:
    assert trust.wilson(0, 0) == (0.0, 1.0)
    low, high = trust.wilson(10, 10)
    assert 0.78 < low < 0.79
    assert high == 1.0
    assert trust.wilson(5, 10)[0] < 0.5 < trust.wilson(5, 10)[1]
