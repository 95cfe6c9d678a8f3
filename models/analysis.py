"""From passages to the analysis of a document, as JSON-able data; the tagger calls it.

`service/schemas/analysis.schema.json` describes the result. All offsets count code points of the canonical text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from palermo.corpora.convention import tree
from palermo.corpora.documents.document import Document, Passage
from palermo.models.aggregate import document_provisions
from palermo.models.calibration import Calibration

if TYPE_CHECKING:
    from palermo.models.results import PassageResult, Tag


def analysis_of(
    document: Document, results: Sequence[PassageResult], calibration: Calibration, engine: dict[str, Any]
) -> dict[str, Any]:
    """Everything the tagger says of `document`; `results` are those of its passages, in order."""
    headings = tree()
    return {
        "document": _document(document),
        "engine": {**engine, "extractor": document.extractor},
        "provisions": [
            {
                "provision": calibration.labels[found.label],
                "heading": _heading(headings, calibration.labels[found.label]),
                "score": round(found.score, 4),
                "predicted": found.predicted,
                "decision": found.decision,
                "passages": found.passages,
            }
            for found in document_provisions(results, calibration, document.kind)
        ],
        "mens_rea": _standards(results),
        "passages": [
            _passage(document, passage, result, calibration)
            for passage, result in zip(document.passages, results, strict=True)
        ],
    }


def _document(document: Document) -> dict[str, Any]:
    return {
        "id": document.sha256[:16],
        "sha256": document.sha256,
        "name": document.name,
        "media_type": document.media_type,
        "kind": document.kind,
        "language": document.language,
        "metadata": {
            name: {"value": found.value, "start": found.start, "end": found.end}
            for name, found in document.metadata.items()
        },
        "characters": len(document.text),
        "warnings": [warning.to_json() for warning in document.warnings],
    }


def _heading(headings: Any, label: str) -> str:
    """The article's heading; the description for a finer label, which has none of its own."""
    provision = headings.get(label)
    return str(provision.heading or provision.description)


def _standards(results: Sequence[PassageResult]) -> list[dict[str, Any]]:
    where: dict[str, list[int]] = {}
    for index, result in enumerate(results):
        for standard in dict.fromkeys(element.standard for element in result.elements):
            where.setdefault(standard, []).append(index)
    ordered = sorted(where, key=lambda standard: (-len(where[standard]), standard))
    return [{"standard": standard, "passages": where[standard]} for standard in ordered]


def _passage(document: Document, passage: Passage, result: PassageResult, calibration: Calibration) -> dict[str, Any]:
    text = document.text[passage.start : passage.end]
    shown = [tag for tag in result.tags if tag.shown]
    return {
        "index": passage.index,
        "number": passage.number,
        "heading": passage.heading,
        "language": passage.language,
        "start": passage.start,
        "end": passage.end,
        "text": text,
        "tags": [_tag(document, passage, tag, calibration) for tag in shown],
        "mens_rea": [
            {
                "standard": element.standard,
                "role": element.role,
                "start": passage.start + element.start,
                "end": passage.start + element.end,
                "text": text[element.start : element.end],
                "score": round(element.score, 4),
                "anchors": anchors(document, passage.start + element.start, passage.start + element.end),
            }
            for element in result.elements
        ],
        "citations": [],
        "anchors": anchors(document, passage.start, passage.end),
    }


def _tag(document: Document, passage: Passage, tag: Tag, calibration: Calibration) -> dict[str, Any]:
    evidence = None
    if tag.evidence is not None:
        start, end = passage.start + tag.evidence[0], passage.start + tag.evidence[1]
        evidence = {
            "start": start,
            "end": end,
            "text": document.text[start:end],
            "drop": round(tag.evidence[2], 4),
            "anchors": anchors(document, start, end),
        }
    return {
        "provision": calibration.labels[tag.label],
        "score": round(tag.score, 4),
        "predicted": tag.predicted,
        "decision": tag.decision,
        "threshold": round(float(calibration.threshold[tag.label]), 4),
        "sources": ["model"],
        "evidence": evidence,
    }


def anchors(document: Document, start: int, end: int) -> list[dict[str, Any]]:
    """Where `[start, end)` stands in the source; boxes of words on one line of a PDF page are joined."""
    found: list[dict[str, Any]] = []
    for run in document.runs_of(start, end):
        locator = dict(run.locator)
        if locator.get("type") == "pdf":
            _add_box(found, locator)
        elif locator not in found[-1:]:
            found.append(locator)
    return found


def _add_box(found: list[dict[str, Any]], locator: dict[str, Any]) -> None:
    """Add a word's box to its page's anchor: widened where the last box is on the same line, else a new one."""
    x0, y0, x1, y1 = (round(float(value), 1) for value in locator["box"])
    if not found or found[-1]["page"] != locator["page"]:
        found.append({"type": "pdf", "page": locator["page"], "boxes": [[x0, y0, x1, y1]]})
        return
    boxes = found[-1]["boxes"]
    last = boxes[-1]
    height = min(last[3] - last[1], y1 - y0)
    overlap = min(last[3], y1) - max(last[1], y0)
    near = x0 - last[2] < 2 * max(height, 1.0) and last[0] - x1 < 2 * max(height, 1.0)
    if overlap > 0.6 * height and near:
        boxes[-1] = [min(last[0], x0), min(last[1], y0), max(last[2], x1), max(last[3], y1)]
    else:
        boxes.append([x0, y0, x1, y1])
