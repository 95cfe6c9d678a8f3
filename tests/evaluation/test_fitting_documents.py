"""Fitting the document level: finite and ordered whatever it is given, and better than the best passage alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from palermo.evaluation.fitting_documents import HOME, PENALTY, _logistic, fit_documents
from palermo.models.aggregate import features

NAMES = {"best", "mass", "size", "offset", "threshold", "assign", "review"}
Floats = npt.NDArray[np.float64]


def made(documents: int, seed: int = 0) -> tuple[list[Floats], Any, Any]:
    """Documents that deal with a label in many passages, or touch it in one; only the first sort is gold."""
    rng = np.random.default_rng(seed)
    scores, gold = [], np.zeros((documents, 6), np.bool_)
    for row in range(documents):
        passages = rng.uniform(0, 0.04, (int(rng.integers(10, 60)), 6))
        for label in range(6):
            kind = rng.integers(0, 3)
            gold[row, label] = kind == 2
            shown = {0: 0, 1: 1, 2: len(passages) // 3}[int(kind)]
            passages[:shown, label] = rng.uniform(0.6, 0.95, shown)
        scores.append(passages)
    return scores, gold, np.zeros_like(gold)


def score(parameters: dict[str, float], part: Floats) -> Floats:
    weights = np.array([parameters[name] for name in ("best", "mass", "size")])
    return np.asarray(1 / (1 + np.exp(-(features(part) @ weights + parameters["offset"]))))


def test_a_provision_touched_once_is_told_from_one_that_is_dealt_with() -> None:
    parameters = fit_documents(*made(60))
    scores, gold, _ = made(40, seed=1)
    found = np.stack([score(parameters, part) for part in scores])
    shown = np.stack([part.max(axis=0) >= 0.05 for part in scores])
    right = ((found >= parameters["threshold"]) & shown) == gold
    best_alone = (np.stack([part.max(axis=0) for part in scores]) >= 0.5) == gold
    assert right.mean() > 0.95 > best_alone.mean()
    assert parameters["mass"] > 0


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_ends_at_the_least_loss_where_the_classes_separate(seed: int) -> None:
    scores, gold, _ = made(60, seed)
    inputs = np.concatenate([features(part) for part in scores])
    theta = _logistic(inputs, gold.ravel())
    design = np.column_stack([inputs, np.ones(len(inputs))])
    gap = 1 / (1 + np.exp(-(design @ theta))) - gold.ravel()
    assert design.T @ gap + PENALTY * (theta - HOME) == pytest.approx(np.zeros(4), abs=1e-4)


def test_thresholds_are_ordered_and_strict_json() -> None:
    parameters = fit_documents(*made(60))
    assert parameters.keys() == NAMES
    assert 0 <= parameters["review"] <= parameters["threshold"] <= parameters["assign"] <= 1
    json.dumps(parameters, allow_nan=False)


def test_doubtful_pairs_change_nothing() -> None:
    scores, gold, _ = made(30)
    mask = np.random.default_rng(5).random(gold.shape) < 0.2
    assert fit_documents(scores, gold, mask) == fit_documents(scores, gold ^ mask, mask)


@pytest.mark.parametrize("documents", [1, 2, 5])
def test_few_documents_are_enough_to_give_some_parameters(documents: int) -> None:
    parameters = fit_documents(*made(documents))
    assert all(np.isfinite(value) for value in parameters.values())


def test_documents_in_which_nothing_is_found_or_nothing_is_right_do_not_fail() -> None:
    nothing = [np.zeros((5, 3)) for _ in range(10)]
    gold = np.zeros((10, 3), np.bool_)
    for scores in (nothing, [part + 0.9 for part in nothing]):
        parameters = fit_documents(scores, gold, gold)
        assert all(np.isfinite(value) for value in parameters.values())
        assert parameters["assign"] >= parameters["threshold"] >= parameters["review"]
