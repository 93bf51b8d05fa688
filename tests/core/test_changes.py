"""Who changes a task wants it built so; what the new words escalate is asked about anew."""

from pathlib import Path
from typing import Any

import pytest

from core.errors import Conflict, NotFound, Refused
from core.model.approval import Modified, Open
from core.model.category import Category
from core.model.ids import TaskId
from core.model.task import NeedsApproval, Priority, Queued, Task
from tests.core.conftest import OWNER, Engines


@pytest.fixture
def asked(engines: Engines) -> Task:
    return engines.add("A new page", category=Category.FEATURE)


def change(engines: Engines, task: Task, **changes: Any) -> Task:
    return engines.changes.change(task.id, OWNER, engines.now, **changes)


def test_a_change_answers_the_question_and_queues_the_task(engines: Engines, asked: Task) -> None:
    changed = change(engines, asked, hours=4.0)

    assert changed.state == Queued(since=engines.now)
    assert (changed.hours, changed.modified, changed.approved_at) == (4.0, True, engines.now)
    (approval,) = engines.store.approvals.all()
    assert approval.state == Modified(by=OWNER, at=engines.now, what="1 h to 4 h")
    assert [build.task for build in engines.queue.schedule_builds(engines.now)] == []  # 4 h don't fit this evening
    with pytest.raises(Conflict, match="task_1 was changed and queued already"):
        engines.approvals.answer(approval.id, yes=True, by=OWNER, now=engines.now)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"title": "Another page"}, "title “Another page”"),
        ({"description": "With a map."}, "description"),
        ({"priority": Priority.HIGH}, "MEDIUM to HIGH"),
        ({"hours": 0.5, "priority": Priority.LOW}, "1 h to 0.5 h, MEDIUM to LOW"),
    ],
)
def test_what_was_changed_is_told_in_words(engines: Engines, asked: Task, changes: dict[str, Any], what: str) -> None:
    change(engines, asked, **changes)

    assert engines.lines("queue_actions.log")[-1]["changes"] == what


def test_words_that_escalate_are_asked_about_anew(engines: Engines, asked: Task) -> None:
    changed = change(engines, asked, title="Drop the users table")

    assert isinstance(changed.state, NeedsApproval)
    before, after = engines.store.approvals.all()
    assert isinstance(before.state, Modified)
    assert isinstance(after.state, Open)
    assert after.escalated


def test_the_same_again_and_nonsense_change_nothing(engines: Engines, asked: Task) -> None:
    before = engines.task(asked), engines.store.approvals.all()

    for changes in ({"hours": 1.0}, {"hours": 99.0}, {"title": "  "}, {"title": "A new page"}):
        with pytest.raises(Refused):
            change(engines, asked, **changes)

    assert (engines.task(asked), engines.store.approvals.all()) == before


def test_what_is_being_built_merged_or_unknown_can_not_be_changed(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    with pytest.raises(Conflict, match="is being built"):
        change(engines, task, hours=2.0)
    engines.workspaces.commit(Path("/srv/shop"), build.spec.branch, "docs.txt", "words\n")
    engines.executor.end(build.id)
    engines.queue.collect(engines.now)
    engines.shipping.merge(task.id, OWNER, engines.now)
    with pytest.raises(Conflict, match="is merged"):
        change(engines, task, hours=2.0)
    with pytest.raises(NotFound, match="There is no task_9"):
        engines.changes.change(TaskId("task_9"), OWNER, engines.now, hours=2.0)


def test_a_result_that_is_not_as_wanted_is_built_again(engines: Engines) -> None:
    task = engines.finish(engines.add())

    changed = change(engines, task, description="With examples.")

    assert changed.state == Queued(since=engines.now)
    assert engines.start(task).id == "task_1-2"
