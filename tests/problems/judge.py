"""Measures forecasts against what really came, beside two simpler ways: a line through everything, and three trends."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from core.problem_predictor import forecast
from tests.problems.generate import Case

Answer = tuple[float, datetime | None]
DAY = 86_400
Forecaster = Callable[[Case, timedelta], Answer]


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of one forecaster at one horizon."""

    precision: float
    recall: float
    brier: float
    calibration: float
    """Expected calibration error, ten bins."""
    error: float
    """Median of |predicted - real| / real time to the threshold, where it was reached within the horizon; a forecast
    that names no time, or one more than twice as far, counts 1."""

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def ours(case: Case, horizon: timedelta) -> Answer:
    """The product's forecast."""
    (found,) = forecast(case.past, case.threshold, case.now, [horizon])
    return found.probability, found.expected_at


def least_squares(case: Case, horizon: timedelta) -> Answer:
    """A line through everything: it is reached within the horizon, or it is not."""
    at = np.array([(moment - case.now).total_seconds() / 3600 for moment, _ in case.past])
    slope, level = np.polyfit(at, np.array([value for _, value in case.past]), 1)
    hours = (case.threshold - level) / slope if slope > 0 else float("inf")
    if not 0 <= hours < 24 * 3650:
        return (1.0, case.now) if hours < 0 else (0.0, None)
    return float(hours <= horizon.total_seconds() / 3600), case.now + timedelta(hours=hours)


def three_trends(case: Case, horizon: timedelta) -> Answer:
    """The usual better way: how often the past rose as far within the horizon; when, by the median of three trends of
    daily values (Holt's, least squares over a week, the median rise)."""
    at = np.array([(moment - case.now).total_seconds() / DAY for moment, _ in case.past])
    values = np.array([value for _, value in case.past])
    days = np.arange(0.0, at[0] - 1e-9, -1.0)[::-1]
    daily = values[np.searchsorted(at, days + 1e-9, side="right") - 1]
    ahead, gap = round(horizon.total_seconds() / DAY), case.threshold - values[-1]
    week = at >= -7
    slopes = [holt(daily.tolist()), float(np.polyfit(at[week], values[week], 1)[0])]
    rises = daily[ahead:] - daily[:-ahead]
    if len(rises):
        slopes.append(float(np.median(rises)) / ahead)
    slope = statistics.median(slopes)
    probability = float(np.mean(rises >= gap)) if len(rises) else float(slope * ahead >= gap)
    return probability, case.now + timedelta(days=gap / slope) if slope > gap / 3650 else None


def holt(values: Sequence[float]) -> float:
    """Holt's linear trend: per step."""
    level, gain = values[0], values[1] - values[0]
    for value in values[1:]:
        before, level = level, 0.5 * value + 0.5 * (level + gain)
        gain = 0.1 * (level - before) + 0.9 * gain
    return gain


def score(cases: Sequence[Case], horizon: timedelta, forecaster: Forecaster) -> Score:
    """Over all cases."""
    answers = [forecaster(case, horizon) for case in cases]
    truth = [case.reached is not None and case.reached <= case.now + horizon for case in cases]
    said = [probability >= 0.5 for probability, _ in answers]
    hits = sum(a and b for a, b in zip(said, truth, strict=True))
    pairs = [(probability, float(real)) for (probability, _), real in zip(answers, truth, strict=True)]
    bins: dict[int, list[tuple[float, float]]] = {}
    for pair in pairs:
        bins.setdefault(min(int(pair[0] * 10), 9), []).append(pair)
    errors = [
        min(abs((at - case.reached) / (case.reached - case.now)), 1.0) if at is not None else 1.0
        for case, real, (_, at) in zip(cases, truth, answers, strict=True)
        if real and case.reached is not None
    ]
    return Score(
        precision=hits / sum(said) if any(said) else 0.0,
        recall=hits / sum(truth) if any(truth) else 0.0,
        brier=statistics.fmean((p - t) ** 2 for p, t in pairs),
        calibration=sum(abs(sum(p - t for p, t in each)) for each in bins.values()) / len(pairs),
        error=statistics.median(errors) if errors else 0.0,
    )


CONTESTANTS: Sequence[Forecaster] = (ours, least_squares, three_trends)
"""What is measured beside each other."""
