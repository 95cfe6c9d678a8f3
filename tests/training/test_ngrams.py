"""Fitting the linear expert: it tells the labels apart, leaves doubtful passages out, and runs as it was fitted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.models import ngrams
from palermo.models.ngrams import ANALYSERS, LinearExpert
from palermo.training.ngrams import MIN_PASSAGES, NEVER, C, cached_expert, fit_expert
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

LABELS = ("UNTOC.5", "UNTOC.6", "UNTOC.23")
WORDS = {
    "en": {"UNTOC.5": "the organized group", "UNTOC.6": "the dirty money"},
    "fr": {"UNTOC.5": "le groupe organisé", "UNTOC.6": "l'argent sale"},
}


@pytest.fixture
def passages() -> list[LabelledPassage]:
    """Sixty passages, half of them French: two labels by their words, a third of them with none."""
    found = []
    for number in range(60):
        language = ("en", "fr")[number % 2]
        label = (*WORDS[language], None)[number % 3]
        text = f"{WORDS[language][label] if label else 'costs frais'} of de {number}"
        found.append(
            LabelledPassage(f"p{number}", "judgment", language, text, f"d{number}", labels=(label,) if label else ())
        )
    return found


def margins(expert: LinearExpert, texts: list[str], language: str) -> npt.NDArray[np.float32]:
    return np.stack([expert.margins(text, ("", ""), language) for text in texts])


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["THE DIRTY MONEY was moved", "an organized group met", "costs follow the event"]),
        ("fr", ["De l'argent SALE", "un groupe organisé", "les frais suivent"]),
        ("it", ["argento sale", "gruppo organisé", "frais"]),  # a language that it never saw
    ],
)
def test_it_tells_the_labels_apart(passages: list[LabelledPassage], language: str, texts: list[str]) -> None:
    said = margins(fit_expert(passages, LABELS, lambda entry: None), texts, language)
    assert (said[:, :2] > 0).tolist() == [[False, True], [True, False], [False, False]]
    np.testing.assert_array_equal(said[:, 2], np.float32(NEVER))


@pytest.mark.parametrize(("language", "group"), [("en", "english"), ("fr", "other")])
def test_margins_are_those_of_the_machine_that_was_fitted(
    passages: list[LabelledPassage], language: str, group: str
) -> None:
    own = [passage for passage in passages if passage.language == language]
    vectorizer = TfidfVectorizer(analyzer=ANALYSERS[group], min_df=MIN_PASSAGES[group], sublinear_tf=True)
    design = vectorizer.fit_transform([passage.text for passage in own])
    machine = LinearSVC(C=C, class_weight="balanced", tol=1e-3, max_iter=5000, random_state=0)
    machine.fit(design, ["UNTOC.6" in passage.labels for passage in own])
    expert = fit_expert(passages, LABELS, lambda entry: None)
    texts = [passage.text for passage in own] + ["dirty argent of money sale"]
    expected = machine.decision_function(vectorizer.transform(texts))
    said = [expert.margins(text, ("", ""), language)[1] for text in texts]
    np.testing.assert_allclose(said, expected, atol=0.03)  # weights are eight-bit


def test_a_doubtful_label_leaves_the_passage_out(passages: list[LabelledPassage]) -> None:
    doubtful = replace(passages[4], id="x", labels=(), maybe=("UNTOC.6",))
    assert "UNTOC.6" in passages[4].labels
    without = fit_expert(passages, LABELS, lambda entry: None)
    beside = fit_expert([*passages, doubtful], LABELS, lambda entry: None)
    counted = fit_expert([*passages, replace(doubtful, maybe=())], LABELS, lambda entry: None)
    text = [passages[4].text]
    left, middle, right = (float(margins(expert, text, "en")[0, 1]) for expert in (without, beside, counted))
    assert abs(left - middle) < abs(left - right)


def test_one_language_alone_serves_both_tables_and_too_little_is_refused(passages: list[LabelledPassage]) -> None:
    english = [passage for passage in passages if passage.language == "en"]
    expert = fit_expert(english, LABELS, lambda entry: None)
    assert margins(expert, ["dirty money"], "fr")[0, 1] > 0
    with pytest.raises(DataError, match="too few passages"):
        fit_expert([replace(passages[0], text="", kind="judgment")], LABELS, lambda entry: None)


def test_the_same_passages_give_the_same_expert_and_a_second_run_keeps_it(
    passages: list[LabelledPassage], tmp_path: Path
) -> None:
    path = tmp_path / ngrams.NAME
    cached_expert(path, lambda: fit_expert(passages, LABELS, lambda entry: None))
    first = path.stat()
    cached_expert(path, lambda: pytest.fail("it was there"))
    assert path.stat().st_mtime_ns == first.st_mtime_ns
    again = fit_expert(passages, LABELS, lambda entry: None)
    kept = ngrams.read(tmp_path, len(LABELS))
    assert kept is not None
    for language in WORDS:
        np.testing.assert_array_equal(margins(kept, ["money"], language), margins(again, ["money"], language))
