"""How fast the queue goes on: from the end of a build to the moment in which the next agent is at work."""

import asyncio
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bot import settings
from bot.wiring import open_installation
from core.autonomous_queue import NewTask
from core.model.task import Category, Priority
from core.runtime.clock import utc_now
from tests.benchmarks.contestants import ours
from tests.benchmarks.figures import Line

_PATIENCE = 60.0


def rows(quick: bool) -> list[Line]:
    """(what, ours, peer, ratio, goal) for each measurement."""
    with tempfile.TemporaryDirectory() as folder:
        gaps = asyncio.run(_gaps(Path(folder), 4 if quick else 12))
    shown = f"{statistics.median(gaps):.2f} s [{min(gaps):.2f}-{max(gaps):.2f}]"
    return [("slot freed to next agent at work", shown, "-", "-", "under 2 s")]


async def _gaps(folder: Path, count: int) -> list[float]:
    """Seconds between one build and the next, on one slot."""
    jarvis = ours(folder / "ours", 0, MAX_BUILDS="1", WRITABLE_PATHS=str(folder / "outside"))
    (folder / "outside").mkdir()
    _fill(folder, jarvis.folder, count)
    runs = [jarvis.folder / "autonomous" / "runs" / f"task_{number}-1" for number in range(1, count + 1)]
    async with jarvis.served():
        await jarvis.start()
        deadline = time.monotonic() + _PATIENCE
        while not (runs[-1] / "result.json").exists():
            if time.monotonic() > deadline:
                raise TimeoutError("the builds do not end")
            await asyncio.sleep(0.1)
    ends = [(run / "result.json").stat().st_mtime for run in runs]
    starts = [(folder / "outside" / f"started-{number}").stat().st_mtime for number in range(1, count + 1)]
    return [start - end for start, end in zip(starts[1:], ends, strict=False)]


def _fill(folder: Path, installed: Path, count: int) -> None:
    project = folder / "project"
    identity = ["-c", "user.name=Owner", "-c", "user.email=owner@example.com"]
    for command in (["init", "--quiet", str(project)], ["-C", str(project), "commit", "-qm", "first", "--allow-empty"]):
        subprocess.run(["git", *identity, *command], check=True)
    with open_installation(settings.parse({}, installed).config) as installation:
        installation.projects.register(project, utc_now(), name="project")
        for number in range(1, count + 1):
            new = NewTask(
                title=f"Job {number}",
                category=Category.BUG,
                priority=Priority.HIGH,
                command=f"touch '{folder}/outside/started-{number}'; echo {number} > {number}.txt",
                start_now=True,
            )
            installation.queue.add_to_queue(new, utc_now())
