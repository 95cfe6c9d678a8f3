"""Fitting of a judgment's rest: it is learnt from judgments of several passages, and too few teach nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from palermo.evaluation.contexts import FEWEST, fit_context
from palermo.models.context import others_of
from palermo.models.hints import LEAST
from palermo.models.logistic import logit, sigmoid

FINER = np.array([False, True])


def drawn(judgments: int, seed: int = 3) -> tuple[Any, ...]:
    """Scores, judgments of four passages, gold: the best other's logit adds half of it for articles, nothing below."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.05, 0.95, (4 * judgments, 2))
    rows = [np.arange(4 * number, 4 * number + 4) for number in range(judgments)]
    margin = logit(scores)
    for one in rows:
        margin[one] += 0.5 * others_of(scores[one]).best * ~FINER
    return scores, rows, rng.random(scores.shape) < sigmoid(margin)


def test_what_the_rest_is_worth_is_found_by_level() -> None:
    scores, rows, gold = drawn(2500)
    weights = fit_context(scores, rows, FINER, gold, np.zeros_like(gold))
    assert weights is not None
    assert weights.weights["best"] == pytest.approx(0.5, abs=0.1)
    assert weights.weights["best"] + weights.weights["finer x best"] == pytest.approx(0.0, abs=0.1)
    assert weights.weights["score"] == pytest.approx(1.0, abs=0.1)


def test_masked_pairs_teach_nothing() -> None:
    scores, rows, gold = drawn(300)
    mask = np.random.default_rng(1).random(gold.shape) < 0.3
    assert fit_context(scores, rows, FINER, gold, mask) == fit_context(scores, rows, FINER, gold ^ mask, mask)


def test_too_few_pairs_and_no_judgments_fit_nothing() -> None:
    scores, rows, gold = drawn(100)
    few = np.zeros_like(gold)
    few.flat[: FEWEST - 1] = True
    assert fit_context(scores, rows, FINER, few, np.zeros_like(gold)) is None
    assert fit_context(scores, [], FINER, gold, np.zeros_like(gold)) is None


def test_scores_that_are_not_moved_teach_nothing() -> None:
    scores, rows, gold = drawn(300)
    small, other = scores.copy(), scores.copy()
    small[::4], other[::4] = LEAST / 2, LEAST / 2
    truth = gold.copy()
    truth[::4] = ~truth[::4]
    nothing = np.zeros_like(gold)
    assert fit_context(small, rows, FINER, gold, nothing) == fit_context(other, rows, FINER, truth, nothing)
