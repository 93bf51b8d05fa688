"""The real `jarvis`, run as processes of its own in a folder of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40.0
"""Seconds; generous, since the machine may be busy. Nothing waits that long unless it fails."""

Found = TypeVar("Found")


async def until(condition: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """Wait for a condition and return what it returned; fails with `what` when it does not come."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for: {what}")
        await asyncio.sleep(0.02)
    return found


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Jarvis:
    """One installation: a working folder, its settings, and the bot process while it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "autonomous"
        self.settings: dict[str, str] = {"TIMEZONE": "UTC"}
        self.stdout = folder / "stdout.txt"
        self.stderr = folder / "stderr.txt"
        self._user = folder / "user"
        self._user.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What the processes see: nothing of who runs the tests but PATH."""
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**inherited, "HOME": str(self._user), "PYTHONPATH": str(ROOT), **self.settings, **(more or {})}

    def start(self, **settings: str) -> subprocess.Popen[bytes]:
        """Start `jarvis run`; it goes on in the background."""
        assert self._process is None or self._process.poll() is not None
        self.settings.update(settings)
        with self.stdout.open("ab") as out, self.stderr.open("ab") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        return self._process

    async def ready(self, seconds: float = PATIENCE) -> None:
        """Wait until it says that it is ready, however often it was started before."""
        pid, process = self.pid, self._process
        assert process is not None
        said = f"Jarvis is ready ({pid})"
        count = self._starts
        del said, count
        await until(lambda: process.poll() is not None or self._is_ready(), "ready", seconds)
        assert process.poll() is None, f"it has ended: {self.errors()}"

    async def stop(self) -> int:
        """SIGTERM, as Ctrl+C or the system would end it; returns the exit code."""
        assert self._process is not None
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, 20)

    def kill(self) -> None:
        """`kill -9`, without a warning."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command of `jarvis` to its end, whether the bot runs or not."""
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.folder,
            env=self.environment(more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
