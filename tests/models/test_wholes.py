"""A span's score is its beginning's, its end's and how well both fit, each of one standard."""

from __future__ import annotations

import numpy as np
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.pooling import SILENT
from palermo.models.wholes import OUTPUTS, RANK, VECTORS, scores

INTENT, KNOWLEDGE = STANDARDS.index("intent"), STANDARDS.index("knowledge")


def test_a_span_is_worth_its_ends_and_how_they_fit() -> None:
    said = np.zeros((4, OUTPUTS), np.float32)
    said[1, KNOWLEDGE] = 2.0
    said[3, len(STANDARDS) + KNOWLEDGE] = 0.5
    said[1, VECTORS] = 3.0
    said[3, VECTORS + RANK * (1 + KNOWLEDGE)] = -1.0
    first, last = np.array([1, 1, 0]), np.array([3, 2, 3])
    assert scores(said, first, last, KNOWLEDGE).tolist() == [-0.5, 2.0, 0.5]
    assert scores(said, first, last, INTENT).tolist() == [0.0, 0.0, 0.0]


def test_a_window_that_does_not_speak_of_laundering_fits_with_nothing() -> None:
    said = np.full((4, OUTPUTS), 3.0, np.float32)
    said[2:] = SILENT
    found = scores(said, np.array([0, 1, 2]), np.array([1, 2, 3]), KNOWLEDGE)
    assert found.tolist() == [6.0 + RANK * 9.0, 3.0 + SILENT, 2 * SILENT]


def test_a_passage_without_candidates_has_no_scores() -> None:
    nothing = np.zeros(0, np.int64)
    assert scores(np.zeros((0, OUTPUTS)), nothing, nothing, KNOWLEDGE).shape == (0,)
