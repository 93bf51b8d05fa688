"""What tests of every room may use: a clock that is set, a home of its own, a real store in it, and real git."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import JournalStore, open_store
from tests.fakes import SetClock

Git = Callable[..., str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: several processes that share the tests then end together."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


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


@pytest.fixture
def git_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of whoever runs the tests."""
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", *(name for name in os.environ if name.startswith("GIT_"))):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def owner(git_config: None) -> Git:
    """Runs git as the owner of the project would: `owner(folder, "status")`."""

    def run(folder: Path, *arguments: str) -> str:
        identity = ["-c", "user.name=Owner", "-c", "user.email=owner@example.com", "-c", "init.defaultBranch=main"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout

    return run


@pytest.fixture
def repository(tmp_path: Path, owner: Git) -> Path:
    """A repository with `a.txt` in one commit on `main`."""
    folder = tmp_path / "shop"
    folder.mkdir()
    owner(folder, "init", "--quiet")
    (folder / "a.txt").write_text("one\n")
    owner(folder, "add", ".")
    owner(folder, "commit", "--quiet", "-m", "first")
    return folder
