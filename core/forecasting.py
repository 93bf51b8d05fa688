"""From laid-out history to expected occurrences: candidates, their probabilities, their exact times."""

from typing import NamedTuple

import numpy as np

from core import calibration, pattern_model
from core.candidates import Rows, candidates
from core.confidence import FEW, LOW, MEDIUM, SEVERAL
from core.occurrences import DAY, HALF_HOUR, History
from core.routines import Floats

HOUR = DAY // 24
TIGHTNESS, LEAN_TIGHTNESS = 30.0, 10.0
"""How strongly the owner's weights are held to the shipped ones, and the leaning of each type to none."""
FOLLOWING = 60.0
"""Days after which a past hit or miss counts half for them."""
MOST_ROWS = 20_000
"""More past rows than these, evenly chosen, teach nothing new about the weights."""
FURTHEST = 62
"""Days ahead."""
_RECENT = 20.0
"""Days after which a past time of day counts half."""
_SAME_WEEKDAY = 4.0
_NEWEST = 2_000
"""Events of one type that are looked at for the exact time."""
_STILL_TO_COME = 0.6
_UNFORESEEN = 0.03
"""By how much the surest come true less often than their own past says, which knew nothing yet of what ended them."""


class Expected(NamedTuple):
    """An expected occurrence: number of the type, local time in seconds since 1970-01-01 00:00 local."""

    type: int
    wall: float
    confidence: float


def forecast(history: History, start: float, end: float, *, minimum: float) -> list[Expected]:
    """What to expect in [start, end), local times in seconds."""
    now = history.now
    if not len(history.types) or end <= start:
        return []
    ahead = max(0, min(int((end + HOUR) // DAY) - history.today, FURTHEST))
    past, future = candidates(history, ahead)
    confidence = confidences(past, future, len(history.types))
    moment = (future.day + history.today) * DAY + future.slot * float(HALF_HOUR)
    near = (moment >= start - HOUR) & (moment < end + HOUR) & (confidence >= minimum)
    dense = future.features[:, -1] >= _STILL_TO_COME
    near &= (moment + HOUR > now) & ~(future.hit & ~dense & (future.day == 0))
    expected = []
    for row in np.flatnonzero(near):
        at = _exact(history, int(future.type[row]), float(moment[row]))
        if start <= at < end:
            expected.append(Expected(int(history.types[future.type[row]]), at, float(confidence[row])))
    return sorted(expected, key=lambda each: (each.wall, each.type))


def confidences(past: Rows, future: Rows, types: int) -> Floats:
    """By weights that have followed the hits and misses of the past rows, and never more than few occurrences allow."""
    weights = np.array(pattern_model.WEIGHTS, np.float32)
    leaning = np.zeros(types, np.float32)
    if len(past.hit):
        importance = 0.5 ** (-past.day / FOLLOWING).astype(np.float32)
        tightness = np.full(len(weights), TIGHTNESS, np.float32)
        some = slice(None, None, len(past.hit) // MOST_ROWS + 1)
        even = importance[some] * (importance.sum() / importance[some].sum())
        weights = calibration.fitted(weights, tightness, past.features[some], past.hit[some], even)
        expected = past.features @ weights
        leaning = calibration.leanings(expected, past.hit, importance, past.type, types, LEAN_TIGHTNESS)
    confidence = calibration.probability(weights, future.features, leaning[future.type])
    confidence = confidence * (1 - _UNFORESEEN * confidence**4)
    for most, limit in ((SEVERAL, MEDIUM), (FEW, LOW)):
        confidence = np.where(future.hits <= most, np.minimum(confidence, limit - 0.01), confidence)
    return confidence


def _exact(history: History, of: int, moment: float) -> float:
    """The middle of the recent times of day near a slot, as long as this covers no fewer of them than the slot does."""
    begin, end = np.searchsorted(history.of, [of, of + 1])
    wall = history.wall[max(begin, end - _NEWEST) : end]
    offset = (wall - moment + DAY / 2) % DAY - DAY / 2
    close = np.abs(offset) <= 2 * HOUR
    offset, age = offset[close], (moment - wall[close]) / DAY
    weight = 0.5 ** (age / _RECENT) * np.where(np.abs((age + 0.5) % 7 - 0.5) < 0.2, _SAME_WEEKDAY, 1.0)
    inside = np.flatnonzero(np.abs(offset) <= HOUR)
    if not len(inside):
        return moment
    order = inside[np.argsort(offset[inside], kind="stable")]
    total = np.cumsum(weight[order])
    middle = float(offset[order[np.searchsorted(total, total[-1] / 2)]])
    covered = [(float(weight[np.abs(offset - each) <= HOUR].sum()), each) for each in (middle, middle / 2, 0.0)]
    most = max(covered)[0]
    return moment + next(each for weight, each in covered if weight >= most * 0.99)
