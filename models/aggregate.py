"""From the passages' scores to the provisions of the whole document; `analysis` calls it.

A long judgment meets many provisions in passing, so one high score is not enough to file it there. The document's score
is a logistic function of three numbers that the passages give for a label: the logit of the best score, the logarithm
of the summed scores, and the logarithm of the number of passages. Its parameters are shared by all labels and fitted on
whole judgments (`palermo.evaluation.fitting_documents`). A statute is another matter: each section that implements a
provision counts, so the best passage speaks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from palermo.models.calibration import Calibration, Decision
from palermo.models.logistic import logit, sigmoid

if TYPE_CHECKING:
    from palermo.models.results import PassageResult

Floats = npt.NDArray[np.float64]
Verdicts = Callable[[int], tuple[bool, Decision]]  # label -> whether it is predicted, and its decision
FEW = 4  # passages; with fewer, the best passage speaks for the document


@dataclass(frozen=True)
class DocumentProvision:
    """A label of the document: its score, and the indices of the passages that show it, best first."""

    label: int
    score: float
    predicted: bool
    decision: Decision
    passages: list[int]


def features(scores: Floats) -> Floats:
    """Scores [P, L] of passages -> [L, 3] inputs of the document's logistic function."""
    best = np.clip(scores.max(axis=0), 1e-4, 1 - 1e-4)
    mass = np.log(np.maximum(scores.sum(axis=0), 1e-4))
    size = np.full_like(best, np.log(len(scores)))
    return np.stack([logit(best), mass, size], axis=1)


def document_scores(scores: Floats, calibration: Calibration) -> Floats:
    """Scores [L] of a judgment from its passages' scores [P, L]."""
    if len(scores) < FEW or not calibration.document:
        return np.asarray(scores.max(axis=0))
    weights = np.array([calibration.document[name] for name in ("best", "mass", "size")])
    logits = features(scores) @ weights + calibration.document["offset"]
    return calibration.lift(sigmoid(logits))


def document_provisions(
    results: Sequence[PassageResult], calibration: Calibration, kind: str | None = "judgment"
) -> list[DocumentProvision]:
    """Labels that a passage shows, highest score first; `predicted` and `decision` hold for the document.

    `kind` is the document's; only a judgment of FEW passages or more is filed by the learnt parameters.
    """
    if not results:
        return []
    passage_scores = np.stack([result.scores for result in results])
    learnt = kind == "judgment" and len(results) >= FEW and bool(calibration.document)
    scores = document_scores(passage_scores, calibration) if learnt else passage_scores.max(axis=0)
    where: dict[int, list[tuple[float, int]]] = {}
    predicted_somewhere = set()
    for index, result in enumerate(results):
        for tag in result.tags:
            if tag.shown:
                where.setdefault(tag.label, []).append((-tag.score, index))
            if tag.predicted:
                predicted_somewhere.add(tag.label)
    decide = _by_document if learnt else _by_passages
    verdicts = decide(scores, predicted_somewhere, calibration)
    found = [
        DocumentProvision(label, float(scores[label]), *verdicts(label), [index for _, index in sorted(places)])
        for label, places in where.items()
    ]
    return sorted(found, key=lambda provision: (-provision.score, provision.label))


def _by_passages(scores: Floats, shown: set[int], calibration: Calibration) -> Verdicts:
    """The best passage's verdict is the document's."""
    decisions = calibration.decisions(scores)
    return lambda label: (label in shown, decisions[label])


def _by_document(scores: Floats, shown: set[int], calibration: Calibration) -> Verdicts:
    """The document's thresholds on its own score; nothing is assigned that no passage is predicted for."""
    document = calibration.document

    def verdict(label: int) -> tuple[bool, Decision]:
        score = scores[label]
        predicted = label in shown and bool(score >= document["threshold"])
        if predicted and score >= document["assign"]:
            return predicted, "assigned"
        return predicted, "review" if score >= document["review"] else "none"

    return verdict
