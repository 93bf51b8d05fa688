"""The machine of a simulation: its clock, its disk, and builds that take as long as chance wants."""

import random
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.model.agent import Trouble, Usage
from core.model.build import (
    AgentTroubled,
    Broke,
    BuildResult,
    BuildSpec,
    DiffStat,
    Empty,
    MergeDone,
    Outcome,
    Proven,
    Stopped,
    TestCounts,
    TimedOut,
    Verification,
)
from core.model.category import Category
from core.model.execution import Alive, Capacity, Finished, LogPart, Lost, NotStarted, Status
from core.model.ids import BuildId
from core.model.metrics import Sample
from core.model.task import Task
from core.ports import Program
from storage.disk import Disk

HARDER = {Category.RESEARCH: 1.3, Category.FEATURE: 1.2, Category.DOCUMENTATION: 0.7, Category.TESTS: 0.8}
"""By what factor builds of a category take longer than the owner thinks."""
SPREAD = 0.35
"""Standard deviation of the logarithm of the true by the expected length."""
ENDS: tuple[tuple[float, str], ...] = ((0.86, "proven"), (0.07, "broke"), (0.03, "empty"), (0.04, "network"))
"""How builds end, and how often."""


class Crashed(BaseException):
    """The process of the bot dies at this point. Nothing may catch it."""


class CrashingDisk(Disk):
    """The real disk, but for the waiting; the process dies at a step of the main thread when it is armed."""

    def __init__(self) -> None:
        self._steps_left: int | None = None

    def arm(self, steps: int | None) -> None:
        """Die at that step from now on; None: not at all."""
        self._steps_left = steps

    def write(self, step: str, fd: int, data: bytes, offset: int) -> None:
        """As the real one."""
        self._count()
        super().write(step, fd, data, offset)

    def sync(self, step: str, fd: int) -> None:
        """The virtual machine does not lose power."""
        self._count()

    def sync_folder(self, step: str, folder: Path) -> None:
        """Likewise."""
        self._count()

    def _count(self) -> None:
        if self._steps_left is None or threading.current_thread() is not threading.main_thread():
            return
        self._steps_left -= 1
        if self._steps_left < 0:
            raise Crashed


@dataclass
class _Run:
    spec: BuildSpec
    started: datetime
    ends: datetime
    outcome: Outcome
    lost: bool = False


class Machine:
    """Implements the ports `Executor` and `Programs`, and as much of `Workspaces` as a simulation needs."""

    def __init__(self, now: datetime, seed: int, task_of: Callable[[BuildSpec], Task | None]) -> None:
        self.now = now
        self.disk = CrashingDisk()
        self._seed = seed
        self._task_of = task_of
        self._runs: dict[BuildId, _Run] = {}
        self._going: dict[BuildId, None] = {}
        self._merges = 0

    def clock(self) -> datetime:
        """The virtual time."""
        return self.now

    def next_end(self) -> datetime | None:
        """When the next build ends, unless it has ended."""
        return min((self._runs[build].ends for build in self.alive()), default=None)

    def sleep(self, span: timedelta) -> None:
        """Everything stands still for a time; builds go on after it."""
        for build in self.alive():
            self._runs[build].ends += span

    def reboot(self) -> None:
        """The builds that run are gone."""
        for build in self.alive():
            self._runs[build].lost = True

    def alive(self) -> set[BuildId]:
        """The builds that run."""
        for build in list(self._going):
            run = self._runs[build]
            if run.ends <= self.now or run.lost:
                del self._going[build]
        return set(self._going)

    def measure(self, now: datetime) -> Sample:
        """Sometimes the disk or the memory is nearly full for an hour."""
        chance = random.Random(f"{self._seed} room {int(now.timestamp()) // 3600}")
        full = chance.random() < 0.003
        return Sample(at=now, values={"disk": 88.0 if full else 45.0, "memory": 40.0, "swap": 0.0, "load": 0.5})

    # -- builds -------------------------------------------------------------------------------------------------------

    def submit(self, spec: BuildSpec) -> None:
        """Start a build, unless it is known."""
        if spec.id in self._runs and not self._runs[spec.id].lost:
            return
        chance, task = random.Random(f"{self._seed} {spec.id}"), self._task_of(spec)
        hours = task.hours if task is not None else 1.0
        harder = HARDER.get(task.category, 1.0) if task is not None else 1.0
        length = max(hours * harder * chance.lognormvariate(0, SPREAD), 0.05)
        outcome = self._outcome(chance)
        if length * 3600 > spec.limits.wall:
            length, outcome = spec.limits.wall / 3600, TimedOut(limit=spec.limits.wall, idle=False)
        self._going[spec.id] = None
        self._runs[spec.id] = _Run(spec, self.now, self.now + timedelta(hours=length), outcome)

    def _outcome(self, chance: random.Random) -> Outcome:
        shares, names = zip(*ENDS, strict=True)
        name = chance.choices(names, shares)[0]
        kinds: dict[str, Outcome] = {
            "proven": Proven(),
            "broke": Broke(),
            "empty": Empty(),
            "network": AgentTroubled(trouble=Trouble.NETWORK, detail="no connection"),
        }
        return kinds[name]

    def status(self, build: BuildId) -> Status:
        """How it stands."""
        run = self._runs.get(build)
        if run is None:
            return NotStarted()
        if run.ends <= self.now and not run.lost:
            return Finished(result=self._result(run))
        return Lost(resumable=False) if run.lost else Alive()

    def _result(self, run: _Run) -> BuildResult:
        chance = random.Random(f"{self._seed} result {run.spec.id}")
        passed, tests = isinstance(run.outcome, Proven), chance.randint(20, 200)
        hours = (run.ends - run.started).total_seconds() / 3600
        after = Verification(
            command="make test",
            passed=passed,
            exit_code=0 if passed else 1,
            seconds=60.0,
            tests=TestCounts(passed=tests, failed=0 if passed else 3),
        )
        before = Verification(
            command="make test", passed=True, exit_code=0, seconds=60.0, tests=TestCounts(passed=tests - 4, failed=0)
        )
        return BuildResult(
            outcome=run.outcome,
            base_commit="a" * 40,
            commit="b" * 40,
            diff=DiffStat(
                files=chance.randint(1, 9), insertions=chance.randint(5, 300), deletions=chance.randint(0, 90)
            ),
            before=before,
            after=after,
            started_at=run.started,
            ended_at=run.ends,
            usage=Usage(tokens_in=100_000, tokens_out=9_000, dollars=round(0.3 * hours * chance.uniform(0.5, 1.5), 2)),
        )

    def log(self, build: BuildId, offset: int = 0, most: int = 1_000_000) -> LogPart:
        """Nobody reads it."""
        return LogPart(data=b"", offset=0, size=0)

    def cancel(self, build: BuildId) -> None:
        """End it at once."""
        run = self._runs.get(build)
        if run is not None and run.ends > self.now:
            run.ends, run.outcome = self.now, Stopped()

    def sweep(self, build: BuildId) -> None:
        """Nothing is left behind."""

    def reattach(self, active: Collection[BuildId]) -> None:
        """They are all known."""

    def capacity(self) -> Capacity:
        """As much as the settings say."""
        return Capacity()

    # -- programs and repositories ------------------------------------------------------------------------------------

    def find(self, program: str) -> Program | None:
        """One agent is installed."""
        return Program(path="/usr/bin/agent") if program == "agent" else None

    def version(self, program: str) -> str:
        """Of the agent."""
        return "1.0"

    def is_logged_in(self, files: Iterable[str]) -> bool:
        """It needs no login."""
        return True

    def has_key(self, names: Iterable[str]) -> bool:
        """Nor a key."""
        return True

    def merge(self, spec: BuildSpec, message: str, work: str | None = None) -> MergeDone:
        """Merges never conflict here."""
        self._merges += 1
        return MergeDone(commit=f"{self._merges:040x}", parent="c" * 40, checkout_updated=True)

    def drop_merged(self, spec: BuildSpec) -> bool:
        """The branch is not needed any more."""
        return True
