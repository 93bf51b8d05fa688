"""From features to a probability: a logistic model whose weights start as shipped and follow the owner's own record."""

import numpy as np

from core.routines import Flags, Floats

_STEPS = 12


def probability(weights: Floats, features: Floats) -> Floats:
    """Of each row of features, between 0 and 1."""
    value: Floats = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
    return value


def fitted(prior: Floats, tightness: Floats, features: Floats, hit: Flags, importance: Floats) -> Floats:
    """The likeliest weights for these rows, when they are held to `prior` with the given tightness (the inverse of a
    variance, per weight): Newton's method on the penalised log-likelihood. Each row counts `importance` times."""
    weights = prior.astype(np.float64)
    rows, hold = features.astype(np.float64), np.diag(tightness.astype(np.float64))
    for _ in range(_STEPS):
        expected = probability(weights, rows)
        slope = rows.T @ (importance * (hit - expected)) - hold @ (weights - prior)
        curve = (rows * (importance * expected * (1 - expected))[:, None]).T @ rows + hold
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-5:
            break
    return weights.astype(np.float32)
