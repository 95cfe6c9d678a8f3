"""The mental-element heads' own training, on the finished encoder; `training.pipeline` calls it.

Mental elements are rare: an epoch of fine-tuning sees some hundred spans among ten thousand passages, and the few
epochs that suit the provisions are too few for them. So once the encoder has learnt, its vectors of the laundering
passages and of some others are kept, and the head, which is small, goes over them several times. What it reads was made
for the provisions; so it may have the encoder's last layers with a difference of its own, which learns with it. Another
draw of its first weights moves the figures by points, so there may be several, whose mean is taken.

All are trained twice, each time from nothing: first without a fifth of the documents, for what ranks spans must be
fitted on logits of passages that the heads do not know (`palermo.training.spans`), then on all.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from palermo.corpora.labelled.jsonl import read_records, write_records
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage
from palermo.models.cues import CUE
from palermo.models.pooling import TokenScores, token_scores
from palermo.models.spans import SpanRanker
from palermo.training.attention import layers_in
from palermo.training.cache import LayerCache
from palermo.training.examples import Batch, Example, batches, collate, offsets_of
from palermo.training.finetune import EVERY, Progress, mental_loss, rate_factor, refuse_diverged, save_whole
from palermo.training.network import MentalHead, MentalHeads, PassageTagger
from palermo.training.recipe import Recipe
from palermo.training.spans import Said, crossfit_spans, fit_ranker
from torch import nn

NAME = "mental.pt"
SPANS = "spans.json"
KEPT = "mental_{}_{}.pt"  # a head of a run that is not finished, by what it learnt and its seed
HELD_OUT, SAID = "held_out.jsonl", "held_out_predictions.jsonl"
"""Passages on laundering that the first training left out, and their spans in the form of a predictions file."""
DECAY = 0.7  # share of the run with a falling rate
MULTIPLE = 32  # tokens that a batch's width is rounded up to: in bfloat16 each new shape costs
PARTS = 5  # one document in so many is held out for the ranking of spans


def fit_mental(
    model: PassageTagger, examples: Sequence[Example], recipe: Recipe, folder: Path, pad: int, progress: Progress
) -> SpanRanker:
    """Train `model.mental` anew, or load it where an earlier run of `folder` did; the rest of the model stays as it is.

    Args:
        model: with a trained encoder, on its device.
        examples: training passages; all that speak of laundering are used, and `recipe.mental_others` others.
        recipe: see there; with no `mental_epochs` the heads stay as they are.
        folder: for `mental.pt`, `spans.json` and what `read_held_out` reads. Each head is kept there once it is
            trained, so that a run that was stopped goes on with the next.
        pad: id of the padding piece.
        progress: called every few steps.

    Returns:
        what ranks the spans.
    """
    path, ranks = folder / NAME, folder / SPANS
    if path.is_file():
        state = torch.load(path, map_location="cpu", weights_only=True)
        model.mental = _as_saved(model, state)
        return SpanRanker.from_json(json.loads(ranks.read_text("utf-8")))
    chosen = chosen_of(examples, recipe)
    said: list[Said] = []
    if recipe.mental_epochs and chosen:
        said = _Fitting(model, chosen, recipe, folder, pad, progress).run()
    ranker = fit_ranker(said)
    write_records(folder / HELD_OUT, (passage.to_json() for _, passage in said))
    write_records(folder / SAID, crossfit_spans(said))
    ranks.write_text(json.dumps(ranker.to_json(), indent=1) + "\n", encoding="utf-8")
    save_whole(model.mental.state_dict(), path)
    for kept in folder.glob(KEPT.format("*", "*")):
        kept.unlink()
    return ranker


def read_held_out(folder: Path) -> tuple[list[LabelledPassage], list[dict[str, Any]]]:
    """The held-out passages on laundering of a run and the lines of their predictions; none of a run without any."""
    passages = [LabelledPassage.from_json(record) for _, record in read_records(folder / HELD_OUT, "passage")]
    return passages, [record for _, record in read_records(folder / SAID, "prediction")]


def chosen_of(examples: Sequence[Example], recipe: Recipe) -> list[Example]:
    """All examples whose tokens count in full, and some of those whose tokens count a little, drawn by the seed.

    Of the latter look-alikes come first: passages with a cue speak of the mental element of something else.
    """
    full = [example for example in examples if example.token_weight == 1.0]
    others = [example for example in examples if 0.0 < example.token_weight < 1.0]
    random.Random(recipe.seed).shuffle(others)  # noqa: S311 - a sample, no secret
    others.sort(key=lambda example: not any((cues >= CUE).any() for cues in example.cues))
    return full + others[: recipe.mental_others]


def held_out(example: Example) -> bool:
    """Whether its document is one of the fifth that the first training leaves out."""
    return hashlib.sha256(example.passage.doc_id.encode()).digest()[0] % PARTS == 0


def unsaid(prior: torch.Tensor, share: float) -> torch.Tensor:
    """What cues say [B, T, 27] without what those of some standards say in some rows, drawn by torch's generator.

    What the cues say of a standard in a row is left out with probability `share`: inside, begin and end alike.
    """
    if not share:
        return prior
    kept = torch.rand(len(prior), 1, len(STANDARDS)) >= share
    return prior * kept.repeat(1, 1, 3)


def _as_saved(model: PassageTagger, state: Mapping[str, torch.Tensor]) -> MentalHeads:
    members = 1 + max(int(name.split(".")[1]) for name in state)
    own = [name for name in state if name.startswith("members.0.layers.")]
    rank = next((len(state[name]) for name in own if name.endswith(".down")), 1)
    layers = len({name.split(".")[3] for name in own})
    heads = MentalHeads(model.new_mental(layers, rank) for _ in range(members))
    heads.load_state_dict(state)
    return heads


def _new(model: PassageTagger, recipe: Recipe) -> MentalHead:
    return model.new_mental(recipe.mental_layers, recipe.mental_rank)


def _groups(head: MentalHead, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameter groups with their peak rates: that of its own layers falls from the last one down."""
    own = [
        {"params": list(layer.parameters()), "lr": recipe.own_layer_rate(below)}
        for below, layer in enumerate(reversed(head.layers))
    ]
    rest = [parameter for name, parameter in head.named_parameters() if not name.startswith("layers.")]
    return [*own, {"params": rest, "lr": recipe.mental_rate}]


class _Fitting:
    def __init__(
        self,
        model: PassageTagger,
        examples: Sequence[Example],
        recipe: Recipe,
        folder: Path,
        pad: int,
        progress: Progress,
    ) -> None:
        self.model, self.examples, self.recipe, self.folder = model, examples, recipe, folder
        self.pad, self.progress = pad, progress
        self.device = next(model.parameters()).device
        model.mental = MentalHeads([_new(model, recipe)])  # what is kept is what these begin with
        self.cache = LayerCache(model, self.device, examples, pad, recipe, progress, whole=True)

    def run(self) -> list[Said]:
        """Leave the trained heads in the model; what the first ones say of the held-out passages on laundering."""
        held = [index for index, example in enumerate(self.examples) if held_out(example)]
        left = [index for index, example in enumerate(self.examples) if not held_out(example)]
        speak = [index for index in held if self.examples[index].token_weight == 1.0]
        said: list[Said] = []
        if speak and left:
            self._train(left, "part")
            said = [(self._scores(index), self.examples[index].passage) for index in speak]
        self._train(range(len(self.examples)), "all")
        return said

    def _train(self, rows: Sequence[int], learnt: str) -> None:
        seeds = range(self.recipe.seed, self.recipe.seed + self.recipe.mental_heads)
        self.model.mental = MentalHeads([self._kept(rows, seed, learnt) for seed in seeds])

    def _kept(self, rows: Sequence[int], seed: int, learnt: str) -> MentalHead:
        """The head of a seed: trained on `rows`, or as the run left it when it was stopped."""
        path = self.folder / KEPT.format(learnt, seed)
        if not path.is_file():
            save_whole(self._trained(rows, seed, f"mental elements, {learnt}").state_dict(), path)
        head = _new(self.model, self.recipe)
        head.load_state_dict(torch.load(path, map_location=self.device, weights_only=True))
        return head.eval()

    def _trained(self, rows: Sequence[int], seed: int, phase: str) -> MentalHead:
        recipe = self.recipe
        torch.manual_seed(seed)
        head = self._standardised(_new(self.model, recipe))
        optimiser = torch.optim.AdamW(_groups(head, recipe), betas=(0.9, 0.98), weight_decay=0.02)
        peaks = [parameters["lr"] for parameters in optimiser.param_groups]
        rng = random.Random(seed)  # noqa: S311 - an order, no secret
        part = [self.examples[row] for row in rows]
        groups = [group for _ in range(recipe.mental_epochs) for group in batches(part, recipe.batch_tokens, rng)]
        head.train()
        started, losses = time.monotonic(), []
        for number, group in enumerate(groups, start=1):
            for parameters, peak in zip(optimiser.param_groups, peaks, strict=True):
                parameters["lr"] = peak * rate_factor((number - 0.5) / len(groups), recipe.warm_up, DECAY)
            batch = collate(self.examples, [rows[place] for place in group], self.pad, MULTIPLE)
            batch = replace(batch, prior=unsaid(batch.prior, recipe.mental_unsaid))
            loss = mental_loss(self._said(MentalHeads([head]), batch), batch, self.device)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), recipe.clip)
            optimiser.step()
            losses.append(float(loss.detach()))
            if number % (5 * EVERY) == 0 or number == len(groups):
                recent = list(islice(reversed(losses), 5 * EVERY))
                refuse_diverged(head, losses[-1])
                spent = time.monotonic() - started
                self.progress(
                    {
                        "phase": phase,
                        "seed": seed,
                        "step": number,
                        "of": len(groups),
                        "loss": round(sum(recent) / len(recent), 4),
                        "left": round(spent / number * (len(groups) - number)),
                    }
                )
        with torch.no_grad():
            for parameter in head.layers.parameters():
                parameter.copy_(parameter.half())  # as they ship
        return head

    def _standardised(self, head: MentalHead) -> MentalHead:
        """The head with mean and scale of what it reads of every seventh passage's tokens."""
        head.eval()
        read = []
        with torch.no_grad():
            for row in range(0, len(self.examples), 7):
                width = len(self.examples[row].windows[0].ids)
                mask = torch.ones(1, width, dtype=torch.long, device=self.device)
                read.append(self._read(MentalHeads([head]), [(row, 0)], mask)[0][0])
        tokens = torch.cat(read)
        head.standardise(tokens.mean(0), 1 / tokens.std(0).clamp_min(1e-3), fresh=True)
        return head

    def _read(self, heads: MentalHeads, rows: Sequence[tuple[int, int]], mask: torch.Tensor) -> list[torch.Tensor]:
        """What each of the heads reads of windows, in whole precision."""
        below, middle = self.cache.states(rows, mask.shape[1]).chunk(2, dim=2)
        with layers_in(self.recipe.precision, self.device):
            read = heads.read(below, middle, mask)
        return [one.float() for one in read]

    def _said(self, heads: MentalHeads, batch: Batch) -> torch.Tensor:
        mask = batch.mask.to(self.device)
        said: torch.Tensor = heads(self._read(heads, batch.rows, mask), mask)
        return said

    def _scores(self, row: int) -> TokenScores:
        """What the heads say of one passage, with nothing of the provisions."""
        example = self.examples[row]
        with torch.no_grad():
            rows = self._said(self.model.mental, collate(self.examples, [row], self.pad)).cpu().numpy()
        said = [row_said[: len(window.ids)] for row_said, window in zip(rows, example.windows, strict=True)]
        offsets = np.concatenate([offsets_of(window) for window in example.windows])
        nothing = np.zeros((len(offsets), 2), np.float32)
        return token_scores(nothing, np.concatenate(said), offsets, cues=np.concatenate(example.cues))
