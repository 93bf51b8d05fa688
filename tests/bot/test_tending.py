"""What is looked after without anybody asking."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.tending import Tending
from bot.wiring import Installation
from core import weekend_progress
from core.model.ids import ChatId, UserId
from core.model.notification import WeekendFree
from storage import JournalStore
from tests import factories
from tests.fakes import FakeExecutor, FakePrograms, SetClock


@pytest.fixture
def installation(store: JournalStore, clock: SetClock, home: Path) -> Iterator[Installation]:
    made = Installation(factories.config(home), store, clock)
    own = vars(made)
    own["executor"], own["programs"] = FakeExecutor(home, clock), FakePrograms("agent")
    with store.transaction():
        store.projects.put("shop", factories.project())
    made.people.meet(UserId(7), ChatId(7), clock())
    yield made
    store.close()


def test_the_end_of_a_weekends_project_is_noticed(installation: Installation, clock: SetClock) -> None:
    clock.moment = datetime(2026, 11, 27, 18, tzinfo=UTC)
    shop, _ = (installation.queue.add_to_queue(factories.new_task(title, hours=8.0), clock()) for title in "ab")
    weekend = installation.weekend.select(shop.id, clock(), None)
    tending = Tending(installation)
    tending.go_on(clock())
    chosen = weekend_progress.chosen_of(weekend)
    assert chosen is not None
    for phase in reversed(chosen.phases):
        assert phase.task is not None
        installation.queue.cancel(phase.task, None, clock())

    for _ in range(2):
        tending.go_on(clock())

    told = [note.subject for note in installation.store.notifications.all()]
    assert told.count(WeekendFree(weekend=weekend.id, task=shop.id)) == 1
