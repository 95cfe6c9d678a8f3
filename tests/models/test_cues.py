"""Cues: words that name a mental element are found where they stand, by language, to the end of the clause."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import numpy as np
import numpy.typing as npt
import pytest
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.cues import BEHIND, CUE, FIRST, NONE, cues_of, prior

TABLES = tomllib.loads(resources.files("palermo.models").joinpath("cues.toml").read_text("utf-8"))


def places(text: str) -> npt.NDArray[np.int64]:
    """A token a word, or a character in scripts without spaces; `<s>` before, `</s>` after."""
    return np.array(
        [(0, 0), *(m.span() for m in re.finditer(r"[\u3040-\u9fff]|[^\W\u3040-\u9fff]+|\S", text)), (0, 0)], np.int64
    )


def marked(text: str, language: str | None, standard: str) -> str:
    """The words of the cue's tokens, and in brackets those behind it."""
    offsets = places(text)
    kinds = cues_of(text, offsets, language)[:, STANDARDS.index(standard)]
    words = [text[start:end] for start, end in offsets]
    cue = " ".join(word for word, kind in zip(words, kinds, strict=True) if kind >= CUE)
    behind = " ".join(word for word, kind in zip(words, kinds, strict=True) if kind == BEHIND)
    return f"{cue} [{behind}]" if behind else cue


@pytest.mark.parametrize(
    ("text", "language", "standard", "expected"),
    [
        ("He had reasonable grounds to believe it was stolen; he", "en", "negligence",
         "reasonable grounds to believe [it was stolen]"),
        ("She knew.", "en", "knowledge", "knew"),
        ("He should have known better", "en", "negligence", "should have known [better]"),
        ("shut his eyes to it", "en", "wilful_blindness", "shut his eyes [to it]"),
        ("celui qui, sciemment, recèle", "fr", "knowledge", "sciemment [, recèle]"),
        ("a sabiendas de su origen", "es", "knowledge", "a sabiendas [de su origen]"),
        ("wer leichtfertig nicht erkennt", "de", "negligence", "leichtfertig [nicht erkennt]"),
        ("明知是赃物而予以收购", "zh", "knowledge", "明 知 [是 赃 物 而 予 以 收 购]"),
        ("заведомо добытого преступным путём", "ru", "knowledge", "заведомо [добытого преступным путём]"),
    ],
)  # fmt: skip
def test_a_cue_is_found_with_what_its_clause_says_behind_it(
    text: str, language: str, standard: str, expected: str
) -> None:
    assert marked(text, language, standard) == expected


def test_a_cue_has_one_first_token() -> None:
    kinds = cues_of("had reason to believe", places("had reason to believe"), "en")[:, STANDARDS.index("negligence")]
    assert kinds.tolist() == [NONE, NONE, FIRST, CUE, CUE, NONE]


@pytest.mark.parametrize("language", [None, "xx", "fr"])
def test_words_of_another_language_are_none(language: str | None) -> None:
    assert not cues_of("He knew.", places("He knew."), language).any()


def test_suspicious_transaction_reports_are_no_suspicion() -> None:
    assert marked("a suspicion report", "en", "suspicion") == ""


def test_a_cue_speaks_for_its_words_more_than_for_those_behind_and_says_where_a_span_begins() -> None:
    inside, begin, end = np.split(prior(np.array([NONE, BEHIND, CUE, FIRST], np.uint8)), 3)
    assert inside[0] == 0 < inside[1] < inside[2] == inside[3]
    assert begin.tolist() == [0, 0, 0, begin[3]]
    assert begin[3] > 0
    assert not end.any()


@pytest.mark.parametrize("language", sorted(TABLES))
def test_each_table_has_standards_that_exist_and_patterns_that_need_words(language: str) -> None:
    assert re.fullmatch("[a-z]{2}", language)
    assert set(TABLES[language]) <= set(STANDARDS)
    for patterns in TABLES[language].values():
        assert patterns
        assert not any(re.compile(pattern, re.IGNORECASE).search("") for pattern in patterns)
        # What repeats a group as often as it likes takes the square of a text's length, or worse.
        assert not [pattern for pattern in patterns if re.search(r"(?<!\\)\)(?:[*+]|\{\d*,\})", pattern)]


@pytest.mark.parametrize("text", ["HE KNEW IT.", "he KNEW it.", "İ: he knew it."])
def test_capitals_do_not_matter_and_places_stay(text: str) -> None:
    assert marked(text, "en", "knowledge").split(" [")[0].lower() == "knew"


def test_cues_are_tried_as_they_stand_in_the_list_whatever_their_case() -> None:
    assert marked("WISSENTLICH, in Kenntnis", "de", "knowledge").startswith("WISSENTLICH")
    assert marked("mit bedingtem VORSATZ", "de", "recklessness").startswith("bedingtem VORSATZ")
