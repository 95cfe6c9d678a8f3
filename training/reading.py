"""Passages through a network in torch or an exported one, as tagging reads them: whole, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.models.encoder import Encoder
from palermo.models.engine import Engine, Floats, Integers, load_engine
from palermo.models.ngrams import LinearExpert
from palermo.models.pooling import TokenScores
from palermo.models.windows import context_of
from palermo.training.attention import layers_in
from palermo.training.network import PassageTagger
from tokenizers import Tokenizer

BATCH_TOKENS = 4096
CHUNK = 64  # passages whose token scores are in memory at once


def trained_scores(
    model: PassageTagger,
    tokenizer: Tokenizer,
    passages: Sequence[LabelledPassage],
    expert: LinearExpert | None = None,
    precision: str = "float32",
) -> Iterator[TokenScores]:
    """Token scores of passages by the network in torch, on its device, its layers computing in `precision`."""
    device = next(model.parameters()).device

    def forward(ids: Integers, mask: Integers) -> tuple[Floats, Floats]:
        there = torch.from_numpy(mask).to(device)
        with torch.no_grad():
            with layers_in(precision, device):
                last, read = model.upper(model.lower(torch.from_numpy(ids).to(device), there), there)
            keys, values, mental = model.heads(last, read, there)
            mental = model.hushed(mental, keys, values, there)
        return torch.cat([keys, values], dim=2).cpu().numpy(), mental.cpu().numpy()

    model.eval()
    return _scores(Encoder(tokenizer, Engine("torch", torch.__version__, forward), BATCH_TOKENS, expert), passages)


def exported_scores(
    network: Path,
    tokenizer: Tokenizer,
    passages: Sequence[LabelledPassage],
    expert: LinearExpert | None = None,
) -> Iterator[TokenScores]:
    """The same by an exported network in the portable engine."""
    return _scores(Encoder(tokenizer, load_engine(network, "onnxruntime"), BATCH_TOKENS, expert), passages)


def _scores(encoder: Encoder, passages: Sequence[LabelledPassage]) -> Iterator[TokenScores]:
    for start in range(0, len(passages), CHUNK):
        chunk = passages[start : start + CHUNK]
        contexts = [context_of(passage.kind, passage.title, passage.heading) for passage in chunk]
        languages = [passage.language for passage in chunk]
        yield from encoder.read([passage.text for passage in chunk], contexts, languages)
