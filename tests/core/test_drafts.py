"""A task card that is filled in with buttons, and added once."""

from typing import Any

import pytest

from core import drafts
from core.errors import Conflict, JarvisError, NotFound, Refused
from core.model.ids import DraftId, ProjectName
from core.model.task import Category, Draft, NeedsApproval, Priority
from tests import factories
from tests.core.conftest import PRIVATE, Engines


def begin(engines: Engines, title: str = "Fix it", **changes: Any) -> Draft:
    new = factories.new_task(title, **{"category": Category.BUG, **changes})
    return engines.drafts.begin(new, PRIVATE, engines.now)


def test_a_draft_is_what_was_asked_for_in_the_only_project(engines: Engines) -> None:
    draft = begin(engines, "  Fix the login test ", description="It fails on Mondays.\nOnly there.\n")

    assert (draft.title, draft.description) == ("Fix the login test", "It fails on Mondays.\nOnly there.")
    assert draft.category is Category.BUG
    assert draft.project == "shop"
    assert (draft.hours, draft.priority) == (1.0, Priority.MEDIUM)


def test_everything_that_was_asked_for_reaches_the_task(engines: Engines) -> None:
    first = engines.add()
    asked: dict[str, Any] = {
        "hours": 2.0,
        "priority": Priority.HIGH,
        "depends": [first.id],
        "tags": ["Web"],
        "project": ProjectName("shop"),
        "command": "make fix",
        "verify": "make check",
    }
    draft = begin(engines, **asked)

    task = engines.drafts.add(draft.id, engines.now, start_now=False)

    assert (task.hours, task.priority, task.category) == (2.0, Priority.HIGH, Category.BUG)
    assert (task.depends, task.tags, task.project) == ((first.id,), ("web",), "shop")
    assert (task.command, task.verify) == ("make fix", "make check")


def test_with_several_projects_none_is_chosen(engines: Engines) -> None:
    with engines.store.transaction():
        engines.store.projects.put("other", factories.project("/srv/other", name=ProjectName("other")))

    assert begin(engines).project is None
    assert begin(engines, project=ProjectName("other")).project == "other"


@pytest.mark.parametrize(
    "asked",
    [
        {"title": " \n "},
        {"title": "\u200b\u200d"},
        {"title": "x" * 4000},
        {"description": "x" * 100_000},
        {"hours": 0.0},
        {"hours": 13.0},
        {"tags": ["two words"]},
        {"project": ProjectName("gone")},
    ],
)
def test_what_cannot_become_a_task_is_refused(engines: Engines, asked: dict[str, Any]) -> None:
    with pytest.raises(JarvisError):
        begin(engines, **asked)

    assert engines.store.drafts.all() == []


def test_a_project_that_does_not_exist_is_named(engines: Engines) -> None:
    with pytest.raises(NotFound, match=r"There is no project “gone”. /projects lists them."):
        begin(engines, project=ProjectName("gone"))


def test_fields_are_changed_one_by_one(engines: Engines) -> None:
    draft = begin(engines)

    engines.drafts.change(draft.id, hours=4.0)
    changed = engines.drafts.change(draft.id, priority=Priority.HIGH, category=Category.TESTS)

    assert (changed.hours, changed.priority, changed.category) == (4.0, Priority.HIGH, Category.TESTS)
    assert engines.drafts.find(draft.id) == changed


@pytest.mark.parametrize("hours", [0.0, -1.0, 13.0, float("nan"), float("inf")])
def test_impossible_hours_are_refused(engines: Engines, hours: float) -> None:
    draft = begin(engines)

    with pytest.raises(Refused):
        engines.drafts.change(draft.id, hours=hours)
    assert engines.drafts.find(draft.id) == draft


def test_a_project_that_is_not_registered_is_refused(engines: Engines) -> None:
    draft = begin(engines)

    with pytest.raises(Refused, match=r"There is no project “gone” any more."):
        engines.drafts.change(draft.id, project=ProjectName("gone"))
    assert engines.drafts.find(draft.id) == draft


def test_adding_makes_the_task_once(engines: Engines) -> None:
    draft = begin(engines, description="Soon.")

    task = engines.drafts.add(draft.id, engines.now, start_now=True)

    assert (task.title, task.description, task.chat, task.start_now) == ("Fix it", "Soon.", PRIVATE, True)
    with pytest.raises(Conflict, match=r"That draft was added as task_1 already."):
        engines.drafts.add(draft.id, engines.now, start_now=False)
    with pytest.raises(Conflict):
        engines.drafts.drop(draft.id)
    with pytest.raises(Conflict):
        engines.drafts.change(draft.id, hours=2.0)
    assert len(engines.store.tasks.all()) == 1


def test_a_draft_of_a_kind_that_asks_is_added_with_its_question(engines: Engines) -> None:
    draft = begin(engines, "A new page", category=Category.FEATURE)

    assert isinstance(engines.drafts.add(draft.id, engines.now, start_now=True).state, NeedsApproval)


def test_a_dropped_draft_is_gone(engines: Engines) -> None:
    draft = begin(engines)
    engines.drafts.drop(draft.id)

    with pytest.raises(NotFound, match=r"That draft is gone. Write the task again to start over."):
        engines.drafts.drop(draft.id)
    with pytest.raises(NotFound):
        engines.drafts.find(DraftId("draft_99"))


def test_only_the_latest_drafts_are_kept(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "KEPT", 3)
    made = [begin(engines, f"Fix {number}") for number in range(5)]

    assert [draft.id for draft in engines.store.drafts.all()] == [draft.id for draft in made[2:]]
