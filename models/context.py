"""What the rest of a judgment says of a provision; the tagger and the fitting of a calibration call it.

A judgment is about one matter, and its passages tell it in turns: one that speaks of a foreign request in passing does
so more likely where another names the extradition treaty. So once all passages of a judgment have their scores, each is
moved by what the others say of the same label, as far as was fitted on labelled passages
(`palermo.evaluation.contexts`). Of statutes the next section says nothing (`EXPERIMENTS.md`), nor do one or two
passages of each other.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.models.hints import LEAST
from palermo.models.logistic import logit, sigmoid

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
KIND = "judgment"
FEW = (
    3  # passages; of fewer, one other would speak for the whole judgment, and say less than nothing (`EXPERIMENTS.md`)
)
SURE = 1e-5  # scores this near to 0 and 1 say no more
FEATURES = ("score", "best", "mean", "finer", "finer x score", "finer x best", "finer x mean")


@dataclass(frozen=True)
class Others:
    """What the other passages of a document say: logit of the best of their scores, and their mean, each [..., L]."""

    best: Floats
    mean: Floats

    def __getitem__(self, row: int) -> Others:
        """What is beside one passage, [L]."""
        return Others(self.best[row], self.mean[row])


def others_of(scores: Floats) -> Others:
    """For each passage of a document with scores [P, L], two or more, what the others say."""
    ranked = np.sort(scores, axis=0)
    best = np.where(scores == ranked[-1], ranked[-2], ranked[-1])
    mean = (scores.sum(axis=0) - scores) / (len(scores) - 1)
    return Others(logit(np.clip(best, SURE, 1 - SURE)), np.clip(mean, 0.0, 1.0))


def together(kinds: Sequence[str | None], documents: Sequence[Hashable | None]) -> list[Ints]:
    """Rows of the passages that stand in one judgment, for each with FEW or more; `documents` are ids."""
    rows: dict[Hashable, list[int]] = {}
    for row, (kind, document) in enumerate(zip(kinds, documents, strict=True)):
        if kind == KIND and document is not None:
            rows.setdefault(document, []).append(row)
    return [np.array(found) for found in rows.values() if len(found) >= FEW]


def features_of(scores: Floats, beside: Others, finer: npt.NDArray[np.bool_]) -> Floats:
    """[..., F] in the order of FEATURES, of scores [..., L], what is beside them, and which labels are finer [L]."""
    score = logit(np.clip(scores, SURE, 1 - SURE))
    columns = np.broadcast_arrays(score, beside.best, beside.mean, finer.astype(np.float64))
    own, best, mean, fine = columns
    return np.stack([own, best, mean, fine, fine * own, fine * best, fine * mean], axis=-1)


@dataclass(frozen=True)
class ContextWeights:
    """A logistic regression of FEATURES: what a label's score is once the rest of the judgment is known."""

    weights: Mapping[str, float]
    intercept: float

    def __call__(self, scores: Floats, beside: Others, finer: npt.NDArray[np.bool_]) -> Floats:
        """Scores [..., L]; below LEAST they stay."""
        columns = features_of(scores, beside, finer)
        moved = sigmoid(columns @ np.array([self.weights[name] for name in FEATURES]) + self.intercept)
        return np.where(scores >= LEAST, moved, scores)

    def to_json(self) -> dict[str, Any]:
        """As it stands in `calibration.json`."""
        return {"weights": {name: round(self.weights[name], 5) for name in FEATURES}, "intercept": self.intercept}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> ContextWeights | None:
        """Of what `to_json` wrote, None without; raises ValueError where the features are others."""
        if data is None:
            return None
        weights = {str(name): float(value) for name, value in data["weights"].items()}
        if set(weights) != set(FEATURES):
            raise ValueError(f"the weights of a judgment's rest are not those of {', '.join(FEATURES)}")
        return cls(weights, float(data["intercept"]))
