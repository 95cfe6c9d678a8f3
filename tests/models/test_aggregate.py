"""From passages to the document: few passages speak for themselves, many through one fitted function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from palermo.models.aggregate import FEW, document_provisions, document_scores, features
from palermo.models.calibration import Calibration
from palermo.models.results import PassageResult, Tag

Make = Callable[..., Calibration]
FITTED = {
    "best": 1.0, "mass": 0.5, "size": -0.5, "offset": 0.0, "threshold": 0.5, "assign": 0.8, "review": 0.3,
}  # fmt: skip


def result_of(scores: Any, calibration: Calibration) -> PassageResult:
    values = calibration.lift(np.array(scores, np.float64))
    predicted, decisions = calibration.predicted(values), calibration.decisions(values)
    tags = [
        Tag(i, float(values[i]), bool(predicted[i]), decisions[i]) for i in np.argsort(-values) if values[i] >= 0.01
    ]
    return PassageResult(tags, [], values)


def results_of(rows: Any, calibration: Calibration) -> list[PassageResult]:
    return [result_of(row, calibration) for row in rows]


@pytest.mark.parametrize("document", [{}, FITTED])
def test_one_passage_gives_the_document_its_own_scores_and_verdicts(make_calibration: Make, document: Any) -> None:
    calibration = make_calibration(document=document)
    (result,) = results_of([[0.9, 0.4, 0.35, 0.0, 0.1]], calibration)
    found = document_provisions([result], calibration)
    shown = {tag.label: tag for tag in result.tags if tag.decision != "none"}
    assert [provision.label for provision in found] == [0, 1, 2]
    for provision in found:
        tag = shown[provision.label]
        assert (provision.score, provision.predicted, provision.decision) == (tag.score, tag.predicted, tag.decision)
        assert provision.passages == [0]


def test_passages_are_listed_best_first_and_provisions_by_score(make_calibration: Make) -> None:
    calibration = make_calibration()
    rows = [[0.6, 0, 0, 0, 0.1], [0.1, 0, 0, 0, 0.9], [0.7, 0, 0, 0, 0.4]]
    found = document_provisions(results_of(rows, calibration), calibration)
    assert [(provision.label, provision.passages) for provision in found] == [(4, [1, 2]), (0, [2, 0])]


def test_a_document_without_passages_or_tags_has_no_provisions(make_calibration: Make) -> None:
    calibration = make_calibration(document=FITTED)
    assert document_provisions([], calibration) == []
    assert document_provisions(results_of(np.zeros((6, 5)), calibration), calibration) == []


def test_the_best_section_speaks_for_a_statute(make_calibration: Make) -> None:
    calibration = make_calibration(document=FITTED)
    results = results_of([[0.9, 0, 0, 0, 0]] + [[0.0] * 5] * 60, calibration)
    (statute,) = document_provisions(results, calibration, "statute")
    (judgment,) = document_provisions(results, calibration, "judgment")
    (tag,) = (tag for tag in results[0].tags if tag.label == 0)
    assert (statute.score, statute.predicted, statute.decision) == (tag.score, tag.predicted, tag.decision)
    assert judgment.score < statute.score


def test_features_are_best_mass_and_size() -> None:
    scores = np.array([[0.5, 0.0], [0.25, 0.0], [0.25, 0.0]])
    np.testing.assert_allclose(features(scores)[0], [0.0, 0.0, np.log(3)], atol=1e-12)
    assert np.isfinite(features(scores)).all()
    assert np.isfinite(features(np.ones((2, 2)))).all()


def test_one_high_score_counts_less_in_a_longer_document(make_calibration: Make) -> None:
    calibration = make_calibration(document=FITTED)
    short, long = ([[0.9, 0, 0, 0, 0]] + [[0.0] * 5] * more for more in (FEW, 60))
    assert (
        document_scores(np.array(short), calibration)[0]
        > document_scores(np.array(long), calibration)[0]
        > document_scores(np.array(long), calibration)[4]
    )


@given(seed=st.integers(0, 10_000), passages=st.integers(1, 12), mass=st.floats(-2, 2))
def test_parent_and_child_agree_in_the_document_too(
    make_calibration: Make, seed: int, passages: int, mass: float
) -> None:
    calibration = make_calibration(document={**FITTED, "mass": mass})
    results = results_of(np.random.default_rng(seed).random((passages, 5)) ** 3, calibration)
    scores = document_scores(np.stack([result.scores for result in results]), calibration)
    assert (scores[1] >= scores[2:4]).all()
    found = {provision.label: provision for provision in document_provisions(results, calibration)}
    rank = ("none", "review", "assigned")
    for child in found.keys() & {2, 3}:
        assert found[1].score >= found[child].score
        assert found[1].predicted or not found[child].predicted
        assert rank.index(found[1].decision) >= rank.index(found[child].decision)
    assert all(provision.predicted for provision in found.values() if provision.decision == "assigned")
