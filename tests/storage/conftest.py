"""A store on a real folder, and rows to put into it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.model.ids import TaskId
from core.model.task import Category, Priority, Queued, Task, TaskState
from storage import JournalStore, open_store

MOMENT = datetime(2025, 3, 1, 12, tzinfo=UTC)

MakeTask = Callable[..., Task]


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: MOMENT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path, clock: Callable[[], datetime]) -> Iterator[JournalStore]:
    store = open_store(home, clock)
    yield store
    store.close()


@pytest.fixture
def make_task() -> MakeTask:
    def make(number: int, title: str = "Tidy up", state: TaskState | None = None) -> Task:
        return Task(
            id=TaskId(f"task_{number}"),
            title=title,
            hours=1.0,
            category=Category.BUG,
            priority=Priority.HIGH,
            created_at=MOMENT,
            state=state or Queued(since=MOMENT),
        )

    return make
