"""Windows: no token is lost or read twice, offsets quote the passage, context stays in front."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from palermo.corpora.errors import ModelError
from palermo.models.windows import HEADING_TOKENS, INSTRUCTION, TITLE_TOKENS, context_of, even_parts, windows_of

WORDS = ["the", "court", "洗钱", "ﬁnds", "ＡＢＣ", "\u00a0", "zzz", "\n\n", "deﬁance", "المال", "🏛", "6(1)(b)"]
PASSAGES = st.lists(st.sampled_from(WORDS), max_size=400).map(" ".join)
QUICK = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])


def front_of(tokenizer: Any, title: str, heading: str) -> int:
    """Tokens before the text: `<s>`, the instruction, title and heading as far as they are kept."""
    lengths = [len(tokenizer.encode(part, add_special_tokens=False).ids) for part in (INSTRUCTION, title, heading)]
    return 1 + lengths[0] + min(lengths[1], TITLE_TOKENS) + min(lengths[2], HEADING_TOKENS)


@QUICK
@given(
    text=PASSAGES, title=st.sampled_from(["", "Penal Code " * 9]), heading=st.sampled_from(["", "Confiscation " * 9])
)
def test_every_token_is_read_exactly_once_and_in_order(tokenizer: Any, text: str, title: str, heading: str) -> None:
    windows = windows_of(tokenizer, [text], [(title, heading)])[0]
    front = front_of(tokenizer, title, heading)
    whole = tokenizer.encode(text, add_special_tokens=False)
    assert [piece for window in windows for piece in window.ids[front:-1]] == whole.ids
    assert [offset for window in windows for offset in window.offsets[front:-1]] == whole.offsets
    assert all(len(window.ids) == len(window.offsets) <= 320 for window in windows)
    assert all(window.ids[0] == 0 and window.ids[-1] == 2 for window in windows)


@QUICK
@given(text=PASSAGES, limit=st.integers(60, 90))
def test_windows_of_a_passage_are_as_few_and_as_even_as_can_be(tokenizer: Any, text: str, limit: int) -> None:
    windows = windows_of(tokenizer, [text], [("", "")], limit)[0]
    room = limit - front_of(tokenizer, "", "") - 1
    tokens = len(tokenizer.encode(text, add_special_tokens=False).ids)
    sizes = [len(window.ids) for window in windows]
    assert len(windows) == max(1, -(-tokens // room))
    assert max(sizes) - min(sizes) <= 1


@QUICK
@given(text=PASSAGES)
def test_offsets_quote_the_text(tokenizer: Any, text: str) -> None:
    for window in windows_of(tokenizer, [text], [("Title", "Heading")])[0]:
        for piece, (start, end) in zip(window.ids, window.offsets, strict=True):
            word = tokenizer.id_to_token(piece).replace("▁", "")
            if end > start and word != "<unk>":
                assert word in unicodedata.normalize("NFKC", text[start:end])


def test_context_has_no_offsets_and_stands_in_every_window(tokenizer: Any) -> None:
    windows = windows_of(tokenizer, ["court " * 700], [("Act", "Laundering")])[0]
    front = front_of(tokenizer, "Act", "Laundering")
    assert len(windows) > 2
    assert len({tuple(window.ids[:front]) for window in windows}) == 1
    assert all(offset == (0, 0) for window in windows for offset in window.offsets[:front])


def test_a_passage_without_text_still_has_one_window(tokenizer: Any) -> None:
    assert [len(found) for found in windows_of(tokenizer, ["", " \n"], [("", ""), ("", "")])] == [1, 1]
    assert windows_of(tokenizer, [], []) == []


def test_a_judgment_is_read_without_its_title_and_a_statute_with_it() -> None:
    assert context_of("judgment", "A v B", "Facts") == ("", "Facts")
    assert context_of("statute", "Penal Code", None) == ("Penal Code", "")
    assert context_of(None, None, None) == ("", "")


@given(length=st.integers(0, 5000), limit=st.integers(1, 400))
def test_even_parts_cover_the_length_without_gap(length: int, limit: int) -> None:
    parts = even_parts(length, limit)
    assert parts[0][0] == 0
    assert parts[-1][1] == length
    assert all(left[1] == right[0] for left, right in pairwise(parts))
    assert all(end - start <= limit for start, end in parts)


def test_a_tokenizer_of_another_family_is_refused_with_a_reason() -> None:
    from tokenizers import Tokenizer, models

    other = Tokenizer(models.WordLevel({"[CLS]": 0, "[UNK]": 1}, unk_token="[UNK]"))
    with pytest.raises(ModelError, match="<s>"):
        windows_of(other, ["text"], [("", "")])
