"""The linear expert: n-grams, keys, the margins that a plain computation gives, and refusal of what is not one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from palermo.corpora.errors import ModelError
from palermo.models import calibration as calibrations
from palermo.models import ngrams
from palermo.models.calibration import Mixture
from palermo.models.logistic import logit, sigmoid
from palermo.models.ngrams import LinearExpert, NgramTable, characters_of, keys_of, words_of

FEATURES = ("money", "dirty money", "dirty")


def table(features: tuple[str, ...] = FEATURES) -> NgramTable:
    """Three features, two labels; in the order of their keys they have idf 1, 3, 2 and the entries below."""
    keys = keys_of(features)
    order = np.argsort(keys)
    return NgramTable(
        keys=keys[order],
        idf=np.array([1.0, 3.0, 2.0], np.float32)[order],
        first=np.concatenate([[0], np.cumsum(np.array([1, 2, 0])[order])]),
        label=np.concatenate([[[0], [0, 1], []][place] for place in order]).astype(np.uint8),
        value=np.concatenate([[[100], [-50, 127], []][place] for place in order]).astype(np.int8),
        scale=np.array([0.01, 0.02], np.float32),
        intercept=np.array([-1.0, 0.5], np.float32),
    )


def expert() -> LinearExpert:
    return LinearExpert({"english": table(), "other": table((" arge", "sale", "ale "))})


def test_words_and_pairs_of_words() -> None:
    assert words_of("A dirty, DIRTY money!") == ["dirty", "dirty", "money", "dirty dirty", "dirty money"]


def test_characters_stay_inside_words() -> None:
    assert characters_of("Né à") == [" n", "né", "é ", " né", "né ", " né ", " à", "à ", " à "]


@given(st.text(max_size=200))
def test_any_text_has_ngrams_and_margins(text: str) -> None:
    assert np.isfinite(expert().margins(text, ("", ""), "en")).all()
    assert np.isfinite(expert().margins(text, ("", ""), None)).all()
    assert all(2 <= len(run) <= 5 for run in characters_of(text))


def test_different_ngrams_have_different_keys_everywhere() -> None:
    keys = keys_of(["ab", "ba", "a b", "\ud800"])
    assert len(set(keys.tolist())) == 4
    assert keys_of(["ab"]).tolist() == [int.from_bytes(hashlib.blake2b(b"ab", digest_size=8).digest(), "little")]


def test_margins_are_weights_times_a_unit_row() -> None:
    # "money" twice, "dirty money" and "dirty" once; "money money" is unknown.
    row = np.array([(1 + np.log(2)) * 1.0, 1 * 3.0, 1 * 2.0])
    row /= np.linalg.norm(row)
    expected = [row[0] * 1.0 + row[1] * -0.5 - 1.0, row[1] * 127 * 0.02 + 0.5]
    np.testing.assert_allclose(table().margins(words_of("Dirty money money")), expected, rtol=1e-5)


@pytest.mark.parametrize("text", ["", "x", "clean hands, clean"])
def test_a_text_without_a_known_feature_gets_the_intercepts(text: str) -> None:
    np.testing.assert_array_equal(expert().margins(text, ("", ""), "en"), np.array([-1.0, 0.5], np.float32))


def test_the_language_chooses_the_table_and_the_context_is_read() -> None:
    plain = np.array([-1.0, 0.5], np.float32)
    assert (expert().margins("money", ("", ""), "en") != plain).any()
    np.testing.assert_array_equal(expert().margins("money", ("", ""), "fr"), plain)
    assert (expert().margins("", ("L' argent", ""), "fr") != plain).any()


def test_an_expert_is_read_as_it_was_written(tmp_path: Path) -> None:
    expert().save(tmp_path / ngrams.NAME)
    found = ngrams.read(tmp_path, 2)
    assert found is not None
    for language in ("en", "fr"):
        said = [one.margins("dirty money, argent sale", ("", ""), language) for one in (found, expert())]
        np.testing.assert_array_equal(*said)
    assert ngrams.read(tmp_path / "elsewhere", 2) is None


def test_what_is_no_expert_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ngrams.NAME
    expert().save(path)
    with pytest.raises(ModelError, match="other labels"):
        ngrams.read(tmp_path, 3)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelError, match="malformed"):
        ngrams.read(tmp_path, 2)
    np.savez(path, keys=np.array([{"an": "object"}], dtype=object))
    with pytest.raises(ModelError, match="malformed"):
        ngrams.read(tmp_path, 2)


def test_mixing_is_the_mean_of_both_scores_sharpened() -> None:
    mixture = Mixture(np.array([2.0, 1.0]), np.array([0.0, 1.0]), share=0.25, sharpness=1.5, shift=0.1)
    network, margins = np.array([[0.9, 0.2]]), np.array([[1.0, -1.0]])
    mean = 0.75 * network + 0.25 * sigmoid(np.array([[2.0, 0.0]]))
    np.testing.assert_allclose(mixture.mean(network, margins), mean)
    np.testing.assert_allclose(mixture(network, margins), sigmoid(1.5 * logit(mean) + 0.1))
    plain = replace(mixture, sharpness=1.0, shift=0.0)
    np.testing.assert_allclose(plain(network, margins), mean)


def test_a_calibration_with_a_mixture_needs_margins_and_survives_its_file(
    make_calibration: Any, tmp_path: Path
) -> None:
    count = len(make_calibration().labels)
    mixture = Mixture(np.full(count, 2.0), np.full(count, -0.5), 0.4, 1.25, 0.0)
    calibration = make_calibration(mixture=mixture)
    with pytest.raises(ValueError, match="margins"):
        calibration.scores(np.zeros(count))
    (tmp_path / calibrations.NAME).write_text(json.dumps(calibration.to_json()), "utf-8")
    again = calibrations.read(tmp_path, calibration.labels)
    logits, margins = np.linspace(-2, 2, count), np.linspace(1, -1, count)
    np.testing.assert_allclose(again.scores(logits, margins), calibration.scores(logits, margins), atol=1e-4)
