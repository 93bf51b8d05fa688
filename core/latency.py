"""Latencies in few numbers: buckets whose bounds grow by a constant factor, so that percentiles survive merging.

After C. Masson, J. Rim, H. Lee, DDSketch (VLDB 2019): with bounds g^i, g = (1 + a) / (1 - a), the value 2 g^i / (g + 1)
stands for its whole bucket with a relative error of at most a. One of the bounds is `SLOW` exactly:
whether a percentile is over it is not a matter of rounding.
"""

import math
from collections import Counter
from collections.abc import Iterable

from core.model.improvement import Histogram

SLOW = 5000.0
"""Milliseconds: more is slow."""
ERROR = 0.05
"""Relative, of a percentile."""
SHORTEST, LONGEST = 0.01, 1e9
"""Milliseconds that are told apart; what is beyond counts as one of these."""

_GROWTH = (1 + ERROR) / (1 - ERROR)


def bucket(ms: float) -> int:
    """The bucket of a latency in milliseconds: 0 ends at `SLOW`, both bounds of (lower, upper] grow by the factor."""
    return math.ceil(math.log(min(max(ms, SHORTEST), LONGEST) / SLOW) / math.log(_GROWTH))


def histogram(latencies: Iterable[float]) -> Histogram:
    """Of latencies in milliseconds."""
    values = list(latencies)
    return Histogram(buckets=_sorted(Counter(map(bucket, values))), longest=max(values, default=0.0))


def merge(*histograms: Histogram) -> Histogram:
    """The histogram of all their latencies."""
    counts: Counter[int] = Counter()
    for each in histograms:
        counts.update(dict(each.buckets))
    return Histogram(buckets=_sorted(counts), longest=max((each.longest for each in histograms), default=0.0))


def count(each: Histogram) -> int:
    """How many latencies are in it."""
    return sum(number for _, number in each.buckets)


def percentile(each: Histogram, share: float) -> float | None:
    """The latency in milliseconds that the share (above 0, at most 1) of all did not exceed, within `ERROR`.

    By nearest rank; None for an empty histogram.
    """
    rank, seen = math.ceil(share * count(each)), 0
    for number, counted in each.buckets:
        seen += counted
        if seen >= rank:
            middle = 2 * _GROWTH**number / (_GROWTH + 1) * SLOW
            return min(middle, each.longest)
    return None


def _sorted(counts: Counter[int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(counts.items()))
