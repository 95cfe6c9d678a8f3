"""A judgment's rest: leave-one-out, only for judgments of several passages, and never for what nobody would see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from palermo.models.context import FEATURES, KIND, ContextWeights, others_of, together
from palermo.models.hints import LEAST
from palermo.models.logistic import logit, sigmoid

FINER = np.array([False, True])
PLAIN = dict.fromkeys(FEATURES, 0.0) | {"score": 1.0}
SCORES = np.array([[0.9, 0.2], [0.3, 0.2], [0.6, 0.01]])


def test_what_is_beside_a_passage_leaves_it_out() -> None:
    beside = others_of(SCORES)
    np.testing.assert_allclose(sigmoid(beside.best), [[0.6, 0.2], [0.9, 0.2], [0.9, 0.2]])
    np.testing.assert_allclose(beside.mean, [[0.45, 0.105], [0.75, 0.105], [0.6, 0.2]])
    assert (beside[1].best == beside.best[1]).all()


def test_scores_of_nought_and_one_stay_finite() -> None:
    beside = others_of(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert np.isfinite(beside.best).all()
    moved = ContextWeights(PLAIN | {"best": 0.5, "mean": 3.0}, 0.0)(np.array([[0.0, 1.0], [1.0, 0.0]]), beside, FINER)
    assert ((moved >= 0) & (moved <= 1)).all()


def test_only_judgments_of_three_passages_are_read_together() -> None:
    kinds = [KIND, "statute", KIND, KIND, KIND, None, KIND, KIND]
    documents = ["a", "a", "b", None, "a", "a", "a", "b"]
    assert [rows.tolist() for rows in together(kinds, documents)] == [[0, 4, 6]]
    assert together([], []) == []


def test_the_rest_moves_a_score_by_level_and_what_nobody_would_see_stays() -> None:
    weights = ContextWeights(PLAIN | {"best": 1.0, "finer x best": -1.0}, 0.0)
    scores = np.array([[0.2, 0.2], [LEAST / 2, 0.2], [0.5, 0.2]])
    moved = weights(scores, others_of(scores), FINER)
    assert moved[1, 0] == scores[1, 0]
    np.testing.assert_allclose(moved[:, 1], 0.2)
    assert moved[0, 0] == pytest.approx(0.2)  # logit(0.2) + logit(0.5)
    assert moved[2, 0] == pytest.approx(float(sigmoid(logit(np.array(0.5)) + logit(np.array(0.2)))))


def test_one_passage_and_two_keep_their_scores(make_calibration: Any) -> None:
    weights = ContextWeights(dict.fromkeys(FEATURES, 1.0), 1.0)
    calibration = make_calibration(context=weights)
    for count, moved in ((1, False), (2, False), (3, True)):
        scores = np.full((count, len(calibration.labels)), 0.4)
        assert (calibration.among(scores) != 0.4).all() == moved
    assert (make_calibration().among(np.full((3, 5), 0.4)) == 0.4).all()


def test_an_article_is_not_below_its_finer_labels_after_it(make_calibration: Any) -> None:
    weights = ContextWeights(PLAIN | {"finer": 3.0}, 0.0)
    calibration = make_calibration(context=weights)
    moved = calibration.among(np.full((3, 5), 0.3))
    assert (moved[:, 1] == moved[:, 2]).all()
    assert moved[:, 0] == pytest.approx(0.3)


def test_weights_go_to_json_and_back_and_others_are_refused() -> None:
    weights = ContextWeights(PLAIN, -0.5)
    assert ContextWeights.from_json(weights.to_json()) == weights
    assert ContextWeights.from_json(None) is None
    with pytest.raises(ValueError, match="rest"):
        ContextWeights.from_json({"weights": {"score": 1.0}, "intercept": 0.0})
