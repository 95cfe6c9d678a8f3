"""Wording: which words a pattern can't do without, and that nothing is missed by looking for these first."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path

import pytest
from palermo.models import cues, hints
from palermo.models.wording import Wording, lists, lower, needed


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bknowingly\b", {"knowingly"}),
        (r"\bknow(?:s|ing)? that\b", {" that"}),
        (r"\b(?:shut|closed) (?:his|her) eyes", {" eyes"}),
        (r"\b(?:reckless(?:ly)?|careless)\b", {"reckless", "careless"}),
        (r"\bwill?fully\b", {"fully"}),
        (r"good faith|bona fide", {"good faith", "bona fide"}),
        (r"\bmust have (?:\w+ )?known\b", {"must have "}),
        (r"[kc]nown(?: to be)?", {"nown"}),
        (r"no\. 5", {"no. 5"}),
        (r"ab+c", None),
        (r"(?:stolen)?", None),
        (r"(?:stolen|\w+) goods", {" goods"}),
        (r"(?<!well )known", {"known"}),
        (r"(?=knew)\w+", None),
        (r"\b(?:he|she)\b", None),
        ("明知", {"明知"}),
        (r"[)|(]stolen[^\]]", {"stolen"}),
        (r"stolen{0,2} goods", {" goods"}),
    ],
)
def test_what_a_pattern_needs(pattern: str, words: set[str] | None) -> None:
    assert needed(pattern) == words


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Passages of the corpus that the repository holds, in sixteen languages and more."""
    folder = Path(__file__).parents[2] / "corpora/labelled"
    files = (folder / "written.jsonl", folder / "drafted.jsonl")
    lines = chain.from_iterable(file.read_text("utf-8").splitlines() for file in files)
    return [lower(json.loads(line)["text"]) for line in list(lines)[::20]]


@pytest.mark.parametrize("name", [cues.NAME, hints.NAME])
def test_no_wording_of_the_lists_is_missed_by_looking_for_its_words_first(name: str, texts: list[str]) -> None:
    stood = 0
    for patterns in (found for by_kind in lists(name).values() for found in by_kind.values()):
        for pattern in patterns[::7]:
            wording = Wording([pattern])
            small = re.compile(wording.patterns[0])
            for text in texts:
                there = small.search(text) is not None
                assert wording.stands_in(text) == there
                stood += there
    assert stood > 50


def test_of_what_overlaps_the_first_is_found() -> None:
    wording = Wording([r"\bknowledge\b", r"\bactual knowledge of\b", r"\bof the origin\b"])
    text = "with actual knowledge of the origin, or knowledge"
    assert [text[start:end] for start, end in wording.found_in(text)] == ["actual knowledge of", "knowledge"]


def test_of_two_that_begin_alike_the_one_listed_first_is_found() -> None:
    text = "he knew that it was stolen"
    assert Wording([r"\bknew\b", r"\bknew that\b"]).found_in(text) == [(3, 7)]
    assert Wording([r"\bknew that\b", r"\bknew\b"]).found_in(text) == [(3, 12)]


def test_capitals_of_a_pattern_are_those_of_small_text_and_classes_stay() -> None:
    wording = Wording([r"\bDolus\W+eventualis"])
    assert wording.stands_in(lower("DOLUS  eventualis"))
    assert not wording.stands_in("doluseventualis")


def test_empty_matches_are_none() -> None:
    assert Wording([r"(?:stolen)?"]).found_in("a car") == []
