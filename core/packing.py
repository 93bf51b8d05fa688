"""Which jobs go into a stretch of autonomous time, on which slot and when, so that what finishes is worth most."""

from collections.abc import Container, Iterable, Iterator, Sequence
from math import inf
from random import Random

from core.slot_plan import ROUNDING, Board, Job, Placement, Rules, Segment

__all__ = ["Job", "Placement", "Segment", "pack"]

_AMPLE = 3
"""The pool holds jobs for so many times the hours of the window: what lies behind them is hardly ever worth more."""
_POOL = 200
"""No more jobs than this, however short they are."""
_EFFORT = 6_000
"""How many times a job is put on a slot, at most, in the search for a better plan: a few milliseconds."""


def pack(
    jobs: Sequence[Job], free_at: Sequence[float], segments: Sequence[Segment], until: float, *, effort: float = 1.0
) -> list[Placement]:
    """The most valuable set of jobs that can end by `until` (hours from now), in the order of their starts.

    `free_at` tells when each slot is free. A job starts where a segment allows it, after all that it waits for, and may
    run past the end of that segment. No job that is left out fits beside the plan, and none could start earlier beside
    the others. Among equal values, what is worth more per hour comes early; callers pass jobs in that order. The same
    arguments give the same plan: list scheduling in several orders, the best of which is improved by a bounded number
    of seeded moves; `effort` is the share of the usual number of these.
    """
    rules = Rules(jobs, free_at, segments, until)
    board = Board(rules, [[(moment, inf)] for moment in rules.free_at])
    for job in _in_sequence(jobs, _urgent(rules)):
        board.place(job)
    if rules.longest > 0 and (pool := _pool(rules, board)):
        board = _search(board, pool, effort)
        room = board.room()
        board.fill(_in_sequence(jobs, [index for index, job in enumerate(jobs) if job.hours <= room]))
    return sorted(board.placements(), key=lambda placement: (placement.start, placement.slot))


def _urgent(rules: Rules) -> list[int]:
    """The urgent jobs that don't wait for one another in a circle."""
    reach = _Reach(rules)
    return [index for index, job in enumerate(rules.jobs) if job.first and reach.hours(index) < inf]


def _pool(rules: Rules, board: Board) -> list[int]:
    """Candidates, each behind all that it waits for: the first ones, as many as could matter in the window.

    Every segment is filled on its own account, so that what it accepts is not crowded out by what others accept.
    """
    jobs, room = rules.jobs, board.room()
    most = max(rules.until - moment for moment in rules.free_at)
    reach = _Reach(rules, most, most / _POOL)
    limits = {index: min(limit, room) for index, limit in rules.limits if limit > 0}
    wanted = {index: _AMPLE * _capacity(board, rules.segments[index]) for index in limits}
    longest = max(limits.values(), default=0.0)
    chosen: dict[int, None] = {}
    for index, job in enumerate(jobs):
        if job.hours > longest or index in chosen or index in board.placed:
            continue
        accepting = [part for part in rules.allowed(index) if part in limits and job.hours <= limits[part]]
        if not accepting or (job.after and reach.hours(index) > most):
            continue
        hours = 0.0
        for other in _in_sequence(jobs, [index]) if job.after else (index,):
            if other not in chosen and other not in board.placed:
                chosen[other] = None
                hours += jobs[other].hours
        for part in accepting:
            wanted[part] -= hours
            if wanted[part] <= 0:
                del limits[part]
                longest = max(limits.values(), default=0.0)
        if not limits or len(chosen) >= _POOL:
            break
    return list(chosen)


def _capacity(board: Board, segment: Segment) -> float:
    """Hours that jobs which start in a segment could take."""
    last = min(board.rules.until, segment.end + segment.longest)
    free = [stretch for stretches in board.free[: max(0, segment.slots)] for stretch in stretches]
    return sum(max(0.0, min(end, last) - max(segment.start, begin)) for begin, end in free)


class _Reach:
    """How long jobs take at least, with all that they wait for."""

    def __init__(self, rules: Rules, most: float = inf, least: float = 0.0) -> None:
        """More than `most` hours need not be told apart; each job counts for at least `least`."""
        self._rules = rules
        self._most, self._least = most, least
        self._known: dict[int, float] = {}

    def hours(self, job: int) -> float:
        """Of the longest chain that ends with a job; infinity when part of it can't start or waits for itself."""
        jobs, known = self._rules.jobs, self._known
        if any(known.get(before, 0.0) > self._most for before in jobs[job].after):
            known[job] = inf
            return inf
        for last in _in_sequence(jobs, [job], known):
            longest = max((known.get(before, inf) for before in jobs[last].after), default=0.0)
            if longest <= self._most and any(self._rules.facts(last)[3]):
                known[last] = max(jobs[last].hours, self._least) + longest
            else:
                known[last] = inf
        return known[job]


def _in_sequence(jobs: Sequence[Job], order: Iterable[int], known: Container[int] = ()) -> list[int]:
    """The order with each job behind all that it waits for, which is pulled forward, without those already known.

    Of jobs that wait for each other, one comes too early, and can't be placed then.
    """
    found: dict[int, None] = {}
    entered: set[int] = set()
    for job in order:
        if not jobs[job].after:
            found[job] = None
            continue
        stack = [job] if job not in known else []
        while stack:
            last = stack[-1]
            missing = [before for before in jobs[last].after if before not in found and before not in known]
            if missing and last not in entered:
                entered.add(last)
                stack += missing
            else:
                found[stack.pop()] = None
    return list(found)


def _search(start: Board, pool: Sequence[int], effort: float) -> Board:
    """The best of several greedy orders, improved by moves until nothing can be better or the effort is spent."""
    jobs, random = start.rules.jobs, Random(0)
    moves = min(int(effort * _effort(len(jobs))) // len(pool), len(pool) ** 2)
    bound = _bound(start, pool) if moves else 0
    best = here = start
    most = start.merit()
    orders = _orders(start, pool)
    for _ in range(1 + moves):
        order = next(orders, None) or _moved(here, start, pool, random)
        board = start.copy().fill(_in_sequence(jobs, order))
        merit = board.merit()
        if merit[0] >= most[0] - 1:  # one less is let pass, or it would stay where it is
            here = board
        if merit > most:
            best, most = board, merit
        if most[0] >= bound:
            break
    chosen = sorted(best.placed, key=lambda job: (-jobs[job].weight / jobs[job].hours, job))
    return max(best, start.copy().fill(_in_sequence(jobs, chosen)), key=Board.merit)


def _effort(jobs: int) -> int:
    """How often a job may be put on a slot: in a long queue many are worth nearly the same, and no search is needed."""
    return int(_EFFORT * min(1.0, (100 / jobs) ** 2))


def _moved(board: Board, start: Board, pool: Sequence[int], random: Random) -> list[int]:
    """The order of a plan with a few of its jobs put behind all others, often with one left out put among the rest."""
    order = [job for job in board.placed if job not in start.placed]
    others = [job for job in pool if job not in board.placed]
    dropped = random.sample(order, min(random.choice((1, 1, 2, 3)), len(order)))
    kept = [job for job in order if job not in dropped]
    if others and random.random() < 0.6:
        kept.insert(random.randrange(len(kept) + 1), others.pop(random.randrange(len(others))))
    return [*kept, *others, *(job for job in order if job in dropped)]


def _bound(board: Board, pool: Sequence[int]) -> int:
    """A value that no plan exceeds: as if the last job could be cut to what is left (Dantzig, 1957)."""
    jobs, until = board.rules.jobs, board.rules.until
    left = sum(max(0.0, min(end, until) - begin) for stretches in board.free for begin, end in stretches)
    value = float(sum(jobs[job].weight for job in board.placed))
    for job in sorted(pool, key=lambda job: jobs[job].hours / jobs[job].weight):
        if left <= 0:
            break
        value += jobs[job].weight * min(1.0, left / jobs[job].hours)
        left -= jobs[job].hours
    return int(value + ROUNDING)


def _orders(board: Board, pool: Sequence[int]) -> Iterator[list[int]]:
    """Orders to place the pool in, each good for another kind of queue."""
    jobs = board.rules.jobs
    if any(jobs[job].after for job in pool):
        yield sorted(pool, key=lambda job: -_worth(jobs, job))
    density = _densities(jobs, pool)
    by_density = sorted(pool, key=lambda job: -density[job])
    yield by_density
    yield sorted(pool, key=lambda job: -density[job] * jobs[job].hours ** 0.5)
    yield sorted(pool, key=lambda job: -jobs[job].weight)
    head, left = [], _capacity(board, Segment(0.0, inf, len(board.free), inf))
    for job in _in_sequence(jobs, by_density):
        left -= jobs[job].hours
        if left < 0:
            break
        head.append(job)
    yield [*sorted(head, key=lambda job: -jobs[job].hours), *by_density]


def _worth(jobs: Sequence[Job], job: int) -> float:
    """Weight per hour of a job together with all that it waits for."""
    if not jobs[job].after:
        return jobs[job].weight / jobs[job].hours
    several = [jobs[other] for other in _in_sequence(jobs, [job])]
    return sum(other.weight for other in several) / sum(other.hours for other in several)


def _densities(jobs: Sequence[Job], pool: Sequence[int]) -> dict[int, float]:
    """Weight per hour of each job together with those behind it that raise it (Horn, 1972, for trees)."""
    behind: dict[int, list[int]] = {}
    for job in pool:
        for before in jobs[job].after:
            behind.setdefault(before, []).append(job)
    together: dict[int, tuple[float, float]] = {}
    for job in reversed(pool):
        weight, hours = float(jobs[job].weight), jobs[job].hours
        for other in sorted(behind.get(job, ()), key=lambda other: -together[other][0] / together[other][1]):
            if together[other][0] * hours > weight * together[other][1]:
                weight, hours = weight + together[other][0], hours + together[other][1]
        together[job] = weight, hours
    return {job: weight / hours for job, (weight, hours) in together.items()}
