"""Quantisation-aware training: linear layers with eight-bit weights, as the exported network has; fine-tuning uses it.

Weights are rounded to eight bits, one scale a column, and gradients pass the rounding straight through. What is trained
so is what ships. Inputs stay float: in eight bits too, the network was so sensitive to the order of additions that two
engines disagreed on 7 % of the dev passages (`EXPERIMENTS.md`).
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import torch
from palermo.training.graph import PLACES
from palermo.training.linears import QuantisedLinear
from palermo.training.network import PassageTagger
from torch import nn


def linear_parts(block: Any) -> dict[str, list[nn.Linear]]:
    """The linear layers of an encoder layer, by part."""
    return {part: [block.get_submodule(place) for place in places] for part, places in PLACES.items()}


def exportable(model: PassageTagger) -> bool:
    """Whether the encoder is of the kind that `quantise` and the exported graph know: BERT."""
    return bool(model.encoder.config.model_type == "bert")


def quantised(model: PassageTagger) -> bool:
    """Whether the model computes with eight-bit weights."""
    return any(isinstance(module, QuantisedLinear) for module in model.modules())


def quantise(model: PassageTagger) -> None:
    """Go over to eight-bit weights; the mental heads' own layers have the encoder's.

    Word vectors are rounded for good, one scale a row, and positions with the token type to half precision: they do not
    learn.
    """
    for block in model.encoder.encoder.layer:
        for linear in chain(*linear_parts(block).values()):
            linear.__class__ = QuantisedLinear
    with torch.no_grad():
        table = model.encoder.embeddings.word_embeddings.weight
        scales = table.abs().amax(dim=1, keepdim=True).clamp_min(1e-8) / 127
        table.copy_((table / scales).round().clamp(-127, 127) * scales)
        kinds = getattr(model.encoder.embeddings, "token_type_embeddings", None)
        places = model.encoder.embeddings.position_embeddings.weight
        if kinds is not None:
            places.add_(kinds.weight[0])
            kinds.weight[0] = 0.0
        places.copy_(places.half())
