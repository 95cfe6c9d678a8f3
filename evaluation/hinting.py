"""How far wording that speaks for a provision moves its score, fitted on labelled passages; `fitting` calls it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.evaluation.pairs import Bools, Floats
from palermo.evaluation.ridge import ridge
from palermo.models.hints import FEATURES, HintWeights, features_of, hints_of, moves

FEWEST = 50
"""Right and wrong pairs with matched wording; what is fitted on fewer is noise."""


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
    plain, intercept = ridge(found, truth)
    return HintWeights(dict(zip(FEATURES, plain.tolist(), strict=True)), round(intercept, 5))
