"""A pause holds everything back, or one project's work; it survives, and ends by a word."""

from pathlib import Path

import pytest

from core.errors import Conflict, NotFound
from core.model.ids import ProjectName
from core.model.pause import Pause
from core.pauses import Pauses
from storage import open_store
from tests.core.conftest import OWNER, Engines

SHOP = ProjectName("shop")


@pytest.mark.parametrize("project", [None, SHOP])
def test_nothing_starts_while_it_is_paused(engines: Engines, project: ProjectName | None) -> None:
    task = engines.add(start_now=True)
    engines.pauses.pause(project, OWNER, engines.now)

    assert engines.queue.schedule_builds(engines.now) == []
    why = "all work is paused" if project is None else "work on shop is paused"
    assert engines.scheduler.why_waiting(task.id, engines.now) == why

    assert len(engines.pauses.resume(project, OWNER, engines.now)) == 1
    assert [build.task for build in engines.queue.schedule_builds(engines.now)] == [task.id]


def test_it_survives_a_restart(engines: Engines, home: Path) -> None:
    engines.pauses.pause(None, OWNER, engines.now)
    engines.store.close()

    store = open_store(home, engines.clock)
    assert Pauses(store).all() == [Pause(by=OWNER, since=engines.now)]
    store.close()


def test_twice_is_once_and_resuming_nothing_is_refused(engines: Engines) -> None:
    first = engines.pauses.pause(None, OWNER, engines.now)
    engines.clock.advance(hours=1)
    assert engines.pauses.pause(None, None, engines.now) == first
    engines.pauses.resume(None, OWNER, engines.now)

    with pytest.raises(Conflict, match="Nothing is paused"):
        engines.pauses.resume(None, OWNER, engines.now)
    with pytest.raises(Conflict, match="shop is not paused"):
        engines.pauses.resume(SHOP, OWNER, engines.now)
    with pytest.raises(NotFound, match="There is no project “nope”"):
        engines.pauses.pause(ProjectName("nope"), OWNER, engines.now)


def test_running_builds_go_on_until_they_are_stopped(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    engines.pauses.pause(None, OWNER, engines.now)
    assert [one.id for one in engines.builds.active()] == [build.id]

    stopped = engines.queue.stop_running(None, OWNER, engines.now)
    engines.queue.collect(engines.now)

    assert [one.id for one in stopped] == [task.id]
    assert engines.builds.active() == []
    assert engines.queue.stop_running(None, OWNER, engines.now) == []


def test_every_step_is_on_record(engines: Engines) -> None:
    engines.pauses.pause(SHOP, OWNER, engines.now)
    engines.pauses.resume(None, None, engines.now)

    steps = [(line["action"], line["actor"], line.get("project")) for line in engines.lines("queue_actions.log")]
    assert steps == [("paused", f"person {OWNER}", "shop"), ("resumed", "command line", "shop")]
