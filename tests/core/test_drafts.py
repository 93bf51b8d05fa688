"""A task card that is filled in with buttons, and added once."""

import pytest

from core import drafts
from core.errors import Conflict, NotFound, Refused
from core.model.ids import DraftId, ProjectName
from core.model.task import Category, NeedsApproval, Priority
from tests import factories
from tests.core.conftest import PRIVATE, Engines


def test_the_first_line_is_the_title_and_the_category_is_guessed(engines: Engines) -> None:
    draft = engines.drafts.begin("  Fix the login test\nIt fails on Mondays.\nOnly there.\n", PRIVATE, engines.now)

    assert (draft.title, draft.description) == ("Fix the login test", "It fails on Mondays.\nOnly there.")
    assert draft.category is Category.BUG
    assert draft.project == "shop"
    assert (draft.hours, draft.priority) == (1.0, Priority.MEDIUM)


def test_with_several_projects_none_is_chosen(engines: Engines) -> None:
    with engines.store.transaction():
        engines.store.projects.put("other", factories.project("/srv/other", name=ProjectName("other")))

    assert engines.drafts.begin("Fix it", PRIVATE, engines.now).project is None


@pytest.mark.parametrize("text", [" \n ", "\u200b\u200d", "x" * 4000])
def test_a_text_without_a_usable_title_is_refused(engines: Engines, text: str) -> None:
    with pytest.raises(Refused):
        engines.drafts.begin(text, PRIVATE, engines.now)

    assert engines.store.drafts.all() == []


def test_fields_are_changed_one_by_one(engines: Engines) -> None:
    draft = engines.drafts.begin("Fix it", PRIVATE, engines.now)

    engines.drafts.change(draft.id, hours=4.0)
    changed = engines.drafts.change(draft.id, priority=Priority.HIGH, category=Category.TESTS)

    assert (changed.hours, changed.priority, changed.category) == (4.0, Priority.HIGH, Category.TESTS)
    assert engines.drafts.find(draft.id) == changed


@pytest.mark.parametrize("hours", [0.0, -1.0, 13.0, float("nan"), float("inf")])
def test_impossible_hours_are_refused(engines: Engines, hours: float) -> None:
    draft = engines.drafts.begin("Fix it", PRIVATE, engines.now)

    with pytest.raises(Refused):
        engines.drafts.change(draft.id, hours=hours)
    assert engines.drafts.find(draft.id) == draft


def test_a_project_that_is_not_registered_is_refused(engines: Engines) -> None:
    draft = engines.drafts.begin("Fix it", PRIVATE, engines.now)

    with pytest.raises(Refused, match=r"There is no project “gone” any more."):
        engines.drafts.change(draft.id, project=ProjectName("gone"))
    assert engines.drafts.find(draft.id) == draft


def test_adding_makes_the_task_once(engines: Engines) -> None:
    draft = engines.drafts.begin("Fix it\nSoon.", PRIVATE, engines.now)

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
    draft = engines.drafts.begin("Implement a new page", PRIVATE, engines.now)

    assert isinstance(engines.drafts.add(draft.id, engines.now, start_now=True).state, NeedsApproval)


def test_a_dropped_draft_is_gone(engines: Engines) -> None:
    draft = engines.drafts.begin("Fix it", PRIVATE, engines.now)
    engines.drafts.drop(draft.id)

    with pytest.raises(NotFound, match=r"That draft is gone. Write the task again to start over."):
        engines.drafts.drop(draft.id)
    with pytest.raises(NotFound):
        engines.drafts.find(DraftId("draft_99"))


def test_only_the_latest_drafts_are_kept(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "KEPT", 3)
    made = [engines.drafts.begin(f"Fix {number}", PRIVATE, engines.now) for number in range(5)]

    assert [draft.id for draft in engines.store.drafts.all()] == [draft.id for draft in made[2:]]
