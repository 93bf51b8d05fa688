"""Learned durations: how long builds of a category by an engine really take, against what was estimated.

The factor is exp of a shrunken mean of log(actual / estimated). Three levels are learned one after the other: builds
of other categories, those of the category by other engines, those of the category by the engine itself. Each level
counts as `PRIOR_BUILDS` builds for the next, and factor 1 counts as many for the first; so little evidence changes
little, and a build is evidence once. In a level, what lies far from the median is pulled towards it (winsorized), and
a build weighs half as much as one that came `HALF_LIFE` builds later.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from core import outcomes
from core.model.build import AlreadyRed, Build, BuildResult, Ended, Proven, TimedOut, Unverified
from core.model.category import Category
from core.model.task import Source, Task
from core.ports import Store

PRIOR_BUILDS = 3.0
HALF_LIFE = 20.0
"""In builds of the same level."""
LEAST, MOST = 0.25, 4.0
"""The factor is never outside of these."""

LATELY = 50
MOST_BUILDS = 500
"""The newest ones that are looked at."""
_LOOK_BACK = 60
"""Builds of each group; the weight of all older ones together would be under an eighth."""
_FAR = math.log(4)
"""From the median of its level; further out, a build tells that something was wrong, but not how much."""
_WEIGHTS = [0.5 ** (rank / HALF_LIFE) for rank in range(_LOOK_BACK)]


class Factor(msgspec.Struct, frozen=True):
    """By how much an estimate is to be multiplied."""

    value: float
    samples: int
    """Builds of the category by the engine; if there are none: of the category; if there are none: all."""


class _Seen(msgspec.Struct, frozen=True):
    """One build, as evidence."""

    rank: int
    """0 is the newest."""
    log_ratio: float
    at_least: bool
    """It was ended at its limit: it would have taken longer."""


_TELLING = (Proven, Unverified, AlreadyRed, TimedOut)
"""Ends that tell how long a task takes: the usable ones, and the limit."""

Group = tuple[Category, str]


def hours_taken(result: BuildResult) -> float:
    """From the start of the build process to its result."""
    return (result.ended_at - result.started_at).total_seconds() / 3600


def ratio(build: Build) -> float | None:
    """Actual by estimated hours of a build with a usable result; None for other ends, and where a clock was wrong."""
    if not isinstance(build.state, Ended) or not outcomes.is_usable(build.state.result.outcome):
        return None
    result = build.state.result
    return hours_taken(result) / build.hours if _is_measured(build, result) else None


class Estimates:
    """What the builds up to now teach. Made anew after a build has ended (`EstimatesCache` does)."""

    def __init__(self, groups: dict[Group, list[_Seen]], counts: dict[Group, int]) -> None:
        self._groups = groups
        self._counts = counts
        self._factors: dict[tuple[Category, str | None], Factor] = {}

    @classmethod
    def from_builds(cls, builds: Iterable[Build], tasks: Iterable[Task]) -> "Estimates":
        """Learn from the ends of builds, in any order. Builds of unknown tasks are left out."""
        # The sample project is for looking at, and takes seconds.
        categories = {task.id: task.category for task in tasks if task.source is not Source.SAMPLE}
        ended = [(build.state.result, build) for build in builds if isinstance(build.state, Ended)]
        ended.sort(key=_ended_at, reverse=True)
        groups: dict[Group, list[_Seen]] = defaultdict(list)
        counts: dict[Group, int] = defaultdict(int)
        for rank, (result, build) in enumerate(ended):
            category = categories.get(build.task)
            if category is None or not isinstance(result.outcome, _TELLING) or not _is_measured(build, result):
                continue
            group = category, build.spec.engine.name
            counts[group] += 1
            if counts[group] <= _LOOK_BACK:
                log_ratio = math.log(hours_taken(result) / build.hours)
                groups[group].append(_Seen(rank, log_ratio, isinstance(result.outcome, TimedOut)))
        return cls(dict(groups), dict(counts))

    def hours(self, task: Task, engine: str | None) -> float:
        """How long the next build of the task will probably take, by an engine of that name (None: by any)."""
        return task.hours * self.factor(task.category, engine).value

    def factor(self, category: Category, engine: str | None) -> Factor:
        """What the estimates of a category are to be multiplied with, for an engine (None: whichever)."""
        key = category, engine
        if key not in self._factors:
            self._factors[key] = self._learn(category, engine)
        return self._factors[key]

    def _learn(self, category: Category, engine: str | None) -> Factor:
        others = [group for group in self._groups if group[0] is not category]
        siblings = [group for group in self._groups if group[0] is category and group[1] != engine]
        own = [group for group in self._groups if group == (category, engine)]
        learned = 0.0
        for level in (others, siblings, own):
            learned = _shrunken(learned, self._newest(level))
        samples = next((count for level in (own, siblings, others) if (count := self._count(level))), 0)
        return Factor(min(max(math.exp(learned), LEAST), MOST), samples)

    def _count(self, groups: Sequence[Group]) -> int:
        return sum(self._counts[group] for group in groups)

    def _newest(self, groups: Sequence[Group]) -> list[_Seen]:
        found = [seen for group in groups for seen in self._groups[group]]
        return sorted(found, key=lambda seen: seen.rank)[:_LOOK_BACK]


class EstimatesCache:
    """The estimates of a store, learned again only when so many builds have ended since that it can matter: one in a
    hundred."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ended = -1
        self._estimates = Estimates({}, {})

    def now(self) -> Estimates:
        """What the builds that have ended by now teach, archived ones included."""
        store = self._store
        builds, archived = store.builds.all(), store.archived_builds.all()
        # Of the older ones all have ended; it would not matter much if one had not.
        running = sum(not isinstance(build.state, Ended) for build in builds[-LATELY:])
        ended = len(archived) + len(builds) - running
        if ended < self._ended or ended - self._ended > ended // 100:
            recent = [*archived[-MOST_BUILDS:], *builds][-MOST_BUILDS:]
            tasks = (store.tasks.get(build.task) or store.archived_tasks.get(build.task) for build in recent)
            known = [task for task in tasks if task is not None]
            self._estimates, self._ended = Estimates.from_builds(recent, known), ended
        return self._estimates


def _ended_at(entry: tuple[BuildResult, Build]) -> datetime:
    return entry[0].ended_at


def _is_measured(build: Build, result: BuildResult) -> bool:
    """Whether its times make sense: a clock may have been set back meanwhile."""
    return result.ended_at > result.started_at and build.hours > 0


def _shrunken(prior: float, seen: Sequence[_Seen]) -> float:
    """The mean log ratio of a level; `prior` is what the levels above say, the newest comes first."""
    if not seen:
        return prior
    median = statistics.median([*(one.log_ratio for one in seen), *[prior] * int(PRIOR_BUILDS)])
    total, weights = PRIOR_BUILDS * prior, PRIOR_BUILDS
    for one, weight in zip(seen, _WEIGHTS, strict=False):
        lowest = median if one.at_least else median - _FAR
        total += weight * min(max(one.log_ratio, lowest), median + _FAR)
        weights += weight
    return total / weights
