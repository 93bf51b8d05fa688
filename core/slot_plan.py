"""Slots that jobs are put on one after the other, each as early as the rules of the time ahead allow."""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from operator import mul

import msgspec

_Stretches = list[tuple[float, float]]
_Facts = tuple[float, float, tuple[int, ...], list[_Stretches]]

ROUNDING = 1e-9
"""Hours: sums of the same lengths in another order differ by less."""


class Job(msgspec.Struct, frozen=True):
    """Something that takes a slot for a while."""

    weight: int
    """What it is worth to finish it in the window; a priority of 1 to 5."""
    hours: float
    """How long it is expected to take; above 0."""
    after: tuple[int, ...] = ()
    """Indices, in the same sequence, of the jobs that must have ended before it starts."""
    first: bool = False
    """Urgent: placed before all others, whatever that costs, and also when it ends after the window."""


class Segment(msgspec.Struct, frozen=True):
    """A stretch of the time ahead with the same rules; hours from now, the end exclusive."""

    start: float
    end: float
    slots: int
    """A job may start in it on slot 1 up to this one."""
    longest: float
    """Hours of the longest job that may start in it."""
    accepts: Callable[[int], bool] | None = None
    """Tells by its index whether a job may start in it; None: every one may."""


class Placement(msgspec.Struct, frozen=True):
    """A job by its index, on a slot counted from 1; hours from now."""

    job: int
    slot: int
    start: float
    end: float


class Rules:
    """Where a job may start, worked out once for all jobs with the same segments."""

    def __init__(
        self, jobs: Sequence[Job], free_at: Sequence[float], segments: Sequence[Segment], until: float
    ) -> None:
        self.jobs = jobs
        self.free_at = [max(0.0, moment) for moment in free_at]
        self.until = until + ROUNDING
        self.segments = sorted(segments, key=lambda segment: segment.start)
        self.limits = [(index, self._limit(segment)) for index, segment in enumerate(self.segments)]
        """Hours of the longest job that could start in each segment and end in time."""
        self.longest = max((limit for _, limit in self.limits), default=0.0)
        self.alike = all(segment.accepts is None for segment in self.segments)
        """Whether a job may start wherever a longer one may."""
        self._ranges: dict[tuple[int, ...], list[_Stretches]] = {}
        self._facts: dict[int, _Facts] = {}
        self._allowed: dict[int, list[int]] = {}
        self.starts = self._starts(tuple(index for index, limit in self.limits if limit > 0))
        """For each slot, where any job may start."""
        ends = [max((end for _, end in stretches), default=0.0) for stretches in self.starts]
        self.order = sorted(range(len(ends)), key=ends.__getitem__)
        """Slots in which to look for room: those first that are of no use later."""

    def _limit(self, segment: Segment) -> float:
        earliest = max(segment.start, min(self.free_at[: max(0, segment.slots)], default=inf))
        return min(segment.longest, self.until - earliest) if earliest < segment.end else 0.0

    def allowed(self, job: int) -> list[int]:
        """The segments that a job may start in."""
        found = self._allowed.get(job)
        if found is None:
            found = self._allowed[job] = self._accepting(job)
        return found

    def _accepting(self, job: int) -> list[int]:
        hours = self.jobs[job].hours
        if self.jobs[job].first:
            fitting = [index for index, segment in enumerate(self.segments) if hours <= segment.longest]
        else:
            fitting = [index for index, limit in self.limits if hours <= limit]
        if self.alike:
            return fitting
        return [index for index in fitting if (accepts := self.segments[index].accepts) is None or accepts(job)]

    def facts(self, job: int) -> _Facts:
        """Hours, by when it must end, what it waits for, and where it may start on each slot."""
        found = self._facts.get(job)
        if found is None:
            its = self.jobs[job]
            end = inf if its.first else self.until
            found = self._facts[job] = (its.hours, end, its.after, self._starts(tuple(self.allowed(job))))
        return found

    def _starts(self, allowed: tuple[int, ...]) -> list[_Stretches]:
        if allowed not in self._ranges:
            parts = [self.segments[index] for index in allowed]
            self._ranges[allowed] = [
                [(part.start, part.end) for part in parts if slot < part.slots] for slot in range(len(self.free_at))
            ]
        return self._ranges[allowed]


class Board:
    """The slots with the stretches that are still free; every job takes the earliest that it can."""

    def __init__(self, rules: Rules, free: Iterable[Sequence[tuple[float, float]]]) -> None:
        self.rules = rules
        self.free = [list(stretches) for stretches in free]
        self.ends: dict[int, float] = {}
        self.placed: dict[int, tuple[int, float]] = {}
        """Slot and start by job."""

    def copy(self) -> "Board":
        """Another that goes on from here."""
        other = Board(self.rules, self.free)
        other.ends, other.placed = dict(self.ends), dict(self.placed)
        return other

    def fill(self, order: Iterable[int]) -> "Board":
        """Place what fits, one after the other, and return itself."""
        jobs, least, refused = self.rules.jobs, inf, dict[int, float]()
        for job in order:
            if jobs[job].hours >= least or job in self.placed:
                continue
            if not all(map(self.ends.__contains__, jobs[job].after)):
                continue
            hours, _, after, starts = self.rules.facts(job)
            if hours >= refused.get(id(starts), inf) or self.place(job) or after:
                continue
            refused[id(starts)] = hours  # room only shrinks, so no longer job of these segments fits either
            if self.rules.alike:
                least = hours
        return self

    def place(self, job: int) -> bool:
        """Put a job where it starts earliest, in the tightest stretch among equals; False when it fits nowhere."""
        hours, until, after, ranges = self.rules.facts(job)
        ready = 0.0
        for before in after:
            if before not in self.ends:
                return False
            ready = max(ready, self.ends[before])
        best, best_begin, where = inf, 0.0, (0, 0)
        for slot in self.rules.order:
            for number, (begin, end) in enumerate(self.free[slot]):
                start = begin if begin > ready else ready
                if start > best or start + hours > until:
                    break
                start = _earliest(ranges[slot], start)
                if start + hours <= until and start + hours <= end:
                    if start < best or (start == best and begin > best_begin):
                        best, best_begin, where = start, begin, (slot, number)
                    break
        if best == inf:
            return False
        self._take(job, where, best, best + hours)
        return True

    def _take(self, job: int, where: tuple[int, int], start: float, end: float) -> None:
        slot, number = where
        begin, finish = self.free[slot][number]
        if start == begin and end < finish:
            self.free[slot][number] = (end, finish)
        else:
            parts = ((begin, start), (end, finish))
            self.free[slot][number : number + 1] = [part for part in parts if part[1] - part[0] > ROUNDING]
        self.placed[job] = (slot, start)
        self.ends[job] = end

    def room(self) -> float:
        """Hours of the longest job that some slot could still take before the end of the window."""
        until, starts = self.rules.until, self.rules.starts
        return max(
            min(end, until) - _earliest(starts[slot], begin)
            for slot, stretches in enumerate(self.free)
            for begin, end in [*stretches, (inf, inf)]
        )

    def merit(self) -> tuple[int, float]:
        """The weight of all jobs, then how early it is done."""
        jobs = self.rules.jobs
        weights = [jobs[job].weight for job in self.placed]
        return sum(weights), -sum(map(mul, weights, self.ends.values()))

    def placements(self) -> list[Placement]:
        """What was placed, slots counted from 1."""
        return [Placement(job, slot + 1, start, self.ends[job]) for job, (slot, start) in self.placed.items()]


def _earliest(ranges: list[tuple[float, float]], moment: float) -> float:
    """The first allowed moment from the given one on; infinity when there is none."""
    for begin, end in ranges:
        if moment < end:
            return moment if moment > begin else begin
    return inf
