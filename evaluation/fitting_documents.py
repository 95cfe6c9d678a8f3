"""Fits the document level: four parameters shared by all labels, thresholds out of fold; training calls it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from palermo.evaluation.pairs import Bools, Floats
from palermo.evaluation.risk import decision_thresholds
from palermo.models.aggregate import features
from palermo.models.logistic import sigmoid

LEAST = 0.05  # pairs whose best passage scores less are not candidates
HOME = np.array([1.0, 0.0, 0.0, 0.0])
"""The best passage's logit as it is: what the fit starts from and is pulled to."""
PENALTY = np.array([0.1, 0.1, 0.1, 0.0])
SMALLEST = 1e-6
FOLDS = 9


def fit_documents(scores: Sequence[Floats], gold: Bools, mask: Bools) -> dict[str, float]:
    """Parameters of `palermo.models.aggregate`.

    Args:
        scores: for each of D documents its passages' scores [P, L].
        gold, mask: [D, L]; masked pairs count neither way.

    Returns:
        `best, mass, size, offset` of the logistic function, `threshold, assign, review` on its score.
    """
    inputs = np.stack([features(part) for part in scores])
    candidates = np.stack([part.max(axis=0) >= LEAST for part in scores]) & ~mask
    folds = np.arange(len(scores)) % FOLDS
    held_out = np.zeros(gold.shape)
    for fold in range(FOLDS):
        rows = folds != fold
        if rows.any() and (~rows).any():
            theta = _logistic(inputs[rows][candidates[rows]], gold[rows][candidates[rows]])
            held_out[~rows] = _apply(theta, inputs[~rows])
    held_out[~candidates] = 0.0
    threshold = _best_threshold(held_out, gold, mask)
    assign, review = decision_thresholds(held_out, gold, mask)
    best, mass, size, offset = (float(value) for value in _logistic(inputs[candidates], gold[candidates]))
    return {
        "best": best,
        "mass": mass,
        "size": size,
        "offset": offset,
        "threshold": threshold,
        "assign": max(assign, threshold),
        "review": min(review, threshold),
    }


def _apply(theta: Floats, inputs: Floats) -> Floats:
    return sigmoid(inputs @ theta[:3] + theta[3])


def _logistic(inputs: Floats, gold: Bools, steps: int = 100) -> Floats:
    """Ridge logistic regression by Newton's method: inputs [N, 3], gold [N] -> weights and offset [4].

    The loss is convex, and a step that doesn't lower it is halved until it does: where the classes separate, full steps
    would swing from side to side for ever.
    """
    design = np.column_stack([inputs, np.ones(len(inputs))])
    theta = HOME
    for _ in range(steps):
        p = sigmoid(design @ theta)
        gradient = design.T @ (p - gold) + PENALTY * (theta - HOME)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + np.diag(PENALTY) + 1e-6 * np.eye(4)
        step = np.linalg.solve(curvature, gradient)
        loss, size = _loss(theta, design, gold), 1.0
        while size > SMALLEST and _loss(theta - size * step, design, gold) > loss:
            size /= 2
        theta = theta - size * step
        if size <= SMALLEST or np.abs(step).max() < 1e-8:
            break
    return theta


def _loss(theta: Floats, design: Floats, gold: Bools) -> float:
    margin = design @ theta
    return float((np.logaddexp(0, margin) - gold * margin).sum() + 0.5 * (PENALTY * (theta - HOME) ** 2).sum())


def _best_threshold(scores: Floats, gold: Bools, mask: Bools) -> float:
    free = ~mask
    values, truth = scores[free], gold[free]
    # Rounded down: rounded up, the lowest of the right scores would fall below its own threshold.
    candidates = np.unique(np.floor(100 * values[values > LEAST]) / 100)
    if not candidates.size:
        return 0.5
    figures = [2 * (truth & (values >= t)).sum() / max(1, (values >= t).sum() + truth.sum()) for t in candidates]
    return float(candidates[int(np.argmax(figures))])
