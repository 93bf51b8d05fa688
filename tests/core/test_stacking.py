"""A task that waits for another builds on its result, and is merged after it."""

from pathlib import Path

import pytest

from core.errors import Conflict
from core.model.task import Task
from tests.core.conftest import OWNER, Engines

SHOP = Path("/srv/shop")


def built(engines: Engines, title: str, file: str, *depends: Task) -> Task:
    """A completed task with a commit on its branch."""
    task = engines.add(title, depends=[other.id for other in depends])
    build = engines.start(task)
    engines.workspaces.commit(SHOP, build.spec.branch, file, "words\n")
    engines.executor.end(build.id)
    engines.queue.collect(engines.now)
    return engines.task(task)


def test_it_starts_from_what_is_not_merged_yet(engines: Engines) -> None:
    merged, waiting = built(engines, "Merged", "a.txt"), built(engines, "Waiting", "b.txt")
    engines.shipping.merge(merged.id, OWNER, engines.now)

    task = engines.add("On both", depends=[merged.id, waiting.id])

    assert engines.start(task).spec.onto == ("jarvis/task-2-waiting",)


def test_it_is_merged_after_what_it_builds_on(engines: Engines) -> None:
    first = built(engines, "First", "a.txt")
    second = built(engines, "Second", "b.txt", first)

    with pytest.raises(Conflict, match=r"task_2 builds on task_1. Merge task_1 first."):
        engines.shipping.merge(second.id, OWNER, engines.now)

    engines.shipping.merge(first.id, OWNER, engines.now)
    engines.shipping.merge(second.id, OWNER, engines.now)


def test_it_is_not_merged_when_what_it_builds_on_was_discarded(engines: Engines) -> None:
    first = built(engines, "First", "a.txt")
    second = built(engines, "Second", "b.txt", first)
    engines.shipping.discard(first.id, OWNER, engines.now)

    with pytest.raises(Conflict, match=r"task_2 builds on task_1, which was discarded. /retry task_2"):
        engines.shipping.merge(second.id, OWNER, engines.now)
