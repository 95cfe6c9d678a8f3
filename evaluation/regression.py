"""The rule by which `palermo retrain` lets a new model take the place of the one in use.

A pure function of figures on the same passages: no model is loaded here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.corpora.labelled.predictions import Prediction
from palermo.evaluation.counts import MACRO_SUPPORT, frequent, label_counts, macro, prf
from palermo.evaluation.pairs import join

MACRO_FALL = 0.5
"""Points of macro-F1 that a new model may lose."""
RECALL_FALL = 5.0
"""Points of recall that a new model may lose on a label."""
MACRO = "macro-F1"


@dataclass(frozen=True, slots=True)
class Quality:
    """What the rule looks at, in per cent.

    Attributes:
        macro_f1: mean F1 of the articles with at least MACRO_SUPPORT positives.
        recalls: of every label, articles and finer ones, with at least so many positives.
    """

    macro_f1: float
    recalls: dict[str, float]


@dataclass(frozen=True, slots=True)
class Fall:
    """A figure, MACRO or a label's recall by the label's name, that fell by more than it may; in per cent."""

    figure: str
    before: float
    after: float

    def __str__(self) -> str:
        name = self.figure if self.figure == MACRO else f"recall of {self.figure}"
        return f"{name} {self.before:.1f} to {self.after:.1f}"


def quality(gold: Sequence[LabelledPassage], predictions: Sequence[Prediction]) -> Quality:
    """The figures of a model's predictions; a missing prediction counts as empty.

    Raises:
        DataError: no article has MACRO_SUPPORT positives among the passages, so that nothing can be said of them.
    """
    pairs = join(gold, predictions)
    counts = label_counts(pairs).sum(axis=0)
    mean, articles = macro(counts[pairs.article])
    if not articles:
        raise DataError(
            f"no article has {MACRO_SUPPORT} passages in the dev file: models can't be compared on it",
            hint="give more labelled passages",
        )
    often = np.flatnonzero(frequent(counts))
    return Quality(mean.f1, {pairs.labels[column]: prf(counts[column]).recall for column in often})


def falls(before: Quality, after: Quality) -> list[Fall]:
    """Where a model does so much worse than the one before that it must not replace it; empty where it may.

    Args:
        before, after: figures on the same passages.
    """
    found = [Fall(MACRO, before.macro_f1, after.macro_f1)] if _fell(before.macro_f1, after.macro_f1, MACRO_FALL) else []
    labels = ((label, recall, after.recalls.get(label, 0.0)) for label, recall in before.recalls.items())
    return found + [Fall(*figures) for figures in labels if _fell(figures[1], figures[2], RECALL_FALL)]


def _fell(before: float, after: float, most: float) -> bool:
    # Rounded, so that a fall of exactly as much as is allowed does not hang on the last bit.
    return round(before - after, 6) > most
