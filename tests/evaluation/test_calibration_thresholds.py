"""Calibration makes probabilities of any scores; thresholds are chosen on other documents than they are used on."""

from __future__ import annotations

import numpy as np
import pytest
from palermo.evaluation.calibration import brier, expected_calibration_error, fit_platt, reliability
from palermo.evaluation.counts import count, f1
from palermo.evaluation.thresholds import (
    Apply,
    best_scheme,
    crossfit,
    crossfit_best,
    fit_global,
    fit_per_label,
    fold_numbers,
    objective,
)
from palermo.models.logistic import sigmoid

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]


@pytest.fixture
def arrays() -> Arrays:
    """Margins of 600 rows and 4 labels: slope and offset differ by label, the last label is very thin."""
    rng = np.random.default_rng(3)
    logits = rng.normal(-1, 2, (600, 4))
    logits[:, 3] -= 4
    gold = rng.random((600, 4)) < sigmoid(logits)
    scores = (logits - [0, 1, -1, 0]) / [2, 2, 1.5, 2]
    return scores, gold, np.zeros_like(gold), [f"d{i // 3}" for i in range(600)]


def test_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e9, 0.0, 1e9])).tolist() == [0.0, 0.5, 1.0]


def test_platt_finds_the_slope_and_offset_that_made_the_data(arrays: Arrays) -> None:
    scores, gold, mask, _ = arrays
    platt = fit_platt(scores, gold, mask, prior=0.01)
    assert platt.slope[:3] == pytest.approx([2, 2, 1.5], rel=0.25)
    assert platt.offset[:3] == pytest.approx([0, 1, -1], abs=0.35)
    probability = platt(scores)
    error = expected_calibration_error(reliability(probability, gold))
    assert error is not None
    assert error < 0.04
    assert brier(probability, gold) < brier(sigmoid(scores), gold)


def test_platt_equals_plain_logistic_regression_where_data_are_ample(arrays: Arrays) -> None:
    linear = pytest.importorskip("sklearn.linear_model", reason="needs scikit-learn, of the [train] extra")
    scores, gold, mask, _ = arrays
    theirs = linear.LogisticRegression(C=1e6).fit(scores[:, :1], gold[:, 0])
    ours = fit_platt(scores, gold, mask, prior=1e-6)
    assert ours.slope[0] == pytest.approx(theirs.coef_[0, 0], rel=1e-3)
    assert ours.offset[0] == pytest.approx(theirs.intercept_[0], abs=1e-3)


def test_platt_stays_finite_and_rising_on_hard_cases() -> None:
    scores = np.array([[-2.0, 5], [-1, 4], [1, -4], [2, -5]] * 5)
    gold = np.array([[False, False], [False, False], [True, True], [True, True]] * 5)
    platt = fit_platt(scores, gold, np.zeros_like(gold))
    assert np.isfinite(platt.slope).all()
    assert (platt.slope >= 0).all()
    none = fit_platt(scores, np.zeros_like(gold), np.zeros_like(gold))
    assert none(scores).max() < 0.5


def test_masked_pairs_do_not_move_the_fit(arrays: Arrays) -> None:
    scores, gold, mask, _ = arrays
    mask = mask.copy()
    mask[:50] = True
    turned = gold.copy()
    turned[:50] = ~turned[:50]
    a, b = fit_platt(scores, gold, mask), fit_platt(scores, turned, mask)
    assert np.array_equal(a.slope, b.slope)
    assert np.array_equal(a.offset, b.offset)
    assert np.array_equal(fit_global(scores, gold, mask).values, fit_global(scores, turned, mask).values)
    assert np.array_equal(fit_per_label(scores, gold, mask).values, fit_per_label(scores, turned, mask).values)


def test_folds_keep_documents_whole_and_are_even() -> None:
    groups = [f"d{i % 37}" for i in range(200)]
    folds = fold_numbers(groups, 5, seed=1)
    assert {len({folds[i] for i in range(200) if groups[i] == g}) for g in set(groups)} == {1}
    sizes = np.bincount(folds)
    assert sizes.max() - sizes.min() <= 6
    assert np.array_equal(folds, fold_numbers(groups, 5, seed=1))
    assert not np.array_equal(folds, fold_numbers(groups, 5, seed=2))


def test_crossfit_never_applies_to_a_document_that_it_was_fitted_on(arrays: Arrays) -> None:
    scores, gold, mask, groups = arrays
    numbers = np.repeat(np.arange(200.0), 3)[:, None] * np.ones((1, 4))

    def fit(seen: np.ndarray, _gold: np.ndarray, _mask: np.ndarray) -> Apply:
        known = set(seen[:, 0])
        return lambda unseen: np.array([[row[0] in known] for row in unseen])

    assert not crossfit(numbers, gold, mask, groups, fit).any()
    with pytest.raises(ValueError, match="two documents"):
        crossfit(scores, gold, mask, ["d"] * 600, fit)


def test_the_global_threshold_is_the_best_one(arrays: Arrays) -> None:
    scores, gold, mask, _ = arrays
    chosen = fit_global(scores, gold, mask)
    best = max(float(f1(count(gold, scores >= t).sum(axis=(0, 1)))) for t in np.unique(scores))
    assert float(f1(count(gold, chosen(scores)).sum(axis=(0, 1)))) == pytest.approx(best)
    levels = fit_global(scores, gold, mask, np.array([0, 0, 1, 1])).values
    assert levels[0] == levels[1] != levels[2] == levels[3]


def test_ties_are_never_split() -> None:
    scores = np.array([[0.9], [0.5], [0.5], [0.1]])
    gold = np.array([[True], [True], [False], [False]])
    assert fit_global(scores, gold, np.zeros_like(gold)).values[0] in (pytest.approx(0.7), pytest.approx(0.3))


def test_thin_labels_get_the_threshold_of_their_level() -> None:
    rng = np.random.default_rng(8)
    gold = rng.random((3000, 3)) < [0.3, 0.3, 0.001]
    scores = np.clip(0.5 * gold + 0.5 * rng.random((3000, 3)), 0, 1)
    scores[:, 1] *= 0.5
    per = fit_per_label(scores, gold, np.zeros_like(gold), pull=20).values
    pooled = fit_per_label(scores, gold, np.zeros_like(gold), pull=1e9).values
    assert per[1] < per[0] - 0.1
    assert per[2] == pytest.approx(pooled[2], abs=0.05)
    assert len(set(pooled)) == 1


def test_labels_without_positives_are_never_predicted() -> None:
    scores, gold = np.full((10, 2), 0.9), np.zeros((10, 2), dtype=bool)
    assert not fit_global(scores, gold, gold)(scores).any()
    assert not fit_per_label(scores, gold, gold)(scores).any()


def test_the_scheme_is_chosen_inside_each_fold(arrays: Arrays) -> None:
    scores, gold, mask, groups = arrays
    schemes = {
        "good": fit_global,
        "nothing": lambda *_: lambda unseen: np.zeros(unseen.shape, dtype=bool),
    }
    assert best_scheme(scores, gold, mask, groups, schemes) == "good"
    decided, names = crossfit_best(scores, gold, mask, groups, schemes)
    assert names == ["good"] * 5
    assert objective(gold, decided, mask) > 50
