"""Forecasts of growth: a history of 10,000 measurements, three horizons, beside plain least squares."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from core.problem_predictor import forecast
from tests.benchmarks import figures

SAMPLES = 10_000
HORIZONS = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
NOW = datetime(2026, 3, 1, tzinfo=UTC)
Samples = list[tuple[datetime, float]]


def rows(quick: bool) -> list[figures.Line]:
    """(what, ours, peer, ratio, goal) for each measurement."""
    runs = 10 if quick else 50
    courses = {"a disk that fills": _filling(), "a log that is rotated": _rotated()}
    return [
        (
            f"{what}: {SAMPLES:,} samples, {len(HORIZONS)} horizons",
            figures.show(_timed(lambda: forecast(samples, 100.0, NOW, HORIZONS), runs), "ms"),  # noqa: B023
            figures.show(_timed(lambda: _least_squares(samples), runs), "ms") + " (a line)",  # noqa: B023
            "-",
            "at most 5 ms",
        )
        for what, samples in courses.items()
    ]


def _timed(job: Callable[[], object], runs: int) -> list[float]:
    job()
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        job()
        taken.append(1000 * (time.perf_counter() - begin))
    return taken


def _least_squares(samples: Samples) -> float:
    at = np.array([moment.timestamp() for moment, _ in samples])
    return float(np.polyfit(at - at[-1], np.array([value for _, value in samples]), 1)[0])


def _filling() -> Samples:
    rng = random.Random(1)
    return [(_moment(i), 30 + 0.005 * i + rng.gauss(0, 0.5)) for i in range(SAMPLES)]


def _rotated() -> Samples:
    return [(_moment(i), i % 977 * 0.1) for i in range(SAMPLES)]


def _moment(number: int) -> datetime:
    return NOW - timedelta(minutes=10 * (SAMPLES - number))
