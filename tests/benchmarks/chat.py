"""The bot against a bare echo bot, and the command line against an empty one; both take turns in one run."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from tests.benchmarks.contestants import ROOT, Contestant, bare, ours
from tests.benchmarks.figures import Line, compare

TASKS = 50
PAUSE = 0.06
"""Seconds between two messages: python-telegram-bot's rate limiter lets 30 a second through."""


def rows(quick: bool) -> list[Line]:
    """(what, ours, peer, ratio, goal) for each measurement."""
    with tempfile.TemporaryDirectory() as folder:
        lines = asyncio.run(_bots(Path(folder), quick))
        return [*lines, _command_line(Path(folder), 7 if quick else 21)]


async def _bots(folder: Path, quick: bool) -> list[Line]:
    jarvis, echo = ours(folder / "ours", TASKS), bare(folder / "bare")
    async with AsyncExitStack() as stack:
        for contestant in (jarvis, echo):
            await stack.enter_async_context(contestant.served())
        lines = [await _starts(jarvis, echo, 3 if quick else 11)]
        memory = [_memory("memory after start", jarvis, echo)]
        for command in ("/queue", "/stats"):
            mine, theirs = await _in_turns(jarvis, echo, _asking(command), 40 if quick else 300)
            lines.append(compare(f"{command}, {TASKS} tasks: message to answer", mine, theirs, 1.3))
            lines.append(compare(f"{command}: the same, 95 % are below", mine, theirs, 1.5, of="p95"))
        lines += await _presses(jarvis, echo, 40 if quick else 300)
        memory.append(_memory("memory after that", jarvis, echo))
        return [*lines, *memory, await _idle(jarvis, echo, 5 if quick else 30)]


async def _starts(jarvis: Contestant, echo: Contestant, count: int) -> Line:
    series: dict[Contestant, list[float]] = {jarvis: [], echo: []}
    for _ in range(count):
        for contestant, times in series.items():
            await contestant.stop()
            times.append(await contestant.start())
    return compare("start to ready", _ms(series[jarvis]), _ms(series[echo]), 1.5)


async def _presses(jarvis: Contestant, echo: Contestant, count: int) -> list[Line]:
    await jarvis.ask("/queue")
    await echo.ask("/queue")
    labels = {jarvis: "▶", echo: "More"}
    mine, theirs = await _in_turns(jarvis, echo, lambda bot: bot.press(labels[bot]), count)
    return [
        compare("button press to edited message", mine, theirs, 1.5),
        compare("the same, 95 % are below", mine, theirs, 1.5, of="p95"),
    ]


def _asking(text: str) -> Callable[[Contestant], Awaitable[float]]:
    return lambda contestant: contestant.ask(text)


async def _in_turns(
    jarvis: Contestant, echo: Contestant, act: Callable[[Contestant], Awaitable[float]], count: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of each act; the first few, which warm up, do not count."""
    series: dict[Contestant, list[float]] = {jarvis: [], echo: []}
    for number in range(-5, count):
        for contestant in (jarvis, echo) if number % 2 else (echo, jarvis):
            seconds = await act(contestant)
            if number >= 0:
                series[contestant].append(seconds)
            await asyncio.sleep(PAUSE / 2)
    return _ms(series[jarvis]), _ms(series[echo])


def _memory(what: str, jarvis: Contestant, echo: Contestant) -> Line:
    (mine, resident), (theirs, their_resident) = jarvis.memory(), echo.memory()
    return (
        f"{what} (resident, own pages)",
        f"{resident:.1f} MiB, {mine:.1f}",
        f"{their_resident:.1f} MiB, {theirs:.1f}",
        f"{resident / their_resident:.2f}x",
        "at most 1.6x",
    )


async def _idle(jarvis: Contestant, echo: Contestant, seconds: float) -> Line:
    before = [contestant.cpu_seconds() for contestant in (jarvis, echo)]
    await asyncio.sleep(seconds)
    after = [contestant.cpu_seconds() for contestant in (jarvis, echo)]
    mine, theirs = (100 * (late - early) / seconds for early, late in zip(before, after, strict=True))
    return f"idle CPU over {seconds:g} s", f"{mine:.2f} %", f"{theirs:.2f} %", "-", "under 0.3 %"


def _command_line(folder: Path, count: int) -> Line:
    script = Path(sys.executable).with_name("jarvis")
    program = [str(script)] if script.exists() else [sys.executable, "-m", "bot"]
    mine, theirs = [], []
    for _ in range(count):
        mine.append(_run([*program, "build-scheduler", "list"], folder / "ours"))
        theirs.append(_run([sys.executable, "-c", "import click"], folder))
    return compare(f"jarvis build-scheduler list, {TASKS} tasks | import click", _ms(mine), _ms(theirs), 3)


def _run(command: list[str], folder: Path) -> float:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _ms(seconds: list[float]) -> list[float]:
    return [1000 * value for value in seconds]
