"""What is packed into a window: rules that every plan keeps, small cases by hand, and how near plans are to the best.

Run with -s for the table of quality.
"""

import itertools
import statistics
from collections.abc import Callable, Iterator, Sequence
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.packing import Job, Placement, Segment, pack
from tests.core import packing_optimum, packing_queues
from tests.core.packing_queues import Case

EPSILON = 1e-6

lengths = st.one_of(st.sampled_from((0.25, 0.5, 1.0, 1.5, 2.0, 3.0)), st.floats(0.05, 9.0))
moments = st.one_of(st.sampled_from((0.0, 0.5, 1.0, 2.0, 4.0)), st.floats(0.0, 10.0))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    count = draw(st.integers(0, 12))
    indices = st.integers(0, max(0, count - 1))
    after = st.one_of(st.just(()), st.lists(indices, max_size=2, unique=True).map(tuple))
    job = st.builds(Job, st.integers(1, 5), lengths, after, st.sampled_from((False, False, False, True)))
    cuts = sorted(draw(st.sets(moments, max_size=4)))
    accepted = draw(st.sets(indices))
    accepts: st.SearchStrategy[Callable[[int], bool] | None] = st.sampled_from((None, lambda job: job in accepted))
    segments = [
        Segment(start, end, draw(st.integers(0, 4)), draw(lengths), draw(accepts))
        for start, end in itertools.pairwise(cuts)
    ]
    return Case(
        draw(st.lists(job, min_size=count, max_size=count)),
        draw(st.lists(moments, max_size=4)),
        segments,
        draw(moments),
    )


def starts(case: Case, job: int, placements: Sequence[Placement]) -> Iterator[float]:
    """The earliest moment on each free stretch beside other placements at which a job may start and fits."""
    ends = {placement.job: placement.end for placement in placements}
    its = case.jobs[job]
    if any(before not in ends for before in its.after):
        return
    ready = max((ends[before] for before in its.after), default=0.0)
    for slot, free_at in enumerate(case.free_at, 1):
        busy = sorted((entry.start, entry.end) for entry in placements if entry.slot == slot)
        gaps = zip([free_at, *(end for _, end in busy)], [*(start for start, _ in busy), inf], strict=True)
        for begin, end in gaps:
            for part in case.segments:
                start = max(begin, ready, part.start)
                fits = start + its.hours < end - EPSILON and (its.first or start + its.hours < case.until - EPSILON)
                if fits and start < part.end - EPSILON and may_start(part, job, slot, its.hours):
                    yield start


def may_start(part: Segment, job: int, slot: int, hours: float) -> bool:
    return slot <= part.slots and hours <= part.longest and (part.accepts is None or part.accepts(job))


@given(cases())
@settings(max_examples=300, deadline=None)
def test_a_plan_keeps_the_rules(case: Case) -> None:
    plan = case.packed()

    ends = {entry.job: entry.end for entry in plan}
    assert len(ends) == len(plan)
    assert plan == sorted(plan, key=lambda entry: entry.start)
    for entry in plan:
        job = case.jobs[entry.job]
        assert entry.end == entry.start + job.hours
        assert entry.start >= case.free_at[entry.slot - 1]
        assert job.first or entry.end <= case.until + EPSILON
        assert all(ends[before] <= entry.start for before in job.after)
        assert any(
            part.start <= entry.start < part.end and may_start(part, entry.job, entry.slot, job.hours)
            for part in case.segments
        )
        for other in plan:
            assert (
                other is entry or other.slot != entry.slot or min(entry.end, other.end) <= max(entry.start, other.start)
            )


@given(cases())
@settings(max_examples=300, deadline=None)
def test_no_slot_is_idle_while_something_fits(case: Case) -> None:
    plan = case.packed()

    for job in set(range(len(case.jobs))) - {entry.job for entry in plan}:
        assert list(starts(case, job, plan)) == []
    for entry in plan:
        others = [other for other in plan if other is not entry]
        assert all(start >= entry.start - EPSILON for start in starts(case, entry.job, others))


@given(cases())
@settings(max_examples=50, deadline=None)
def test_the_same_arguments_give_the_same_plan(case: Case) -> None:
    assert case.packed() == case.packed()


@pytest.mark.parametrize("kind", packing_queues.CLASSES)
@pytest.mark.parametrize("seed", range(4))
def test_long_queues_keep_the_rules(kind: str, seed: int) -> None:
    case = packing_queues.case(kind, seed, 2_000)

    plan = case.packed()

    ends = {entry.job: entry.end for entry in plan}
    for job in set(range(len(case.jobs))) - set(ends):
        assert list(starts(case, job, plan)) == []
    assert all(ends[before] <= entry.start for entry in plan for before in case.jobs[entry.job].after)


def window(hours: float, slots: int = 1, longest: float = 12.0) -> list[Segment]:
    return [Segment(0.0, hours, slots, longest)]


def placed(case: Case) -> list[tuple[int, int, float]]:
    return [(entry.job, entry.slot, entry.start) for entry in case.packed()]


EXACT = {
    "two small ones beat a big one": (
        Case([Job(3, 1.0), Job(3, 1.0), Job(5, 2.0)], [0.0], window(2.0), 2.0),
        [(0, 1, 0.0), (1, 1, 1.0)],
    ),
    "the better score alone would leave half of the window empty": (
        Case([Job(4, 1.0), Job(5, 1.5)], [0.0], window(2.0), 2.0),
        [(1, 1, 0.0)],
    ),
    "what waits behind it makes a dull job worth it": (
        Case([Job(5, 0.5, after=(2,)), Job(4, 1.0), Job(1, 1.0)], [0.0], window(1.5), 1.5),
        [(2, 1, 0.0), (0, 1, 1.0)],
    ),
    "long and short ones are paired so that both slots are full": (
        Case([Job(2, 1.0), Job(2, 1.0), Job(3, 2.0), Job(3, 2.0)], [0.0, 0.0], window(3.0, 2), 3.0),
        [(0, 1, 0.0), (1, 2, 0.0), (2, 1, 1.0), (3, 2, 1.0)],
    ),
    "a slot is used from the moment at which it is free": (
        Case([Job(5, 1.0), Job(1, 1.0)], [0.75, 0.25], window(2.0, 2), 2.0),
        [(0, 2, 0.25), (1, 1, 0.75)],
    ),
    "a dependent starts when the last one that it waits for has ended": (
        Case([Job(5, 1.0, after=(1, 2)), Job(3, 2.0), Job(1, 1.0)], [0.0, 0.0], window(4.0, 2), 4.0),
        [(2, 1, 0.0), (1, 2, 0.0), (0, 2, 2.0)],
    ),
    "a job may outlast the segment in which it starts": (
        Case([Job(1, 3.0)], [0.0], [Segment(0.0, 1.0, 1, 6.0), Segment(1.0, 4.0, 1, 0.5)], 4.0),
        [(0, 1, 0.0)],
    ),
    "a long job waits for the segment that takes it": (
        Case([Job(5, 3.0), Job(1, 1.0)], [0.0], [Segment(0.0, 1.5, 1, 2.0), Segment(1.5, 6.0, 1, 6.0)], 6.0),
        [(1, 1, 0.0), (0, 1, 1.5)],
    ),
    "fewer slots later": (
        Case([Job(1, 1.0)] * 4, [0.0, 0.0], [Segment(0.0, 0.5, 2, 6.0), Segment(0.5, 2.0, 1, 6.0)], 2.0),
        [(1, 1, 0.0), (0, 2, 0.0), (2, 1, 1.0)],
    ),
    "a segment accepts only some": (
        Case([Job(5, 1.0), Job(1, 1.0)], [0.0], [Segment(0.0, 1.0, 1, 6.0, lambda job: job == 1)], 3.0),
        [(1, 1, 0.0)],
    ),
    "what waits for something that can't be done stays": (
        Case([Job(5, 1.0, after=(1,)), Job(5, 9.0), Job(1, 1.0)], [0.0], window(4.0), 4.0),
        [(2, 1, 0.0)],
    ),
}


@pytest.mark.parametrize("what", EXACT)
def test_small_cases(what: str) -> None:
    case, expected = EXACT[what]
    optimum = packing_optimum.solve(case.jobs, case.free_at, case.segments, case.until, packing_optimum.EFFORT)

    assert sorted(placed(case)) == sorted(expected)
    assert optimum.value == optimum.bound == case.value(case.packed())


def test_urgent_jobs_go_first_and_may_end_late() -> None:
    case = Case([Job(5, 0.5), Job(1, 3.0, first=True), Job(1, 1.0, first=True)], [0.0, 0.0], window(2.0, 2), 2.0)

    assert placed(case) == [(1, 1, 0.0), (2, 2, 0.0), (0, 2, 1.0)]


def test_what_an_urgent_job_waits_for_goes_with_it() -> None:
    case = Case([Job(5, 0.5), Job(1, 1.0, first=True, after=(2,)), Job(1, 1.0)], [0.0], window(3.0), 3.0)

    assert placed(case) == [(2, 1, 0.0), (1, 1, 1.0), (0, 1, 2.0)]


def test_among_equal_values_the_better_score_starts_first() -> None:
    case = Case([Job(4, 1.0), Job(4, 2.0), Job(1, 1.0)], [0.0], window(4.0), 4.0)

    assert placed(case) == [(0, 1, 0.0), (1, 1, 1.0), (2, 1, 3.0)]


def test_equals_start_in_their_order() -> None:
    assert [entry.job for entry in pack([Job(2, 1.0)] * 5, [0.0], window(3.0), 3.0)] == [0, 1, 2]


def test_jobs_that_wait_for_each_other_stay() -> None:
    case = Case([Job(5, 1.0, after=(1,)), Job(5, 1.0, after=(0,)), Job(5, 1.0, after=(0,)), Job(5, 1.0, after=(3,))],
                [0.0], window(9.0), 9.0)  # fmt: skip

    assert case.packed() == []


@pytest.mark.parametrize(
    ("free_at", "segments", "until"),
    [([], window(4.0), 4.0), ([0.0], [], 4.0), ([5.0], window(4.0), 4.0), ([0.0], window(4.0, 0), 4.0),
     ([0.0], window(4.0), 0.0), ([0.0], window(4.0, longest=0.25), 4.0)],
)  # fmt: skip
def test_without_room_nothing_is_planned(free_at: list[float], segments: list[Segment], until: float) -> None:
    assert pack([Job(5, 0.5), Job(1, 1.0)], free_at, segments, until) == []


@pytest.mark.parametrize("hours", [0.5, 0.001])
def test_long_chains_are_no_trouble_in_either_direction(hours: float) -> None:
    count, fitting = 20_000, round(4.0 / hours)
    forth = [Job(1, hours, after=(index - 1,) if index else ()) for index in range(count)]
    back = [Job(1, hours, after=(index + 1,) if index < count - 1 else ()) for index in range(count)]

    assert [entry.job for entry in pack(forth, [0.0, 0.0], window(4.0, 2), 4.0)] == list(range(fitting))
    assert [entry.job for entry in pack(back, [0.0], window(4.0), 4.0)] == list(range(count))[::-1][:fitting]


@pytest.mark.parametrize("kind", packing_queues.CLASSES)
@pytest.mark.parametrize("seed", range(0, packing_optimum.SEEDS, 10))
def test_the_stored_optima_are_those_of_these_queues(kind: str, seed: int) -> None:
    then, now = packing_optimum.stored(kind)[seed], packing_optimum.solved(kind, seed)

    assert then.value <= now.bound
    assert now.value <= then.bound


def test_plans_are_worth_nearly_as_much_as_the_best() -> None:
    every: list[float] = []
    proven: list[float] = []
    print(f"\n{'':12} {'mean':>6} {'worst':>6} {'proven':>7}  plain greedy: mean, worst")
    for kind in packing_queues.CLASSES:
        ours: list[float] = []
        plain: list[float] = []
        before = len(proven)
        for seed, best in enumerate(packing_optimum.stored(kind)):
            case = packing_queues.case(kind, seed)
            value = case.value(case.packed())
            assert value <= best.bound
            if best.bound:
                ours.append(value / best.bound)
                plain.append(case.value(case.greedy()) / best.bound)
                proven += [ours[-1]] if best.value == best.bound else []
        every += ours
        print(f"{kind:12} {statistics.mean(ours):6.3f} {min(ours):6.3f} {len(proven) - before:4}/{len(ours):2}"
              f"  {statistics.mean(plain):.3f} {min(plain):.3f}")  # fmt: skip

    assert len(proven) > 0.85 * len(every)
    assert statistics.mean(every) >= 0.97
    assert min(proven) >= 0.90
