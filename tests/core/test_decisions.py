"""Decisions at work: at the entry, at the start and on the result, with what follows from each."""

from pathlib import Path
from typing import Any

import pytest

from core.approvals import Approvals
from core.errors import Conflict
from core.model.approval import Approved, Declined, Lapsed, Open
from core.model.category import Category
from core.model.decision import Finding, Stage, Verdict
from core.model.ids import ProjectName
from core.model.notification import ApprovalAsked, BuildEnded
from core.model.task import Completed, Merged, NeedsApproval, Queued, Task, Unmerged
from tests.core.conftest import OWNER, Engines

SECRET = Finding(verdict=Verdict.ESCALATE, rule="result: secret", reason="it adds a secret", path="a.py", line=3)
CI = Finding(verdict=Verdict.ASK, rule="result: sensitive: ci", reason="it changes ci (x.yml)", path="x.yml")


def delivery(engines: Engines, task: Task) -> Unmerged:
    state = engines.task(task).state
    assert isinstance(state, Completed)
    assert isinstance(state.delivery, Unmerged)
    return state.delivery


def question(engines: Engines, task: Task) -> Any:
    return engines.approvals.about(task.id)


# -- the rules of the owner -------------------------------------------------------------------------------------------


def test_a_rule_takes_the_place_of_the_table_in_its_project_only(engines: Engines) -> None:
    engines.rules.add(Verdict.ASK, Category.DOCUMENTATION, ProjectName("shop"), OWNER, engines.now)

    assert isinstance(engines.add("Write docs").state, NeedsApproval)

    engines.rules.remove(engines.rules.all()[0].id, OWNER, engines.now)
    assert isinstance(engines.add("Write more docs").state, Queued)


def test_a_rule_that_frees_does_not_free_what_is_escalated(engines: Engines) -> None:
    engines.rules.add(Verdict.RUN, Category.FEATURE, None, OWNER, engines.now)

    assert isinstance(engines.add("A new page", category=Category.FEATURE).state, Queued)
    asked = engines.add("Drop the users table", category=Category.FEATURE)
    assert question(engines, asked).escalated


def test_a_rule_that_became_stricter_asks_before_the_start(engines: Engines) -> None:
    task = engines.add("Write docs")
    engines.rules.add(Verdict.ASK, Category.DOCUMENTATION, None, OWNER, engines.now)

    assert engines.queue.schedule_builds(engines.now) == []

    assert question(engines, task).stage is Stage.START
    engines.approvals.answer_task(task.id, yes=True, by=OWNER, now=engines.now)
    assert [build.task for build in engines.queue.schedule_builds(engines.now)] == [task.id]


def test_what_a_person_approved_is_not_asked_about_again_at_the_start(engines: Engines) -> None:
    task = engines.add("A new page", category=Category.FEATURE)
    engines.approvals.answer_task(task.id, yes=True, by=OWNER, now=engines.now)

    engines.start(task)

    stages = [(line["stage"], line["rule"], line["action"]) for line in engines.lines("decisions.jsonl")]
    assert stages == [("enter", "category: New features", "asked"), ("start", "approved", "started")]


# -- results ----------------------------------------------------------------------------------------------------------


def test_a_clean_result_waits_for_a_merge_and_asks_nothing(engines: Engines) -> None:
    task = engines.add()
    engines.finish(task)

    assert delivery(engines, task) == Unmerged()
    assert engines.approvals.open() == []
    assert engines.lines("decisions.jsonl")[-1]["rule"] == "result: clean"


def test_a_result_that_needs_a_look_is_asked_about_in_the_news_of_the_build(engines: Engines) -> None:
    engines.found[:] = [CI]
    task = engines.add()
    engines.finish(task)

    asked = question(engines, task)
    assert (asked.stage, asked.escalated, asked.reason[:13]) == (Stage.RESULT, False, "it changes ci")
    assert delivery(engines, task).findings == (CI,)
    assert [type(subject) for subject in engines.subjects()].count(ApprovalAsked) == 0
    assert isinstance(engines.subjects()[-1], BuildEnded)


def test_an_escalated_result_is_one_message(engines: Engines) -> None:
    engines.found[:] = [CI, SECRET]
    task = engines.add()
    engines.finish(task)

    assert question(engines, task).escalated
    assert [type(subject) for subject in engines.subjects()[1:]] == [ApprovalAsked]


@pytest.mark.parametrize("how", ["merge", "discard", "retry"])
def test_what_happens_to_a_result_settles_the_question_about_it(engines: Engines, how: str) -> None:
    engines.found[:] = [CI]
    task = engines.add()
    engines.finish(task)
    asked = question(engines, task)

    if how == "retry":
        engines.queue.retry(task.id, engines.now, OWNER)
    else:
        getattr(engines.shipping, how)(task.id, OWNER, engines.now)

    state = engines.approvals.find(asked.id).state
    expected = {"merge": Approved, "discard": Declined, "retry": Lapsed}[how]
    assert isinstance(state, expected)
    assert engines.approvals.open() == []


def test_a_question_about_a_result_that_expires_leaves_the_result_alone(engines: Engines) -> None:
    engines.found[:] = [CI]
    task = engines.add()
    engines.finish(task)
    engines.clock.advance(days=8)

    assert engines.approvals.lapse(engines.now) == [task.id]
    assert delivery(engines, task).findings == (CI,)
    assert isinstance(engines.shipping.merge(task.id, OWNER, engines.now).state, Completed)


def test_a_discarded_result_comes_back_with_what_was_found(engines: Engines) -> None:
    engines.found[:] = [CI]
    task = engines.add()
    engines.finish(task)
    engines.shipping.discard(task.id, OWNER, engines.now)

    engines.shipping.restore(task.id, OWNER, engines.now)

    assert delivery(engines, task) == Unmerged(findings=(CI,))


# -- merging without asking -------------------------------------------------------------------------------------------


@pytest.fixture
def auto(engines: Engines) -> Engines:
    """`AUTO_MERGE=true`."""
    object.__setattr__(engines.config, "auto_merge", True)
    return engines


def test_what_is_proven_harmless_and_free_merges_by_itself(auto: Engines) -> None:
    task = auto.add()
    auto.finish(task)
    assert delivery(auto, task).by_itself

    merged = auto.shipping.merge_by_itself(auto.now)

    assert [one.id for one in merged] == [task.id]
    state = auto.task(task).state
    assert isinstance(state, Completed)
    assert isinstance(state.delivery, Merged)
    assert (state.delivery.by, state.delivery.by_itself) == (None, True)
    assert auto.shipping.merge_by_itself(auto.now) == []
    assert auto.lines("queue_actions.log")[-1]["actor"] == "jarvis"
    assert any("task_1: merged without being asked." in text for _, text in auto.records.days["2026-03-03"])


@pytest.mark.parametrize("why", ["asks first", "needs a look", "not proven"])
def test_everything_else_waits_for_a_person(auto: Engines, why: str) -> None:
    from core.model.build import Unverified

    auto.found[:] = [CI] if why == "needs a look" else []
    task = auto.add("A page", category=Category.FEATURE if why == "asks first" else Category.DOCUMENTATION)
    if why == "asks first":
        auto.approvals.answer_task(task.id, yes=True, by=OWNER, now=auto.now)
    auto.finish(task, Unverified() if why == "not proven" else None)

    assert not delivery(auto, task).by_itself
    assert auto.shipping.merge_by_itself(auto.now) == []


def test_a_pause_stops_merges_too(auto: Engines) -> None:
    task = auto.add()
    auto.finish(task)
    auto.pauses.pause(None, OWNER, auto.now)
    assert auto.shipping.merge_by_itself(auto.now) == []

    auto.pauses.resume(None, OWNER, auto.now)
    assert [one.id for one in auto.shipping.merge_by_itself(auto.now)] == [task.id]


def test_what_can_not_be_merged_by_itself_is_left_with_the_reason(auto: Engines) -> None:
    first, second = auto.add("Write docs"), auto.add("Write docs too")
    auto.finish(first)
    auto.finish(second)
    del auto.workspaces.repositories[Path("/srv/shop")].branches["jarvis/task-1-write-docs"]

    moved = auto.shipping.merge_by_itself(auto.now)

    assert {one.id for one in moved} == {first.id, second.id}
    left = delivery(auto, first)
    assert not left.by_itself
    assert left.remark
    assert auto.shipping.merge_by_itself(auto.now) == []


def test_open_questions_are_those_that_wait(engines: Engines) -> None:
    engines.found[:] = [CI]
    task = engines.add()
    engines.finish(task)
    (asked,) = Approvals(engines.store).open()
    assert isinstance(asked.state, Open)


def test_a_question_about_a_result_is_answered_by_a_merge_only(engines: Engines) -> None:
    engines.found[:] = [CI]
    task = engines.finish(engines.add())

    with pytest.raises(Conflict, match="task_1 is built: merge it, or discard it"):
        engines.approvals.answer_task(task.id, yes=True, by=OWNER, now=engines.now)
    assert engines.task(task) == task
