"""How far wording that speaks for a provision moves its score, fitted on labelled passages; `fitting` calls it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.evaluation.pairs import Bools, Floats
from palermo.models.hints import FEATURES, HintWeights, features_of, hints_of, moves
from palermo.models.logistic import sigmoid

FEWEST = 50
"""Right and wrong pairs with matched wording; what is fitted on fewer is noise."""
RIDGE = 1.0
STEPS = 50


def hints_in(passages: Sequence[LabelledPassage], labels: Sequence[str]) -> Floats:
    """[N, L] of `hints_of`, for all labels."""
    every = range(len(labels))
    found = [hints_of(passage.text, passage.heading, passage.language, labels, every) for passage in passages]
    return np.array(found).reshape(len(passages), len(labels))


def fit_hints(
    scores: Floats, hints: Floats, finer: Bools, english: Bools, gold: Bools, mask: Bools
) -> HintWeights | None:
    """A logistic regression over the pairs of passage and label whose wording was looked for; None with too few.

    Args:
        scores: [N, L] calibrated.
        hints: [N, L] of `hints_in`.
        finer: [L]; english: [N].
        gold, mask: [N, L]; masked pairs are left out.
    """
    rows, columns = np.nonzero(moves(scores, hints) & ~mask)
    truth = gold[rows, columns]
    matched = hints[rows, columns] > 0
    if min((truth & matched).sum(), (~truth & matched).sum()) < FEWEST:
        return None
    found = features_of(scores[rows, columns], hints[rows, columns], finer[columns], english[rows])
    plain, intercept = _ridge(found, truth)
    return HintWeights(dict(zip(FEATURES, plain.tolist(), strict=True)), round(intercept, 5))


def _ridge(features: Floats, truth: npt.NDArray[np.bool_]) -> tuple[Floats, float]:
    """Logistic regression (Newton's method) with a penalty on standardised weights, which come back in plain units."""
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    rows = np.concatenate([(features - mean) / scale, np.ones((len(features), 1))], axis=1)
    penalty = np.full(rows.shape[1], RIDGE)
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
