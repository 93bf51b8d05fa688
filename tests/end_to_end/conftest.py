"""A real installation, Telegram on this machine, and a project to work on."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.jarvis_process import Jarvis
from tests.end_to_end.telegram_chat import OWNER, Telegram


@pytest.fixture
def jarvis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Jarvis]:
    """Not started yet. At the end no process of it may be left; after a failure its output is shown."""
    installation = Jarvis(tmp_path)
    yield installation
    left = installation.end()
    for path in installation.printed:
        print(f"--- {path.name}\n{path.read_text(errors='replace')}")
    assert left == []


@pytest.fixture
def outside(jarvis: Jarvis) -> Path:
    """A folder that builds may write to besides their own: so the tests see how far they are."""
    return jarvis.outside


@pytest.fixture
async def telegram(jarvis: Jarvis) -> AsyncIterator[Telegram]:
    """Serving, with nobody connected yet; serves until the bot has ended."""
    telegram = Telegram()
    await telegram.open()
    yield telegram
    if jarvis.runs:
        await jarvis.stop()
    await telegram.close()


@pytest.fixture
def project(jarvis: Jarvis, tmp_path: Path) -> Path:
    """A repository with one commit on `main`, whose checkout has a space and an umlaut in its path."""
    folder = tmp_path / "my pröject"
    folder.mkdir()
    jarvis.git(folder, "init", "--quiet")
    (folder / "a.txt").write_text("one\n")
    (folder / "b.txt").write_text("one\n")
    jarvis.git(folder, "add", ".")
    jarvis.git(folder, "commit", "--quiet", "-m", "first")
    return folder


@pytest.fixture
async def bot(jarvis: Jarvis, telegram: Telegram, project: Path) -> Jarvis:
    """The bot runs, its owner has said hello, and the project is registered."""
    jarvis.start(OWNER_IDS=str(OWNER), PROJECTS=str(project), **telegram.settings)
    await jarvis.ready()
    await telegram.ask("/start")
    return jarvis
