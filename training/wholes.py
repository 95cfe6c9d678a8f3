"""What the scores of whole spans cost in training (`palermo.models.wholes` reads them); `finetune` adds it."""

from __future__ import annotations

import torch
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.spans import LONGEST
from palermo.models.wholes import RANK, VECTORS

CUE = 2.0  # a cue's first word lifts a beginning's score by so many times what it lifts the begin logit
NEVER = -1e4  # score of what is no span: its end before its beginning, or too long


def wholes_loss(
    said: torch.Tensor, begins: torch.Tensor, ends: torch.Tensor, prior: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Cross entropy of the spans that match one that is marked, summed over rows and standards.

    Among all spans of a row and none at all; a span matches where they share at least half of the longer, as it is
    measured (`evaluation.mental.overlaps`), here in tokens. Where several are marked, the mean over them.

    Args:
        said: [B, T, OUTPUTS] what the network says of whole spans.
        begins, ends: [B, T, 9] 0/1, of the marked spans.
        prior: [B, T, 9] what cues say of beginnings.
        weight: [B, T] of each token; 0 where it can't be part of a span.
    """
    count, width = len(STANDARDS), said.shape[1]
    scores = _scores(said, prior)
    place = torch.arange(width, device=said.device)
    length = place[None, :] - place[:, None]
    there = weight > 0
    fits = ((length >= 0) & (length < LONGEST))[None] & there[:, :, None] & there[:, None, :]
    scores = scores.masked_fill(~fits[:, None], NEVER)
    nothing = torch.zeros(len(said), count, device=said.device)
    whole = torch.logaddexp(scores.flatten(2).logsumexp(2), nothing)
    row_weight = weight.amax(1)
    marked = begins.sum(1)  # [B, 9]
    cost = (whole * (marked == 0)).sum(1)
    rows, standards = marked.nonzero(as_tuple=True)
    for row, standard in zip(rows.tolist(), standards.tolist(), strict=True):
        firsts = begins[row, :, standard].nonzero()[:, 0]
        lasts = ends[row, :, standard].nonzero()[:, 0]
        pairs = list(zip(firsts.tolist(), lasts.tolist(), strict=False))
        one = scores[row, standard]
        said_of = [one[_matching(place, first, last) & fits[row]].logsumexp(0) for first, last in pairs]
        cost[row] = cost[row] + whole[row, standard] - torch.stack(said_of).mean()
    return (cost * row_weight).sum()


def _scores(said: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
    """[B, 9, T, T] of spans by their first and last token."""
    count = len(STANDARDS)
    begin = (said[..., :count] + CUE * prior).permute(0, 2, 1)
    end = said[..., count : 2 * count].permute(0, 2, 1)
    left = said[..., VECTORS : VECTORS + RANK]
    right = said[..., VECTORS + RANK :].unflatten(2, (count, RANK)).permute(0, 2, 3, 1)
    return left[:, None] @ right + begin[..., None] + end[:, :, None]


def _matching(place: torch.Tensor, first: int, last: int) -> torch.Tensor:
    """[T, T] whether a span by its first and last token matches the one given."""
    common = place.clamp_max(last)[None, :] - place.clamp_min(first)[:, None] + 1
    longer = (place[None, :] - place[:, None] + 1).clamp_min(last - first + 1)
    return 2 * common >= longer
