"""Tasks come in, are built and collected; and the process may die between any two of these steps."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.autonomous_queue import AutonomousQueue
from core.builds import Builds
from core.decisions import Decisions
from core.errors import Conflict, NotFound, Refused
from core.model.build import Abandoned, Active, AgentFailed, Broke, Ended, Proven, Stopped
from core.model.ids import BuildId, ProjectName, TaskId
from core.model.notification import BuildEnded, BuildStarted, DependencyLost
from core.model.task import (
    Cancelled,
    Category,
    Completed,
    Failed,
    NeedsApproval,
    Priority,
    Queued,
    Running,
    Unmerged,
)
from storage import open_store
from tests import factories
from tests.core.conftest import OWNER, Engines
from tests.fakes import Died
from tests.standing import result_of


def lost_pairs(engines: Engines) -> list[tuple[str, str]]:
    return [(s.task, s.lost) for s in engines.subjects() if isinstance(s, DependencyLost)]


def ends(engines: Engines) -> list[str]:
    return [subject.build for subject in engines.subjects() if isinstance(subject, BuildEnded)]


# -- tasks come in --------------------------------------------------------------------------------------------------


def test_a_task_gets_the_next_number_and_the_only_project(engines: Engines) -> None:
    first, second = engines.add(), engines.add("Fix it", hours=0.5, priority=Priority.HIGH, tags=["A", "a", "b"])

    assert (first.id, second.id) == ("task_1", "task_2")
    assert second.project == "shop"
    assert second.tags == ("a", "b")
    assert engines.store.tasks.all() == [first, second]
    assert [line["action"] for line in engines.lines("queue_actions.log")] == ["added", "added"]


def test_every_decision_is_a_line_in_the_log(engines: Engines) -> None:
    engines.add("Rotate the API key", category=Category.BUG)

    assert engines.lines("decisions.jsonl") == [
        {
            "n": 2,
            "at": "2026-03-03T20:00:00+00:00",
            "action": "asked",
            "actor": "rule wording: security",
            "subject": "task_1",
            "stage": "enter",
            "category": "Bug fixes",
            "project": "shop",
            "decision": "escalate",
            "rule": "wording: security",
            "reason": "it concerns security",
            "risk": "high",
        }
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " \n\t "}, "needs a title"),
        ({"title": "x" * 10_000}, "10,000 characters; 200 are enough"),
        ({"description": "x" * 20_001}, "20,001 characters"),
        ({"hours": 0.0}, "more than 0 hours"),
        ({"hours": -1.0}, "more than 0 hours"),
        ({"hours": float("nan")}, "more than 0 hours"),
        ({"hours": float("inf")}, "Split it into phases"),
        ({"hours": 1000.0}, "1000 hours is more than one task may take (12). Split it into phases"),
        ({"depends": [TaskId("task_9")]}, "There is no task_9"),
        ({"depends": [TaskId("task_1")]}, "can't wait for itself"),
        ({"project": ProjectName("nope")}, "There is no project “nope”. Registered: shop."),
        ({"tags": ["two words"]}, "can't be a tag"),
        ({"command": "x" * 10_001}, "command has 10,001 characters"),
        ({"verify": "x" * 10_001}, "verification command has 10,001 characters"),
    ],
)
def test_what_is_refused_adds_nothing(engines: Engines, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused) as refusal:
        engines.queue.add_to_queue(factories.new_task(**{"title": "Write docs", **changes}), engines.now)

    assert words in str(refusal.value)
    assert engines.store.tasks.all() == []
    assert engines.news() == []


def test_with_several_projects_none_is_chosen_by_itself(engines: Engines) -> None:
    with engines.store.transaction():
        engines.store.projects.put("other", factories.project("/srv/other", name=ProjectName("other")))

    assert engines.add().project is None
    assert engines.add(project=ProjectName("other")).project == "other"


def test_a_blank_command_is_no_command(engines: Engines) -> None:
    task = engines.add(command="  ", verify="\n")

    assert (task.command, task.verify) == (None, None)


# -- cancel, retry, start now, drop a dependency -------------------------------------------------------------------


def test_cancel_takes_a_task_out_and_asks_about_those_that_wait_for_it(engines: Engines) -> None:
    task = engines.add()
    waiting = engines.add("Then this", depends=[task.id])

    assert engines.queue.cancel(task.id, OWNER, engines.now).state == Cancelled(at=engines.now, by=OWNER)
    assert lost_pairs(engines) == [(waiting.id, task.id)]
    with pytest.raises(Conflict, match=r"task_1 is cancelled already."):
        engines.queue.cancel(task.id, OWNER, engines.now)


def test_cancel_stops_a_running_build(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)

    assert isinstance(engines.queue.cancel(task.id, OWNER, engines.now).state, Running)
    engines.queue.collect(engines.now)

    assert engines.task(task).state == Cancelled(at=engines.now, by=OWNER, build=build.id)
    assert ends(engines) == [build.id]


def test_unknown_tasks(engines: Engines) -> None:
    ghost = TaskId("task_99")
    acts: list[Callable[[], object]] = [
        lambda: engines.queue.cancel(ghost, OWNER, engines.now),
        lambda: engines.queue.retry(ghost, engines.now),
        lambda: engines.queue.start_now(ghost, engines.now),
        lambda: engines.queue.drop_dependency(ghost, ghost, engines.now),
        lambda: engines.scheduler.find(ghost),
        lambda: engines.shipping.merge(ghost, OWNER, engines.now),
    ]
    for act in acts:
        with pytest.raises(NotFound, match=r"There is no task_99. /queue lists the tasks."):
            act()


def test_retry_puts_a_failed_task_back_to_start_at_once(engines: Engines) -> None:
    task = engines.add()
    engines.finish(task, Broke())

    again = engines.queue.retry(task.id, engines.now)

    assert again.state == Queued(since=engines.now)
    assert again.start_now
    assert engines.start(task).id == "task_1-2"


@pytest.mark.parametrize("state", ["queued", "running", "merged"])
def test_only_what_has_ended_and_is_not_merged_can_be_built_again(engines: Engines, state: str) -> None:
    task = engines.add()
    if state == "running":
        engines.start(task)
    if state == "merged":
        build = engines.start(task)
        commit = engines.workspaces.commit(Path("/srv/shop"), build.spec.branch, "b.txt", "words\n")
        engines.executor.end(build.id, commit=commit)
        engines.queue.collect(engines.now)
        engines.shipping.merge(task.id, OWNER, engines.now)
    before = engines.task(task)

    with pytest.raises(Conflict, match=r"only what has ended and is not merged can be built again."):
        engines.queue.retry(task.id, engines.now)

    assert engines.task(task) == before


def test_a_result_that_is_not_merged_can_be_built_again_and_its_branch_stays(engines: Engines) -> None:
    task = engines.add()
    first = engines.start(task)
    engines.workspaces.commit(Path("/srv/shop"), first.spec.branch, "b.txt", "words\n")
    engines.executor.end(first.id)
    engines.queue.collect(engines.now)

    engines.queue.retry(task.id, engines.now)

    second = engines.start(task)
    assert second.spec.branch != first.spec.branch
    assert engines.workspaces.has_branch(Path("/srv/shop"), first.spec.branch)


def test_retry_of_a_rejected_task_asks_again(engines: Engines) -> None:
    task = engines.add("A new page", category=Category.FEATURE)
    engines.approvals.answer_task(task.id, yes=False, by=OWNER, now=engines.now)

    assert isinstance(engines.queue.retry(task.id, engines.now).state, NeedsApproval)
    assert len(engines.store.approvals.all()) == 2


def test_retry_of_an_approved_task_does_not_ask_again(engines: Engines) -> None:
    task = engines.add("A new page", category=Category.FEATURE)
    engines.approvals.answer_task(task.id, yes=True, by=OWNER, now=engines.now)
    engines.finish(task, Broke())

    assert isinstance(engines.queue.retry(task.id, engines.now).state, Queued)


def test_start_now_starts_outside_every_window(engines: Engines) -> None:
    engines.clock.moment += timedelta(hours=22, minutes=45)  # Wednesday 18:45
    task = engines.add(hours=8.0)
    assert engines.queue.schedule_builds(engines.now) == []

    engines.queue.start_now(task.id, engines.now)

    assert [build.task for build in engines.queue.schedule_builds(engines.now)] == [task.id]


def test_start_now_says_what_is_missing(engines: Engines) -> None:
    with engines.store.transaction():
        engines.store.projects.remove("shop")
    task = engines.add()

    with pytest.raises(Refused, match=r"task_1 has no project. Register one with /projects"):
        engines.queue.start_now(task.id, engines.now)
    assert engines.task(task) == task


def test_a_dependency_can_be_dropped_once(engines: Engines) -> None:
    first = engines.add()
    second = engines.add("Then this", depends=[first.id])

    assert engines.queue.drop_dependency(second.id, first.id, engines.now).depends == ()
    with pytest.raises(Conflict, match=r"task_2 does not wait for task_1."):
        engines.queue.drop_dependency(second.id, first.id, engines.now)


# -- builds ---------------------------------------------------------------------------------------------------------


def test_a_task_is_built_and_completed(engines: Engines) -> None:
    task = engines.add()

    build = engines.start(task)
    assert engines.executor.launched == [build.id]
    assert engines.lines("subagent_spawns.jsonl")[0]["build"] == build.id
    assert engines.queue.collect(engines.now) == []
    engines.clock.advance(minutes=5)
    engines.executor.end(build.id)

    done = engines.queue.collect(engines.now)

    assert done == [engines.task(task)]
    assert done[0].state == Completed(build=build.id, at=engines.now, delivery=Unmerged())
    assert engines.subjects() == [BuildStarted(build=build.id), BuildEnded(build=build.id)]
    assert engines.queue.collect(engines.now) == []


def test_what_the_build_process_is_told(engines: Engines) -> None:
    task = engines.add("Fix “Überlauf” & co. 🚀", description="Look\nclosely.", verify="make check")
    spec = engines.start(task).spec

    assert spec.branch == "jarvis/task-1-fix-berlauf-co"
    assert spec.repository == "/srv/shop"
    assert (spec.base, spec.verify) == ("main", "make check")
    assert spec.engine.argv == ("/usr/bin/agent",)
    assert Path(spec.worktree) == engines.config.home / "worktrees" / "task_1-1"
    assert spec.prompt.startswith("# Fix “Überlauf” & co. 🚀\n\nLook\nclosely.")
    assert "make check" in spec.prompt
    assert (spec.limits.wall, spec.limits.idle, spec.limits.verify) == (8 * 3600, 1800, 1800)


def test_the_branch_of_a_title_without_latin_letters_is_its_number(engines: Engines) -> None:
    assert engines.start(engines.add("修复登录")).spec.branch == "jarvis/task-1"


def test_only_as_many_as_there_are_slots(engines: Engines) -> None:
    tasks = [engines.add(f"Task {number}") for number in range(5)]

    assert len(engines.queue.schedule_builds(engines.now)) == 3
    assert engines.queue.schedule_builds(engines.now) == []
    engines.executor.end(BuildId("task_2-1"))
    engines.queue.collect(engines.now)

    assert [build.task for build in engines.queue.schedule_builds(engines.now)] == [tasks[3].id]


def test_a_failure_says_why_and_asks_about_those_that_wait(engines: Engines) -> None:
    task = engines.add()
    waiting = engines.add("Then this", depends=[task.id])

    failed = engines.finish(task, Broke())

    assert isinstance(failed.state, Failed)
    assert failed.state.reason.startswith("The checks fail with this change")
    assert lost_pairs(engines) == [(waiting.id, task.id)]


def test_a_second_failure_of_the_same_task_is_asked_about_again(engines: Engines) -> None:
    task = engines.add()
    engines.add("Then this", depends=[task.id])
    engines.finish(task, Broke())
    engines.clock.advance(minutes=5)

    engines.queue.retry(task.id, engines.now)
    engines.finish(task, Broke())

    assert lost_pairs(engines) == [("task_2", "task_1")] * 2


def test_a_task_that_is_added_behind_a_lost_one_is_asked_about_at_once(engines: Engines) -> None:
    task = engines.add()
    engines.queue.cancel(task.id, OWNER, engines.now)

    engines.add("Then this", depends=[task.id])

    assert lost_pairs(engines) == [("task_2", "task_1")]


# -- crashes --------------------------------------------------------------------------------------------------------


def test_a_build_that_was_recorded_but_not_launched_is_launched_once(engines: Engines) -> None:
    task = engines.add()
    engines.executor.refusal = Died()
    with pytest.raises(Died):
        engines.queue.schedule_builds(engines.now)
    assert engines.executor.launched == []
    assert isinstance(engines.task(task).state, Running)

    assert engines.queue.schedule_builds(engines.now) == []
    engines.queue.collect(engines.now)
    engines.queue.collect(engines.now)

    assert engines.executor.launched == ["task_1-1"]
    assert engines.subjects() == [BuildStarted(build=BuildId("task_1-1"))]


def test_a_build_that_cannot_be_launched_fails_with_the_reason(engines: Engines) -> None:
    task = engines.add()
    engines.executor.refusal = Refused("no more processes")
    with pytest.raises(Refused):
        engines.queue.schedule_builds(engines.now)
    engines.executor.refusal = Refused("no more processes")

    engines.queue.collect(engines.now)

    build = engines.store.builds.get("task_1-1")
    assert build is not None
    assert isinstance(build.state, Ended)
    assert build.state.result.outcome == AgentFailed(exit_code=None, detail="no more processes")
    state = engines.task(task).state
    assert isinstance(state, Failed)
    assert state.reason == "no more processes"


def test_a_stop_before_the_launch_never_launches(engines: Engines) -> None:
    task = engines.add()
    engines.executor.refusal = Died()
    with pytest.raises(Died):
        engines.queue.schedule_builds(engines.now)

    engines.queue.cancel(task.id, OWNER, engines.now)
    engines.queue.collect(engines.now)

    assert engines.executor.launched == []
    assert engines.task(task).state == Cancelled(at=engines.now, by=OWNER, build=BuildId("task_1-1"))


def test_a_build_process_that_vanished_is_swept_and_given_up(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    engines.executor.vanish(build.id)

    engines.queue.collect(engines.now)

    assert engines.executor.swept == [build.id]
    assert engines.executor.launched == [build.id]
    ended = engines.store.builds.get(build.id)
    assert ended is not None
    assert isinstance(ended.state, Ended)
    assert ended.state.result.outcome == Abandoned()
    assert engines.task(task).state == Queued(since=engines.now), "it is tried once more"

    again = engines.queue.schedule_builds(engines.now)
    engines.executor.vanish(again[0].id)
    engines.queue.collect(engines.now)

    assert isinstance(engines.task(task).state, Failed)
    assert isinstance(engines.task(engines.queue.retry(task.id, engines.now)).state, Queued)


def test_one_that_cannot_be_swept_does_not_keep_the_others_from_being_collected(engines: Engines) -> None:
    first, second = engines.add(), engines.add("Second")
    engines.queue.schedule_builds(engines.now)
    engines.executor.vanish(BuildId("task_1-1"))
    engines.executor.sweep_refusal = Refused("git worktree failed: the repository is gone")
    engines.executor.end(BuildId("task_2-1"))

    engines.queue.collect(engines.now)

    assert isinstance(engines.task(second).state, Completed)
    assert isinstance(engines.task(first).state, Queued)
    ended = engines.store.builds.get("task_1-1")
    assert ended is not None
    assert isinstance(ended.state, Ended)
    assert "the repository is gone" in ended.state.result.tail


def test_a_build_that_two_processes_collect_is_collected_once(engines: Engines, home: Path) -> None:
    task = engines.add()
    build = engines.start(task)
    engines.executor.end(build.id)
    other = open_store(home, engines.clock)
    decisions = Decisions(other, engines.config)
    builds = Builds(other, engines.executor, engines.programs, decisions, lambda spec, result: [], engines.config)
    queue = AutonomousQueue(other, builds, decisions, engines.config)
    seen = builds.active()

    assert [moved.id for moved in engines.queue.collect(engines.now)] == [task.id]
    with other.transaction():
        result = result_of(engines.executor, build.id) or factories.result()
        again = builds.record_end(seen[0].id, result, [], engines.now)

    assert again is None
    assert queue.collect(engines.now) == []
    assert ends(engines) == [build.id]
    other.close()


def test_an_ended_build_keeps_its_result(engines: Engines) -> None:
    task = engines.add()
    engines.finish(task, Proven())

    build = engines.store.builds.get("task_1-1")

    assert build is not None
    assert isinstance(build.state, Ended)
    assert build.state.result.outcome == Proven()
    assert engines.builds.active() == []


def test_a_stop_after_the_end_is_refused(engines: Engines) -> None:
    build = engines.start(engines.add())
    engines.executor.end(build.id)
    engines.queue.collect(engines.now)

    with pytest.raises(Conflict, match=r"That build has ended already."):
        engines.builds.request_stop(build.id, OWNER)


def test_the_wish_to_stop_is_recorded_with_who_had_it(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    with engines.store.transaction():
        engines.builds.request_stop(build.id, OWNER)

    stopping = engines.store.builds.get(build.id)
    assert stopping is not None
    assert stopping.state == Active(stop_requested=True, stop_requested_by=OWNER)
    engines.builds.signal_stop(build.id)
    result = result_of(engines.executor, build.id)
    assert result is not None
    assert result.outcome == Stopped()
