"""What happens to a result on its branch; each step may be asked for twice, and the process may die in between."""

import dataclasses
from pathlib import Path

import msgspec
import pytest

from core.deliveries import merge_message, rollback_message
from core.errors import Conflict, Refused
from core.model.build import Broke, Build, Outcome, Unverified
from core.model.config import PushMode
from core.model.decision import Finding, Verdict
from core.model.task import (
    Completed,
    Delivery,
    Discarded,
    Merged,
    NotPushed,
    Pushed,
    RolledBack,
    Task,
    Unmerged,
)
from core.shipping import Shipping
from tests import factories
from tests.core.conftest import OWNER, Engines
from tests.fakes import Died

SHOP = Path("/srv/shop")


@pytest.fixture
def task(engines: Engines) -> Task:
    """A completed task, with a commit on its branch."""
    task = engines.add("Write docs")
    build = engines.start(task)
    engines.workspaces.commit(SHOP, build.spec.branch, "docs.txt", "words\n")
    engines.executor.end(build.id)
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
    assert engines.lines("queue_actions.log")[-1] == {
        "n": 7,
        "at": "2026-03-03T20:00:00+00:00",
        "action": "merged",
        "actor": f"person {OWNER}",
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


def built(engines: Engines, title: str, file: str, outcome: Outcome | None = None) -> Task:
    """Another completed task, with a file on its branch."""
    made = engines.add(title)
    build = engines.start(made)
    engines.workspaces.commit(SHOP, build.spec.branch, file, f"{title}\n")
    engines.clock.advance(minutes=1)
    engines.executor.end(build.id, outcome)
    engines.queue.collect(engines.now)
    return engines.task(made)


def test_all_that_is_proven_is_merged_in_the_order_in_which_it_was_built(engines: Engines, task: Task) -> None:
    second, unproven = built(engines, "Second", "b.txt"), built(engines, "Unproven", "c.txt", Unverified())
    engines.found.append(Finding(verdict=Verdict.ASK, rule="result: ci", reason="it changes CI"))
    risky = built(engines, "Risky", "d.txt")

    done = engines.shipping.merge_all_proven(OWNER, engines.now)

    assert [one.id for one in done.merged] == [task.id, second.id]
    assert (done.stopped_at, done.untouched) == (None, [])
    assert isinstance(delivery(engines.task(second)), Merged)
    for left in (unproven, risky):
        assert engines.task(left) == left
    with pytest.raises(Conflict, match="What waits for your merge is not proven, or"):
        engines.shipping.merge_all_proven(OWNER, engines.now)


def test_merging_all_stops_at_the_first_conflict(engines: Engines, task: Task) -> None:
    second, third = built(engines, "Second", "b.txt"), built(engines, "Third", "c.txt")
    engines.workspaces.commit(SHOP, "main", "b.txt", "other words\n")

    done = engines.shipping.merge_all_proven(OWNER, engines.now)

    assert [one.id for one in done.merged] == [task.id]
    assert done.stopped_at is not None
    assert done.stopped_at[0].id == second.id
    assert "both sides changed b.txt" in done.stopped_at[1]
    assert [one.id for one in done.untouched] == [third.id]
    assert engines.task(third) == third


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
    engines.executor.end(build.id, Broke())
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


# -- taking a merge back --------------------------------------------------------------------------------------------


@pytest.fixture
def merged(engines: Engines, task: Task) -> Task:
    return engines.shipping.merge(task.id, OWNER, engines.now)


def branches(engines: Engines) -> set[str]:
    return set(engines.workspaces.repositories[SHOP].branches)


def actions(engines: Engines) -> list[tuple[object, ...]]:
    lines = engines.lines("queue_actions.log")
    return [(line["action"], line["actor"], line["task"], line["commit"]) for line in lines if "commit" in line]


def test_a_rollback_takes_the_merge_back_and_records_who_did_it(engines: Engines, merged: Task) -> None:
    merge = engines.workspaces.tip(SHOP, "main")

    back = engines.shipping.rollback(merged.id, None, engines.now)

    tip = engines.workspaces.tip(SHOP, "main")
    assert tip != merge
    assert delivery(back) == RolledBack(commit=tip, merge=merge, at=engines.now, by=None)
    assert actions(engines) == [
        ("merged", f"person {OWNER}", "task_1", merge),
        ("rolled back", "command line", "task_1", tip),
    ]


def test_after_a_rollback_everything_but_a_new_build_is_refused(engines: Engines, merged: Task) -> None:
    engines.shipping.rollback(merged.id, OWNER, engines.now)
    before = engines.task(merged), engines.workspaces.tip(SHOP, "main")

    for act, words in (
        (engines.shipping.rollback, r"task_1 is rolled back already."),
        (engines.shipping.merge, r"task_1 was merged and rolled back. /retry task_1 builds it again."),
        (engines.shipping.discard, r"no branch left to discard"),
        (engines.shipping.restore, r"is not discarded"),
    ):
        with pytest.raises(Conflict, match=words):
            act(merged.id, OWNER, engines.now)
    assert (engines.task(merged), engines.workspaces.tip(SHOP, "main")) == before

    engines.queue.retry(merged.id, engines.now)
    assert engines.start(merged).id == "task_1-2"


def test_what_is_not_merged_cannot_be_rolled_back(engines: Engines, task: Task) -> None:
    with pytest.raises(Conflict, match=r"task_1 is not merged, so there is nothing to roll back."):
        engines.shipping.rollback(task.id, OWNER, engines.now)


def test_a_rollback_that_is_not_clean_changes_nothing(engines: Engines, merged: Task) -> None:
    tip = engines.workspaces.commit(SHOP, "main", "docs.txt", "later words\n")

    with pytest.raises(Conflict, match=r"can't be taken back cleanly.*docs.txt"):
        engines.shipping.rollback(merged.id, OWNER, engines.now)

    assert engines.task(merged) == merged
    assert engines.workspaces.tip(SHOP, "main") == tip


def test_a_rollback_that_was_made_but_not_recorded_is_recorded_by_the_next_press(
    engines: Engines, merged: Task
) -> None:
    state = delivery(merged)
    assert isinstance(state, Merged)
    done = engines.workspaces.rollback(build_of(engines, merged).spec, state.commit, None, "as before the crash\n")

    back = delivery(engines.shipping.rollback(merged.id, OWNER, engines.now))

    assert isinstance(back, RolledBack)
    assert back.commit == done.commit == engines.workspaces.tip(SHOP, "main")


def test_a_rollback_beside_uncommitted_work_is_caught_up_later(engines: Engines, merged: Task) -> None:
    engines.workspaces.repositories[SHOP].uncommitted = {"mine.txt"}

    back = delivery(engines.shipping.rollback(merged.id, OWNER, engines.now))
    assert isinstance(back, RolledBack)
    assert back.checkout_behind

    caught_up = delivery(engines.shipping.update_checkout(merged.id, OWNER, engines.now))
    assert isinstance(caught_up, RolledBack)
    assert not caught_up.checkout_behind


def test_a_result_on_top_of_one_that_was_rolled_back_is_not_merged(engines: Engines, task: Task) -> None:
    second = engines.add("Then this", depends=[task.id])
    build = engines.start(second)
    engines.workspaces.commit(SHOP, build.spec.branch, "more.txt", "words\n")
    engines.executor.end(build.id)
    engines.queue.collect(engines.now)
    engines.shipping.merge(task.id, OWNER, engines.now)
    engines.shipping.rollback(task.id, OWNER, engines.now)

    with pytest.raises(Conflict, match=r"task_2 builds on task_1, which was rolled back. /retry task_2 builds it anew"):
        engines.shipping.merge(second.id, OWNER, engines.now)


def test_the_commit_of_a_rollback_names_the_task_its_run_and_the_merge(engines: Engines, task: Task) -> None:
    message = rollback_message(task, build_of(engines, task), "c" * 40)

    assert message == (
        f"Roll back task_1: Write docs\n\nThis takes back the merge {'c' * 40}.\n\n"
        "Jarvis-Task: task_1\nJarvis-Run: task_1-1\n"
    )


# -- out of the trash -----------------------------------------------------------------------------------------------


def test_a_discarded_result_is_restored_and_can_be_merged(engines: Engines, task: Task) -> None:
    branch = build_of(engines, task).spec.branch
    tip = engines.workspaces.tip(SHOP, branch)
    bundle = engines.shipping.discard(task.id, OWNER, engines.now)
    assert branch not in branches(engines)

    restored = engines.shipping.restore(task.id, OWNER, engines.now)

    assert delivery(restored) == Unmerged()
    assert engines.workspaces.tip(SHOP, branch) == tip
    assert not bundle.exists()
    assert actions(engines)[-1] == ("restored", f"person {OWNER}", "task_1", tip)
    with pytest.raises(Conflict, match=r"task_1 is not discarded, so there is nothing to restore."):
        engines.shipping.restore(task.id, OWNER, engines.now)
    assert isinstance(delivery(engines.shipping.merge(task.id, OWNER, engines.now)), Merged)


def test_a_restore_that_was_not_recorded_is_recorded_by_the_next_press(engines: Engines, task: Task) -> None:
    bundle = engines.shipping.discard(task.id, OWNER, engines.now)
    engines.workspaces.restore(build_of(engines, task).spec, bundle)

    assert delivery(engines.shipping.restore(task.id, OWNER, engines.now)) == Unmerged()


def test_a_restore_without_its_bundle_changes_nothing(engines: Engines, task: Task) -> None:
    engines.shipping.discard(task.id, OWNER, engines.now).unlink()
    before = engines.task(task)

    with pytest.raises(Refused, match=r"not in the trash any more"):
        engines.shipping.restore(task.id, OWNER, engines.now)

    assert engines.task(task) == before


def test_the_branch_of_a_failed_task_comes_back_too(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    engines.workspaces.commit(SHOP, build.spec.branch, "docs.txt", "words\n")
    engines.executor.end(build.id, Broke())
    engines.queue.collect(engines.now)
    failed = engines.task(task)
    with pytest.raises(Refused, match=r"not in the trash"):
        engines.shipping.restore(task.id, OWNER, engines.now)

    engines.shipping.discard(task.id, OWNER, engines.now)
    assert engines.shipping.restore(task.id, OWNER, engines.now) == failed

    assert build.spec.branch in branches(engines)


def test_the_trash_is_purged_after_thirty_days(engines: Engines, task: Task, home: Path) -> None:
    bundle = engines.shipping.discard(task.id, OWNER, engines.now)
    (home / "trash" / "mine.bundle").touch()
    engines.clock.advance(days=29, hours=23)
    assert engines.shipping.purge_trash(engines.now) == []
    assert bundle.exists()

    engines.clock.advance(hours=1)
    purged = engines.shipping.purge_trash(engines.now)

    assert [each.id for each in purged] == [task.id]
    assert [path.name for path in (home / "trash").iterdir()] == ["mine.bundle"]
    state = delivery(engines.task(task))
    assert isinstance(state, Discarded)
    assert state.purged_at == engines.now
    assert engines.shipping.purge_trash(engines.now) == []
    for act in (engines.shipping.restore, engines.shipping.merge):
        with pytest.raises(Conflict, match=r"was discarded.*/retry task_1 builds it again."):
            act(task.id, OWNER, engines.now)


def test_a_purge_that_was_not_recorded_is_recorded_by_the_next_one(engines: Engines, task: Task) -> None:
    engines.shipping.discard(task.id, OWNER, engines.now).unlink()
    engines.clock.advance(days=30)

    assert len(engines.shipping.purge_trash(engines.now)) == 1


def test_a_record_that_points_elsewhere_deletes_nothing(engines: Engines, task: Task, tmp_path: Path) -> None:
    engines.shipping.discard(task.id, OWNER, engines.now)
    mine = tmp_path / "mine.bundle"
    mine.touch()
    state = engines.task(task).state
    assert isinstance(state, Completed)
    forged = msgspec.structs.replace(state, delivery=Discarded(bundle=str(mine), at=engines.now, by=OWNER))
    with engines.store.transaction():
        engines.store.tasks.put(task.id, msgspec.structs.replace(task, state=forged))
    engines.clock.advance(days=40)

    engines.shipping.purge_trash(engines.now)

    assert mine.exists()


def test_the_trash_is_found_after_the_home_was_moved(engines: Engines, task: Task, home: Path) -> None:
    engines.shipping.discard(task.id, OWNER, engines.now)
    home.joinpath("trash").rename(home.parent / "trash")
    moved = dataclasses.replace(engines.config, home=home.parent)
    shipping = Shipping(engines.store, engines.workspaces, moved)

    assert delivery(shipping.restore(task.id, OWNER, engines.now)) == Unmerged()


# -- pushing --------------------------------------------------------------------------------------------------------


def pushing(engines: Engines, mode: PushMode, *, remote: bool = True) -> Shipping:
    """With that setting; the remote `origin` is there or not."""
    if remote:
        engines.workspaces.repositories[SHOP].remotes["origin"] = {}
    config = dataclasses.replace(engines.config, push=mode)
    return Shipping(engines.store, engines.workspaces, config)


def remote_tip(engines: Engines, branch: str) -> str | None:
    return engines.workspaces.repositories[SHOP].remotes["origin"].get(branch)


def test_nothing_is_pushed_unless_it_is_set(engines: Engines, task: Task) -> None:
    shipping = pushing(engines, PushMode.NEVER)

    assert delivery(shipping.push_branch(task.id, engines.now)) == Unmerged()
    with pytest.raises(Refused, match=r"Pushing is not set up: put PUSH=branch or PUSH=merge into .env."):
        shipping.push(task.id, OWNER, engines.now)
    shipping.merge(task.id, OWNER, engines.now)

    assert engines.workspaces.repositories[SHOP].remotes["origin"] == {}


def test_a_merge_and_a_rollback_are_pushed(engines: Engines, task: Task) -> None:
    shipping = pushing(engines, PushMode.MERGE)

    merged = delivery(shipping.merge(task.id, OWNER, engines.now))
    assert isinstance(merged, Merged)
    assert merged.push == Pushed(remote="origin", at=engines.now)
    assert remote_tip(engines, "main") == merged.commit

    back = delivery(shipping.rollback(task.id, OWNER, engines.now))
    assert isinstance(back, RolledBack)
    assert back.push == Pushed(remote="origin", at=engines.now)
    assert remote_tip(engines, "main") == back.commit
    assert actions(engines)[-1] == ("pushed", f"person {OWNER}", "task_1", back.commit)


def test_a_push_that_fails_is_on_record_and_tried_again_on_request(engines: Engines, task: Task) -> None:
    shipping = pushing(engines, PushMode.MERGE, remote=False)

    merged = delivery(shipping.merge(task.id, OWNER, engines.now))
    assert isinstance(merged, Merged)
    assert merged.push == NotPushed(reason="There is no remote origin in /srv/shop.", at=engines.now)
    with pytest.raises(Refused, match=r"There is no remote origin"):
        shipping.push(task.id, OWNER, engines.now)

    engines.workspaces.repositories[SHOP].remotes["origin"] = {}
    pushed = delivery(shipping.push(task.id, OWNER, engines.now))
    assert isinstance(pushed, Merged)
    assert isinstance(pushed.push, Pushed)
    assert remote_tip(engines, "main") == merged.commit


def test_a_push_that_a_crash_cut_off_is_offered_again(engines: Engines, task: Task) -> None:
    shipping = pushing(engines, PushMode.MERGE)
    engines.workspaces.death = Died()
    with pytest.raises(Died):
        shipping.merge(task.id, OWNER, engines.now)

    assert delivery(engines.task(task)).push == NotPushed(  # type: ignore[union-attr]
        reason="The push has not ended yet.", at=engines.now
    )
    engines.workspaces.death = None
    shipping.push(task.id, OWNER, engines.now)
    assert remote_tip(engines, "main") == engines.workspaces.tip(SHOP, "main")


def test_a_push_makes_up_for_earlier_ones_that_failed(engines: Engines, task: Task) -> None:
    second = engines.add("Another")
    build = engines.start(second)
    engines.workspaces.commit(SHOP, build.spec.branch, "more.txt", "words\n")
    engines.executor.end(build.id)
    engines.queue.collect(engines.now)
    pushing(engines, PushMode.MERGE, remote=False).merge(task.id, OWNER, engines.now)

    pushing(engines, PushMode.MERGE).merge(second.id, OWNER, engines.now)

    first = delivery(engines.task(task))
    assert isinstance(first, Merged)
    assert isinstance(first.push, Pushed)


def test_the_branch_of_a_result_is_pushed(engines: Engines, task: Task) -> None:
    branch = build_of(engines, task).spec.branch
    assert delivery(pushing(engines, PushMode.MERGE).push_branch(task.id, engines.now)) == Unmerged()
    shipping = pushing(engines, PushMode.BRANCH)

    pushed = delivery(shipping.push_branch(task.id, engines.now))

    assert pushed == Unmerged(push=Pushed(remote="origin", at=engines.now))
    assert remote_tip(engines, branch) == engines.workspaces.tip(SHOP, branch)
    assert shipping.push(task.id, OWNER, engines.now).id == task.id
    shipping.merge(task.id, OWNER, engines.now)
    assert remote_tip(engines, "main") is None
    with pytest.raises(Refused, match=r"PUSH=branch pushes no base branch"):
        shipping.push(task.id, OWNER, engines.now)


def test_what_was_discarded_or_failed_is_not_pushed(engines: Engines, task: Task) -> None:
    shipping = pushing(engines, PushMode.BRANCH)
    shipping.discard(task.id, OWNER, engines.now)

    assert isinstance(delivery(shipping.push_branch(task.id, engines.now)), Discarded)
    with pytest.raises(Conflict, match=r"task_1 has no result to push."):
        shipping.push(task.id, OWNER, engines.now)


def test_stats_and_brief_leave_out_what_was_rolled_back(engines: Engines, merged: Task) -> None:
    assert engines.scheduler.stats(engines.now).hours_shipped == merged.hours
    assert len(engines.briefs.compose(engines.now).shipped) == 1

    engines.shipping.rollback(merged.id, OWNER, engines.now)

    assert engines.scheduler.stats(engines.now).hours_shipped == 0
    assert engines.briefs.compose(engines.now).shipped == []
