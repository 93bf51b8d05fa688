"""`jarvis builds`: every verb on a result in a real repository; as text, as JSON, twice, and refused."""

import json
from pathlib import Path

import pytest

from core.model.build import Ended
from core.model.ids import BuildId
from core.model.task import Completed, Task, Unmerged
from core.runtime.clock import utc_now
from storage import open_store
from tests import factories
from tests.bot.test_cli import Jarvis, jarvis, printed
from tests.conftest import Git

__all__ = ["jarvis"]

BRANCH = "jarvis/task_1-1"


@pytest.fixture
def result(home: Path, repository: Path, owner: Git) -> str:
    """The commit of task_1, which waits on its branch for a merge. task_2 has never been built."""
    base = owner(repository, "rev-parse", "HEAD").strip()
    owner(repository, "checkout", "-q", "-b", BRANCH)
    (repository / "a.txt").write_text("two\n")
    owner(repository, "commit", "-qam", "work")
    commit = owner(repository, "rev-parse", "HEAD").strip()
    owner(repository, "checkout", "-q", "main")
    spec = factories.spec(repository=str(repository), worktree=str(home / "worktrees" / "task_1-1"))
    outcome = factories.result(base_commit=base, commit=commit)
    build = factories.build("task_1-1", Ended(result=outcome), spec=spec)
    state = Completed(build=BuildId("task_1-1"), at=factories.NOW, delivery=Unmerged())
    store = open_store(home, utc_now)
    with store.transaction():
        store.projects.put("shop", factories.project(repository))
        store.builds.put(build.id, build)
        for task in (factories.task(1, state=state), factories.task(2)):
            store.tasks.put(task.id, task)
    store.close()
    return commit


def task(home: Path) -> Task:
    store = open_store(home, utc_now)
    found = store.tasks.get("task_1")
    store.close()
    assert found is not None
    return found


def refused(jarvis: Jarvis, *words: str) -> str:
    done = jarvis("builds", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("Error: ")
    return done.err


def test_merge_and_rollback(jarvis: Jarvis, result: str, repository: Path, owner: Git, home: Path) -> None:
    assert jarvis("builds", "merge", "1").out == "task_1 is merged.\n"
    assert (repository / "a.txt").read_text() == "two\n"
    assert owner(repository, "branch", "--list", "jarvis/*") == ""
    assert "task_1 is merged already." in refused(jarvis, "merge", "task_1")
    assert "no branch left to discard" in refused(jarvis, "discard", "task_1")

    assert jarvis("builds", "rollback", "task_1").out == "task_1 is rolled back.\n"
    assert (repository / "a.txt").read_text() == "one\n"
    assert "task_1 is rolled back already." in refused(jarvis, "rollback", "1")

    lines = [json.loads(line) for line in (home / "logs" / "queue_actions.log").read_text().splitlines()]
    assert [(line["action"], line["actor"]) for line in lines] == [
        ("merged", "command line"),
        ("rolled back", "command line"),
    ]


def test_merge_all(jarvis: Jarvis, result: str) -> None:
    assert jarvis("builds", "merge", "all").out == "task_1 is merged.\n"
    assert "Nothing waits for your merge." in refused(jarvis, "merge", "all")


def test_merging_all_ends_at_a_conflict(jarvis: Jarvis, result: str, repository: Path, owner: Git) -> None:
    (repository / "a.txt").write_text("three\n")
    owner(repository, "commit", "-qam", "meanwhile")

    done = jarvis("builds", "merge", "all")

    assert (done.code, done.out) == (1, "")
    assert "task_1 could not be merged" in done.err


def test_json_of_a_merge_and_a_rollback(jarvis: Jarvis, result: str) -> None:
    merged = printed(jarvis("builds", "merge", "1", "--json"))
    assert (merged["id"], merged["state"]["delivery"]["delivery"]) == ("task_1", "merged")
    back = printed(jarvis("builds", "rollback", "1", "--json"))["state"]["delivery"]
    assert (back["delivery"], back["merge"]) == ("rolled back", merged["state"]["delivery"]["commit"])


def test_discard_and_restore(jarvis: Jarvis, result: str, repository: Path, owner: Git, home: Path) -> None:
    bundle = home / "trash" / "task_1-1.bundle"
    said = jarvis("builds", "discard", "1").out
    assert said == f"task_1 is discarded; its commits are kept in {bundle} for 30 days.\n"
    assert owner(repository, "branch", "--list", BRANCH) == ""
    assert "+two" in jarvis("builds", "diff", "1").out

    assert jarvis("builds", "restore", "1").out == "task_1 is back on its branch.\n"
    assert owner(repository, "rev-parse", BRANCH).strip() == result
    assert "is not discarded" in refused(jarvis, "restore", "1")
    assert printed(jarvis("builds", "discard", "1", "--json")) == {"task": "task_1", "bundle": str(bundle)}
    assert printed(jarvis("builds", "restore", "1", "--json"))["state"]["delivery"]["delivery"] == "unmerged"


def test_diff_and_log(jarvis: Jarvis, result: str, home: Path) -> None:
    diff = jarvis("builds", "diff", "task_1").out
    assert diff.startswith("diff --git a/a.txt b/a.txt\n")
    assert printed(jarvis("builds", "diff", "1", "--json")) == {"task": "task_1", "diff": diff}
    assert jarvis("builds", "log", "1").out == "No output yet.\n"

    path = home / "runs" / "task_1-1" / "output.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half\xff a line")

    assert jarvis("builds", "log", "1").out == "half\ufffd a line"
    assert printed(jarvis("builds", "log", "1", "--json"))["log"] == "half\ufffd a line"


def test_a_merge_beside_uncommitted_work(jarvis: Jarvis, result: str, repository: Path) -> None:
    (repository / "a.txt").write_text("mine\n")

    said = jarvis("builds", "merge", "1")

    assert said.code == 0
    assert "Your checkout has uncommitted work and was left alone." in said.out
    assert "jarvis builds update task_1" in said.out
    assert "uncommitted work is in a file that the merge changes" in refused(jarvis, "update", "1")
    (repository / "a.txt").write_text("one\n")
    assert jarvis("builds", "update", "1").out == "task_1 is in your checkout.\n"
    assert (repository / "a.txt").read_text() == "two\n"


def test_push(
    jarvis: Jarvis, result: str, repository: Path, owner: Git, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Pushing is not set up" in refused(jarvis, "push", "1")
    monkeypatch.setenv("PUSH", "merge")
    said = jarvis("builds", "merge", "1")
    assert said.code == 0
    assert f"task_1 is merged, but not pushed: There is no remote origin in {repository}." in said.out
    assert "jarvis builds push task_1" in said.out
    assert "There is no remote origin" in refused(jarvis, "push", "1")

    owner(repository.parent, "init", "--quiet", "--bare", "remote.git")
    owner(repository, "remote", "add", "origin", str(repository.parent / "remote.git"))

    assert jarvis("builds", "push", "1").out == "task_1 is pushed.\n"
    tip = owner(repository, "rev-parse", "main")
    assert owner(repository.parent / "remote.git", "rev-parse", "main") == tip


def test_the_author_of_the_settings(
    jarvis: Jarvis, result: str, repository: Path, owner: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR", "Ann <ann@example.com>")

    jarvis("builds", "merge", "1")

    assert owner(repository, "log", "-1", "--format=%an %ae %cn %ce").split() == ["Ann", "ann@example.com"] * 2


def test_a_conflict_names_the_file(jarvis: Jarvis, result: str, repository: Path, owner: Git, home: Path) -> None:
    (repository / "a.txt").write_text("mine\n")
    owner(repository, "commit", "-qam", "mine")
    before = task(home)

    assert "does not merge cleanly into main: both sides changed a.txt" in refused(jarvis, "merge", "1")
    assert task(home) == before


@pytest.mark.parametrize("verb", ["merge", "rollback", "discard", "restore", "diff", "log", "push", "update"])
def test_tasks_that_have_no_result(jarvis: Jarvis, result: str, verb: str) -> None:
    assert "has not been built yet." in refused(jarvis, verb, "2")
    assert "There is no task_99." in refused(jarvis, verb, "99", "--json")
    assert "is no task" in refused(jarvis, verb, "nonsense")
    assert jarvis("builds", verb).code == 2
