"""Series whose future is known, by family: the first part is shown, the rest tells what really came."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, tzinfo=UTC)
Steps = Callable[[random.Random, int], list[float]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A series, cut at `now`."""

    family: str
    past: Sequence[tuple[datetime, float]]
    threshold: float
    now: datetime
    reached: datetime | None
    """When the threshold is really reached; None: not in what was generated."""


def cases(family: str, seed: int, count: int) -> list[Case]:
    """`count` series of a family, thresholds at various distances: some are reached, some are not."""
    rng = random.Random(f"{family} {seed}")
    made: list[Case] = []
    while len(made) < count:
        hours = rng.choice([1, 1, 2, 6]) if family not in ROTATING else rng.choice([0.5, 1])
        history = rng.uniform(14, 60) if family not in ROTATING else rng.uniform(4, 20)
        shown = int(history * 24 / hours)
        future = int((30 if family not in ROTATING else 7) * 24 / hours)
        values = FAMILIES[family](rng, shown + future)
        now_value = values[shown - 1]
        # By the past alone: a threshold chosen by what comes would tell it.
        recent = values[max(0, shown - int(14 * 24 / hours)) : shown]
        threshold = now_value + (max(recent) - min(recent)) * rng.choice([0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5])
        if threshold <= now_value:
            continue
        times = [START + timedelta(hours=hours * index) for index in range(len(values))]
        reached = next((times[i] for i in range(shown, len(values)) if values[i] >= threshold), None)
        now = times[shown - 1]
        past = list(zip(times[:shown], values[:shown], strict=True))
        made.append(Case(family=family, past=past, threshold=threshold, now=now, reached=reached))
    return made


def _linear(rng: random.Random, count: int) -> list[float]:
    slope, noise = rng.uniform(0.005, 0.2), rng.uniform(0, 1)
    return [20 + slope * i + rng.gauss(0, noise) for i in range(count)]


def _saturating(rng: random.Random, count: int) -> list[float]:
    top, pace, noise = rng.uniform(20, 60), rng.uniform(1, 5) / count, rng.uniform(0, 0.3)
    return [20 + top * (1 - math.exp(-pace * i)) + rng.gauss(0, noise) for i in range(count)]


def _steps(rng: random.Random, count: int) -> list[float]:
    rate, size, value, out = rng.uniform(0.005, 0.05), rng.uniform(0.3, 3), 20.0, []
    for _ in range(count):
        if rng.random() < rate:
            value += rng.expovariate(1 / size)
        out.append(value + rng.gauss(0, 0.02))
    return out


def _sawtooth(rng: random.Random, count: int) -> list[float]:
    """Rotated by size."""
    top, rate, value, out = rng.uniform(5, 50), rng.uniform(0.05, 1), 0.0, []
    for _ in range(count):
        value += rate * rng.expovariate(1)
        if value > top:
            value = 0.0
        out.append(value)
    return out


def _rotated(rng: random.Random, count: int) -> list[float]:
    """Rotated by the clock, busy by day."""
    every, rate, value, out = rng.choice([24, 48, 96]), rng.uniform(0.05, 1), 0.0, []
    for i in range(count):
        value += rate * rng.expovariate(1) * (1 + math.sin(2 * math.pi * i / 48))
        if i % every == every - 1:
            value = 0.0
        out.append(value)
    return out


def _noise(rng: random.Random, count: int) -> list[float]:
    """Memory: it wanders around a level."""
    keep, value, out = rng.uniform(0.7, 0.99), 0.0, []
    for _ in range(count):
        value = keep * value + rng.gauss(0, 1) + (rng.expovariate(0.2) if rng.random() < 0.01 else 0)
        out.append(50 + value)
    return out


def _season(rng: random.Random, count: int) -> list[float]:
    swing, slope, noise = rng.uniform(2, 20), rng.uniform(0, 0.02), rng.uniform(0.1, 2)
    return [40 + slope * i + swing * math.sin(2 * math.pi * i / 24) + rng.gauss(0, noise) for i in range(count)]


def _resets(rng: random.Random, count: int) -> list[float]:
    """Grows, and is cleaned up by somebody now and then."""
    slope, rate, value, out = rng.uniform(0.01, 0.2), rng.uniform(0.5, 3) / 500, 20.0, []
    for _ in range(count):
        value += slope * rng.expovariate(1)
        if rng.random() < rate:
            value -= (value - 15) * rng.uniform(0.2, 0.8)
        out.append(value + rng.gauss(0, 0.1))
    return out


def _wandering(rng: random.Random, count: int) -> list[float]:
    """A disk in use: bursts up and down, and a drift that changes."""
    drift, value, out = rng.uniform(0, 0.05), 30.0, []
    for _ in range(count):
        if rng.random() < 0.003:
            drift = rng.uniform(-0.01, 0.06)
        burst = rng.gauss(0, 2) if rng.random() < 0.01 else 0.0
        value = max(5.0, value + drift + rng.gauss(0, 0.1) + burst)
        out.append(value)
    return out


def _bursts(rng: random.Random, count: int) -> list[float]:
    """Something is stored on workdays, mostly little, sometimes a lot; nothing is ever deleted."""
    rate, weight, value, out = rng.uniform(0.02, 0.5), rng.uniform(0.8, 1.6), 20.0, []
    for i in range(count):
        workday = i // 24 % 7 < 5
        if rng.random() < rate * (1.0 if workday else 0.15):
            value += rng.lognormvariate(-2, weight)
        out.append(value)
    return out


FAMILIES: dict[str, Steps] = {
    "linear": _linear,
    "saturating": _saturating,
    "steps": _steps,
    "sawtooth": _sawtooth,
    "rotated": _rotated,
    "noise": _noise,
    "season": _season,
    "resets": _resets,
    "wandering": _wandering,
    "bursts": _bursts,
}
ROTATING = {"sawtooth", "rotated"}
