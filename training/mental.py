"""The mental-element head's own training, on the finished encoder's vectors; `training.pipeline` calls it.

Mental elements are rare: an epoch of fine-tuning sees some hundred spans among ten thousand passages, and the few
epochs that suit the provisions are too few for them. So once the encoder has learnt, its vectors of the laundering
passages and of some others are kept, and the head, which is small, goes over them several times.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import torch
from palermo.training.cache import LayerCache
from palermo.training.examples import Batch, Example, batches, collate
from palermo.training.finetune import EVERY, Progress, Recipe, mental_loss, rate_factor
from palermo.training.network import PassageTagger
from torch import nn

NAME = "mental.pt"
DECAY = 0.7  # share of the run with a falling rate


def fit_mental(
    model: PassageTagger, examples: Sequence[Example], recipe: Recipe, folder: Path, pad: int, progress: Progress
) -> None:
    """Train `model.mental`, or load it where an earlier run of `folder` did; the rest of the model stays as it is.

    Args:
        model: with a trained encoder, on its device.
        examples: training passages; all that speak of laundering are used, and `recipe.mental_others` others.
        recipe: see there.
        folder: for `mental.pt`.
        pad: id of the padding piece.
        progress: called every few steps.
    """
    path = folder / NAME
    if path.is_file():
        model.mental.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        return
    chosen = chosen_of(examples, recipe)
    if recipe.mental_epochs and chosen:
        _fit(model, chosen, recipe, pad, progress)
    part = path.with_suffix(".part")
    torch.save(model.mental.state_dict(), part)
    part.replace(path)


def chosen_of(examples: Sequence[Example], recipe: Recipe) -> list[Example]:
    """All examples whose tokens count in full, and some of those whose tokens count a little, drawn by the seed."""
    full = [example for example in examples if example.token_weight == 1.0]
    others = [example for example in examples if 0.0 < example.token_weight < 1.0]
    rng = random.Random(recipe.seed)  # noqa: S311 - a sample, no secret
    return full + rng.sample(others, min(recipe.mental_others, len(others)))


def _fit(model: PassageTagger, examples: Sequence[Example], recipe: Recipe, pad: int, progress: Progress) -> None:
    device = next(model.parameters()).device
    cache = LayerCache(model, device, examples, pad, recipe.batch_tokens, progress, whole=True)
    head = model.mental
    optimiser = torch.optim.AdamW(head.parameters(), lr=recipe.mental_rate, betas=(0.9, 0.98), weight_decay=0.02)
    rng = random.Random(recipe.seed)  # noqa: S311 - an order, no secret
    groups = [group for _ in range(recipe.mental_epochs) for group in batches(examples, recipe.batch_tokens, rng)]
    torch.manual_seed(recipe.seed)
    head.train()
    started, losses = time.monotonic(), []
    for number, group in enumerate(groups, start=1):
        for parameters in optimiser.param_groups:
            parameters["lr"] = recipe.mental_rate * rate_factor((number - 0.5) / len(groups), recipe.warm_up, DECAY)
        batch = collate(examples, group, pad)
        loss = mental_loss(_said(model, cache, batch, device), batch, device)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(head.parameters(), recipe.clip)
        optimiser.step()
        losses.append(float(loss.detach()))
        if number % (5 * EVERY) == 0 or number == len(groups):
            recent = list(islice(reversed(losses), 5 * EVERY))
            spent = time.monotonic() - started
            progress(
                {
                    "phase": "mental elements",
                    "step": number,
                    "of": len(groups),
                    "loss": round(sum(recent) / len(recent), 4),
                    "left": round(spent / number * (len(groups) - number)),
                }
            )
    head.eval()


def _said(model: PassageTagger, cache: LayerCache, batch: Batch, device: torch.device) -> torch.Tensor:
    said: torch.Tensor = model.mental(cache.states(batch.rows, batch.ids.shape[1]), batch.mask.to(device))
    return said
