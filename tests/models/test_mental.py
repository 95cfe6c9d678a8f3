"""Mental elements: whole words, exact places, overlap between standards, gaps bridged, scripts without spaces."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from palermo.corpora.labelled.passages import ROLES, STANDARDS
from palermo.models.cues import CUE, FIRST
from palermo.models.mental import MentalElement
from palermo.models.mental import decode as decode_tokens
from palermo.models.pooling import token_scores
from palermo.models.spans import FEATURES, LONGEST, SpanRanker, candidates

COUNT = len(STANDARDS)
HALF = dict.fromkeys(STANDARDS, 0.5)
INTENT, KNOWLEDGE = STANDARDS.index("intent"), STANDARDS.index("knowledge")
TEXT = "He knew, or had reason to believe, that it was crime."


def decode(
    logits: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.int64],
    text: str,
    thresholds: dict[str, float],
    cues: npt.NDArray[np.uint8] | None = None,
    ranker: SpanRanker = SpanRanker(),  # noqa: B008 - frozen
) -> list[MentalElement]:
    nothing = np.zeros((len(offsets), 0), np.float32)
    return decode_tokens(token_scores(nothing, logits, offsets, None, cues), text, thresholds, ranker)


def words_of(text: str) -> npt.NDArray[np.int64]:
    """A token a word, its white space in front included, as the tokenizer gives it; `<s>` before, `</s>` after."""
    places = [match.span() for match in re.finditer(r"\s*\S+", text)]
    return np.array([(0, 0), *places, (0, 0)], np.int64)


def quiet(offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    logits = np.full((len(offsets), 3 * COUNT + len(ROLES)), -6.0, np.float32)
    logits[:, COUNT : 3 * COUNT] = -2.0  # edges are possible everywhere
    logits[:, 3 * COUNT :] = 0.0
    return logits


def found_in(
    text: str,
    hot: dict[int, list[int]],
    begin: dict[int, list[int]] | None = None,
    end: dict[int, list[int]] | None = None,
    ranker: SpanRanker = SpanRanker(),  # noqa: B008 - frozen
) -> list[MentalElement]:
    """Spans where `hot` tokens (standard -> tokens, `<s>` is 0) are inside, and `begin` and `end` ones are edges."""
    offsets = words_of(text)
    logits = quiet(offsets)
    for place, (value, tokens_of) in enumerate(((3.0, hot), (3.0, begin or {}), (3.0, end or {}))):
        for standard, tokens in tokens_of.items():
            logits[tokens, place * COUNT + standard] = value
    return decode(logits, offsets, text, HALF, None, ranker)


def quotes(text: str, elements: list[MentalElement]) -> list[tuple[str, str]]:
    return [(element.standard, text[element.start : element.end]) for element in elements]


def test_a_span_is_its_words_without_white_space_and_punctuation() -> None:
    assert quotes(TEXT, found_in(TEXT, {KNOWLEDGE: [2]})) == [("knowledge", "knew")]
    assert quotes(TEXT, found_in(TEXT, {KNOWLEDGE: [3, 4, 5, 6, 7]})) == [("knowledge", "or had reason to believe")]


def test_standards_may_overlap() -> None:
    found = found_in(TEXT, {KNOWLEDGE: [1, 2], INTENT: [2, 3]})
    assert quotes(TEXT, found) == [("knowledge", "He knew"), ("intent", "knew, or")]


def test_a_span_goes_over_colder_tokens_where_they_are_not_too_cold() -> None:
    offsets = words_of(TEXT)
    logits = quiet(offsets)
    logits[[2, 5], KNOWLEDGE] = 3.0
    logits[[3, 4], KNOWLEDGE] = 2.5
    assert quotes(TEXT, decode(logits, offsets, TEXT, HALF)) == [("knowledge", "knew, or had reason")]
    logits[[3, 4], KNOWLEDGE] = -6.0
    assert quotes(TEXT, decode(logits, offsets, TEXT, HALF)) == [("knowledge", "knew"), ("knowledge", "reason")]


def test_begin_and_end_decide_where_a_lukewarm_span_begins_and_ends() -> None:
    offsets = words_of(TEXT)
    logits = quiet(offsets)
    logits[:, COUNT : 3 * COUNT] = -6.0
    logits[2:10, KNOWLEDGE] = 1.0
    logits[4, COUNT + KNOWLEDGE] = logits[6, 2 * COUNT + KNOWLEDGE] = 3.0
    assert quotes(TEXT, decode(logits, offsets, TEXT, HALF)) == [("knowledge", "had reason to")]
    logits[2, COUNT + KNOWLEDGE] = logits[9, 2 * COUNT + KNOWLEDGE] = 5.0
    assert quotes(TEXT, decode(logits, offsets, TEXT, HALF)) == [
        ("knowledge", "knew, or had reason to believe, that it")
    ]


def test_an_end_and_a_beginning_split_a_run() -> None:
    edges = SpanRanker({"inside": 1.0, "begin": 0.5, "end": 0.5, "length": -0.1})
    found = found_in(TEXT, {KNOWLEDGE: list(range(2, 9))}, {KNOWLEDGE: [2, 7]}, {KNOWLEDGE: [6, 8]}, edges)
    assert quotes(TEXT, found) == [("knowledge", "knew, or had reason to"), ("knowledge", "believe, that")]


def test_no_span_is_longer_than_the_longest() -> None:
    text = "word " * 200
    lengths = [len(text[e.start : e.end].split()) for e in found_in(text, {KNOWLEDGE: list(range(1, 201))})]
    assert max(lengths) <= LONGEST


def test_the_role_is_that_of_the_span_and_the_score_its_worth() -> None:
    offsets = words_of(TEXT)
    logits = quiet(offsets)
    logits[[2, 3], KNOWLEDGE] = 2.0
    logits[2:4, 3 * COUNT + ROLES.index("rejected")] = 1.0
    (element,) = decode(logits, offsets, TEXT, HALF, None, SpanRanker({"inside": 1.0, "length": 0.1}, -1.0))
    assert element.role == "rejected"
    assert abs(element.score - 1 / (1 + np.exp(-(2.0 + 0.1 * np.log(2) - 1.0)))) < 1e-6
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
    assert decode(np.full((4, 3 * COUNT + 4), 5.0, np.float32), offsets, "", HALF) == []


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
    logits = rng.normal(0, 2, (len(offsets), 3 * COUNT + 4)).astype(np.float32)
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


def test_a_cue_makes_a_span_of_what_the_network_is_unsure_of_and_reaches_over_its_clause() -> None:
    offsets = words_of(TEXT)
    logits = quiet(offsets)
    cues = np.zeros((len(offsets), COUNT), np.uint8)
    cues[4, INTENT], cues[5:8, INTENT] = FIRST, CUE  # "had reason to believe"
    words = SpanRanker({"begins with a cue": 2.0, "ends in a cue": 2.0, "length": 0.1}, -3.0)
    clause = SpanRanker({"begins with a cue": 2.0, "sentence ends behind": 2.0}, -3.0)
    assert decode(logits, offsets, TEXT, HALF, None, clause) == []
    assert quotes(TEXT, decode(logits, offsets, TEXT, HALF, cues, words)) == [("intent", "had reason to believe")]
    assert quotes(TEXT, decode(logits, offsets, TEXT, HALF, cues, clause)) == [
        ("intent", "had reason to believe, that it was crime")
    ]
    assert decode(logits, offsets, TEXT, HALF, cues, SpanRanker({"inside": 1.0}, 0.0)) == []


def test_of_the_same_words_said_twice_the_first_can_be_preferred() -> None:
    text = "He knew it. She said that he knew it."
    offsets = words_of(text)
    logits = quiet(offsets)
    for place in (2, 3, 8, 9):  # "knew it", both times
        logits[place, KNOWLEDGE] = 3.0
    twice = SpanRanker({"inside": 1.0, "length": 1.0}, -1.0)
    once = SpanRanker({"inside": 1.0, "length": 1.0, "said before": -9.0}, -1.0)
    both = decode(logits, offsets, text, HALF, None, twice)
    assert [(element.start, element.end) for element in both] == [(3, 10), (29, 36)]
    assert [element.start for element in decode(logits, offsets, text, HALF, None, once)] == [3]


def test_cues_elsewhere_in_the_passage_are_counted_on_each_side_up_to_three() -> None:
    text = "know know know know, they know and know."
    offsets = words_of(text)[1:-1]
    cues = np.zeros((len(offsets), COUNT), np.uint8)
    cues[[0, 1, 2, 3, 5, 7], KNOWLEDGE] = FIRST
    found = candidates(text, offsets, quiet(offsets), cues, KNOWLEDGE)
    told = {
        (first, last): dict(zip(FEATURES, row, strict=True))
        for first, last, row in zip(found.first.tolist(), found.last.tolist(), found.features, strict=True)
    }
    sides = ("cues of the passage before", "no cue of the passage before", "cues of the passage behind")
    assert [told[0, 0][name] for name in sides] == [0, 1, 3]
    assert [told[5, 5][name] for name in sides] == [3, 0, 1]
    assert told[7, 7]["no cue of the passage behind"] == 1
    assert [told[place, place]["said before"] for place in (0, 1, 5)] == [0, 1, 1]


def test_what_ranks_spans_comes_back_from_json_and_names_what_it_does_not_know() -> None:
    ranker = SpanRanker({"inside": 0.5, "length": -1.0}, 0.25)
    assert SpanRanker.from_json(ranker.to_json()) == ranker
    assert SpanRanker.from_json(None) == SpanRanker()
    with pytest.raises(ValueError, match="colour"):
        SpanRanker.from_json({"weights": {"colour": 1.0}, "intercept": 0.0})
