"""What tests of every room may use: a clock that is set, a home of its own, and a real store in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import JournalStore, open_store
from tests.fakes import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path, clock: SetClock) -> Iterator[JournalStore]:
    opened = open_store(home, clock)
    yield opened
    opened.close()
