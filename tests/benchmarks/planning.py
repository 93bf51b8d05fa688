"""Filling a window from long queues beside sorting the same queue once; and what the plan is worth beside the best."""

import functools
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from core import planning, priority
from core.model.ids import TaskId
from core.model.task import Category, Priority, Task
from core.packing import Job
from tests import factories
from tests.benchmarks import figures
from tests.benchmarks.figures import Line
from tests.core import packing_optimum, packing_queues
from tests.core.packing_queues import Case

SIZES = (1_000, 10_000, 100_000)
NIGHT = datetime(2026, 3, 3, 23, 10, tzinfo=UTC)
EFFORT = 0.5
"""Of the solver, for each queue."""


def rows(quick: bool) -> list[Line]:
    """(what, ours, peer, ratio, goal) for each measurement."""
    return [*_times(10 if quick else 40), *_nights(3 if quick else 9), _idle(), *_values(10 if quick else 50)]


def _times(rounds: int) -> list[Line]:
    """Each round plans another window for another queue; the queue is sorted from its order of arrival."""
    lines = []
    for size in SIZES:
        ours, peer = [], []
        for seed in range(rounds):
            case = packing_queues.case("dependent", seed, size)
            arrived = Random(seed).sample(case.jobs, size)
            peer.append(_milliseconds(functools.partial(sorted, arrived, key=_score)))
            ours.append(_milliseconds(case.packed))
        lines.append(figures.compare(f"plan a window from {size:,} jobs, or sort them", ours, peer, 5))
        if size == 10_000:
            lines.append((f"plan from {size:,} jobs", figures.show(ours, "ms", "p95"), "-", "-", "at most 50 ms"))
    return lines


def _nights(rounds: int) -> list[Line]:
    """The plan of a night from a whole queue, with projects, agents and all; sorting its tasks is the peer."""
    lines = []
    for size in (1_000, 10_000, 100_000):
        tasks = _queue(size)
        plan = functools.partial(planning.plan, tasks, [], factories.surroundings(factories.config()), NIGHT)
        ours = [_milliseconds(plan) for _ in range(rounds)]
        peer = [_milliseconds(functools.partial(priority.by_score, tasks)) for _ in range(rounds)]
        lines.append(figures.compare(f"plan the night of {size:,} tasks, or sort them", ours, peer, 5))
    return lines


def _queue(size: int) -> list[Task]:
    chance = Random(size)
    return [
        factories.task(
            number,
            hours=round(min(max(chance.lognormvariate(0.9, 0.6), 0.25), 8.0), 2),
            priority=chance.choice(list(Priority)),
            category=chance.choice(list(Category)),
            depends=(TaskId(f"task_{chance.randint(1, number - 1)}"),) if number > 1 and chance.random() < 0.2 else (),
        )
        for number in range(1, size + 1)
    ]


def _score(job: Job) -> float:
    return job.weight / job.hours


def _idle() -> Line:
    """A queue of which nothing fits into what is left of the window."""
    queue = packing_queues.case("dependent", 0, 1_000)
    late = Case(queue.jobs, queue.free_at, queue.segments, 0.1)
    took = [_milliseconds(late.packed) for _ in range(50)]
    return "1,000 jobs of which none fits", figures.show(took, "ms"), "-", "-", "at most 1 ms"


def _values(seeds: int) -> list[Line]:
    """Percent of the best plan, or of a bound of it, that plans of 5 to 60 jobs reach; the peer is plain greedy."""
    lines = []
    took = []
    for kind in packing_queues.CLASSES:
        ours, greedy = [], []
        for case in (packing_queues.case(kind, seed) for seed in range(seeds)):
            bound = packing_optimum.solve(case.jobs, case.free_at, case.segments, case.until, EFFORT).bound
            took.append(_milliseconds(case.packed))
            if bound:
                ours.append(100 * case.value(case.packed()) / bound)
                greedy.append(100 * case.value(case.greedy()) / bound)
        lines.append(_share(f"value of the plan, {kind}, % of the best", ours, greedy))
    lines.append(("plan a window from 5 to 60 jobs", figures.show(took, "ms"), "-", "-", "-"))
    return lines


def _share(what: str, ours: list[float], greedy: list[float]) -> Line:
    mean, plain = statistics.mean(ours), statistics.mean(greedy)
    return (
        what,
        f"{mean:.1f} (worst {min(ours):.0f})",
        f"{plain:.1f} (worst {min(greedy):.0f})",
        f"{mean / plain:.2f}x",
        "-",
    )


def _milliseconds(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) * 1000
