"""Random queues and windows such as the bot of one owner has; all times are whole minutes."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from random import Random

from core.packing import Job, Placement, Segment, pack
from core.slot_plan import Board, Rules

CLASSES = ("independent", "dependent", "chains", "segments")
WEIGHTS = (1, 2, 3, 4, 5)
WINDOWS = (1.5, 2.0, 4.0, 6.0, 8.0, 9.0)
SIZES = (5, 10, 15, 25, 40, 60)


@dataclass(frozen=True)
class Case:
    """The arguments of core.packing.pack."""

    jobs: list[Job]
    free_at: list[float]
    segments: list[Segment]
    until: float

    def packed(self) -> list[Placement]:
        return pack(self.jobs, self.free_at, self.segments, self.until)

    def greedy(self) -> list[Placement]:
        """The plain way: by score, each as early as it can."""
        board = Board(Rules(self.jobs, self.free_at, self.segments, self.until), [[(at, inf)] for at in self.free_at])
        return board.fill(range(len(self.jobs))).placements()

    def value(self, placements: list[Placement]) -> int:
        return sum(self.jobs[placement.job].weight for placement in placements)


def case(kind: str, seed: int, size: int | None = None) -> Case:
    """A window with a queue of one of CLASSES, of 5 to 60 jobs unless `size` tells how many."""
    random = Random(f"{kind} {seed}")
    count = size or random.choice(SIZES)
    until = random.choice(WINDOWS)
    share = {"independent": 0.0, "dependent": random.uniform(0.1, 0.4), "chains": 0.4}.get(kind, random.uniform(0, 0.4))
    jobs = _queue(random, count, share, chains=kind == "chains")
    slots = random.randint(1, 4)
    free_at = [_whole_minutes(random.uniform(0, until / 2)) if random.random() < 0.3 else 0.0 for _ in range(slots)]
    if kind == "segments":
        return Case(jobs, free_at, _segments(random, slots, until), until)
    return Case(jobs, free_at, [Segment(0.0, until, slots, random.choice((2.0, 6.0, 8.0)))], until)


def _queue(random: Random, count: int, share: float, *, chains: bool) -> list[Job]:
    """Best score first, as the planner passes them; a `share` of them waits for earlier ones."""
    drawn = [(random.choice(WEIGHTS), _length(random)) for _ in range(count)]
    waits: list[list[int]] = [[] for _ in drawn]
    for index in range(1, count):
        if random.random() < share:
            earlier = 1 if chains else random.choice((1, 1, 1, 2))
            near = range(max(0, index - 2), index) if chains else range(index)
            waits[index] = random.sample(near, min(earlier, len(near)))
    order = sorted(range(count), key=lambda index: -drawn[index][0] / drawn[index][1])
    place = {index: position for position, index in enumerate(order)}
    return [Job(*drawn[index], after=tuple(sorted(place[other] for other in waits[index]))) for index in order]


def _length(random: Random) -> float:
    return _whole_minutes(min(8.0, max(0.25, random.lognormvariate(0.0, 0.8))))


def _segments(random: Random, slots: int, until: float) -> list[Segment]:
    cuts = {0.0, until, *(_whole_minutes(random.uniform(0.5, until)) for _ in range(random.randint(1, 2)))}
    return [
        Segment(
            start,
            end,
            random.randint(1, slots),
            random.choice((1.0, 2.0, 6.0, 8.0)),
            random.choice((None, None, _three_of_four(random))),
        )
        for start, end in itertools.pairwise(sorted(cuts))
    ]


def _three_of_four(random: Random) -> Callable[[int], bool]:
    left_out = random.randint(0, 3)
    return lambda job: (job * 7 + left_out) % 4 != 0


def _whole_minutes(hours: float) -> float:
    return round(hours * 60) / 60
