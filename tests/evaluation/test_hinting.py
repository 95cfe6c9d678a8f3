"""Fitting of hints: what matched wording is worth is learnt from labelled pairs, and too few teach nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.evaluation.hinting import FEWEST, fit_hints, hints_in
from palermo.models.logistic import logit, sigmoid
from sklearn.linear_model import LogisticRegression

FINER = np.array([False, True])


def drawn(count: int, seed: int = 3) -> tuple[Any, ...]:
    """Scores, hints, gold: a match adds 2 to the true logit of an article and nothing to that of a finer label."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.05, 0.95, (count, 2))
    hints = rng.integers(0, 2, (count, 2)).astype(float)
    gold = rng.random((count, 2)) < sigmoid(logit(scores) + 2 * hints * ~FINER)
    return scores, hints, gold


def fitted(scores: Any, hints: Any, gold: Any, mask: Any = None) -> Any:
    mask = np.zeros_like(gold) if mask is None else mask
    return fit_hints(scores, hints, FINER, np.zeros(len(scores), np.bool_), gold, mask)


def test_what_a_match_is_worth_is_found_by_level() -> None:
    scores, hints, gold = drawn(6000)
    weights = fitted(scores, hints, gold)
    moved = weights(np.full((2, 2), 0.5), np.array([[1.0, 1.0], [0.0, 0.0]]), FINER, np.bool_(False))
    np.testing.assert_allclose(moved, [[sigmoid(np.array(2.0)), 0.5], [0.5, 0.5]], atol=0.04)


def test_masked_pairs_and_those_not_looked_for_teach_nothing() -> None:
    scores, hints, gold = drawn(2000)
    before = fitted(scores, hints, gold)
    more = np.concatenate([scores, scores]), np.concatenate([hints, hints]), np.concatenate([gold, ~gold])
    mask = np.zeros_like(more[2])
    mask[2000:] = True
    assert fitted(*more, mask) == before
    unknown = more[1].copy()
    unknown[2000:] = np.nan
    assert fitted(more[0], unknown, more[2]) == before


@pytest.mark.parametrize("matches", [0, FEWEST - 1])
def test_too_few_matches_fit_nothing(matches: int) -> None:
    scores, hints, gold = drawn(2000)
    hints[:] = 0
    hints[:matches, 0] = 1
    gold[:matches, 0] = True
    assert fitted(scores, hints, gold) is None


def test_the_fit_is_that_of_a_penalised_logistic_regression() -> None:
    from palermo.models.hints import FEATURES, features_of

    scores, hints, gold = drawn(800)
    weights = fitted(scores, hints, gold)
    rows = features_of(scores, hints, FINER, np.zeros((800, 1), np.bool_)).reshape(-1, len(FEATURES))
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    other = LogisticRegression(C=1.0, max_iter=5000, tol=1e-10).fit((rows - mean) / scale, gold.ravel())
    expected = other.coef_[0] / scale
    np.testing.assert_allclose([weights.weights[name] for name in FEATURES[:5]], expected[:5], atol=1e-3)


def test_hints_of_passages_stand_by_passage_and_label() -> None:
    passages = [
        LabelledPassage("a", "judgment", "en", "The request for extradition is granted.", "d"),
        LabelledPassage("b", "judgment", "xx", "extradition", "d"),
    ]
    found = hints_in(passages, ("UNTOC.16", "UNTOC.9"))
    assert found[0].tolist() == [1, 0]
    assert np.isnan(found[1]).all()
    assert hints_in([], ("UNTOC.16",)).shape == (0, 1)
