"""Logistic regression with a small penalty, for how far a few weights move a score; `hinting`, `contexts` call it."""

from __future__ import annotations

import numpy as np
from palermo.evaluation.pairs import Bools, Floats
from palermo.models.logistic import sigmoid

PENALTY = 1.0
STEPS = 50


def ridge(features: Floats, truth: Bools) -> tuple[Floats, float]:
    """Weights [F] in plain units and intercept from features [N, F] and truth [N], by Newton's method.

    The penalty is on standardised weights.
    """
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    rows = np.concatenate([(features - mean) / scale, np.ones((len(features), 1))], axis=1)
    penalty = np.full(rows.shape[1], PENALTY)
    penalty[-1] = 1e-6  # the intercept is free
    theta = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        p = sigmoid(rows @ theta)
        curve = (rows * (p * (1 - p))[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curve, rows.T @ (p - truth) + penalty * theta)
        theta = theta - np.clip(step, -2.0, 2.0)  # as in `calibration`
        if np.abs(step).max() < 1e-8:
            break
    plain = theta[:-1] / scale
    return plain, float(theta[-1] - plain @ mean)
