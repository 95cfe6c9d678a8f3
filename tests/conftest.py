"""A tiny encoder with every part of the real one, and a model folder trained with it; made once a session."""

from __future__ import annotations

import json
import math
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

# How long an example takes says more of the machine's other work than of the code.
# The same examples everywhere; `--hypothesis-profile search` looks for new ones.
settings.register_profile("palermo", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("palermo")

WRITTEN = Path(__file__).parent.parent / "corpora" / "labelled" / "written.jsonl"
HIDDEN, LAYERS, HEADS, WIDE, POSITIONS = 32, 2, 4, 64, 352


def written(start: int, count: int, step: int = 19) -> list[str]:
    """Lines of the passages that ship with Palermo; two calls with starts that differ share no document."""
    return WRITTEN.read_text("utf-8").splitlines()[start::step][:count]


@pytest.fixture(scope="session", autouse=True)
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a service that is given no store keeps its database: not in the folder that the tests run in."""
    from palermo.corpora.settings import settings as own_settings

    folder = tmp_path_factory.mktemp("data")
    os.environ["PALERMO_DATA_DIR"] = str(folder)
    own_settings.cache_clear()
    yield folder
    del os.environ["PALERMO_DATA_DIR"]
    own_settings.cache_clear()


@pytest.fixture(scope="session")
def pieces() -> list[tuple[str, float]]:
    """A Unigram vocabulary: special pieces, every character of the sample, and its most frequent words."""
    texts = [unicodedata.normalize("NFKC", json.loads(line)["text"]) for line in written(0, 60)]
    words = Counter("▁" + word for text in texts for word in text.split())
    characters = sorted({character for text in texts for character in text if not character.isspace()} | {"▁"})
    special = [(piece, 0.0) for piece in ("<s>", "<pad>", "</s>", "<unk>")]
    common = [(word, math.log(count / words.total())) for word, count in words.most_common(250) if len(word) > 2]
    return [*special, *((character, -12.0) for character in characters), *common]


@pytest.fixture(scope="session")
def tokenizer(pieces: list[tuple[str, float]]) -> Any:
    from palermo.training.encoder import unigram_tokenizer

    return unigram_tokenizer(pieces, 3)


@pytest.fixture(scope="session")
def packed(pieces: list[tuple[str, float]]) -> Any:
    """Random weights in the shape of the packaged encoder: two layers, 32 wide."""
    from palermo.training.e5 import PackedEncoder

    rng = np.random.default_rng(5)
    tensors = {
        "emb.word": rng.normal(0, 1, (len(pieces), HIDDEN)),
        "emb.pos": rng.normal(0, 0.1, (POSITIONS, HIDDEN)),
        "emb.type": rng.normal(0, 0.1, (1, HIDDEN)),
        "emb.ln.w": rng.normal(1, 0.1, HIDDEN),
        "emb.ln.b": rng.normal(0, 0.1, HIDDEN),
    }
    for layer in range(LAYERS):
        for part, rows, columns in (
            *((name, HIDDEN, HIDDEN) for name in ("q", "k", "v", "ao")),
            ("fi", WIDE, HIDDEN),
            ("fo", HIDDEN, WIDE),
        ):
            tensors[f"l{layer}.{part}.w"] = rng.normal(0, 0.3, (rows, columns))
            tensors[f"l{layer}.{part}.b"] = rng.normal(0, 0.1, rows)
        for norm in ("aln", "oln"):
            tensors[f"l{layer}.{norm}.w"] = rng.normal(1, 0.1, HIDDEN)
            tensors[f"l{layer}.{norm}.b"] = rng.normal(0, 0.1, HIDDEN)
    arrays = {name: value.astype(np.float32) for name, value in tensors.items()}
    return PackedEncoder(HIDDEN, LAYERS, HEADS, WIDE, POSITIONS, 1e-12, pieces, 0, 2, 1, 3, arrays)


@pytest.fixture(scope="session")
def encoder_folder(packed: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face folder of the tiny encoder."""
    pytest.importorskip("transformers", reason="the extra [train] is not installed")
    import torch

    torch.set_num_threads(1)  # for so little work, waiting for other threads costs more than it saves
    from palermo.training.encoder import build_encoder

    folder = tmp_path_factory.mktemp("encoder")
    build_encoder(packed, folder)
    return folder


@dataclass(frozen=True)
class TinyNetwork:
    """An untrained tagger with random heads in torch, plain and quantised, and both as ONNX files."""

    model: Any
    quantised: Any
    float_path: Path
    int8_path: Path
    labels: tuple[str, ...]


@pytest.fixture(scope="session")
def tiny_network(encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TinyNetwork:
    import onnx
    import torch
    from palermo.corpora.convention import tree
    from palermo.training.export import weights_of
    from palermo.training.graph import GraphBuilder
    from palermo.training.network import MentalHeads, PassageTagger
    from palermo.training.quantise import quantise

    labels = tuple(tree().labels)

    def network() -> PassageTagger:
        torch.manual_seed(3)
        model = PassageTagger.from_folder(encoder_folder, len(labels))
        model.mental = MentalHeads([model.new_mental(), model.new_mental()])
        for parameter in (*model.head.parameters(), *model.mental.parameters()):
            torch.nn.init.normal_(parameter, std=0.3)
        for name in ("token_mean", "pooled_mean"):
            getattr(model.head, name).normal_(std=0.2)
        for name in ("token_scale", "pooled_scale"):
            getattr(model.head, name).uniform_(0.5, 1.5)
        for member in model.mental.each():
            member.mean.normal_(std=0.2)
            member.scale.uniform_(0.5, 1.5)
        return model.eval()

    folder = tmp_path_factory.mktemp("networks")
    model, quantised = network(), network()
    quantise(quantised)
    onnx.save(GraphBuilder(weights_of(model), exact=True).build(), folder / "float.onnx")
    onnx.save(GraphBuilder(weights_of(quantised)).build(), folder / "int8.onnx")
    return TinyNetwork(model, quantised, folder / "float.onnx", folder / "int8.onnx", labels)


@dataclass(frozen=True)
class TinyRun:
    """A finished `palermo train`: the job, the model folder, and what it said on the way."""

    job: Any
    folder: Path
    progress: list[dict[str, Any]]


@pytest.fixture(scope="session")
def tiny_run(encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    from palermo.training.job import Job
    from palermo.training.pipeline import train
    from palermo.training.recipe import Recipe

    folder = tmp_path_factory.mktemp("run")
    for name, start, count in (("train", 0, 60), ("dev", 7, 30)):
        (folder / f"{name}.jsonl").write_text("\n".join(written(start, count)) + "\n", encoding="utf-8")
    # A head that learns fast soon keeps quiet about mental elements; untrained, it would begin one at most tokens.
    recipe = Recipe(
        epochs=3, batch_tokens=512, frozen=1, probe_passages=40, head_rate=0.1, mental_heads=2, mental_layers=1
    )
    job = Job(
        (folder / "train.jsonl",), folder / "dev.jsonl", folder / "run", encoder_folder, name="tiny", recipe=recipe
    )
    said: list[dict[str, Any]] = []
    return TinyRun(job, train(job, said.append), said)
