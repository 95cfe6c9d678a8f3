"""The fine-tuning loop: linear probe, then epochs over the passages, one checkpoint an epoch; resumable."""

from __future__ import annotations

import json
import math
import random
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from palermo.corpora.errors import UsageError
from palermo.corpora.labelled.passages import STANDARDS
from palermo.training import quantise as quantisation
from palermo.training.attention import layers_in
from palermo.training.cache import LayerCache
from palermo.training.examples import NO_ROLE, Batch, Example, batches, collate
from palermo.training.network import PassageTagger
from palermo.training.recipe import NEVER, Recipe
from torch import nn
from torch.nn import functional

Progress = Callable[[dict[str, Any]], None]
USUAL_WEIGHT = 0.2  # mean weight of a token in the mental-element loss
EDGE = 2.0  # weight of a span's first and last token beside one inside
EVERY = 20  # steps between notes of progress
_LAYER = re.compile(r"encoder\..*?\.layer\.(\d+)\.")  # of a parameter's name
_OWN_LAYER = re.compile(r"mental\.members\.\d+\.layers\.(\d+)\.")


class FineTuning:
    """One run: owns model, optimiser, cache and the folder that checkpoints go to.

    Args:
        model: on its device.
        examples: training passages.
        recipe: see there.
        folder: for `last.pt` and `log.jsonl`.
        pad: id of the padding piece.
        progress: called with a small dict every few steps.
        fresh: whether the encoder has not been trained before; else its head is kept.
    """

    def __init__(
        self,
        model: PassageTagger,
        examples: Sequence[Example],
        recipe: Recipe,
        folder: Path,
        pad: int,
        progress: Progress,
        *,
        fresh: bool = True,
    ) -> None:
        self.model = model
        self.fresh = fresh
        self.examples = examples
        self.recipe = recipe
        self.folder = folder
        self.pad = pad
        self.progress = progress
        self.device = next(model.parameters()).device
        self.cache = self._new_cache()
        self.pos_weight = _positive_weights(examples).to(self.device)
        self.optimiser = torch.optim.AdamW(_groups(model, recipe), betas=(0.9, 0.98), fused=True)
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.epoch = 0
        self.step = 0

    @property
    def checkpoint(self) -> Path:
        """Where the run can be resumed from."""
        return self.folder / "last.pt"

    def resume(self) -> bool:
        """Load the last checkpoint if there is one."""
        if not self.checkpoint.is_file():
            return False
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        if state["quantised"]:
            quantisation.quantise(self.model)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.epoch, self.step = int(state["epoch"]), int(state["step"])
        torch.set_rng_state(state["rng"].cpu())
        return True

    def save(self) -> None:
        """Write the checkpoint; a crash while writing leaves the one before."""
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "step": self.step,
            "quantised": quantisation.quantised(self.model),
            "rng": torch.get_rng_state(),
        }
        save_whole(state, self.checkpoint)

    def run(self, after_epoch: Callable[[int], None]) -> None:
        """Probe, then all epochs that are left; `after_epoch` is called with each finished epoch's number."""
        resumed = self.resume()
        self._maybe_quantise()
        if not resumed:
            torch.manual_seed(self.recipe.seed)
            if self.recipe.epochs:
                self.probe()
            self.save()
        while self.epoch < self.recipe.epochs:
            self._one_epoch()
            self.epoch += 1
            self._maybe_quantise()
            self.save()
            after_epoch(self.epoch)

    def _maybe_quantise(self) -> None:
        """Go over to eight bits when it is time: early enough to learn around the rounding."""
        recipe = self.recipe
        due = self.epoch >= min(recipe.quantise_after, recipe.epochs)
        if recipe.quantise_after != NEVER and due and not quantisation.quantised(self.model):
            self.progress({"phase": "quantise", "epoch": self.epoch})
            quantisation.quantise(self.model)
            self.cache = self._new_cache()

    def _new_cache(self) -> LayerCache:
        return LayerCache(self.model, self.device, self.examples, self.pad, self.recipe, self.progress)

    def probe(self) -> None:
        """Standardise the heads' inputs and, for an encoder that is not trained yet, fit a linear head on its means.

        A fitted head keeps the first steps from tearing the encoder's features (LP-FT, Kumar et al. 2022).
        """
        self.model.eval()
        rng = random.Random(self.recipe.seed)  # noqa: S311 - a sample, no secret
        chosen = _probe_sample(self.examples, self.recipe.probe_passages, rng)
        part = [self.examples[index] for index in chosen]
        pooled, moments = self._vectors(chosen, part)
        mean, scale = moments[:, 0], 1 / (moments[:, 1] - moments[:, 0].square()).clamp_min(1e-6).sqrt()
        size = pooled.shape[1]
        spread = 1 / pooled.std(0).clamp_min(1e-6)
        self.model.head.standardise((pooled.mean(0), spread), (mean[0, :size], scale[0, :size]))
        for number, member in enumerate(self.model.mental.each(), start=1):
            member.standardise(mean[number], scale[number], fresh=self.fresh)
        if self.fresh:
            self._fit_head((pooled - self.model.head.pooled_mean) * self.model.head.pooled_scale, part)

    def _vectors(self, chosen: Sequence[int], part: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean vectors [P, H] of the chosen examples; mean and mean square [1 + M, 2, 2H] of their tokens.

        The first of the latter is of what the last layer says, H wide; the others are of what each mental head reads.
        """
        pooled = torch.zeros(len(part), self.model.encoder.config.hidden_size, device=self.device)
        total = torch.zeros(1 + len(self.model.mental.members), 2, 2 * pooled.shape[1], device=self.device)
        count, done, started = 0, 0, time.monotonic()
        with torch.no_grad():
            for group in batches(part, self.recipe.batch_tokens):
                batch = collate(part, group, self.pad)
                rows = [(chosen[index], window) for index, window in batch.rows]
                lower = self.cache.states(rows, batch.ids.shape[1])
                hidden, read = self.model.upper(lower, batch.mask.to(self.device))
                weights = batch.mask.to(self.device)[:, :, None].float()
                sums = torch.zeros(len(group), pooled.shape[1], device=self.device)
                owner = batch.owner.to(self.device)
                sums.index_add_(0, owner, (hidden * weights).sum(1))
                lengths = torch.zeros(len(group), 1, device=self.device).index_add_(0, owner, weights.sum(1))
                pooled[group] = sums / lengths
                for moments, said in zip(total, (hidden, *read), strict=True):
                    moments[0, : said.shape[2]] += (said * weights).sum((0, 1))
                    moments[1, : said.shape[2]] += (said.square() * weights).sum((0, 1))
                count += int(weights.sum())
                done += len(group)
                self.progress({"phase": "probe", "passages": done, "seconds": round(time.monotonic() - started)})
        return pooled, total / count

    def _fit_head(self, pooled: torch.Tensor, part: Sequence[Example]) -> None:
        targets = torch.tensor(np.stack([example.targets for example in part]), device=self.device)
        counted = torch.tensor(np.stack([example.counted for example in part]), device=self.device)
        head = self.model.head
        fitted = torch.optim.Adam([head.value.weight, head.bias], lr=0.02)
        for _ in range(300):
            logits = pooled @ head.value.weight.T + head.bias
            loss = provisions_loss(logits, targets, counted, self.pos_weight)
            loss = loss + 2e-2 * head.value.weight.square().sum()
            fitted.zero_grad()
            loss.backward()
            fitted.step()
        self.progress({"phase": "probe", "loss": round(float(loss.detach()), 4)})

    def _epoch_groups(self) -> list[list[int]]:
        """The epoch's batches as indices of examples; the order depends on seed and epoch alone."""
        order = random.Random(f"{self.recipe.seed}/{self.epoch}")  # noqa: S311 - an order, no secret
        drawn = [
            index
            for index, example in enumerate(self.examples)
            if not example.empty or order.random() < self.recipe.empty_share
        ]
        part = [self.examples[index] for index in drawn]
        return [[drawn[index] for index in group] for group in batches(part, self.recipe.batch_tokens, order)]

    def _one_epoch(self) -> None:
        self.model.train()
        groups = self._epoch_groups()
        whole = len(groups)
        groups = groups[: math.ceil(whole * min(1.0, self.recipe.epochs - self.epoch))]
        started = time.monotonic()
        sums = np.zeros(3)
        for number, group in enumerate(groups, start=1):
            self._set_rate((self.epoch + (number - 1) / whole) / self.recipe.epochs)
            sums += self._one_step(collate(self.examples, group, self.pad))
            self.step += 1
            if number % EVERY == 0 or number == len(groups):
                self._note(number, len(groups), sums, time.monotonic() - started)
                sums = np.zeros(3)

    def _note(self, number: int, steps: int, sums: np.ndarray[Any, np.dtype[np.float64]], spent: float) -> None:
        entry = {
            "epoch": self.epoch + 1,
            "step": number,
            "of": steps,
            "provisions_loss": round(float(sums[0] / sums[2]), 4),
            "mental_loss": round(float(sums[1] / sums[2]), 4),
            "seconds": round(spent),
            "left": round(spent / number * (steps - number)),
        }
        self.progress(entry)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        refuse_diverged(self.model, entry["provisions_loss"], entry["mental_loss"])

    def _one_step(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.float64]]:
        mask = batch.mask.to(self.device)
        with layers_in(self.recipe.precision, self.device):
            last, read = self.model.upper(self.cache.states(batch.rows, batch.ids.shape[1]), mask)
        keys, values, mental = self.model.heads(last, read, mask)
        logits = self.model.pool(keys, values, mask, batch.owner.to(self.device), len(batch.targets))
        loss = provisions_loss(logits, batch.targets.to(self.device), batch.counted.to(self.device), self.pos_weight)
        loss = loss + self.recipe.teacher_weight * teachers_loss(logits, batch.opinions.to(self.device))
        elements = mental_loss(mental, batch, self.device)
        self.optimiser.zero_grad()
        (loss + self.recipe.mental_weight * elements).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        self.optimiser.step()
        return np.array([float(loss.detach()), float(elements.detach()), 1.0])

    def _set_rate(self, progress: float) -> None:
        """The rate at `progress` (0..1) of the run: rising, constant, falling (warm-up, stable, decay)."""
        factor = rate_factor(progress, self.recipe.warm_up, self.recipe.decay)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor


def save_whole(state: dict[str, Any], path: Path) -> None:
    """Write what `torch.load` reads back; a crash while writing leaves the file before, or none."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def refuse_diverged(module: nn.Module, *losses: float) -> None:
    """Stop a run whose weights are lost, before they are kept; raises UsageError where anything is not finite."""
    largest = [float(parameter.detach().abs().max()) for parameter in module.parameters()]
    if not all(map(math.isfinite, [*losses, *largest])):
        raise UsageError("training diverged: its numbers are no longer finite", hint="set lower rates")


def rate_factor(progress: float, warm_up: float, decay: float) -> float:
    """Share of the peak rate at `progress` (0..1): rising for `warm_up`, constant, falling to zero for `decay`."""
    return min(1.0, progress / max(warm_up, 1e-9), (1 - progress) / max(decay, 1e-9))


def provisions_loss(
    logits: torch.Tensor, targets: torch.Tensor, counted: torch.Tensor, pos_weight: torch.Tensor
) -> torch.Tensor:
    """Binary cross entropy summed over labels, mean over passages; `maybe` labels left out, rare positives weighted."""
    loss = functional.binary_cross_entropy_with_logits(logits, targets, pos_weight=pos_weight, reduction="none")
    return (loss * counted).sum() / len(targets)


def teachers_loss(logits: torch.Tensor, opinions: torch.Tensor) -> torch.Tensor:
    """Binary cross entropy with the teachers' probabilities, from their logits [P, L]; summed and averaged as above.

    A passage of which they say nothing (nan) costs nothing. Nothing is weighted: the teachers learnt from weighted
    labels, so the same logits are what is asked for.
    """
    said = ~opinions.isnan().any(dim=1)
    target = torch.sigmoid(opinions[said])
    return functional.binary_cross_entropy_with_logits(logits[said], target, reduction="sum") / len(logits)


def mental_loss(mental: torch.Tensor, batch: Batch, device: torch.device) -> torch.Tensor:
    """Inside, begin and end (binary, nine standards each), role (cross entropy on span tokens), mean over tokens.

    The first three count from what cues say by themselves: what is learnt stands beside them (a product of experts).
    """
    count = len(STANDARDS)
    prior = batch.prior.to(device)
    weight = batch.token_weight.to(device)
    # By the usual weight of a batch, not its own: a lone laundering passage must not count as much as ten.
    norm = USUAL_WEIGHT * (weight > 0).sum().clamp_min(1)
    loss = torch.zeros((), device=device)
    for place, (targets, share) in enumerate(((batch.inside, 1.0), (batch.begin, EDGE), (batch.end, EDGE))):
        part = slice(place * count, (place + 1) * count)
        said = mental[..., part] + prior[..., part]
        losses = functional.binary_cross_entropy_with_logits(said, targets.to(device), reduction="none")
        loss = loss + share * (losses.sum(-1) * weight).sum() / norm
    roles = batch.roles.to(device)
    if bool((roles != NO_ROLE).any()):
        loss = loss + 0.3 * functional.cross_entropy(
            mental[..., 3 * count :].flatten(0, 1), roles.flatten(), ignore_index=NO_ROLE
        )
    return loss


def _probe_sample(examples: Sequence[Example], size: int, rng: random.Random, each: int = 40) -> list[int]:
    """Indices of `size` examples with up to `each` positives of every label, the rest at random."""
    order = list(range(len(examples)))
    rng.shuffle(order)
    seen = np.zeros(len(examples[0].targets))
    chosen = []
    for index in order:
        if (examples[index].targets * (seen < each)).any():
            seen += examples[index].targets
            chosen.append(index)
    kept = set(chosen)
    left = [index for index in order if index not in kept]
    return sorted((chosen + left)[:size])


def _positive_weights(examples: Sequence[Example]) -> torch.Tensor:
    positives = np.sum([example.targets for example in examples], axis=0)
    ratio = (len(examples) - positives) / np.maximum(positives, 1.0)
    return torch.tensor(np.clip(np.sqrt(ratio) / 3.0, 1.0, 4.0), dtype=torch.float32)


def _groups(model: PassageTagger, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameter groups: rates fall by layer, no decay on biases and norms; heads and their layers have their own."""
    layers = len(model.encoder.encoder.layer)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = recipe.head_rate
        if found := _LAYER.match(name):
            rate = recipe.layer_rate(layers - 1 - int(found[1]))
        elif found := _OWN_LAYER.match(name):
            rate = recipe.own_layer_rate(model.mental.own - 1 - int(found[1]))
        decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": parameters, "lr": rate, "weight_decay": decay} for (rate, decay), parameters in groups.items()]
