"""`python -m tests.patterns.fit [seeds]`: fits the shipped weights on made-up logs and rewrites core/pattern_model.py.

Every log (see generate.training_logs) is looked at from several moments; each past candidate of the 90 days before is
a row: what was known of it the day before, and whether it came true. Each log weighs the same, however busy it is,
from a few hundred rows on. Takes two minutes; the same seeds give the same file. What it is worth is shown by
tests/core/test_pattern_quality.py, on other seeds, and on families, zones and parameters that are never fitted on.
"""

import sys
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np

from core import calibration, pattern_model
from core.candidates import FEATURES, Rows, candidates
from core.pattern_learner import Learner
from core.routines import Floats
from tests.patterns import generate
from tests.patterns.generate import Log

SEEDS = 12
LOOKS = (0.3, 0.65, 1.0)
"""Moments of a log, as shares of its length."""
EVEN = 400.0
"""Rows from which on a log does not weigh more."""


def rows(log: Log) -> list[Rows]:
    """Past candidates as of each look."""
    found, learner = [], Learner(log.zone)
    learner.observe(log.events)
    for share in LOOKS:
        now = datetime.combine(log.start + timedelta(days=int(log.days * share)), time(), tzinfo=log.zone)
        found += [candidates(history, 0)[0] for history, _ in learner.histories(now) if len(history.types)]
    return found


def stacked(found: Iterable[Rows]) -> tuple[Floats, Floats, Floats]:
    """Features, truth and importance of the rows of one log."""
    every = list(found)
    features = np.concatenate([each.features for each in every])
    hit = np.concatenate([each.hit for each in every]).astype(np.float32)
    return features, hit, np.full(len(hit), min(1.0, EVEN / max(len(hit), 1)), np.float32)


def main(seeds: int) -> None:
    """Fit and write."""
    logs = [stacked(found) for log in generate.training_logs(range(seeds)) if (found := rows(log))]
    features, hit, importance = (np.concatenate(each) for each in zip(*logs, strict=True))
    zero = np.zeros(len(FEATURES), np.float32)
    weights = calibration.fitted(zero, np.ones(len(FEATURES), np.float32), features, hit > 0, importance)
    text = [f"    {weight:.4f},  # {name}" for weight, name in zip(weights, FEATURES, strict=True)]
    Path(pattern_model.__file__).write_text(
        '"""The shipped weights of the features of core.candidates; made by `python -m tests.patterns.fit`."""\n\n'
        "WEIGHTS = (\n" + "\n".join(text) + "\n)\n"
    )
    print(f"{len(logs)} logs, {len(hit)} rows")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
