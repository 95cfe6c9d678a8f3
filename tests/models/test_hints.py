"""Hints: wording that speaks for a provision is found by language and label, and moves scores as it was fitted."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import numpy as np
import pytest
from palermo.corpora.convention import tree
from palermo.models.hints import FEATURES, LEAST, HintWeights, hints_of

TABLES = tomllib.loads(resources.files("palermo.models").joinpath("hints.toml").read_text("utf-8"))
LABELS = ("UNTOC.16", "UNTOC.22", "UNTOC.6.1.b.i")
EVERY = range(len(LABELS))
FINER = np.array([False, False, True])
PLAIN = dict.fromkeys(FEATURES, 0.0) | {"score": 1.0}


@pytest.mark.parametrize("language", sorted(TABLES))
def test_each_list_is_of_a_label_that_exists_and_its_patterns_need_words(language: str) -> None:
    assert re.fullmatch("[a-z]{2}", language)
    assert set(TABLES[language]) <= set(tree().labels)
    for patterns in TABLES[language].values():
        assert patterns
        assert not [pattern for pattern in patterns if re.compile(pattern, re.IGNORECASE).search("")]
        # What repeats a group as often as it likes takes the square of a text's length, or worse.
        assert not [pattern for pattern in patterns if re.search(r"(?<!\\)\)(?:[*+](?!_)|\{\d*,\})", pattern)]


@pytest.mark.parametrize(
    ("text", "heading", "language", "expected"),
    [
        ("The request for EXTRADITION is granted.", None, "en", [1, 0, 0]),
        ("The minister may surrender the fugitive.", "Extradition", "en", [1, 0, 0]),
        ("Se concede la extradición del reclamado.", None, "es", [1, 0, 0]),
        ("The lease is at an end.", None, "en", [0, 0, 0]),
    ],
)
def test_wording_is_found_in_text_and_heading(
    text: str, heading: str | None, language: str, expected: list[int]
) -> None:
    assert hints_of(text, heading, language, LABELS, EVERY).tolist() == expected


@pytest.mark.parametrize("language", [None, "xx", ""])
def test_without_lists_for_the_language_nothing_is_known(language: str | None) -> None:
    assert np.isnan(hints_of("extradition", None, language, LABELS, EVERY)).all()


def test_only_what_is_wanted_is_looked_for() -> None:
    found = hints_of("extradition", None, "en", LABELS, [1])
    assert np.isnan(found).tolist() == [True, False, True]


def test_matched_wording_moves_a_score_and_what_was_not_looked_for_stays() -> None:
    weights = HintWeights(PLAIN | {"matched": 2.0, "finer x matched": -2.0}, 0.0)
    scores = np.array([[0.2, 0.2, 0.2], [0.2, LEAST / 2, 0.2]])
    hints = np.array([[1.0, 0.0, 1.0], [np.nan, 1.0, 0.0]])
    moved = weights(scores, hints, FINER, np.array([[True], [False]]))
    assert moved[0, 0] == pytest.approx(1 / (1 + 4 * np.exp(-2.0)))
    np.testing.assert_allclose(moved[0, 1:], 0.2)
    np.testing.assert_array_equal(moved[1], scores[1])


def test_one_passage_s_hints_serve_several_scores_of_it() -> None:
    weights = HintWeights(PLAIN | {"matched": 1.0}, 0.0)
    scores, hints = np.array([[0.2, 0.3, 0.4], [0.1, 0.5, 0.001]]), np.array([1.0, np.nan, 0.0])
    together = weights(scores, hints, FINER, np.bool_(True))
    np.testing.assert_array_equal(together, [weights(one, hints, FINER, np.bool_(True)) for one in scores])


def test_english_and_other_passages_are_told_apart_in_one_call() -> None:
    weights = HintWeights(PLAIN | {"English x matched": 1.0, "finer x English x matched": 1.0}, 0.0)
    scores, hints = np.full((2, 3), 0.5), np.ones((2, 3))
    moved = weights(scores, hints, FINER, np.array([[True], [False]]))
    np.testing.assert_allclose(moved[1], 0.5)
    assert moved[0, 2] > moved[0, 0] > 0.5


def test_weights_come_back_from_json_and_others_are_refused() -> None:
    weights = HintWeights(dict.fromkeys(FEATURES, 0.25), -0.5)
    assert HintWeights.from_json(weights.to_json()) == weights
    assert HintWeights.from_json(None) is None
    with pytest.raises(ValueError, match="hints"):
        HintWeights.from_json({"weights": {"colour": 1.0}, "intercept": 0.0})
