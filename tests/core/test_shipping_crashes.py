"""The process dies right after git has done its part, in a real repository: the next press records what was done."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Conflict
from core.model.build import BuildSpec, Ended, MergeDone
from core.model.config import PushMode
from core.model.ids import BuildId, TaskId, UserId
from core.model.task import Completed, Delivery, Discarded, Merged, NotPushed, Pushed, RolledBack, Unmerged
from core.runtime.workspaces import GitWorkspaces
from core.shipping import Shipping
from storage import JournalStore
from tests import factories
from tests.conftest import Git
from tests.fakes import Died, SetClock

TASK, OWNER = TaskId("task_1"), UserId(7)
BRANCH = "jarvis/task_1-1"


class DyingWorkspaces(GitWorkspaces):
    """Real git, after whose next step of that name the process dies."""

    dies_after = ""
    meanwhile: Callable[[], object] | None = None
    """What another process does right after the next step."""

    def _die(self, step: str) -> None:
        if self.dies_after == step:
            self.dies_after = ""
            raise Died
        other, self.meanwhile = self.meanwhile, None
        if other is not None:
            other()

    def merge(self, spec: BuildSpec, message: str, work: str | None = None) -> MergeDone:
        done = super().merge(spec, message, work)
        self._die("merge")
        return done

    def drop_merged(self, spec: BuildSpec) -> bool:
        self._die("before drop")
        gone = super().drop_merged(spec)
        self._die("drop")
        return gone

    def rollback(self, spec: BuildSpec, merge: str, work: str | None, message: str) -> MergeDone:
        done = super().rollback(spec, merge, work, message)
        self._die("rollback")
        return done

    def discard(self, spec: BuildSpec, trash: Path) -> Path:
        bundle = super().discard(spec, trash)
        self._die("discard")
        return bundle

    def restore(self, spec: BuildSpec, bundle: Path) -> str:
        commit = super().restore(spec, bundle)
        self._die("restore")
        return commit

    def forget(self, bundle: Path, trash: Path) -> None:
        super().forget(bundle, trash)
        self._die("forget")

    def push(self, spec: BuildSpec, branch: str, remote: str) -> None:
        super().push(spec, branch, remote)
        self._die("push")


@dataclasses.dataclass
class Bench:
    """A result in a real repository, and git as its owner sees it."""

    shipping: Shipping
    workspaces: DyingWorkspaces
    store: JournalStore
    clock: SetClock
    home: Path
    path: Path
    git: Git

    def delivery(self) -> Delivery:
        task = self.store.tasks.get(TASK)
        assert task is not None
        assert isinstance(task.state, Completed)
        return task.state.delivery

    def dies(self, step: str, act: Callable[..., object]) -> None:
        self.workspaces.dies_after = step
        with pytest.raises(Died):
            act(TASK, OWNER, self.clock())

    def tip(self, branch: str = "main") -> str:
        return self.git(self.path, "rev-parse", branch).strip()

    def commits(self) -> int:
        return int(self.git(self.path, "rev-list", "--first-parent", "--count", "main"))

    def has_branch(self) -> bool:
        return self.git(self.path, "branch", "--list", BRANCH) != ""


@pytest.fixture
def bench(store: JournalStore, clock: SetClock, home: Path, repository: Path, owner: Git) -> Bench:
    base = owner(repository, "rev-parse", "HEAD").strip()
    owner(repository, "checkout", "-q", "-b", BRANCH)
    (repository / "a.txt").write_text("two\n")
    owner(repository, "commit", "-qam", "work")
    commit = owner(repository, "rev-parse", "HEAD").strip()
    owner(repository, "checkout", "-q", "main")
    owner(repository.parent, "init", "--quiet", "--bare", "remote.git")
    owner(repository, "remote", "add", "origin", str(repository.parent / "remote.git"))
    spec = factories.spec(repository=str(repository), worktree=str(home / "worktrees" / "task_1-1"))
    ended = Ended(result=factories.result(base_commit=base, commit=commit))
    state = Completed(build=BuildId("task_1-1"), at=clock(), delivery=Unmerged())
    with store.transaction():
        store.builds.put("task_1-1", factories.build("task_1-1", ended, spec=spec))
        store.tasks.put(TASK, factories.task(state=state))
    workspaces = DyingWorkspaces()
    config = factories.config(home, push=PushMode.MERGE)
    shipping = Shipping(store, workspaces, config)
    return Bench(shipping, workspaces, store, clock, home, repository, owner)


def test_after_the_merge(bench: Bench) -> None:
    bench.dies("merge", bench.shipping.merge)
    assert bench.delivery() == Unmerged()

    bench.shipping.merge(TASK, OWNER, bench.clock())

    merged = bench.delivery()
    assert isinstance(merged, Merged)
    assert (merged.commit, bench.commits(), bench.has_branch()) == (bench.tip(), 2, False)


def test_after_the_merge_and_the_owner_deletes_the_branch(bench: Bench) -> None:
    bench.dies("merge", bench.shipping.merge)
    bench.git(bench.path, "branch", "-d", BRANCH)
    bench.git(bench.path, "commit", "-q", "--allow-empty", "-m", "meanwhile")

    bench.shipping.merge(TASK, OWNER, bench.clock())

    merged = bench.delivery()
    assert isinstance(merged, Merged)
    assert (merged.commit, bench.commits()) == (bench.tip("main~1"), 3)


def test_between_the_record_of_the_merge_and_the_end_of_the_branch(bench: Bench) -> None:
    bench.dies("before drop", bench.shipping.merge)
    assert isinstance(bench.delivery(), Merged)
    assert bench.has_branch()

    with pytest.raises(Conflict, match=r"merged already"):
        bench.shipping.merge(TASK, OWNER, bench.clock())

    assert not bench.has_branch()


@pytest.mark.parametrize("step", ["drop", "push"])
def test_before_the_push_is_on_record(step: str, bench: Bench) -> None:
    bench.dies(step, bench.shipping.merge)
    merged = bench.delivery()
    assert isinstance(merged, Merged)
    assert isinstance(merged.push, NotPushed)

    bench.shipping.push(TASK, OWNER, bench.clock())

    merged = bench.delivery()
    assert isinstance(merged, Merged)
    assert isinstance(merged.push, Pushed)
    assert bench.git(bench.path.parent / "remote.git", "rev-parse", "main").strip() == bench.tip()


@pytest.mark.parametrize("dirty", [False, True])
def test_after_the_rollback(dirty: bool, bench: Bench) -> None:
    bench.shipping.merge(TASK, OWNER, bench.clock())
    if dirty:
        (bench.path / "a.txt").write_text("mine\n")
    bench.dies("rollback", bench.shipping.rollback)
    assert isinstance(bench.delivery(), Merged)

    bench.shipping.rollback(TASK, OWNER, bench.clock())

    back = bench.delivery()
    assert isinstance(back, RolledBack)
    assert (back.commit, bench.commits(), back.checkout_behind) == (bench.tip(), 3, dirty)
    assert (bench.path / "a.txt").read_text() == ("mine\n" if dirty else "one\n")


def test_after_the_discard(bench: Bench) -> None:
    bench.dies("discard", bench.shipping.discard)
    assert bench.delivery() == Unmerged()
    assert not bench.has_branch()

    bundle = bench.shipping.discard(TASK, OWNER, bench.clock())

    assert bundle.exists()
    assert bench.delivery() == Discarded(bundle=str(bundle), at=bench.clock(), by=OWNER)


@pytest.mark.parametrize("step", ["restore", "forget"])
def test_around_the_record_of_a_restore(step: str, bench: Bench) -> None:
    commit = bench.tip(BRANCH)
    bench.shipping.discard(TASK, OWNER, bench.clock())
    bench.dies(step, bench.shipping.restore)
    assert bench.tip(BRANCH) == commit

    if step == "restore":
        assert isinstance(bench.delivery(), Discarded)
        bench.shipping.restore(TASK, OWNER, bench.clock())

    assert bench.delivery() == Unmerged()
    assert list((bench.home / "trash").iterdir()) == []


def test_after_a_bundle_was_purged(bench: Bench) -> None:
    bench.shipping.discard(TASK, OWNER, bench.clock())
    bench.clock.advance(days=30)
    bench.dies("forget", lambda task, by, now: bench.shipping.purge_trash(now))

    assert len(bench.shipping.purge_trash(bench.clock())) == 1

    discarded = bench.delivery()
    assert isinstance(discarded, Discarded)
    assert discarded.purged_at == bench.clock()


def test_a_discard_in_the_middle_of_a_merge(bench: Bench) -> None:
    bench.workspaces.meanwhile = lambda: bench.shipping.discard(TASK, OWNER, bench.clock())

    bench.shipping.merge(TASK, OWNER, bench.clock())

    assert isinstance(bench.delivery(), Merged)
    assert bench.commits() == 2


def test_both_buttons_of_a_result_at_once(bench: Bench) -> None:
    bench.workspaces.meanwhile = lambda: bench.shipping.merge(TASK, OWNER, bench.clock())

    # The branch was put into the trash first, so there is nothing left to merge.
    with pytest.raises(Conflict, match=r"does not exist any more"):
        bench.shipping.discard(TASK, OWNER, bench.clock())
    bench.shipping.discard(TASK, OWNER, bench.clock())

    assert isinstance(bench.delivery(), Discarded)
    assert bench.commits() == 1
