"""A question is asked once, answered once, and by a person."""

from datetime import timedelta

import pytest

from core.errors import Conflict, NotFound
from core.model.approval import Approval, Approved, Declined, Lapsed, Open
from core.model.ids import ApprovalId, TaskId
from core.model.notification import ApprovalAsked, DependencyLost, QuestionExpired
from core.model.task import Cancelled, Category, NeedsApproval, Queued, Rejected, Task
from tests.core.conftest import OWNER, Engines


@pytest.fixture
def task(engines: Engines) -> Task:
    return engines.add("A new page", category=Category.FEATURE)


def question(engines: Engines, task: Task) -> Approval:
    return next(approval for approval in engines.store.approvals.all() if approval.task == task.id)


def test_a_question_is_recorded_with_its_reason_and_its_news(engines: Engines, task: Task) -> None:
    asked = question(engines, task)

    assert task.state == NeedsApproval(approval=asked.id)
    assert asked.reason == "its category is New features"
    assert asked.escalated is False
    assert asked.expires_at - asked.asked_at == timedelta(days=7)
    assert engines.subjects() == [ApprovalAsked(approval=asked.id)]
    assert engines.approvals.open() == [asked]


def test_yes_queues_the_task(engines: Engines, task: Task) -> None:
    moved = engines.approvals.answer(question(engines, task).id, yes=True, by=OWNER, now=engines.now)

    assert moved.state == Queued(since=engines.now)
    assert moved.approved_at == engines.now
    assert question(engines, task).state == Approved(by=OWNER, at=engines.now)
    assert engines.task(task) == moved


def test_no_rejects_it(engines: Engines, task: Task) -> None:
    moved = engines.approvals.answer_task(task.id, yes=False, by=None, now=engines.now)

    assert moved.state == Rejected(at=engines.now, by=None)
    assert question(engines, task).state == Declined(by=None, at=engines.now)
    assert engines.approvals.open() == []


@pytest.mark.parametrize(("first", "said"), [(True, "approved"), (False, "rejected")])
@pytest.mark.parametrize("second", [True, False])
def test_a_second_answer_is_told_about_the_first_and_changes_nothing(
    engines: Engines, task: Task, first: bool, second: bool, said: str
) -> None:
    asked = question(engines, task).id
    engines.approvals.answer(asked, yes=first, by=OWNER, now=engines.now)
    before = engines.task(task), question(engines, task)
    engines.clock.advance(hours=1)

    with pytest.raises(Conflict, match=f"task_1 was {said} already"):
        engines.approvals.answer(asked, yes=second, by=OWNER, now=engines.now)

    assert (engines.task(task), question(engines, task)) == before


def test_a_question_that_expired_is_not_answered_any_more(engines: Engines, task: Task) -> None:
    engines.clock.advance(days=7)

    with pytest.raises(Conflict, match=r"The question about task_1 has expired."):
        engines.approvals.answer(question(engines, task).id, yes=True, by=OWNER, now=engines.now)

    assert engines.task(task) == task


def test_expired_questions_lapse_and_their_tasks_are_cancelled(engines: Engines, task: Task) -> None:
    engines.clock.advance(days=7, seconds=-1)
    assert engines.approvals.lapse(engines.now) == []
    engines.clock.advance(seconds=1)

    assert engines.approvals.lapse(engines.now) == [task.id]
    assert engines.approvals.lapse(engines.now) == []
    assert engines.task(task).state == Cancelled(at=engines.now, by=None)
    assert question(engines, task).state == Lapsed(at=engines.now, expired=True)
    assert engines.subjects()[-1] == QuestionExpired(approval=question(engines, task).id)
    with pytest.raises(Conflict, match=r"The question about task_1 has expired."):
        engines.approvals.answer(question(engines, task).id, yes=True, by=OWNER, now=engines.now)


def test_cancelling_the_task_closes_its_question(engines: Engines, task: Task) -> None:
    engines.queue.cancel(task.id, OWNER, engines.now)

    assert isinstance(question(engines, task).state, Lapsed)
    with pytest.raises(Conflict, match=r"is closed"):
        engines.approvals.answer(question(engines, task).id, yes=True, by=OWNER, now=engines.now)
    assert isinstance(engines.task(task).state, Cancelled)


def test_a_task_that_waits_for_no_approval_can_not_be_answered(engines: Engines) -> None:
    runs_by_itself = engines.add()

    with pytest.raises(Conflict, match=r"task_1 does not wait for an approval."):
        engines.approvals.answer_task(runs_by_itself.id, yes=True, by=OWNER, now=engines.now)


def test_unknown_ones(engines: Engines) -> None:
    with pytest.raises(NotFound, match=r"There is no task_99. /queue lists the tasks."):
        engines.approvals.answer_task(TaskId("task_99"), yes=True, by=OWNER, now=engines.now)
    with pytest.raises(NotFound, match=r"That question is not known any more."):
        engines.approvals.answer(ApprovalId("approval_99"), yes=True, by=OWNER, now=engines.now)


@pytest.mark.parametrize("how", ["reject", "expire"])
def test_whoever_waits_for_a_task_that_was_not_approved_is_asked_about(engines: Engines, task: Task, how: str) -> None:
    waiting = engines.add("Document the page", depends=[task.id])
    if how == "reject":
        engines.approvals.answer_task(task.id, yes=False, by=OWNER, now=engines.now)
    else:
        engines.clock.advance(days=8)
        engines.approvals.lapse(engines.now)

    lost = [subject for subject in engines.subjects() if isinstance(subject, DependencyLost)]
    assert [(subject.task, subject.lost) for subject in lost] == [(waiting.id, task.id)]


def test_open_questions_come_oldest_first(engines: Engines, task: Task) -> None:
    other = engines.add("Another page", category=Category.FEATURE)

    assert [approval.task for approval in engines.approvals.open()] == [task.id, other.id]
    assert all(isinstance(approval.state, Open) for approval in engines.approvals.open())


# -- reminders, escalations, several at once --------------------------------------------------------------------------


def test_an_unanswered_question_is_asked_once_more_after_a_day(engines: Engines, task: Task) -> None:
    engines.clock.advance(hours=23, minutes=59)
    assert engines.approvals.remind(engines.now) == []
    engines.clock.advance(minutes=1)

    assert [approval.task for approval in engines.approvals.remind(engines.now)] == [task.id]
    assert engines.subjects()[-1] == ApprovalAsked(approval=question(engines, task).id, round=1)
    engines.clock.advance(days=3)
    assert engines.approvals.remind(engines.now) == []


@pytest.fixture
def urgent(engines: Engines) -> Task:
    return engines.add("Drop the users table")


def test_an_escalation_is_repeated_each_half_hour_three_times(engines: Engines, urgent: Task) -> None:
    told = 0
    for _ in range(12):
        engines.clock.advance(minutes=15)
        told += len(engines.approvals.remind(engines.now))

    assert told == 3
    rounds = [subject.round for subject in engines.subjects() if isinstance(subject, ApprovalAsked)]
    assert rounds == [0, 1, 2, 3]
    assert engines.queue.schedule_builds(engines.now) == []


def test_who_has_seen_an_escalation_is_not_told_again(engines: Engines, urgent: Task) -> None:
    seen = engines.approvals.acknowledge(question(engines, urgent).id, OWNER, engines.now)
    assert (seen.seen_by, seen.seen_at) == (OWNER, engines.now)
    engines.clock.advance(hours=2)

    assert engines.approvals.remind(engines.now) == []
    assert isinstance(question(engines, urgent).state, Open)
    assert engines.approvals.acknowledge(seen.id, None, engines.now) == seen


def test_several_are_answered_in_one_go_but_not_what_wants_a_look(engines: Engines, task: Task, urgent: Task) -> None:
    other = engines.add("Enable the linter", category=Category.CONFIG)

    done = engines.approvals.answer_all(None, yes=True, by=OWNER, now=engines.now)

    assert [one.id for one in done.tasks] == [task.id, other.id]
    assert [approval.task for approval in done.left] == [urgent.id]
    again = engines.approvals.answer_all(None, yes=True, by=OWNER, now=engines.now)
    assert (again.tasks, [approval.task for approval in again.left]) == ([], [urgent.id])


def test_those_of_a_category(engines: Engines, task: Task) -> None:
    other = engines.add("Enable the linter", category=Category.CONFIG)

    done = engines.approvals.answer_all(Category.CONFIG, yes=False, by=OWNER, now=engines.now)

    assert [one.id for one in done.tasks] == [other.id]
    assert isinstance(engines.task(task).state, NeedsApproval)


def test_twenty_answers_at_once_from_two_people_are_one(engines: Engines, task: Task) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from core.model.ids import UserId

    asked = question(engines, task).id

    def press(number: int) -> str:
        try:
            engines.approvals.answer(asked, yes=number % 4 != 3, by=UserId(7 + number % 2), now=engines.now)
        except Conflict as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(20)))

    assert answers.count("done") == 1
    assert all("already" in answer for answer in answers if answer != "done")
    lines = [line for line in engines.lines("queue_actions.log") if line["action"] in ("approved", "rejected")]
    assert len(lines) == 1
