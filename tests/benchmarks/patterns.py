"""The learner of routines: 100,000 events taken in and a day predicted, each time in a process of its own."""

import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta

from core.pattern_learner import Learner
from tests.benchmarks import figures
from tests.patterns import generate
from tests.patterns.generate import Event

Line = tuple[str, str, str, str, str]
EVENTS = 100_000
_START = date(2025, 1, 1)


def rows(quick: bool) -> list[Line]:
    """(what, ours, peer, ratio, goal) for each measurement."""
    runs = [_run() for _ in range(3 if quick else 7)]
    alone = [before for _, _, before, _ in runs]
    return [
        (
            f"learn {EVENTS:,} events, predict a day",
            figures.show([run[0] for run in runs], "s"),
            "-",
            "-",
            "at most 1 s",
        ),
        ("then predict another day", figures.show([run[1] for run in runs], "s"), "-", "-", "-"),
        (
            "memory that this adds, numpy included",
            figures.show([after - before for _, _, before, after in runs], "MiB"),
            figures.show(alone, "MiB") + " before",
            "-",
            "at most 64 MiB",
        ),
    ]


def events() -> list[Event]:
    """A busy year of somebody with well over a hundred types."""
    found: list[Event] = []
    seed = 0
    while len(found) < EVENTS:
        log = generate.mixed(seed, 400)
        later = timedelta(days=(_START - log.start).days)
        found += [(at + later, f"{kind} of {seed}") for at, kind in log.events]
        seed += 1
    return sorted(found)[:EVENTS]


def _run() -> tuple[float, ...]:
    command = [sys.executable, "-m", "tests.benchmarks.patterns"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(map(float, done.stdout.split()))


def _peak() -> float:
    """MiB that this process has had at most. Not by getrusage: its peak is inherited from the parent."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - a file of the kernel
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Measure once: seconds to learn and predict, to predict again, peak MiB before and after."""
    every = events()
    now = datetime.combine(every[-1][0].date(), datetime.min.time(), UTC) + timedelta(days=1)
    before, begin = _peak(), time.perf_counter()
    learner = Learner()
    learner.observe(every)
    learner.predict(now, now + timedelta(hours=2), now + timedelta(hours=26))
    first = time.perf_counter()
    learner.predict(now, now + timedelta(hours=26), now + timedelta(hours=50))
    print(first - begin, time.perf_counter() - first, before, _peak())


if __name__ == "__main__":
    main()
