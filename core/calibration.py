"""From features to a probability: a logistic model whose weights start as shipped and follow the owner's own record."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.routines import Flags, Floats, Ints

_STEPS = 12
_CLOSE = 1e-3


def probability(weights: Floats, features: Floats, leaning: Floats | float = 0.0) -> Floats:
    """Of each row of features, between 0 and 1; `leaning` is added to the log odds."""
    value: Floats = _logistic(features @ weights + leaning)
    return value


def fitted(prior: Floats, tightness: Floats, features: Floats, hit: Flags, importance: Floats) -> Floats:
    """The likeliest weights for these rows, when they are held to `prior` with the given tightness (the inverse of a
    variance, per weight): Newton's method on the penalised log-likelihood. Each row counts `importance` times."""
    weights = prior.astype(np.float64)
    rows, hold = features.astype(np.float64), np.diag(tightness.astype(np.float64))
    for _ in range(_STEPS):
        expected = _logistic(rows @ weights)
        slope = rows.T @ (importance * (hit - expected)) - hold @ (weights - prior)
        curve = (rows * (importance * expected * (1 - expected))[:, None]).T @ rows + hold
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < _CLOSE:
            break
    return weights.astype(np.float32)


def leanings(log_odds: Floats, hit: Flags, importance: Floats, group: Ints, groups: int, tightness: float) -> Floats:
    """For each of the groups of rows how far its log odds lie off the given ones, held to none with the given
    tightness: the same maximum as above, with one weight per group."""
    leaning: Floats = np.zeros(groups, np.float32)
    for _ in range(_STEPS):
        expected = _logistic(log_odds + leaning[group])
        slope = np.bincount(group, importance * (hit - expected), groups) - tightness * leaning
        curve = np.bincount(group, importance * expected * (1 - expected), groups) + tightness
        leaning = (leaning + slope / curve).astype(np.float32)
    return leaning


def _logistic(log_odds: NDArray[Any]) -> NDArray[Any]:
    value: NDArray[Any] = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    return value
