"""Calibration: how far scores can be read as probabilities, and Platt scaling to make them so.

Measuring is called by the report; fitting by the baseline and by training. numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from palermo.evaluation.pairs import Bools, Floats
from palermo.models.logistic import sigmoid

BINS = 10
FLOOR = 0.1
"""Scores below are left out of reliability and ECE (the reference scorer's rule): there are millions of easy zeros."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram: score range, number of pairs, mean score, observed frequency (0 to 1)."""

    low: float
    high: float
    pairs: int
    score: float
    observed: float


def reliability(score: Floats, gold: Bools, bins: int = BINS, floor: float = FLOOR) -> list[Bin]:
    """Equal-width bins over the pairs with `score >= floor`; arrays of one shape. Empty bins are kept, with zeros."""
    kept = score >= floor
    values, truth = score[kept], gold[kept]
    index = np.minimum(bins - 1, (values * bins).astype(np.int64))
    pairs = np.bincount(index, minlength=bins)
    sums = np.bincount(index, weights=values, minlength=bins)
    hits = np.bincount(index, weights=truth, minlength=bins)
    return [
        Bin(i / bins, (i + 1) / bins, int(n), float(s / max(1, n)), float(h / max(1, n)))
        for i, (n, s, h) in enumerate(zip(pairs, sums, hits, strict=True))
    ]


def expected_calibration_error(bins: list[Bin]) -> float | None:
    """ECE (Naeini et al. 2015), 0 to 1: mean gap between score and frequency weighted by pairs; None without pairs."""
    total = sum(b.pairs for b in bins)
    return sum(b.pairs * abs(b.score - b.observed) for b in bins) / total if total else None


def brier(score: Floats, gold: Bools) -> float | None:
    """Mean squared difference of score and truth (Brier 1950) over all pairs, 0 to 1; None without pairs."""
    return float(np.mean((score - gold) ** 2)) if score.size else None


@dataclass(frozen=True, slots=True)
class Platt:
    """Per-label logistic calibration: probability = sigmoid(slope * score + offset); both [L], slopes at least 0."""

    slope: Floats
    offset: Floats

    def __call__(self, score: Floats) -> Floats:
        """Probabilities of [N, L] raw scores."""
        return sigmoid(score * self.slope + self.offset)


def fit_platt(score: Floats, gold: Bools, mask: Bools, *, prior: float = 10.0, steps: int = 50) -> Platt:
    """Platt scaling (Platt 1999) per label, pulled towards one fit over all labels where data are thin.

    Each label's slope and offset have a Gaussian prior around the pooled fit with precision `prior`, in units of the
    standardised score; so a label without positives gets the pooled fit, moved by its negatives as far as they weigh.

    Args:
        score: [N, L] raw scores or logits.
        gold, mask: [N, L]; masked pairs are left out.
        prior: strength of the pull; in the order of the number of informative pairs.
        steps: Newton steps.
    """
    free = ~mask
    centre, scale = float(score[free].mean()), float(score[free].std()) or 1.0
    z = (score - centre) / scale
    column = z[free][:, None], gold[free][:, None], np.ones((int(free.sum()), 1))
    pooled = _newton(*column, centre=np.array([[1.0], [0.0]]), prior=1e-3, steps=steps)
    slope, offset = _newton(z, gold, free.astype(np.float64), centre=pooled, prior=prior, steps=steps)
    slope = np.maximum(slope, 0.0) / scale
    return Platt(slope, offset - slope * centre)


def _newton(z: Floats, gold: Bools, weight: Floats, *, centre: Floats, prior: float, steps: int) -> Floats:
    """Penalised logistic regression of each column of `gold` on the same column of `z` -> [2, L] slope and offset."""
    theta = np.repeat(centre, z.shape[1] // centre.shape[1], axis=1)
    home = theta.copy()
    for _ in range(steps):
        p = sigmoid(z * theta[0] + theta[1])
        gap, curve = weight * (p - gold), weight * p * (1 - p)
        gradient = np.stack([(gap * z).sum(axis=0), gap.sum(axis=0)]) + prior * (theta - home)
        a = (curve * z * z).sum(axis=0) + prior
        b = (curve * z).sum(axis=0)
        c = curve.sum(axis=0) + prior
        step = np.stack([c * gradient[0] - b * gradient[1], a * gradient[1] - b * gradient[0]]) / (a * c - b * b)
        # A full Newton step can overshoot where the classes separate; two units of the logit a step can't.
        theta = theta - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(theta, dtype=np.float64)
