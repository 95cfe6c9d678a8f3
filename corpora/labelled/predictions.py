"""Predictions on passages: written by `palermo predict` and the baseline, read by `palermo evaluate`.

The format is `prediction.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from palermo.corpora.errors import DataError
from palermo.corpora.labelled.jsonl import read_records, write_records


@dataclass(frozen=True, slots=True)
class LabelScore:
    """A label with its probability (0 to 1), whether F1 counts it, and the editor's decision where one was made."""

    provision: str
    score: float
    predicted: bool
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class SpanScore:
    """A predicted mental element at `[start, end)` of the passage's text, with its probability (0 to 1)."""

    standard: str
    start: int
    end: int
    role: str | None = None
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a tagger says of the passage `id`; labels below 0.01 are left out."""

    id: str
    labels: tuple[LabelScore, ...] = ()
    mens_rea: tuple[SpanScore, ...] = ()

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Prediction:
        """Build from an object that keeps to `prediction.schema.json`; `predicted` falls back on `decision`."""
        labels = tuple(
            LabelScore(
                x["provision"],
                float(x["score"]),
                x["predicted"] if "predicted" in x else x["decision"] == "assigned",
                x.get("decision"),
            )
            for x in record.get("labels", ())
        )
        spans = tuple(
            SpanScore(m["standard"], m["start"], m["end"], m.get("role"), float(m.get("score", 1.0)))
            for m in record.get("mens_rea", ())
        )
        return cls(record["id"], labels, spans)

    def to_json(self) -> dict[str, Any]:
        """The object of the prediction file; scores with four decimals."""
        labels = []
        for x in self.labels:
            label: dict[str, Any] = {
                "provision": x.provision,
                "score": round(x.score, 4),
                "predicted": x.predicted,
            }
            if x.decision is not None:
                label["decision"] = x.decision
            labels.append(label)
        spans = [
            {"standard": m.standard, "role": m.role, "start": m.start, "end": m.end, "score": round(m.score, 4)}
            for m in self.mens_rea
        ]
        return {"id": self.id, "labels": labels, "mens_rea": spans}


def read_predictions(path: Path) -> list[Prediction]:
    """Read a .jsonl or .jsonl.gz file of predictions in the file's order.

    Raises:
        DataError: a line breaks the schema, an id occurs twice, or a line names a provision twice.
    """
    predictions: list[Prediction] = []
    seen: dict[str, int] = {}
    for number, record in read_records(path, "prediction"):
        prediction = Prediction.from_json(record)
        if prediction.id in seen:
            raise DataError(
                f"line {number} has the id of line {seen[prediction.id]}",
                source=path.name,
                hint="one line a passage",
            )
        if len({x.provision for x in prediction.labels}) < len(prediction.labels):
            raise DataError(f"line {number} names a provision twice", source=path.name, hint="one score a provision")
        seen[prediction.id] = number
        predictions.append(prediction)
    return predictions


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> int:
    """Write the predictions, one a line (gzip where the name ends in .gz); returns how many."""
    return write_records(path, (x.to_json() for x in predictions))
