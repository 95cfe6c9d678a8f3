"""The encoder folder: a tokenizer that keeps offsets, and a pruned vocabulary that still reads every text."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from palermo.training.encoder import build_encoder, count_pieces, kept_pieces, unigram_tokenizer

TEXT = "the court of the money that was in the court"


def test_white_space_is_one_space_and_offsets_count_the_text_as_given(tokenizer: Any) -> None:
    text = "the \n\t\u00a0court\u3000money"
    encoding = tokenizer.encode(text)
    assert encoding.tokens[0] == "<s>"
    assert encoding.tokens[-1] == "</s>"
    assert encoding.ids[1:-1] == tokenizer.encode("the court money", add_special_tokens=False).ids
    quoted = [text[start:end].strip() for start, end in encoding.offsets[1:-1]]
    assert "".join(quoted) == "thecourtmoney"


def test_compatibility_forms_are_read_as_their_plain_ones(tokenizer: Any) -> None:
    assert tokenizer.encode("ﬁne ＣＯＵＲＴ").ids == tokenizer.encode("fine COURT").ids


def test_pieces_are_counted_over_all_texts(tokenizer: Any) -> None:
    counts = count_pieces(tokenizer, [TEXT] * 3, batch=2)
    assert counts == Counter({piece: 3 * n for piece, n in Counter(tokenizer.encode(TEXT).ids[1:-1]).items()})


def test_special_pieces_and_single_characters_always_stay(packed: Any) -> None:
    kept = kept_pieces(packed, Counter(), 0)
    assert {packed.bos, packed.pad, packed.eos, packed.unk} <= set(kept)
    assert all(index in kept for index, (piece, _) in enumerate(packed.pieces) if len(piece) == 1)
    assert kept == sorted(set(kept))


def test_the_most_frequent_pieces_stay_up_to_the_size(packed: Any) -> None:
    least = len(kept_pieces(packed, Counter(), 0))
    words = [index for index, (piece, _) in enumerate(packed.pieces) if len(piece) > 4 and piece[0] == "▁"][:3]
    kept = kept_pieces(packed, Counter({words[0]: 1, words[1]: 9, words[2]: 5}), least + 2)
    assert len(kept) == least + 2
    assert set(words) & set(kept) == {words[1], words[2]}


@pytest.fixture(scope="module")
def pruned(packed: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pruned")
    least = len(kept_pieces(packed, Counter(), 0))
    assert build_encoder(packed, folder, [TEXT], least + 30) < len(packed.pieces)
    return folder


def test_a_pruned_vocabulary_reads_every_text_that_the_full_one_reads(
    packed: Any, pruned: Path, pieces: list[tuple[str, float]]
) -> None:
    from tokenizers import Tokenizer

    small = Tokenizer.from_file(str(pruned / "tokenizer.json"))
    text = " ".join(piece.replace("▁", "") for piece, _ in pieces[4:])
    assert "<unk>" not in small.encode(text).tokens
    assert small.encode(TEXT).tokens == unigram_tokenizer(packed.pieces, packed.unk).encode(TEXT).tokens


def test_what_is_kept_computes_as_before(encoder_folder: Path, pruned: Path, tokenizer: Any) -> None:
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModel

    small = Tokenizer.from_file(str(pruned / "tokenizer.json"))
    states = []
    for folder, reader in ((encoder_folder, tokenizer), (pruned, small)):
        model = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
        with torch.no_grad():
            states.append(model(input_ids=torch.tensor([reader.encode(TEXT).ids])).last_hidden_state)
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=1e-6)
