"""A network that only teaches, kept as torch has it; `training.pipeline` writes it, `training.teachers` reads it.

An encoder of another shape than the one that ships, larger, or of one language, can't be exported, nor need it be: what
it knows reaches users through the model that learns from it. Its folder has a manifest as a model's has. It is asked
about provisions alone: the heads for mental elements are left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from palermo.corpora.errors import ModelError
from palermo.models import manifest
from palermo.models.tagger import LABELS, TOKENIZER
from palermo.training.network import PassageTagger
from palermo.training.start import labels_of
from tokenizers import Tokenizer

NETWORK = "network.safetensors"
CONFIG = "config.json"
LEFT_OUT = "mental."


def write_teacher(
    model: PassageTagger, tokenizer: Tokenizer, labels: Sequence[str], folder: Path, facts: dict[str, Any]
) -> Path:
    """Write the folder of a teacher: network, encoder's sizes, tokenizer, labels, and a manifest with `facts`.

    `facts["languages"]` are those that it learnt, and speaks of; an empty list stands for all.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: value.detach().cpu().contiguous()
        for name, value in model.state_dict().items()
        if not name.startswith(LEFT_OUT)
    }
    save_file(state, folder / NETWORK)
    model.encoder.config.to_json_file(folder / CONFIG)
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    (folder / LABELS).write_text(json.dumps(list(labels)), encoding="utf-8")
    manifest.write(folder, {**facts, "network": NETWORK})
    return folder


def is_unexported(folder: Path) -> bool:
    """Whether a model folder is one that `write_teacher` wrote."""
    return bool(manifest.read(folder)["network"] == NETWORK)


def read_teacher(folder: Path) -> PassageTagger:
    """The network of such a folder; raises ModelError where a file is not the one that was written."""
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModel

    of_config: Any = AutoModel.from_config  # has no types
    manifest.verify(folder, (CONFIG, LABELS, TOKENIZER))
    encoder = of_config(AutoConfig.from_pretrained(folder, local_files_only=True), add_pooling_layer=False)
    model = PassageTagger(encoder, len(labels_of(folder)))
    state = {name: value for name, value in model.state_dict().items() if name.startswith(LEFT_OUT)}
    try:
        model.load_state_dict({**load_file(folder / NETWORK), **state})
    except RuntimeError as error:
        raise ModelError(f"{NETWORK} does not fit {CONFIG}", source=folder.name) from error
    return model
