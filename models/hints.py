"""Wording that speaks for a provision ("foreign conviction", "autolavado"); the tagger and the fitting call it.

Labels are thin: of many provisions the corpus has a few dozen passages, in most languages none. `hints.toml` lists by
language and label what laws and courts say where they apply it. A hint is no finding: it moves a calibrated score by as
much as was fitted on labelled passages (`palermo.evaluation.hinting`), the same for all labels of a level in a language
group, for single labels have too few passages to fit one each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.models.logistic import logit, sigmoid
from palermo.models.wording import Wording, lists, lower

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_] | np.bool_
NAME = "hints.toml"
ENGLISH = "en"
LEAST = 0.001  # score below which neither hints nor a judgment's rest move it: it would not come to be shown
FEATURES = (
    "score",
    "matched",
    "matched x score",
    "finer",
    "finer x matched",
    "English",
    "English x matched",
    "finer x English x matched",
)


@lru_cache(maxsize=4096)
def _wording(language: str, label: str) -> Wording | None:
    """Made when first asked for: hundreds are never needed."""
    found = lists(NAME).get(language, {}).get(label)
    return Wording(found) if found else None


def hints_of(
    text: str, heading: str | None, language: str | None, labels: Sequence[str], wanted: Sequence[int]
) -> Floats:
    """[L] for each label 1 where its wording stands in the heading or the text, 0 where not, nan without any list.

    Args:
        text: of a passage.
        heading: it stands under, or None.
        language: ISO 639-1 code; a language without lists has nan for all.
        labels: ids.
        wanted: places among them; the others are nan.
    """
    found = np.full(len(labels), np.nan)
    if not wanted or language not in lists(NAME):
        return found
    small = lower(f"{heading or ''}\n{text}")
    for place in wanted:
        if wording := _wording(language, labels[place]):
            found[place] = float(wording.stands_in(small))
    return found


def features_of(scores: Floats, hints: Floats, finer: Flags, english: Flags) -> Floats:
    """[..., F] in the order of FEATURES, of scores, hints without nan, and two arrays of 0 or 1, whose shapes fit."""
    score, hint, fine, own = np.broadcast_arrays(logit(scores), hints, finer, english)
    columns = (score, hint, hint * score, fine, fine * hint, own, own * hint, fine * own * hint)
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=-1)


def moves(scores: Floats, hints: Floats) -> npt.NDArray[np.bool_]:
    """[..., L] which of the scores hints move: those that were looked for, from LEAST on."""
    return ~np.isnan(hints) & (scores >= LEAST)


@dataclass(frozen=True)
class HintWeights:
    """A logistic regression of FEATURES: what a label's score is once its wording was looked for."""

    weights: Mapping[str, float]
    intercept: float

    def __call__(self, scores: Floats, hints: Floats, finer: Flags, english: Flags) -> Floats:
        """Scores [..., L]; where nothing was looked for (nan), or below LEAST, they stay.

        Args:
            scores: [..., L] calibrated.
            hints: [..., L] of `hints_of`, or [L] for all.
            finer: [L] whether a label is finer than an article.
            english: [..., 1] or for all, whether the passage is in English.
        """
        columns = features_of(scores, np.nan_to_num(hints), finer, english)
        moved = sigmoid(columns @ np.array([self.weights[name] for name in FEATURES]) + self.intercept)
        return np.where(moves(scores, hints), moved, scores)

    def to_json(self) -> dict[str, Any]:
        """As it stands in `calibration.json`."""
        return {"weights": {name: round(self.weights[name], 5) for name in FEATURES}, "intercept": self.intercept}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> HintWeights | None:
        """Of what `to_json` wrote, None without; raises ValueError where the features are others."""
        if data is None:
            return None
        weights = {str(name): float(value) for name, value in data["weights"].items()}
        if set(weights) != set(FEATURES):
            raise ValueError(f"the weights of hints are not those of {', '.join(FEATURES)}")
        return cls(weights, float(data["intercept"]))
