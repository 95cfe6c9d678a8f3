"""Logits -> calibrated scores, predicted labels and editors' decisions; fitted by `palermo.evaluation.fitting`.

Per label: a score is sigmoid(slope * logit + offset) (Platt 1999), averaged with that of the linear expert where the
model has one, and moved by wording (`hints`) and by the rest of the judgment (`context`); `predicted` compares it with
the label's F1 threshold. `decision` is a separate split by risk: `assigned` at or above the label's assignment
threshold, `review` at or above its review threshold. A parent's score is at least its child's, and so are its
decisions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from palermo.corpora.errors import ModelError
from palermo.models.context import FEW, ContextWeights, Others, others_of
from palermo.models.hints import LEAST, Flags, HintWeights
from palermo.models.logistic import logit, sigmoid
from palermo.models.spans import SpanRanker

Floats = npt.NDArray[np.float64]
Decision = Literal["assigned", "review", "none"]
NAME = "calibration.json"


@dataclass(frozen=True)
class Mixture:
    """How the linear expert's margins [.., L] join the network's scores (a linear opinion pool).

    The mean (1 - share) * network + share * sigmoid(slope * margin + offset) of two calibrated scores is less sure of
    itself than it may be, so its logit is sharpened: sigmoid(sharpness * logit + shift).

    Attributes:
        slope, offset: [L].
        share: weight of the expert, in (0, 1).
        sharpness, shift: for all labels.
    """

    slope: Floats
    offset: Floats
    share: float
    sharpness: float
    shift: float

    def __call__(self, scores: Floats, margins: npt.NDArray[Any]) -> Floats:
        """Scores of both from the network's scores and the expert's margins, each [..., L]."""
        return sigmoid(self.sharpness * logit(self.mean(scores, margins)) + self.shift)

    def mean(self, scores: Floats, margins: npt.NDArray[Any]) -> Floats:
        """The mean before it is sharpened."""
        return (1 - self.share) * scores + self.share * sigmoid(self.slope * margins + self.offset)


@dataclass(frozen=True)
class Calibration:
    """Parameters by label, in the order of the model's labels; scores and thresholds in [0, 1].

    Attributes:
        labels: ids.
        bias, slope, offset: [L]; `bias` is the network's own, added while pooling.
        threshold: [L] F1 thresholds.
        assign, review: [L] thresholds of the decisions.
        standards: per mental-element standard the least that a span must be worth.
        spans: what a span is worth.
        gate: score of article 6 from which mental elements are shown.
        document: parameters of the document level, by name.
        risk: what the decisions were fitted to, for people.
        mixture: how the linear expert joins, None without one.
        hints: how far wording moves a score, None where it does not.
        context: how far the rest of a judgment moves it, None where it does not.
    """

    labels: tuple[str, ...]
    bias: Floats
    slope: Floats
    offset: Floats
    threshold: Floats
    assign: Floats
    review: Floats
    standards: dict[str, float]
    gate: float
    document: dict[str, float]
    risk: dict[str, Any]
    mixture: Mixture | None = None
    spans: SpanRanker = field(default_factory=SpanRanker)
    hints: HintWeights | None = None
    context: ContextWeights | None = None

    def scores(self, logits: npt.NDArray[Any], margins: npt.NDArray[Any] | None = None) -> Floats:
        """Calibrated scores of logits [..., L], with parent >= child; a mixture needs the expert's margins [..., L]."""
        scores = sigmoid(self.slope * logits + self.offset)
        if self.mixture is not None:
            if margins is None:
                raise ValueError("this calibration needs the margins of the linear expert")
            scores = self.mixture(scores, margins)
        return self.lift(scores)

    def open_to_hints(self, scores: Floats) -> list[int]:
        """Labels whose wording is worth looking for in a passage with these scores [L]; none where it moves nothing."""
        return np.flatnonzero(scores >= LEAST).tolist() if self.hints is not None else []

    @property
    def open_to_elements(self) -> float:
        """Score of article 6 from which a passage may come to show mental elements, once its judgment is known."""
        return self.gate if self.context is None else min(self.gate, LEAST)

    def hinted(self, scores: Floats, hints: Floats, english: Flags) -> Floats:
        """Scores [..., L] with what wording adds, with parent >= child; see `HintWeights`."""
        return scores if self.hints is None else self.lift(self.hints(scores, hints, self.finer, english))

    def among(self, scores: Floats) -> Floats:
        """Scores [P, L] of all passages of one judgment with what each one's rest adds, with parent >= child."""
        beside = self.beside(scores)
        return scores if beside is None else self.moved(scores, beside)

    def beside(self, scores: Floats) -> Others | None:
        """What the rest of a judgment with scores [P, L] says of each passage; None where it moves nothing."""
        return None if self.context is None or len(scores) < FEW else others_of(scores)

    def moved(self, scores: Floats, others: Others) -> Floats:
        """Scores [..., L] with what the passages beside them add, with parent >= child."""
        return scores if self.context is None else self.lift(self.context(scores, others, self.finer))

    @cached_property
    def finer(self) -> npt.NDArray[np.bool_]:
        """[L] which labels are finer than an article."""
        return np.array([label.count(".") > 1 for label in self.labels])

    def lift(self, scores: Floats) -> Floats:
        """Scores [..., L] with each parent raised, in place, to its highest child."""
        for child, parent in self._parents:
            scores[..., parent] = np.maximum(scores[..., parent], scores[..., child])
        return scores

    @cached_property
    def _parents(self) -> list[tuple[int, int]]:
        place = {label: index for index, label in enumerate(self.labels)}
        pairs = ((index, place.get(".".join(label.split(".")[:2]))) for label, index in place.items())
        return [(child, parent) for child, parent in pairs if parent is not None and parent != child]

    def predicted(self, scores: Floats) -> npt.NDArray[np.bool_]:
        """Which labels [..., L] count as predicted; a finer label brings its article."""
        return self._reached(scores, self.threshold)

    def decisions(self, scores: Floats) -> list[Decision]:
        """The editors' split of the scores [L] of one passage; an article is decided at least as its finer labels."""
        assigned, review = self._reached(scores, self.assign), self._reached(scores, self.review)
        return [
            "assigned" if sure else "review" if open_ else "none" for sure, open_ in zip(assigned, review, strict=True)
        ]

    def _reached(self, scores: Floats, threshold: Floats) -> npt.NDArray[np.bool_]:
        reached: npt.NDArray[np.bool_] = scores >= threshold
        for child, parent in self._parents:
            reached[..., parent] |= reached[..., child]
        return reached

    def to_json(self) -> dict[str, Any]:
        """As it is written to `calibration.json`."""
        columns = ("bias", "slope", "offset", "threshold", "assign", "review")
        return {
            "labels": {
                label: {column: round(float(getattr(self, column)[index]), 5) for column in columns}
                for index, label in enumerate(self.labels)
            },
            "standards": self.standards,
            "spans": self.spans.to_json(),
            "gate": self.gate,
            "document": self.document,
            "risk": self.risk,
            "mixture": self._mixture_json(),
            "hints": None if self.hints is None else self.hints.to_json(),
            "context": None if self.context is None else self.context.to_json(),
        }

    def _mixture_json(self) -> dict[str, Any] | None:
        mixture = self.mixture
        if mixture is None:
            return None
        shared = {name: round(getattr(mixture, name), 5) for name in ("share", "sharpness", "shift")}
        pairs = zip(self.labels, mixture.slope.tolist(), mixture.offset.tolist(), strict=True)
        return {**shared, "labels": {x: {"slope": round(s, 5), "offset": round(o, 5)} for x, s, o in pairs}}


def read(folder: Path, labels: Sequence[str]) -> Calibration:
    """Read `calibration.json`; raises ModelError where a label or a field is missing."""
    try:
        data = json.loads((folder / NAME).read_text("utf-8"))
        rows = [data["labels"][label] for label in labels]
        columns = {
            column: np.array([row[column] for row in rows], dtype=np.float64)
            for column in ("bias", "slope", "offset", "threshold", "assign", "review")
        }
        return Calibration(
            labels=tuple(labels),
            **columns,
            standards=data["standards"],
            gate=float(data["gate"]),
            document=data["document"],
            risk=data["risk"],
            mixture=_mixture(data.get("mixture"), labels),
            spans=SpanRanker.from_json(data.get("spans")),
            hints=HintWeights.from_json(data.get("hints")),
            context=ContextWeights.from_json(data.get("context")),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{NAME} is missing or malformed ({error!r})", source=folder.name) from error


def _mixture(data: dict[str, Any] | None, labels: Sequence[str]) -> Mixture | None:
    if data is None:
        return None
    rows = [data["labels"][label] for label in labels]
    slope, offset = (np.array([row[name] for row in rows], dtype=np.float64) for name in ("slope", "offset"))
    return Mixture(slope, offset, float(data["share"]), float(data["sharpness"]), float(data["shift"]))
