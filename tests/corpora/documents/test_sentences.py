"""Sentences cover the text, know legal abbreviations in many languages, and take linear time."""

import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from palermo.corpora.documents.sentences import sentences

CASES = json.loads(Path(__file__).with_name("sentences.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['language']}-{case['sentences'][0][:20]}")
def test_sentences_of_legal_prose_are_found(case):
    text = case["joined"].join(case["sentences"])
    assert [text[a:b] for a, b in sentences(text, case["language"])] == case["sentences"]


@given(
    st.text(alphabet=st.sampled_from('aB1 .。?!\n\t"”()\U0001d54f\u0301;'), max_size=200),
    st.sampled_from(["en", "de", "zh", "el", "xx"]),
)
def test_every_character_is_in_one_sentence(text, language):
    spans = sentences(text, language)
    covered = "".join(text[a:b] for a, b in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(a < b and text[a:b] == text[a:b].strip() for a, b in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


@pytest.mark.parametrize("unit", [".", "a.", "\n", "( ", '."', "U.S. ", "。"])
def test_time_grows_linearly_with_length(unit):
    def seconds(count):
        start = time.process_time()
        sentences(unit * count, "en")
        return time.process_time() - start

    seconds(1000)
    short, long = min(seconds(20_000) for _ in range(3)), min(seconds(80_000) for _ in range(2))
    assert long < 12 * short + 0.05
