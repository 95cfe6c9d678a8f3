"""An analysis arranged for reading: passages as pieces of text with their marks, provisions with where they are found.

`render` gives the result to the templates; nothing here knows HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from palermo.service.pages.i18n import direction, load

METADATA = ("court", "state", "date", "number", "neutral_citation", "ecli", "statute", "section")
_PREVIEW_CHARACTERS = 90


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a passage under one set of marks.

    Attributes:
        text: the words.
        evidence: provisions that it is evidence of.
        spans: mental elements that it is part of.
        ending: those of `spans` that end here, where their label is shown.
    """

    text: str
    evidence: tuple[str, ...] = ()
    spans: tuple[dict[str, Any], ...] = ()
    ending: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A provision as the page shows it."""

    provision: str
    label: str
    heading: str
    score: float
    threshold: float | None
    predicted: bool
    decision: str
    passages: list[dict[str, Any]] = field(default_factory=list)


def view(result: dict[str, Any]) -> dict[str, Any]:
    """What the template `analysis.html` needs."""
    shown = provisions(result)
    names = {one.provision: one for one in shown}
    passages = [_passage(passage, names) for passage in result["passages"]]
    return {
        "document": result["document"],
        "engine": result["engine"],
        "title": _title(result["document"]),
        "metadata": _metadata(result["document"]),
        "provisions": [one for one in shown if one.predicted],
        "review": [one for one in shown if not one.predicted],
        "mens_rea": _standards(result),
        "passages": passages,
    }


def provisions(result: dict[str, Any]) -> list[Shown]:
    """Provisions to show, predicted or for review, highest score first, each with its passages."""
    places: dict[str, list[dict[str, Any]]] = {}
    thresholds: dict[str, float] = {}
    for passage in result["passages"]:
        for tag in passage["tags"]:
            thresholds.setdefault(tag["provision"], tag.get("threshold"))
            if _noted(tag):
                places.setdefault(tag["provision"], []).append(_place(passage, tag))
    shown = [
        Shown(
            provision=entry["provision"],
            label=label_of(entry["provision"]),
            heading=entry["heading"] or "",
            score=entry["score"],
            threshold=thresholds.get(entry["provision"]),
            predicted=entry["predicted"],
            decision=entry["decision"],
            passages=places.get(entry["provision"], []),
        )
        for entry in result["provisions"]
        if _noted(entry)
    ]
    return sorted(shown, key=lambda one: -one.score)


def label_of(provision: str, language: str = "en") -> str:
    """A provision as lawyers cite it: `UNTOC.6.1.b` -> `UNTOC art. 6(1)(b)`; a facet of article 20 in words.

    Languages of the interface differ only in the words for the facets; one without them has the number alone.
    """
    instrument, _, rest = provision.partition(".")
    article, *path = rest.split(".")
    if not rest:
        return instrument
    words = load(language)
    ends = "".join(f" – {words[f'facets.{part}']}" if f"facets.{part}" in words else f"({part})" for part in path)
    return f"{instrument} art. {article}{ends}"


def _noted(tag: dict[str, Any]) -> bool:
    return bool(tag["predicted"]) or tag["decision"] != "none"


def _place(passage: dict[str, Any], tag: dict[str, Any]) -> dict[str, Any]:
    return {
        "index": passage["index"],
        "name": _name(passage),
        "score": tag["score"],
        "evidence": (tag.get("evidence") or {}).get("text", "")[:_PREVIEW_CHARACTERS],
    }


def _name(passage: dict[str, Any]) -> str:
    return f"¶ {passage['number']}" if passage["number"] else f"no. {passage['index'] + 1}"


def _passage(passage: dict[str, Any], names: dict[str, Shown]) -> dict[str, Any]:
    tags = [tag for tag in passage["tags"] if _noted(tag) and tag["provision"] in names]
    marks = [
        (tag["evidence"]["start"], tag["evidence"]["end"], tag["provision"]) for tag in tags if tag.get("evidence")
    ]
    return {
        "index": passage["index"],
        "name": _name(passage),
        "number": passage["number"],
        "heading": passage["heading"],
        "language": passage["language"],
        "direction": direction(passage["language"]),
        "tags": [{**tag, "label": names[tag["provision"]].label} for tag in tags],
        "pieces": pieces(passage["text"], passage["start"], marks, passage["mens_rea"]),
    }


def pieces(
    text: str, offset: int, evidence: Sequence[tuple[int, int, str]], spans: Sequence[dict[str, Any]]
) -> list[Piece]:
    """Cut a passage where any mark begins or ends; joined, the pieces are the passage again.

    Args:
        text: the passage.
        offset: where it starts in the document.
        evidence: `(start, end, provision)` in document offsets.
        spans: mental elements, with `start` and `end` in document offsets.
    """
    size = len(text)
    marks = [(max(0, start - offset), min(size, end - offset), provision) for start, end, provision in evidence]
    elements = [(max(0, span["start"] - offset), min(size, span["end"] - offset), span) for span in spans]
    edges = sorted({0, size, *(edge for start, end, _ in (*marks, *elements) for edge in (start, end) if edge <= size)})
    return [
        Piece(
            text=text[left:right],
            evidence=tuple(dict.fromkeys(what for start, end, what in marks if start <= left and right <= end)),
            spans=tuple(span for start, end, span in elements if start <= left and right <= end),
            ending=tuple(span for start, end, span in elements if start < right == end),
        )
        for left, right in pairwise(edges)
    ]


def _standards(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Mental elements by standard, with the passages that have them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for passage in result["passages"]:
        for span in passage["mens_rea"]:
            place = {"index": passage["index"], "name": _name(passage), "role": span["role"], "text": span["text"]}
            found.setdefault(span["standard"], []).append(place)
    return [{"standard": standard, "places": places} for standard, places in found.items()]


def _title(document: dict[str, Any]) -> str:
    return _value(document["metadata"].get("title")) or document["name"]


def _metadata(document: dict[str, Any]) -> list[tuple[str, str]]:
    found = [(key, _value(document["metadata"].get(key))) for key in METADATA]
    return [(key, value) for key, value in found if value]


def _value(metadatum: Any) -> str | None:
    return str(metadatum["value"]) if metadatum else None
