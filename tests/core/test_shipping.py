"""What happens to a result on its branch; each step may be asked for twice, and the process may die in between."""

from pathlib import Path

import msgspec
import pytest

from core.deliveries import merge_message
from core.errors import Conflict, Refused
from core.model.build import Broke, Build, Unverified
from core.model.task import Completed, Delivery, Discarded, Merged, Task
from tests import factories
from tests.core.conftest import OWNER, Engines

SHOP = Path("/srv/shop")


@pytest.fixture
def task(engines: Engines) -> Task:
    """A completed task, with a commit on its branch."""
    task = engines.add("Write docs")
    build = engines.start(task)
    engines.workspaces.commit(SHOP, build.spec.branch, "docs.txt", "words\n")
    engines.agents.end(build.id)
    engines.queue.collect(engines.now)
    return engines.task(task)


def build_of(engines: Engines, task: Task) -> Build:
    build = engines.store.builds.get(f"{task.id}-1")
    assert build is not None
    return build


def delivery(task: Task) -> Delivery:
    assert isinstance(task.state, Completed)
    return task.state.delivery


def test_merge_puts_the_work_into_the_base_and_records_who_did_it(engines: Engines, task: Task) -> None:
    merged = engines.shipping.merge(task.id, OWNER, engines.now)

    tip = engines.workspaces.tip(SHOP, "main")
    assert delivery(merged) == Merged(commit=tip, at=engines.now, by=OWNER, checkout_behind=False)
    assert engines.records.logs["queue_actions.log"][-1] == {
        "at": "2026-03-03T20:00:00+00:00",
        "action": "merged",
        "actor": OWNER,
        "task": "task_1",
        "build": "task_1-1",
        "commit": tip,
    }
    assert "jarvis/task-1-write-docs" not in engines.workspaces.repositories[SHOP].branches


def test_a_second_merge_and_a_discard_after_it_are_refused(engines: Engines, task: Task) -> None:
    engines.shipping.merge(task.id, OWNER, engines.now)
    before = engines.task(task), engines.workspaces.tip(SHOP, "main")

    with pytest.raises(Conflict, match=r"task_1 is merged already."):
        engines.shipping.merge(task.id, OWNER, engines.now)
    with pytest.raises(Conflict, match=r"task_1 is merged, so there is no branch left to discard."):
        engines.shipping.discard(task.id, OWNER, engines.now)

    assert (engines.task(task), engines.workspaces.tip(SHOP, "main")) == before


def test_a_merge_that_was_made_but_not_recorded_is_recorded_by_the_next_press(engines: Engines, task: Task) -> None:
    done = engines.workspaces.merge(build_of(engines, task).spec, "as before the crash")

    merged = delivery(engines.shipping.merge(task.id, OWNER, engines.now))

    assert isinstance(merged, Merged)
    assert merged.commit == done.commit == engines.workspaces.tip(SHOP, "main")


def test_a_conflict_changes_nothing_and_can_be_tried_again(engines: Engines, task: Task) -> None:
    engines.workspaces.commit(SHOP, "main", "docs.txt", "other words\n")
    tip = engines.workspaces.tip(SHOP, "main")

    with pytest.raises(Conflict, match=r"does not merge cleanly into main: both sides changed docs.txt"):
        engines.shipping.merge(task.id, OWNER, engines.now)

    assert engines.task(task) == task
    assert engines.workspaces.tip(SHOP, "main") == tip


def test_a_checkout_with_uncommitted_work_is_left_behind_and_caught_up_later(engines: Engines, task: Task) -> None:
    repository = engines.workspaces.repositories[SHOP]
    repository.uncommitted = {"mine.txt"}

    merged = delivery(engines.shipping.merge(task.id, OWNER, engines.now))
    assert isinstance(merged, Merged)
    assert merged.checkout_behind

    caught_up = delivery(engines.shipping.update_checkout(task.id, OWNER, engines.now))
    assert isinstance(caught_up, Merged)
    assert not caught_up.checkout_behind
    with pytest.raises(Conflict, match=r"Your checkout is up to date already."):
        engines.shipping.update_checkout(task.id, OWNER, engines.now)


def test_a_checkout_is_not_updated_over_uncommitted_work_in_the_same_file(engines: Engines, task: Task) -> None:
    engines.workspaces.repositories[SHOP].uncommitted = {"docs.txt"}
    engines.shipping.merge(task.id, OWNER, engines.now)
    before = engines.task(task)

    with pytest.raises(Conflict, match=r"docs.txt"):
        engines.shipping.update_checkout(task.id, OWNER, engines.now)

    assert engines.task(task) == before


def test_a_task_that_is_not_merged_has_no_checkout_to_update(engines: Engines, task: Task) -> None:
    with pytest.raises(Conflict, match=r"task_1 is not merged."):
        engines.shipping.update_checkout(task.id, OWNER, engines.now)


def test_discard_keeps_a_bundle_and_ends_the_choice(engines: Engines, task: Task, home: Path) -> None:
    bundle = engines.shipping.discard(task.id, OWNER, engines.now)

    assert bundle == home / "trash" / "task_1-1.bundle"
    assert bundle.exists()
    assert delivery(engines.task(task)) == Discarded(bundle=str(bundle), at=engines.now, by=OWNER)
    with pytest.raises(Conflict, match=r"task_1 is discarded already."):
        engines.shipping.discard(task.id, OWNER, engines.now)
    with pytest.raises(Conflict, match=r"task_1 was discarded"):
        engines.shipping.merge(task.id, OWNER, engines.now)


def test_a_discarded_task_can_be_built_again_as_the_refusal_says(engines: Engines, task: Task) -> None:
    engines.shipping.discard(task.id, OWNER, engines.now)
    with pytest.raises(Conflict, match=r"/retry task_1 builds it again"):
        engines.shipping.merge(task.id, OWNER, engines.now)

    engines.queue.retry(task.id, engines.now)

    assert engines.start(task).id == "task_1-2"


def test_a_discard_that_was_not_recorded_is_recorded_by_the_next_press(
    engines: Engines, task: Task, home: Path
) -> None:
    engines.workspaces.discard(build_of(engines, task).spec, home / "trash")

    engines.shipping.discard(task.id, OWNER, engines.now)

    assert isinstance(delivery(engines.task(task)), Discarded)


def test_a_failed_task_has_nothing_to_merge_but_its_branch_can_be_dropped(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    engines.workspaces.commit(SHOP, build.spec.branch, "docs.txt", "words\n")
    engines.agents.end(build.id, Broke())
    engines.queue.collect(engines.now)
    failed = engines.task(task)

    with pytest.raises(Conflict, match=r"task_1 has no result to merge: it did not complete."):
        engines.shipping.merge(task.id, OWNER, engines.now)
    assert engines.shipping.discard(task.id, OWNER, engines.now).exists()
    assert engines.task(task) == failed


def test_a_task_that_was_never_built(engines: Engines) -> None:
    task = engines.add()

    for act in (engines.shipping.merge, engines.shipping.discard):
        with pytest.raises(Conflict, match=r"task_1 has not been built yet."):
            act(task.id, OWNER, engines.now)
    with pytest.raises(Conflict, match=r"task_1 has not been built yet."):
        engines.shipping.diff(task.id)


def test_the_diff_shows_the_change(engines: Engines, task: Task) -> None:
    build = build_of(engines, task)
    result = factories.result(commit=engines.workspaces.tip(SHOP, build.spec.branch))
    ended = msgspec.structs.replace(build, state=msgspec.structs.replace(build.state, result=result))
    with engines.store.transaction():
        engines.store.builds.put(build.id, ended)

    assert "+words" in engines.shipping.diff(task.id)


def test_a_diff_whose_commits_are_gone_is_refused(engines: Engines, task: Task) -> None:
    with pytest.raises(Refused, match=r"any more"):
        engines.shipping.diff(task.id)


def test_the_merge_commit_names_the_task_its_proof_and_its_run(engines: Engines, task: Task) -> None:
    message = merge_message(task, build_of(engines, task), factories.result())

    assert message == (
        "Merge task_1: Write docs\n\nProven: 1 failed, 3 passed → 4 passed.\n\n"
        "Jarvis-Task: task_1\nJarvis-Run: task_1-1\n"
    )


def test_the_merge_commit_of_unproven_work_says_so(engines: Engines, task: Task) -> None:
    message = merge_message(task, build_of(engines, task), factories.result(Unverified(), after=None))

    assert "not proven" in message
