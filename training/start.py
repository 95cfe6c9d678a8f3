"""Reads a shipped network back into a `PassageTagger`, to go on from it; `training.pipeline` calls it.

The network's weights are where eight-bit training left them: on their grid, so nothing is lost on the way out and back.
What a trained model forgets is the standardisation of its head, which export folds into one matrix: `standardise` puts
it back for whatever statistics training asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from palermo.corpora.errors import ModelError
from palermo.models import calibration as calibrations
from palermo.models import manifest as manifests
from palermo.models.mental import OUTPUTS
from palermo.models.results import LAUNDERING
from palermo.models.tagger import LABELS, TOKENIZER
from palermo.training.graph import OWN, PLACES
from palermo.training.network import MENTAL_BLOCKS, MentalHead, MentalHeads, PassageTagger

Arrays = Iterator[npt.NDArray[Any]]


def tagger_of(folder: Path, frozen: int) -> PassageTagger:
    """The network of a model folder, ready to learn; raises ModelError where it is not one that `train` exported."""
    network = folder / manifests.verify(folder)["network"]
    if network.suffix != ".onnx":
        raise ModelError("its network was not exported", source=folder.name, hint="a teacher can't be gone on from")
    names = labels_of(folder)
    graph = onnx.load(network)
    arrays = [numpy_helper.to_array(tensor) for tensor in graph.graph.initializer]
    own = int(next((prop.value for prop in graph.metadata_props if prop.key == OWN), 0))
    try:
        model = _tagger(arrays, len(names), frozen, own)
        model.laundering = names.index(LAUNDERING)
        with torch.no_grad():
            model.head.bias.add_(torch.from_numpy(calibrations.read(folder, names).bias))  # kept outside the network
        return model
    except (StopIteration, ValueError, RuntimeError, IndexError) as error:
        raise ModelError(
            f"{network.name} can't be gone on from ({error})", source=folder.name, hint="give a folder that train wrote"
        ) from error


def labels_of(folder: Path) -> list[str]:
    """The labels of a model folder, in its order."""
    names: list[str] = json.loads((folder / LABELS).read_text("utf-8"))
    return names


def mean_of(folder: Path, siblings: Sequence[Path], frozen: int) -> PassageTagger:
    """The network of a model folder, its weights the mean of its own and its siblings'.

    Runs of other seeds that went on from one model lie in one valley, and the middle of it reads better than its
    sides (model soups, Wortsman et al. 2022). The mental-element heads are those of `folder`.

    Raises:
        ModelError: a folder is not one that `train` exported, or a sibling has other labels, pieces or sizes.
    """
    model = tagger_of(folder, frozen)
    for number, sibling in enumerate(siblings, start=2):
        if any((folder / name).read_bytes() != (sibling / name).read_bytes() for name in (LABELS, TOKENIZER)):
            raise ModelError(
                f"it has other labels or pieces than {folder.name}",
                source=sibling.name,
                hint="give models that were trained from the same one",
            )
        other = tagger_of(sibling, frozen)
        if _sizes(other) != _sizes(model):
            raise ModelError(f"it is of another size than {folder.name}", source=sibling.name)
        blend(model, other, 1 / number)
    return model


def _sizes(model: PassageTagger) -> dict[str, tuple[int, ...]]:
    state = model.state_dict()
    return {name: tuple(value.shape) for name, value in state.items() if not name.startswith("mental.")}


def blend(model: PassageTagger, start: PassageTagger, share: float) -> None:
    """Go back from what `model` learnt by `share` of the way to `start`, from which it went on; both are changed.

    The mean of the weights before and after fine-tuning reads new texts better than either (WiSE-FT, Wortsman et al.
    2022). The mental-element heads stay as they are: they are fitted afterwards, on the encoder as it is then.

    Args:
        model: trained, its layers with eight-bit weights or not.
        start: of the same shape, as `tagger_of` gives it.
        share: of `start` in the mean, 0 to 1.
    """
    for tagger in (model, start):
        tagger.head.unstandardise()
    before = start.state_dict()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if not name.startswith("mental."):
                value.copy_((1 - share) * value + share * before[name].to(value.device))


def _tagger(arrays: list[npt.NDArray[Any]], labels: int, frozen: int, own: int) -> PassageTagger:
    from transformers import BertConfig, BertModel

    # Numbers, sizes and zero points aside, the weights lie in the order in which `GraphBuilder` asks for them.
    attention = next(int(array[2]) for array in arrays if array.dtype == np.int64 and array.shape == (4,))
    weights = [array for array in arrays if array.size > 1 and array.dtype != np.int64 and not _zero_point(array)]
    heads = sum(array.shape == (OUTPUTS,) for array in weights)  # their last offsets
    layers = sum(array.dtype == np.int8 for array in weights) // len(PLACES)  # and one for the word vectors
    told = iter(weights)
    state = dict(_embeddings(told))
    for layer in range(layers):
        state.update(_layer(told, f"encoder.layer.{layer}"))
    words, places = (state[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position"))
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=words.shape[1],
        num_hidden_layers=layers,
        num_attention_heads=attention,
        intermediate_size=len(state["encoder.layer.0.intermediate.dense.bias"]),
        max_position_embeddings=len(places),
        type_vocab_size=1,
        layer_norm_eps=1e-12,
        attention_probs_dropout_prob=0.0,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    encoder.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in state.items()}, strict=True)
    model = PassageTagger(encoder, labels, frozen)
    _head(model, next(told), next(told), labels)
    rank = next((len(array) for array in reversed(weights) if array.dtype == np.float16), 1)  # the last `up` of a head
    model.mental = MentalHeads([_mental(model.new_mental(own, rank), told) for _ in range(heads)])
    if next(told, None) is not None:
        raise ValueError("more weights than its layers have")
    return model


def _zero_point(array: npt.NDArray[Any]) -> bool:
    return array.dtype == np.int8 and array.ndim == 1


def _embeddings(told: Arrays) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    packed, scales = next(told), next(told)
    yield "embeddings.word_embeddings.weight", packed.astype(np.float32) * scales
    yield "embeddings.position_embeddings.weight", next(told).astype(np.float32)  # kept in half precision
    yield "embeddings.token_type_embeddings.weight", np.zeros((1, packed.shape[1]), np.float32)  # in the positions
    yield from _norm(told, "embeddings.LayerNorm")


def _norm(told: Arrays, name: str) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    yield f"{name}.weight", next(told)
    yield f"{name}.bias", next(told)


def _layer(told: Arrays, prefix: str) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    yield from _linear(told, [f"{prefix}.attention.self.{name}" for name in ("query", "key", "value")])
    yield from _linear(told, [f"{prefix}.attention.output.dense"])
    yield from _norm(told, f"{prefix}.attention.output.LayerNorm")
    yield from _linear(told, [f"{prefix}.intermediate.dense"])
    yield from _linear(told, [f"{prefix}.output.dense"])
    yield from _norm(told, f"{prefix}.output.LayerNorm")


def _linear(told: Arrays, names: list[str]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    packed, scales, offset = next(told), next(told), next(told)
    matrix = packed.astype(np.float32) * scales
    for name, part, bias in zip(names, np.split(matrix, len(names), 1), np.split(offset, len(names)), strict=True):
        yield f"{name}.weight", part.T
        yield f"{name}.bias", bias


def _head(model: PassageTagger, matrix: npt.NDArray[Any], offset: npt.NDArray[Any], labels: int) -> None:
    """Keys and values out of the folded matrix; a key's offset weighs all tokens alike: nothing."""
    head = model.head
    with torch.no_grad():
        key, value = torch.from_numpy(matrix.T.copy()).split([labels, labels])
        head.key.weight.copy_(key)
        head.value.weight.copy_(value)
        head.bias.copy_(torch.from_numpy(offset[labels:].copy()))


def _mental(head: MentalHead, told: Arrays) -> MentalHead:
    """One head for mental elements, in the order in which `GraphBuilder` writes it."""
    names = ["inward"]
    for block in range(MENTAL_BLOCKS):
        names += [f"blocks.{block}.{part}" for part in ("norm", "near", "mix")]
    state = head.state_dict()
    for name in state:
        if name.startswith("layers."):  # in order of use
            state[name] = torch.from_numpy(next(told).T.astype(np.float32))
    for name in [*names, "out"]:
        weight, bias = next(told), next(told)
        state[f"{name}.weight"] = torch.from_numpy(np.array(weight.T if weight.ndim == 2 else weight))
        state[f"{name}.bias"] = torch.from_numpy(np.array(bias))
    head.load_state_dict(state)
    return head
