"""Mental elements: whole words, exact places, overlap between standards, gaps bridged, scripts without spaces."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from palermo.corpora.labelled.passages import ROLES, STANDARDS
from palermo.models.mental import MentalElement, decode

COUNT = len(STANDARDS)
HALF = dict.fromkeys(STANDARDS, 0.5)
INTENT, KNOWLEDGE = STANDARDS.index("intent"), STANDARDS.index("knowledge")
TEXT = "He knew, or had reason to believe, that it was crime."


def words_of(text: str) -> npt.NDArray[np.int64]:
    """A token a word, its white space in front included, as the tokenizer gives it; `<s>` before, `</s>` after."""
    places = [match.span() for match in re.finditer(r"\s*\S+", text)]
    return np.array([(0, 0), *places, (0, 0)], np.int64)


def quiet(offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    logits = np.full((len(offsets), 2 * COUNT + len(ROLES)), -6.0, np.float32)
    logits[:, 2 * COUNT :] = 0.0
    return logits


def found_in(text: str, hot: dict[int, list[int]], begin: tuple[tuple[int, int], ...] = ()) -> list[MentalElement]:
    """Spans where `hot` tokens (standard -> tokens, `<s>` is 0) are inside, and `begin` (token, standard) begins."""
    offsets = words_of(text)
    logits = quiet(offsets)
    for standard, tokens in hot.items():
        logits[tokens, standard] = 3.0
    for token, standard in begin:
        logits[token, COUNT + standard] = 3.0
    return decode(logits, offsets, text, HALF)


def quotes(text: str, elements: list[MentalElement]) -> list[tuple[str, str]]:
    return [(element.standard, text[element.start : element.end]) for element in elements]


def test_a_span_is_its_words_without_white_space_and_punctuation() -> None:
    assert quotes(TEXT, found_in(TEXT, {KNOWLEDGE: [2]})) == [("knowledge", "knew")]
    assert quotes(TEXT, found_in(TEXT, {KNOWLEDGE: [3, 4, 5, 6, 7]})) == [("knowledge", "or had reason to believe")]


def test_standards_may_overlap() -> None:
    found = found_in(TEXT, {KNOWLEDGE: [1, 2], INTENT: [2, 3]})
    assert quotes(TEXT, found) == [("knowledge", "He knew"), ("intent", "knew, or")]


def test_a_gap_of_four_tokens_is_bridged_and_a_longer_one_splits() -> None:
    assert quotes(TEXT, found_in(TEXT, {KNOWLEDGE: [2, 7]})) == [("knowledge", "knew, or had reason to believe")]
    assert quotes(TEXT, found_in(TEXT, {KNOWLEDGE: [2, 8]})) == [("knowledge", "knew"), ("knowledge", "that")]


def test_warm_tokens_belong_to_a_span_that_is_hot_elsewhere_and_make_none_alone() -> None:
    offsets = words_of(TEXT)
    logits = quiet(offsets)
    logits[[2, 3, 4], KNOWLEDGE] = -0.6  # probability 0.35: at least half of the threshold
    assert decode(logits, offsets, TEXT, HALF) == []
    logits[5, KNOWLEDGE] = 3.0
    assert quotes(TEXT, decode(logits, offsets, TEXT, HALF)) == [("knowledge", "knew, or had reason")]


def test_a_new_beginning_splits_a_run() -> None:
    found = found_in(TEXT, {KNOWLEDGE: list(range(2, 9))}, begin=((2, KNOWLEDGE), (7, KNOWLEDGE)))
    assert quotes(TEXT, found) == [("knowledge", "knew, or had reason to"), ("knowledge", "believe, that")]


def test_the_role_is_that_of_the_span_and_the_score_its_mean() -> None:
    offsets = words_of(TEXT)
    logits = quiet(offsets)
    logits[[2, 3], KNOWLEDGE] = (2.0, 1.0)
    logits[2:4, 2 * COUNT + ROLES.index("rejected")] = 1.0
    (element,) = decode(logits, offsets, TEXT, HALF)
    assert element.role == "rejected"
    assert abs(element.score - (1 / (1 + np.exp(-2.0)) + 1 / (1 + np.exp(-1.0))) / 2) < 1e-6
    assert element.to_json()["start"] == TEXT.index("knew")


def test_half_a_word_becomes_the_whole_word() -> None:
    offsets = np.array([(0, 3), (3, 7)], np.int64)
    logits = quiet(offsets)
    logits[1, KNOWLEDGE] = 3.0
    assert quotes("knowing", decode(logits, offsets, "knowing", HALF)) == [("knowledge", "knowing")]


def test_chinese_is_cut_at_tokens_for_it_has_no_spaces() -> None:
    text = "被告人明知是犯罪所得\u3000而转移。"
    offsets = np.array([(0, 3), (3, 5), (5, 10), (10, 12), (12, 15)], np.int64)
    logits = quiet(offsets)
    logits[1, KNOWLEDGE] = 3.0
    assert quotes(text, decode(logits, offsets, text, HALF)) == [("knowledge", "明知")]
    logits[1, KNOWLEDGE] = -6.0
    logits[3:, KNOWLEDGE] = 3.0
    assert quotes(text, decode(logits, offsets, text, HALF)) == [("knowledge", "而转移")]


def test_context_is_never_quoted_and_a_passage_without_text_has_no_spans() -> None:
    offsets = np.zeros((4, 2), np.int64)
    assert decode(np.full((4, 2 * COUNT + 4), 5.0, np.float32), offsets, "", HALF) == []


@given(
    text=st.text(st.sampled_from("ab ,.\u00a0\u3000\n明知«»"), min_size=1, max_size=40),
    seed=st.integers(0, 10_000),
    threshold=st.sampled_from([0.2, 0.5, 0.7]),
)
def test_any_span_quotes_the_text_cleanly_and_one_standard_never_overlaps_itself(
    text: str, seed: int, threshold: float
) -> None:
    rng = np.random.default_rng(seed)
    cuts = sorted({0, len(text), *rng.integers(0, len(text) + 1, 8).tolist()})
    offsets = np.array([(0, 0), *pairwise(cuts)], np.int64)
    logits = rng.normal(0, 2, (len(offsets), 2 * COUNT + 4)).astype(np.float32)
    elements = decode(logits, offsets, text, dict.fromkeys(STANDARDS, threshold))
    reached = dict.fromkeys(STANDARDS, 0)
    for element in elements:
        quote = text[element.start : element.end]
        assert len(quote) == element.end - element.start > 1
        assert quote == quote.strip()
        assert quote[0] not in ",.«»"
        assert quote[-1] not in ",.«»"
        assert 0.0 < element.score <= 1.0
        assert element.start >= reached[element.standard]
        reached[element.standard] = element.end
