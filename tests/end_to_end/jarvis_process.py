"""The real `jarvis`, run as processes of its own in a folder of its own."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
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
        self.outside = folder / "outside"
        """Where builds may write to besides their own places."""
        self.outside.mkdir(parents=True)
        self.settings = {"TIMEZONE": "UTC", "WRITABLE_PATHS": str(self.outside)}
        self.printed: list[Path] = []
        """Standard output and standard error of every start, two files each."""
        self._user = folder / "user"
        self._user.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The bot as it was started last."""
        assert self._process is not None
        return self._process

    @property
    def runs(self) -> bool:
        """Whether the bot is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, **settings: str) -> None:
        """Start `jarvis run`; it goes on in the background."""
        assert not self.runs
        self.settings.update(settings)
        self.printed += [self.folder / f"run-{len(self.printed) // 2}.{end}" for end in ("out", "err")]
        with self.printed[-2].open("wb") as out, self.printed[-1].open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    async def ready(self) -> str:
        """Wait until it says that it is ready; returns what it printed."""
        await until(lambda: "Jarvis is ready" in self.said() or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, f"it ended with {self.process.poll()}: {self.errors()}"
        return self.said()

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, 20)

    def kill(self) -> None:
        """SIGKILL: without a warning."""
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        """Standard output since the last start."""
        return self.printed[-2].read_text()

    def errors(self) -> str:
        """Standard error since the last start: the log."""
        return self.printed[-1].read_text()

    async def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of `jarvis` to its end, whether the bot runs or not."""
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def git(self, folder: Path, *arguments: str) -> str:
        """Git as the owner runs it, with an identity of theirs."""
        identity = ["-c", "user.name=Owner", "-c", "user.email=owner@example.com", "-c", "init.defaultBranch=main"]
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def processes(self) -> list[psutil.Process]:
        """Everything that lives and belongs to this installation: by its command line, folder or run."""
        found = []
        for process in psutil.process_iter():
            try:
                run = process.environ().get("JARVIS_RUN_FOLDER", "")
                traces = [*process.cmdline(), process.cwd(), run]
                if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                    found += [process] if any(str(self.folder) in trace for trace in traces) else []
            except (psutil.Error, OSError):
                continue
        return found

    def end(self) -> list[str]:
        """End whatever is left; returns what was left besides the bot itself."""
        if self.runs:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        deadline = time.monotonic() + 10
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.02)
        told = [repr(process) for process in left]
        for process in left:
            process.kill()
        return told

    def _environment(self) -> dict[str, str]:
        """Nothing of whoever runs the tests but the search path."""
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**inherited, "HOME": str(self._user), "PYTHONPATH": str(ROOT), **self.settings}
