"""The brief counts as shipped only what is proven."""

import pytest

from core.briefs import Brief, Finished
from core.model.build import AlreadyRed, Broke, Outcome, Proven, Unverified
from core.model.ids import TaskId
from core.model.task import Category, Task
from tests.core.conftest import OWNER, Engines


def ids(entries: list[Finished]) -> list[TaskId]:
    return [entry.task.id for entry in entries]


def brief(engines: Engines) -> Brief:
    return engines.briefs.compose(engines.now)


def completed(engines: Engines, outcome: Outcome | None = None) -> Task:
    task = engines.add(hours=2.0)
    build = engines.start(task)
    engines.workspaces.commit(
        engines.workspaces.check(next(iter(engines.workspaces.repositories))),
        build.spec.branch,
        f"{task.id}.txt",
        "words\n",
    )
    engines.executor.end(build.id, outcome)
    engines.queue.collect(engines.now)
    return engines.task(task)


def test_nothing_happened(engines: Engines) -> None:
    report = brief(engines)

    assert report.is_quiet
    assert (report.queued, report.hours_shipped) == (0, 0)


def test_waiting_tasks_alone_are_no_news(engines: Engines) -> None:
    engines.add()

    assert brief(engines).is_quiet
    assert brief(engines).queued == 1


def test_proven_work_is_shipped_with_its_proof(engines: Engines) -> None:
    task = completed(engines, Proven())

    report = brief(engines)

    assert ids(report.shipped) == [task.id]
    assert report.hours_shipped == 2.0
    assert [waiting.id for waiting in report.to_merge] == [task.id]
    proof = report.shipped[0].result
    assert proof.before is not None
    assert proof.after is not None
    assert (proof.before.passed, proof.after.passed) == (False, True)
    assert not report.is_quiet


@pytest.mark.parametrize("outcome", [Unverified(), AlreadyRed()])
def test_unproven_work_is_never_shipped(engines: Engines, outcome: Outcome) -> None:
    task = completed(engines, outcome)

    report = brief(engines)

    assert report.shipped == []
    assert ids(report.unproven) == [task.id]
    assert report.hours_shipped == 0


@pytest.mark.parametrize("outcome", [Unverified(), AlreadyRed()])
def test_merging_unproven_work_does_not_prove_it(engines: Engines, outcome: Outcome) -> None:
    task = completed(engines, outcome)
    engines.shipping.merge(task.id, OWNER, engines.now)

    report = brief(engines)

    assert report.shipped == []
    assert ids(report.unproven) == [task.id]
    assert report.to_merge == []


def test_failures_questions_and_running_builds_are_told(engines: Engines) -> None:
    failed = completed(engines, Broke())
    asked = engines.add("A new page", category=Category.FEATURE)
    running = engines.add()
    engines.start(running)
    engines.clock.advance(minutes=30)

    report = brief(engines)

    assert ids(report.failed) == [failed.id]
    assert [question.task.id for question in report.questions] == [asked.id]
    assert [(entry.task.id, entry.expected_end) for entry in report.running] == [
        (running.id, report.running[0].build.started_at + (report.now - report.running[0].build.started_at) * 2)
    ]
    assert report.running[0].progress is not None


def test_a_build_that_is_late_is_expected_now_and_not_in_the_past(engines: Engines) -> None:
    engines.start(engines.add())
    engines.clock.advance(hours=5)

    assert brief(engines).running[0].expected_end == engines.now


def test_yesterday_is_no_news_but_what_waits_for_a_merge_still_is(engines: Engines) -> None:
    old = completed(engines)
    engines.clock.advance(hours=25)

    report = brief(engines)

    assert report.shipped == []
    assert [task.id for task in report.to_merge] == [old.id]
    assert not report.is_quiet


def test_discarded_work_is_not_told(engines: Engines) -> None:
    task = completed(engines)
    engines.shipping.discard(task.id, OWNER, engines.now)

    assert brief(engines).is_quiet


def test_the_failure_of_a_task_that_was_retried_is_over(engines: Engines) -> None:
    task = completed(engines, Broke())
    engines.queue.retry(task.id, engines.now)

    assert brief(engines).failed == []
