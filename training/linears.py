"""Linear layers of the encoder as they learn: with eight-bit weights, or with another's and a difference; the network
and its quantising use them."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional


class QuantisedLinear(nn.Linear):
    """A linear layer with eight-bit weights; made from an `nn.Linear` by `palermo.training.quantise`."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """[..., in] -> [..., out]."""
        return functional.linear(input, self.rounded(), self.bias)

    def rounded(self) -> torch.Tensor:
        """The weight on its eight-bit grid."""
        scale = self.weight.detach().abs().amax(dim=1).clamp_min(1e-8) / 127
        zero = torch.zeros_like(scale, dtype=torch.int32)
        return torch.fake_quantize_per_channel_affine(self.weight, scale, zero, 0, -127, 127)


class LowRankLinear(nn.Module):
    """A linear layer of another's weights, which it does not change, and a difference of low rank, which learns.

    After LoRA (Hu et al. 2022). It begins as the other: `up` is zero.

    Args:
        base: whose weights it has, whatever becomes of them.
        rank: of the difference.
    """

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self._base = (base,)  # in a tuple: its weights are not this module's
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        bound = 1 / math.sqrt(base.in_features)
        nn.init.uniform_(self.down, -bound, bound)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """[..., in] -> [..., out]."""
        base = self._base[0]
        weight = base.rounded() if isinstance(base, QuantisedLinear) else base.weight
        bias = None if base.bias is None else base.bias.detach()
        return functional.linear(input, weight.detach() + self.up @ self.down, bias)


class _SharedNorm(nn.Module):
    """Another's layer norm, which does not learn from here."""

    def __init__(self, base: nn.LayerNorm) -> None:
        super().__init__()
        self._base = (base,)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        base = self._base[0]
        weight, bias = base.weight.detach(), base.bias.detach()
        return functional.layer_norm(input, base.normalized_shape, weight, bias, base.eps)


def low_rank_copy(layer: nn.Module, rank: int) -> nn.Module:
    """An encoder layer of another's weights: nothing of it learns but a difference of rank `rank` in each product."""
    parts: dict[int, Any] = {}
    for module in layer.modules():
        if isinstance(module, nn.Linear):
            parts[id(module)] = LowRankLinear(module, rank)
        elif isinstance(module, nn.LayerNorm):
            parts[id(module)] = _SharedNorm(module)
    return copy.deepcopy(layer, parts)
