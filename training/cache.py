"""Keeps what the frozen layers say of each window, so that an epoch pays for the learning layers only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from palermo.training.attention import layers_in
from palermo.training.examples import Example, batches, collate
from palermo.training.network import PassageTagger
from palermo.training.recipe import Recipe

EVERY = 2000  # passages between notes of progress


class LayerCache:
    """Hidden states after the frozen layers, by window, in half precision in main memory.

    12,000 passages of 170 tokens at 384 dimensions take 1.6 GB. It is filled at the first question, in batches that
    depend on the examples alone: a batch decides how sums are rounded, and a resumed run must meet the same states.
    With no frozen layers nothing is kept but the embeddings' output.

    Args:
        model: whose states are kept.
        device: of the model.
        examples: whose windows are read.
        pad: id of the padding piece.
        recipe: of the run: how many tokens it reads at once, and in which precision.
        progress: called now and then.
        whole: keep what the mental heads begin with, not what the last frozen layer says.
    """

    def __init__(
        self,
        model: PassageTagger,
        device: torch.device,
        examples: Sequence[Example],
        pad: int,
        recipe: Recipe,
        progress: Callable[[dict[str, Any]], None],
        *,
        whole: bool = False,
    ) -> None:
        self.model = model
        self.read = model.below if whole else model.lower
        self.device = device
        self.examples = examples
        self.pad = pad
        self.batch_tokens = recipe.batch_tokens
        self.precision = recipe.precision
        self.progress = progress
        self._kept: dict[tuple[int, int], torch.Tensor] = {}

    def states(self, rows: Sequence[tuple[int, int]], width: int) -> torch.Tensor:
        """Hidden states [B, width, H] of the windows `rows` (example and window index), zeros behind their ends."""
        if not self._kept:
            self._fill()
        out = torch.zeros(len(rows), width, self._kept[rows[0]].shape[1])
        for place, row in enumerate(rows):
            states = self._kept[row]
            out[place, : len(states)] = states.float()
        return out.to(self.device)

    def _fill(self) -> None:
        was_training = self.model.training
        self.model.eval()  # a kept state must not hold one draw of the dropout for ever
        started, done, noted = time.monotonic(), 0, 0
        for group in batches(self.examples, self.batch_tokens):
            batch = collate(self.examples, group, self.pad)
            with torch.no_grad(), layers_in(self.precision, self.device):
                hidden = self.read(batch.ids.to(self.device), batch.mask.to(self.device)).half().cpu()
            for row, states, length in zip(batch.rows, hidden, batch.mask.sum(1).tolist(), strict=True):
                self._kept[row] = states[:length].clone()
            done += len(group)
            if done - noted >= EVERY or done == len(self.examples):
                noted = done
                self.progress({"phase": "kept layers", "passages": done, "seconds": round(time.monotonic() - started)})
        self.model.train(was_training)
