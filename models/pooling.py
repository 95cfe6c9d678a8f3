"""From tokens to a passage: pooling, and the evidence that falls out of it; pure numpy, called by the tagger.

A label's logit is the softmax(key)-weighted mean of its tokens' values, plus a bias. So the logit without a sentence is
the same mean over the other tokens: the evidence of a tag is the sentence that lowers its score most when left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import STANDARDS

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TokenScores:
    """What the network says of a passage's tokens, its windows laid end to end.

    Attributes:
        weights: [T, L] exp(key - highest key of the label), in (0, 1].
        values: [T, L].
        mental: [T, 31] logits.
        offsets: [T, 2] code points of the passage's text; (0, 0) for context and special tokens.
        margins: [L] of the passage by the linear expert; [0] where the model has none.
        cues: [T, 9] what each token is to each standard by its words, see `cues.cues_of`.
    """

    weights: Floats
    values: Floats
    mental: Floats
    offsets: npt.NDArray[np.int64]
    margins: Floats
    cues: npt.NDArray[np.uint8]


def token_scores(
    provisions: Floats,
    mental: Floats,
    offsets: npt.NDArray[np.int64],
    margins: Floats | None = None,
    cues: npt.NDArray[np.uint8] | None = None,
) -> TokenScores:
    """Split the network's first output [T, 2L] into weights and values; without a linear expert, without cues: none."""
    labels = provisions.shape[1] // 2
    keys = provisions[:, :labels]
    weights = np.exp(keys - keys.max(axis=0, keepdims=True))
    return TokenScores(
        weights=weights,
        values=provisions[:, labels:],
        mental=mental,
        offsets=offsets,
        margins=np.zeros(0, np.float32) if margins is None else margins,
        cues=np.zeros((len(offsets), len(STANDARDS)), np.uint8) if cues is None else cues,
    )


def logits(tokens: TokenScores, bias: Floats) -> Floats:
    """Logits [L] of the passage."""
    pooled: Floats = (tokens.weights * tokens.values).sum(axis=0) / tokens.weights.sum(axis=0) + bias
    return pooled


def logits_without(
    tokens: TokenScores, bias: Floats, labels: Sequence[int], sentences: Sequence[tuple[int, int]]
) -> Floats:
    """Logits [S, len(labels)] of the passage with each sentence's tokens left out of the pooling.

    A passage of one sentence keeps its context and special tokens, so the quotient is always defined.
    """
    weights = tokens.weights[:, list(labels)].astype(np.float64)
    said = weights * tokens.values[:, list(labels)]
    starts, ends = tokens.offsets[:, 0], tokens.offsets[:, 1]
    inside = np.stack([(ends > start) & (starts < end) & (ends > starts) for start, end in sentences])
    # Summed over what is left: a difference of sums would lose what is small beside the sentence.
    left = (~inside).astype(np.float64)
    pooled: Floats = (left @ said / np.maximum(left @ weights, 1e-300) + bias[list(labels)]).astype(np.float32)
    return pooled
