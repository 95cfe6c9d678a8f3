"""The encoder: each passage gets its own scores, whatever is read beside it; both engines run the same file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palermo.corpora.errors import MissingExtra, ModelError
from palermo.models.encoder import Encoder
from palermo.models.engine import halves, load_engine
from palermo.models.mental import SILENT
from palermo.models.pooling import TokenScores, logits
from palermo.models.tagger import Tagger
from palermo.models.windows import windows_of

TEXTS = ["He knew.", "", "the court held that the money " * 90, "被告人明知", "a b c d e f g", "the accused " * 30]
CONTEXTS = [("", "Facts"), ("", ""), ("Penal Code", "Laundering"), ("", ""), ("", ""), ("", "")]
ENGINES = ["onnxruntime", *(["openvino"] if find_spec("openvino") else [])]
ROUNDED = 0.1  # what bfloat16 may change on average, in logits
LANGUAGES = ["en"] * len(TEXTS)


def equal(left: TokenScores, right: TokenScores, atol: float = 2e-4) -> None:
    np.testing.assert_array_equal(left.offsets, right.offsets)
    for name in ("weights", "values", "mental"):
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), atol=atol)


@pytest.fixture(scope="module")
def engine(tiny_network: Any) -> Any:
    return load_engine(tiny_network.float_path, "onnxruntime", 1)


def test_scores_do_not_depend_on_the_neighbours_in_the_batch(tokenizer: Any, engine: Any) -> None:
    together = Encoder(tokenizer, engine, 4096).read(TEXTS, CONTEXTS, LANGUAGES)
    for index in range(len(TEXTS)):
        (alone,) = Encoder(tokenizer, engine, 4096).read(
            TEXTS[index : index + 1], CONTEXTS[index : index + 1], LANGUAGES[index : index + 1]
        )
        equal(together[index], alone)


def test_the_size_of_a_batch_changes_nothing(tokenizer: Any, engine: Any) -> None:
    large, small = (Encoder(tokenizer, engine, tokens).read(TEXTS, CONTEXTS, LANGUAGES) for tokens in (65536, 16))
    for left, right in zip(large, small, strict=True):
        equal(left, right)


def test_no_more_padded_tokens_are_read_at_once_than_asked(tokenizer: Any, engine: Any) -> None:
    shapes = []

    def watched(ids: Any, mask: Any) -> Any:
        shapes.append(ids.shape)
        return engine.forward(ids, mask)

    Encoder(tokenizer, type(engine)("onnxruntime", "1", watched), 640).read(TEXTS * 3, CONTEXTS * 3, LANGUAGES * 3)
    assert all(rows * width <= 640 for rows, width in shapes)
    assert sum(rows for rows, _ in shapes) == 3 * sum(len(found) for found in windows_of(tokenizer, TEXTS, CONTEXTS))


def test_windows_of_a_long_passage_are_laid_end_to_end(tokenizer: Any, engine: Any) -> None:
    (scores,) = Encoder(tokenizer, engine, 4096).read(TEXTS[2:3], CONTEXTS[2:3], LANGUAGES[2:3])
    (windows,) = windows_of(tokenizer, TEXTS[2:3], CONTEXTS[2:3])
    assert len(windows) > 1
    assert scores.offsets.tolist() == [list(offset) for window in windows for offset in window.offsets]
    assert len(scores.weights) == len(scores.values) == len(scores.mental) == len(scores.offsets)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_cues_are_looked_for_where_the_network_finds_that_something_speaks_of_laundering(
    tokenizer: Any, engine: Any, share: float
) -> None:
    text = "He knew that it was stolen. " + "The accused said nothing. " * 120  # several windows

    def hushed(ids: Any, mask: Any) -> Any:
        provisions, mental = engine.forward(ids, mask)
        mental[: round(share * len(ids))] = SILENT
        return provisions, mental

    (scores,) = Encoder(tokenizer, type(engine)("onnxruntime", "1", hushed), 65536).read([text], [("", "")], ["en"])
    assert (scores.mental == SILENT).all(axis=1).mean() == pytest.approx(share, abs=0.2)
    assert scores.cues.any() == (share < 1.0)


def test_nothing_to_read_gives_nothing(tokenizer: Any, engine: Any) -> None:
    assert Encoder(tokenizer, engine, 4096).read([], [], []) == []


@pytest.mark.skipif(len(ENGINES) < 2, reason="OpenVINO (extra [fast]) is not installed")
def test_openvino_reads_as_onnx_runtime_does(tokenizer: Any, tiny_network: Any, engine: Any) -> None:
    other = load_engine(tiny_network.float_path, "openvino", 1)
    assert other.name == "openvino"
    left = Encoder(tokenizer, engine, 4096).read(TEXTS, CONTEXTS, LANGUAGES)
    for one, two in zip(left, Encoder(tokenizer, other, 4096).read(TEXTS, CONTEXTS, LANGUAGES), strict=True):
        if halves():
            assert np.abs(one.values - two.values).mean() < ROUNDED
        else:
            equal(one, two, 1e-3)


@pytest.mark.skipif(len(ENGINES) < 2, reason="OpenVINO (extra [fast]) is not installed")
def test_both_engines_read_the_shipped_eight_bit_network_alike() -> None:
    # Inputs must stay float in both: those in eight bits differ by some tenths, on average too.
    one, two = (Tagger.load(None, name) for name in ENGINES)
    records = [{"id": str(n), "text": text, "kind": "judgment", "language": "en"} for n, text in enumerate(TEXTS[:4])]
    for left, right in zip(one.token_scores(records), two.token_scores(records), strict=True):
        if halves():
            apart = logits(left, one.bias.astype(np.float32)) - logits(right, two.bias.astype(np.float32))
            assert np.abs(apart).mean() < ROUNDED
        else:
            equal(left, right, 1e-3)


@pytest.mark.parametrize("choice", ENGINES)
@pytest.mark.parametrize("content", [None, b"", b"not a network"])
def test_a_file_that_is_no_network_is_refused_by_name(tmp_path: Path, choice: str, content: bytes | None) -> None:
    path = tmp_path / "broken.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"^broken\.onnx: the network can't be loaded") as caught:
        load_engine(path, choice)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.skipif(len(ENGINES) > 1, reason="OpenVINO is installed")
def test_without_openvino_auto_takes_onnx_runtime_and_openvino_is_refused(tiny_network: Any) -> None:
    assert load_engine(tiny_network.float_path).name == "onnxruntime"
    with pytest.raises(MissingExtra, match=r"palermo\[fast\]"):
        load_engine(tiny_network.float_path, "openvino")
