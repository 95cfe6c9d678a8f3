"""`--format pdf`: the PDF that was read, with evidence and mental elements highlighted where they stand.

Each highlight opens a note with the provision, its score and decision, or with the mental element and its role.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from palermo.corpora.errors import UsageError
from palermo.service.exports.rows import engine, noted
from palermo.service.pages.view import label_of

if TYPE_CHECKING:
    from palermo.corpora.documents.pdf_marks import Highlight

AUTHOR = "Palermo"
COLORS = {"assigned": "ffe066", "review": "ffc078", "none": "ffe066", "element": "99d6ff"}
"""Of evidence by its decision, and of mental elements."""


def render(analysis: dict[str, Any], source: bytes) -> bytes:
    """The source, and the highlights behind it.

    Raises:
        UsageError: the source is not a PDF.
        DocumentError: nothing can be added to it.
    """
    from palermo.corpora.documents import sandbox

    document = analysis["document"]
    if document["media_type"] != "application/pdf":
        raise UsageError(
            f"--format pdf marks PDF files, and this is {document['media_type']}",
            source=document["name"],
            hint="take html or webannotation",
        )
    highlights = [*_evidence(analysis), *_elements(analysis)]
    properties = {"Palermo" + _camel(key): value for key, value in engine(analysis).items()}
    return sandbox.shared_pool().highlight(source, document["name"], highlights, AUTHOR, properties)


def _evidence(analysis: dict[str, Any]) -> Iterator[Highlight]:
    headings = {entry["provision"]: entry["heading"] for entry in analysis["provisions"]}
    for passage in analysis["passages"]:
        for tag in passage["tags"]:
            if noted(tag):
                name = " – ".join(filter(None, (label_of(tag["provision"]), headings.get(tag["provision"]))))
                note = f"{name}\nscore {tag['score']:.2f}, {tag['decision']}"
                yield from _highlights(tag.get("evidence") or passage, COLORS[tag["decision"]], note)


def _elements(analysis: dict[str, Any]) -> Iterator[Highlight]:
    """After the evidence, so that viewers put them on top."""
    for passage in analysis["passages"]:
        for span in passage["mens_rea"]:
            role = f", {span['role']}" if span["role"] else ""
            note = f"mental element: {span['standard'].replace('_', ' ')}{role}\nscore {span['score']:.2f}"
            yield from _highlights(span, COLORS["element"], note)


def _highlights(where: dict[str, Any], color: str, note: str) -> Iterator[Highlight]:
    """One a page that the words stand on."""
    from palermo.corpora.documents.pdf_marks import Highlight

    for anchor in where.get("anchors", ()):
        if anchor.get("type") == "pdf":
            yield Highlight.from_json({**anchor, "color": color, "note": note})


def _camel(key: str) -> str:
    return "".join(part.capitalize() for part in key.split("_"))
