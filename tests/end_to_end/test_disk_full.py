"""The disk of the home folder is full: the bot goes on answering, says so, and loses nothing."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.jarvis_process import Jarvis
from tests.end_to_end.telegram_chat import OWNER, Telegram


@pytest.fixture
def small_disk(jarvis: Jarvis) -> Iterator[Path]:
    """The home folder on a disk of its own, of 4 MB; needs the right to mount."""
    jarvis.home.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(jarvis.home)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    yield jarvis.home
    jarvis.end()
    subprocess.run(["umount", "--lazy", str(jarvis.home)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the space there is."""
    path = disk / "ballast"
    with path.open("wb", buffering=0) as file:
        size = 1 << 16
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2
    return path


async def test_the_bot_says_that_it_cannot_save_and_goes_on(
    small_disk: Path, jarvis: Jarvis, telegram: Telegram
) -> None:
    # That the disk is full is told by itself, too, at some moment: that is another test's matter.
    jarvis.start(OWNER_IDS=str(OWNER), DISK_LIMIT="100", **telegram.settings)
    await jarvis.ready()
    await telegram.ask("/start")
    await telegram.ask("/add First #docs")

    ballast = fill(small_disk)
    # The journal has taken some room in advance, so ask until it is used up.
    answers: list[str] = []
    while not answers or "full" not in answers[-1]:
        assert len(answers) < 1000
        answers.append((await telegram.ask(f"/add Much #docs\n{'and more ' * 400}")).text)
    assert await listed(telegram) == len(answers)

    ballast.unlink()
    assert "Last" in (await telegram.ask("/add Last #docs")).text
    jarvis.kill()
    jarvis.start(OWNER_IDS=str(OWNER), **telegram.settings)
    await jarvis.ready()
    assert await listed(telegram) == len(answers) + 1


async def listed(telegram: Telegram) -> int:
    """How many tasks the queue has, by its own words."""
    found = re.search(r"Queue · (\d+) task", (await telegram.ask("/queue")).text)
    assert found is not None
    return int(found[1])
