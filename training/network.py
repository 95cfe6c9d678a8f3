"""The network: one encoder, and two heads on its token vectors; fine-tuning and export use it.

For every token the head gives, per label, a *key* (how much the token counts for it) and a *value* (what it says);
a passage's logit is the softmax(key)-weighted mean of the values, plus a bias. With zero keys, where training starts,
that is a linear head on the mean of the token vectors. Because pooling is the last step, leaving a sentence out of it
needs no second pass. The mental-element head gives, per token, inside, begin and end logits of the nine standards and
the logits of the four roles. It sees a token's neighbours too, for the ends of a span lie in the words around it, and
the vectors of the middle layer beside those of the last: what a word itself says is clearer there than at the end,
where all tokens speak of the passage. It may have layers of its own in place of the encoder's last ones: these with a
difference of low rank, which learns for the mental elements alone. They read only what speaks of laundering.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from palermo.models.mental import OUTPUTS as MENTAL_OUTPUTS
from palermo.models.mental import SILENT
from palermo.training.attention import use_whole_attention
from palermo.training.linears import low_rank_copy
from torch import nn
from torch.nn import functional

MENTAL_WIDTH = 256
MENTAL_BLOCKS = 2
MENTAL_DROPOUT = 0.15
MENTAL_REACH = 3  # tokens to each side that a block sees
SPEAKS = -5.0
"""Least logit of article 6 with which a row speaks of laundering: own layers, which cost time, read no other.

Far below what a passage needs to be given the article; of dev, 21 % reach it, and all in which a mental element is
marked or looked for (`EXPERIMENTS.md`).
"""


def through(layers: Iterable[nn.Module], hidden: torch.Tensor, mask: torch.Tensor, **beside: Any) -> torch.Tensor:
    """Encoder layers one after the other: [B, T, H] and mask [B, T] -> [B, T, H]; `beside` is given to each."""
    bias = torch.zeros(mask.shape, dtype=hidden.dtype, device=hidden.device)
    bias = bias.masked_fill(~mask.bool(), torch.finfo(hidden.dtype).min)[:, None, None, :]
    for layer in layers:
        out = layer(hidden, bias, **beside)
        hidden = out[0] if isinstance(out, tuple) else out
    return hidden


class TokenHead(nn.Module):
    """Keys and values of each token.

    e5's vectors lie in a narrow cone (cosines of 0.7 between unrelated texts), so both inputs are standardised with
    fixed statistics of the encoder before training: pooled vectors for the values, single tokens for the rest.
    """

    pooled_mean: torch.Tensor
    pooled_scale: torch.Tensor
    token_mean: torch.Tensor
    token_scale: torch.Tensor

    def __init__(self, hidden: int, labels: int) -> None:
        super().__init__()
        for name in ("pooled", "token"):
            self.register_buffer(f"{name}_mean", torch.zeros(hidden))
            self.register_buffer(f"{name}_scale", torch.ones(hidden))
        self.value = nn.Linear(hidden, labels, bias=False)
        self.key = nn.Linear(hidden, labels, bias=False)
        self.bias = nn.Parameter(torch.full((labels,), -4.0))
        nn.init.zeros_(self.key.weight)
        nn.init.zeros_(self.value.weight)

    def standardise(self, pooled: tuple[torch.Tensor, torch.Tensor], token: tuple[torch.Tensor, torch.Tensor]) -> None:
        """Take other means and scales [H] for both inputs; what the head says of a passage stays the same.

        A key's offset is dropped: it is the same for all tokens, and their softmax does not see it.
        """
        with torch.no_grad():
            for linear, mean, scale, (new_mean, new_scale), bias in (
                (self.key, self.token_mean, self.token_scale, token, None),
                (self.value, self.pooled_mean, self.pooled_scale, pooled, self.bias),
            ):
                plain = linear.weight * scale
                linear.weight.copy_(plain / new_scale)
                if bias is not None:
                    bias.add_(plain @ (new_mean - mean))
            self.token_mean.copy_(token[0])
            self.token_scale.copy_(token[1])
            self.pooled_mean.copy_(pooled[0])
            self.pooled_scale.copy_(pooled[1])

    def unstandardise(self) -> None:
        """Take no means and scales of one: heads that were trained on other statistics can then be compared."""
        plain = torch.zeros_like(self.token_mean), torch.ones_like(self.token_scale)
        self.standardise(plain, plain)

    def forward(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[B, T, H] -> keys [B, T, L], values [B, T, L]."""
        tokens = (hidden - self.token_mean) * self.token_scale
        pooled = (hidden - self.pooled_mean) * self.pooled_scale
        return self.key(tokens), self.value(pooled)


class MentalBlock(nn.Module):
    """Mixes each channel over a few neighbouring tokens, then the channels, and adds that to what it was given."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=epsilon)
        self.near = nn.Conv1d(width, width, 2 * MENTAL_REACH + 1, padding=MENTAL_REACH, groups=width)
        self.mix = nn.Linear(width, width)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """[B, T, W] and [B, T, 1] -> [B, T, W]; padding counts as zero."""
        length = hidden.shape[1]
        around = functional.pad(self.norm(hidden) * mask, (0, 0, MENTAL_REACH, MENTAL_REACH))
        # The convolution by hand: one weight a channel and place, which torch's own takes several times as long for.
        assert self.near.bias is not None
        near = torch.zeros_like(hidden) + self.near.bias
        for place, weight in enumerate(self.near.weight[:, 0].unbind(1)):
            near = near + around[:, place : place + length] * weight
        return hidden + functional.dropout(self.mix(functional.gelu(near)), MENTAL_DROPOUT, self.training)


class MentalHead(nn.Module):
    """Mental-element logits of each token: inside, begin and end of nine standards, then four roles.

    Args:
        size: of what is read of a token, here S.
        epsilon: of the layer norms.
        layers: its own encoder layers, if it has any.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, size: int, epsilon: float, layers: Iterable[nn.Module] = ()) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.inward = nn.Linear(size, MENTAL_WIDTH)
        self.blocks = nn.ModuleList([MentalBlock(MENTAL_WIDTH, epsilon) for _ in range(MENTAL_BLOCKS)])
        self.out = nn.Linear(MENTAL_WIDTH, MENTAL_OUTPUTS)
        nn.init.normal_(self.out.weight, std=0.01)
        nn.init.constant_(self.out.bias, -3.0)  # few tokens are part of a mental element

    def standardise(self, mean: torch.Tensor, scale: torch.Tensor, *, fresh: bool) -> None:
        """Take another mean and scale [S] of what is read of a token.

        What the head says stays the same, but for a `fresh` head: its random weights were meant for standard inputs.
        """
        with torch.no_grad():
            if not fresh:
                plain = self.inward.weight * self.scale
                self.inward.bias.add_(plain @ (mean - self.mean))
                self.inward.weight.copy_(plain / scale)
            self.mean.copy_(mean)
            self.scale.copy_(scale)

    def read(self, below: torch.Tensor, middle: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What it reads of each token [B, T, S]: its own last layer, on `below` [B, T, H], and the middle layer."""
        return torch.cat([through(self.layers, below, mask), middle], dim=2)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What `read` gave, [B, T, S], and mask [B, T] -> [B, T, 31]."""
        inward = functional.gelu(self.inward((hidden - self.mean) * self.scale))
        hidden = functional.dropout(inward, MENTAL_DROPOUT, self.training)
        counted = mask[:, :, None].to(hidden.dtype)
        for block in self.blocks:
            hidden = block(hidden, counted)
        said: torch.Tensor = self.out(hidden)
        return said


class MentalHeads(nn.Module):
    """The mean of what several heads say, that learnt apart: each is sure of other mistakes.

    Without layers of their own they are small beside the encoder (one takes a sixtieth of its time), so what ships may
    have a few.

    Args:
        members: heads with as many own layers each, or none.
    """

    def __init__(self, members: Iterable[MentalHead]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def own(self) -> int:
        """Layers that each member has to itself."""
        return len(next(self.each()).layers)

    def read(self, below: torch.Tensor, middle: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        """What each member reads, see `MentalHead.read`; one tensor for all where none has layers of its own."""
        if not self.own:
            return [next(self.each()).read(below, middle, mask)] * len(self.members)
        return [member.read(below, middle, mask) for member in self.each()]

    def forward(self, read: Sequence[torch.Tensor], mask: torch.Tensor) -> torch.Tensor:
        """What each member reads, [B, T, S], and mask [B, T] -> [B, T, 31]."""
        said = [member(hidden, mask) for member, hidden in zip(self.each(), read, strict=True)]
        return torch.stack(said).mean(0) if len(said) > 1 else said[0]

    def each(self) -> Iterator[MentalHead]:
        """The members."""
        for member in self.members:
            assert isinstance(member, MentalHead)
            yield member


class PassageTagger(nn.Module):
    """An encoder of the BERT family with both heads; all of it but the layers from `frozen` on does not learn.

    Args:
        encoder: with `embeddings` and `encoder.layer`.
        labels: number of labels, here L.
        frozen: how many layers do not learn.
        laundering: place of article 6 among the labels; without it, every row speaks of laundering.

    Raises:
        ValueError: more than half of the layers are to be frozen.
    """

    def __init__(self, encoder: Any, labels: int, frozen: int = 0, laundering: int | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.frozen = frozen
        self.laundering = laundering
        self.middle = len(encoder.encoder.layer) // 2
        use_whole_attention(encoder)
        if frozen > self.middle:
            raise ValueError(f"at most {self.middle} layers can be frozen, for the mental elements read the middle one")
        self.head = TokenHead(encoder.config.hidden_size, labels)
        self.mental = MentalHeads([self.new_mental()])
        self.encoder.requires_grad_(False)
        for layer in self.encoder.encoder.layer[frozen:]:
            layer.requires_grad_(True)

    @classmethod
    def from_folder(cls, folder: Path, labels: int, frozen: int = 0, laundering: int | None = None) -> PassageTagger:
        """From any Hugging Face encoder folder with `embeddings` and `encoder.layer` (BERT, RoBERTa, XLM-R, MPNet)."""
        from transformers import AutoModel

        encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False, local_files_only=True)
        return cls(encoder, labels, frozen, laundering)

    def lower(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Embeddings and frozen layers: ids and mask [B, T] -> [B, T, H]; never needs a gradient."""
        hidden: torch.Tensor = self.encoder.embeddings(input_ids=ids)
        return self._layers(hidden, mask, 0, self.frozen)

    def upper(self, hidden: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The layers that learn: [B, T, H] -> the last one's vectors [B, T, H], and what each mental head reads."""
        below, middle = self._below(hidden, mask)
        last = self._layers(below, mask, len(self.encoder.encoder.layer) - self.mental.own, None)
        return last, self.mental.read(below, middle, mask)

    def _below(self, hidden: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the frozen layers say -> vectors of the layer below the mental heads' own, and of the middle one."""
        middle = self._layers(hidden, mask, self.frozen, self.middle)
        return self._layers(middle, mask, self.middle, len(self.encoder.encoder.layer) - self.mental.own), middle

    def _layers(self, hidden: torch.Tensor, mask: torch.Tensor, first: int, last: int | None) -> torch.Tensor:
        relative = getattr(self.encoder.encoder, "compute_position_bias", None)  # MPNet has one for all layers
        beside = {} if relative is None else {"position_bias": relative(hidden)}
        return through(self.encoder.encoder.layer[first:last], hidden, mask, **beside)

    def below(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What the mental heads begin with: ids and mask [B, T] -> [B, T, 2H], layer below theirs and middle one."""
        return torch.cat(self._below(self.lower(ids, mask), mask), dim=2)

    def new_mental(self, own: int = 0, rank: int = 1) -> MentalHead:
        """An untrained mental head, not standardised.

        Args:
            own: how many of the encoder's last layers it has with a difference of its own.
            rank: of the difference.

        Raises:
            ValueError: it would have more than half of the layers.
        """
        layers = self.encoder.encoder.layer
        if own > len(layers) - self.middle:
            raise ValueError(f"at most {len(layers) - self.middle} layers can differ for the mental elements")
        config = self.encoder.config
        copies = [low_rank_copy(layer, rank) for layer in layers[len(layers) - own :]]
        return MentalHead(2 * config.hidden_size, config.layer_norm_eps, copies).to(self.head.bias.device)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """ids and mask [B, T] -> keys, values [B, T, L] and mental [B, T, 31], as the exported network gives them."""
        keys, values, mental = self.heads(*self.upper(self.lower(ids, mask), mask), mask)
        return keys, values, self.hushed(mental, keys, values, mask)

    def heads(
        self, last: torch.Tensor, read: Sequence[torch.Tensor], mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The same from what `upper` gives, whatever the layers compute in."""
        keys, values = self.head(last.float())
        return keys, values, self.mental([one.float() for one in read], mask)

    def hushed(
        self, mental: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """Mental-element logits as they ship: where heads have own layers, SILENT in rows below SPEAKS."""
        if self.laundering is None or not self.mental.own:
            return mental
        rows = torch.arange(len(mask), device=mask.device)
        speaks = self.pool(keys, values, mask, rows, len(mask))[:, self.laundering] >= SPEAKS
        return mental.masked_fill(~speaks[:, None, None], SILENT)

    def pool(
        self, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, owner: torch.Tensor, passages: int
    ) -> torch.Tensor:
        """Logits [passages, L] from the windows' keys and values [B, T, L]; `owner` [B] says whose window each is."""
        keys = keys.masked_fill(~mask.bool()[:, :, None], -1e4)
        top = keys.detach().amax(dim=1)  # for a stable softmax; shared by all windows of a passage
        shared = torch.full((passages, keys.shape[2]), -1e4, device=keys.device, dtype=keys.dtype)
        shared = shared.scatter_reduce(0, owner[:, None].expand_as(top), top, "amax")
        weights = torch.exp(keys - shared[owner][:, None, :])
        zero = torch.zeros_like(shared)
        total = zero.index_add(0, owner, weights.sum(1))
        said = zero.index_add(0, owner, (weights * values).sum(1))
        return said / total + self.head.bias
