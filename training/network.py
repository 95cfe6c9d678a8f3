"""The network: one encoder and one head a token, from which both outputs are pooled; fine-tuning and export use it.

For every token the head gives, per label, a *key* (how much the token counts for it) and a *value* (what it says);
a passage's logit is the softmax(key)-weighted mean of the values, plus a bias. With zero keys, where training starts,
that is a linear head on the mean of the token vectors. Because pooling is the last step, leaving a sentence out of it
needs no second pass. The mental-element part gives, per token, inside and begin logits of the nine standards and the
logits of the four roles.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from palermo.corpora.labelled.passages import ROLES, STANDARDS
from torch import nn

MENTAL_OUTPUTS = 2 * len(STANDARDS) + len(ROLES)


class TokenHead(nn.Module):
    """Keys, values and mental-element logits of each token.

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
        self.mental = nn.Linear(hidden, MENTAL_OUTPUTS)
        self.bias = nn.Parameter(torch.full((labels,), -4.0))
        nn.init.zeros_(self.key.weight)
        nn.init.zeros_(self.value.weight)
        nn.init.normal_(self.mental.weight, std=0.01)
        nn.init.constant_(self.mental.bias, -3.0)  # few tokens are part of a mental element

    def standardise(self, pooled: tuple[torch.Tensor, torch.Tensor], token: tuple[torch.Tensor, torch.Tensor]) -> None:
        """Take other means and scales [H] for both inputs; what the head says of a passage stays the same.

        A key's offset is dropped: it is the same for all tokens, and their softmax does not see it.
        """
        with torch.no_grad():
            for linear, mean, scale, (new_mean, new_scale), bias in (
                (self.key, self.token_mean, self.token_scale, token, None),
                (self.value, self.pooled_mean, self.pooled_scale, pooled, self.bias),
                (self.mental, self.token_mean, self.token_scale, token, self.mental.bias),
            ):
                plain = linear.weight * scale
                linear.weight.copy_(plain / new_scale)
                if bias is not None:
                    bias.add_(plain @ (new_mean - mean))
            self.token_mean.copy_(token[0])
            self.token_scale.copy_(token[1])
            self.pooled_mean.copy_(pooled[0])
            self.pooled_scale.copy_(pooled[1])

    def forward(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """[B, T, H] -> keys [B, T, L], values [B, T, L], mental [B, T, 22]."""
        tokens = (hidden - self.token_mean) * self.token_scale
        pooled = (hidden - self.pooled_mean) * self.pooled_scale
        return self.key(tokens), self.value(pooled), self.mental(tokens)


class PassageTagger(nn.Module):
    """An encoder of the BERT family with a `TokenHead`; the first `frozen` layers and the embeddings do not learn."""

    def __init__(self, encoder: Any, labels: int, frozen: int = 0) -> None:
        super().__init__()
        self.encoder = encoder
        self.frozen = frozen
        self.head = TokenHead(encoder.config.hidden_size, labels)
        self.encoder.embeddings.requires_grad_(False)
        for layer in self.encoder.encoder.layer[:frozen]:
            layer.requires_grad_(False)

    @classmethod
    def from_folder(cls, folder: Path, labels: int, frozen: int = 0) -> PassageTagger:
        """From any Hugging Face encoder folder with `embeddings` and `encoder.layer` (BERT, RoBERTa, XLM-R, MPNet)."""
        from transformers import AutoModel

        encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False, local_files_only=True)
        return cls(encoder, labels, frozen)

    def lower(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Embeddings and frozen layers: ids and mask [B, T] -> [B, T, H]; never needs a gradient."""
        hidden: torch.Tensor = self.encoder.embeddings(input_ids=ids)
        return self._layers(hidden, mask, 0, self.frozen)

    def upper(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The layers that learn: [B, T, H] -> [B, T, H]."""
        return self._layers(hidden, mask, self.frozen, len(self.encoder.encoder.layer))

    def _layers(self, hidden: torch.Tensor, mask: torch.Tensor, first: int, last: int) -> torch.Tensor:
        bias = torch.zeros(mask.shape, dtype=hidden.dtype, device=hidden.device)
        bias = bias.masked_fill(~mask.bool(), torch.finfo(hidden.dtype).min)[:, None, None, :]
        for layer in self.encoder.encoder.layer[first:last]:
            out = layer(hidden, bias)
            hidden = out[0] if isinstance(out, tuple) else out
        return hidden

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """ids and mask [B, T] -> keys, values [B, T, L] and mental [B, T, 22]."""
        head: tuple[torch.Tensor, torch.Tensor, torch.Tensor] = self.head(self.upper(self.lower(ids, mask), mask))
        return head

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
