"""What is said of one passage, from its scores; the tagger and the fitting of a calibration both call it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.models.calibration import Calibration
from palermo.models.mental import MentalElement

LEAST_SCORE = 0.01  # labels below it are not written
LAUNDERING = "UNTOC.6"


@dataclass(frozen=True)
class Tag:
    """One label of a passage.

    Attributes:
        label: index among the model's labels.
        score: calibrated probability.
        predicted: at or above the label's F1 threshold.
        decision: `assigned`, `review` or `none`.
        evidence: (start, end, drop of the score without it) in code points of the passage, for tags that are shown.
    """

    label: int
    score: float
    predicted: bool
    decision: str
    evidence: tuple[int, int, float] | None = None

    @property
    def shown(self) -> bool:
        """Whether an analysis shows the tag."""
        return self.predicted or self.decision != "none"


@dataclass(frozen=True)
class PassageResult:
    """What the tagger says of one passage: tags by falling score, mental elements in text order."""

    tags: list[Tag]
    elements: list[MentalElement]
    scores: npt.NDArray[np.float64]


def passage_result(
    scores: npt.NDArray[np.float64], calibration: Calibration, elements: Callable[[], list[MentalElement]]
) -> PassageResult:
    """Tags without evidence, and mental elements, of a passage with calibrated scores [L].

    `elements` gives those that the passage may have; they are asked for, and shown, where it speaks of laundering.
    """
    predicted, decisions = calibration.predicted(scores), calibration.decisions(scores)
    tags = [
        Tag(int(label), float(scores[label]), bool(predicted[label]), decisions[label])
        for label in np.argsort(-scores, kind="stable")
        if scores[label] >= LEAST_SCORE
    ]
    speaks = scores[calibration.labels.index(LAUNDERING)] >= calibration.gate
    return PassageResult(tags, elements() if speaks else [], scores)


def prediction_line(identity: str, labels: Sequence[str], result: PassageResult) -> dict[str, Any]:
    """The result as a line of a predictions file."""
    return {
        "id": identity,
        "labels": [
            {
                "provision": labels[tag.label],
                "score": round(tag.score, 4),
                "predicted": tag.predicted,
                "decision": tag.decision,
            }
            for tag in result.tags
        ],
        "mens_rea": [element.to_json() for element in result.elements],
    }
