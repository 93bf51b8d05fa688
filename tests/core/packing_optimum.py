"""The best plan there is, by CP-SAT under the same rules as core.packing: what its plans are measured by.

Urgent jobs are not modelled: they are placed before anything is weighed.

`python -m tests.core.packing_optimum` solves the queues of packing_queues, for a minute, and stores what it found.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.packing import Job, Segment
from tests.core import packing_queues

MINUTES = 60
"""Moments are whole minutes here, so hours have to be as well."""
SEEDS = 50
EFFORT = 0.5
"""For the best plan of one queue; nearly all are proven well before."""
STORED = Path(__file__).parent / "data" / "optima.json"


@dataclass(frozen=True)
class Optimum:
    """`bound` is what no plan exceeds; it equals `value`, that of the best plan found, when that is proven."""

    value: int
    bound: int


def solve(
    jobs: Sequence[Job], free_at: Sequence[float], segments: Sequence[Segment], until: float, effort: float
) -> Optimum:
    """The highest sum of the weights of jobs that end by `until`.

    `effort` limits the work, in the solver's own units of about a second, so that a busy machine changes nothing.

    Slots of the same segments are one resource: how runs are dealt out to them can be told afterwards.
    """
    from ortools.sat.python import cp_model  # heavy, and only tests need it

    model, end, free = cp_model.CpModel(), _minutes(until), [_minutes(moment) for moment in free_at]
    lengths = [_minutes(job.hours) for job in jobs]
    done = [model.new_bool_var("") for _ in jobs]
    starts = [model.new_int_var(0, end, "") for _ in jobs]
    for index, job in enumerate(jobs):
        for before in job.after:
            model.add(done[index] <= done[before])
            model.add(starts[index] >= starts[before] + lengths[before]).only_enforce_if(done[index])
    chosen = []
    for _, alike in itertools.groupby(range(len(free)), key=lambda slot: [slot < part.slots for part in segments]):
        slots = list(alike)
        mine = [model.new_bool_var("") for _ in jobs]
        chosen.append(mine)
        parts = [part for part in segments if slots[0] < part.slots]
        busy = [model.new_fixed_size_interval_var(0, min(end, free[slot]), "") for slot in slots if free[slot]]
        runs = [
            _run(model, starts[index], lengths[index], mine[index], _stretches(index, jobs, parts, end))
            for index in range(len(jobs))
        ]
        model.add_cumulative(busy + runs, [1] * len(busy + runs), len(slots))
        _tighten(model, mine, lengths, [min(free[slot], end) for slot in slots], parts, end)
    for index, done_at_all in enumerate(done):
        model.add(sum(mine[index] for mine in chosen) == done_at_all)
    model.maximize(sum(job.weight * placed for job, placed in zip(jobs, done, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    solver.solve(model)
    return Optimum(round(solver.objective_value), int(solver.best_objective_bound + 1e-6))


def _run(model: Any, start: Any, length: int, chosen: Any, stretches: list[list[int]]) -> Any:
    """An interval that starts in one of the stretches when it is chosen; it can't be when there are none."""
    from ortools.sat.python import cp_model

    if stretches:
        domain = cp_model.Domain.from_intervals(stretches)
        model.add_linear_expression_in_domain(start, domain).only_enforce_if(chosen)
    else:
        model.add(chosen == 0)
    return model.new_optional_fixed_size_interval_var(start, length, chosen, "")


def _tighten(
    model: Any, chosen: list[Any], lengths: list[int], free: list[int], segments: Sequence[Segment], end: int
) -> None:
    """What follows from the rest and makes the bound better: the runs fit into the time of the slots; all but the last
    run of each slot also into the time until the last moment at which one may start."""
    model.add(
        sum(length * mine for length, mine in zip(lengths, chosen, strict=True)) <= sum(end - moment for moment in free)
    )
    latest = min(end, max((_minutes(part.end) for part in segments), default=0))
    last = [model.new_bool_var("") for _ in lengths]
    for mine, final in zip(chosen, last, strict=True):
        model.add(final <= mine)
    model.add(sum(last) <= len(free))
    before = sum(length * (mine - final) for length, mine, final in zip(lengths, chosen, last, strict=True))
    model.add(before <= sum(max(0, latest - moment) for moment in free))


def _stretches(job: int, jobs: Sequence[Job], segments: Sequence[Segment], end: int) -> list[list[int]]:
    """First and last minute of each stretch in which a job may start."""
    found = [
        [_minutes(part.start), min(_minutes(part.end) - 1, end - _minutes(jobs[job].hours))]
        for part in segments
        if jobs[job].hours <= part.longest and (part.accepts is None or part.accepts(job))
    ]
    return [stretch for stretch in found if stretch[0] <= stretch[1]]


def _minutes(hours: float) -> int:
    return round(hours * MINUTES)


def solved(kind: str, seed: int) -> Optimum:
    """The best plan of a queue of packing_queues, looked for now."""
    case = packing_queues.case(kind, seed)
    return solve(case.jobs, case.free_at, case.segments, case.until, EFFORT)


def stored(kind: str) -> list[Optimum]:
    """The same of all queues of a class, as they were found once."""
    return [Optimum(value, bound) for value, bound in json.loads(STORED.read_text())[kind]]


def main() -> None:
    """Solve all, and store them."""
    found = {
        kind: [(best.value, best.bound) for best in (solved(kind, seed) for seed in range(SEEDS))]
        for kind in packing_queues.CLASSES
    }
    STORED.write_text(
        "{\n" + ",\n".join(f"{json.dumps(kind)}: {json.dumps(each)}" for kind, each in found.items()) + "\n}\n"
    )


if __name__ == "__main__":
    main()
