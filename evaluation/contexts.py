"""How far the rest of a judgment moves a passage's score, fitted on labelled passages; `fitting` calls it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from palermo.evaluation.pairs import Bools, Floats, Ints
from palermo.evaluation.ridge import ridge
from palermo.models.context import FEATURES, ContextWeights, features_of, others_of
from palermo.models.hints import LEAST

FEWEST = 50
"""Right and wrong pairs in judgments of several passages; what is fitted on fewer is noise."""


def fit_context(
    scores: Floats, judgments: Sequence[Ints], finer: Bools, gold: Bools, mask: Bools
) -> ContextWeights | None:
    """A logistic regression over the pairs of passage and label in judgments; None with too few.

    Args:
        scores: [N, L] calibrated, of each passage alone.
        judgments: rows of the passages that stand in one judgment (`context.together`).
        finer: [L] which labels are finer than an article.
        gold, mask: [N, L]; masked pairs are left out, but their scores speak for the others.
    """
    features, truth = [], []
    for rows in judgments:
        counted = (scores[rows] >= LEAST) & ~mask[rows]
        features.append(features_of(scores[rows], others_of(scores[rows]), finer)[counted])
        truth.append(gold[rows][counted])
    found = np.concatenate(truth) if truth else np.zeros(0, np.bool_)
    if min(found.sum(), (~found).sum()) < FEWEST:
        return None
    plain, intercept = ridge(np.concatenate(features), found)
    return ContextWeights(dict(zip(FEATURES, plain.tolist(), strict=True)), round(intercept, 5))
