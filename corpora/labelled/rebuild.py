"""Passages rebuilt from stand-off annotations and full texts, for `palermo corpus build`.

What can't be rebuilt is left out and named with its reason; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from palermo.corpora.labelled.fulltexts import (
    HEADING_FORMS,
    TITLE_FORMS,
    FullText,
    by_id,
    digest,
    read_fulltexts,
)
from palermo.corpora.labelled.standoff import Record, context_digest

Code = Literal["missing_document", "wrong_hash", "wrong_text", "context"]
Index = Mapping[str, Sequence[FullText]]

REASONS: dict[Code, str] = {
    "missing_document": "no document with this id, or not this part of it",
    "wrong_hash": "the document's text is not the one that was annotated",
    "wrong_text": "the words at the offsets are not those that were annotated",
    "context": "title or heading is not in the documents or differs; the passage is kept",
}
"""What each code of a `Problem` means."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One passage that was left out (all codes but `context`) or lacks its title or heading (`context`)."""

    code: Code
    source: str | None
    doc_id: str
    id: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The passages of one stand-off file in the corpus format, in its order, and what went wrong."""

    passages: list[Record]
    problems: list[Problem]
    total: int


def fulltexts_for(annotations: Sequence[Record], folder: Path) -> dict[str, list[FullText]]:
    """The documents of the folder that the annotations point at, by id.

    Raises:
        DataError: the folder has no file of documents, or one is malformed.
    """
    wanted = {line["doc_id"] for line in annotations}
    wanted |= {line["heading_of"]["doc_id"] for line in annotations if "heading_of" in line}
    return by_id(read_fulltexts(folder, lambda record: record["doc_id"] in wanted))


def rebuild(annotations: Sequence[Record], documents: Index) -> Rebuilt:
    """Rebuild what the documents allow; a document whose hash differs gives none of its passages."""
    passages: list[Record] = []
    problems: list[Problem] = []
    for line in annotations:
        passage, code = _passage(line, documents)
        if passage is not None:
            passages.append(passage)
        if code is not None:
            problems.append(Problem(code, line["source"], line["doc_id"], line["id"]))
    return Rebuilt(passages, problems, len(annotations))


def _passage(line: Record, documents: Index) -> tuple[Record | None, Code | None]:
    candidates = documents.get(line["doc_id"], ())
    document = next((one for one in candidates if one.sha256 == line["document_sha256"]), None)
    if document is not None:
        start, end = line.get("at", (line["start"], line["end"]))
    else:
        document = _whole(line, candidates)
        start, end = line["start"], line["end"]
    if document is None:
        changed = candidates and line["document_sha256"] and "at" not in line
        return None, "wrong_hash" if changed else "missing_document"
    text = document.text[start:end]
    if digest(text) != line["text_sha256"]:
        return None, "wrong_text"
    title = document.compose(TITLE_FORMS[line["title"]]) if line["title"] in TITLE_FORMS else None
    heading = _heading(line, document, documents)
    same = context_digest(title, heading) == line["context"]
    return _record(line, title, heading, text), None if same else "context"


def _whole(line: Record, candidates: Sequence[FullText]) -> FullText | None:
    """A whole document where the annotator had only the passage, or nothing: the passage's own hash vouches for it."""
    if (line["document_sha256"] and "at" not in line) or line["start"] is None:
        return None
    right = (one for one in candidates if digest(one.text[line["start"] : line["end"]]) == line["text_sha256"])
    return next(right, None)


def _heading(line: Record, document: FullText, documents: Index) -> str | None:
    parts = HEADING_FORMS.get(line["heading"])
    if parts is None:
        return None
    if "heading_of" not in line:
        return document.compose(parts)
    there = documents.get(line["heading_of"]["doc_id"], ())
    right = next((one for one in there if one.sha256 == line["heading_of"]["sha256"]), None)
    return right.compose(parts) if right else None


def _record(line: Record, title: str | None, heading: str | None, text: str) -> Record:
    spans = [span | {"span": text[span["start"] : span["end"]]} for span in line["mens_rea"]]
    record: dict[str, Any] = {name: line[name] for name in ("id", "kind", "jurisdiction", "language", "doc_id")}
    record |= {"title": title, "heading": heading, "text": text}
    record |= {"labels": line["labels"], "maybe": line["maybe"], "mens_rea": spans}
    return record | {name: line[name] for name in ("named", "start", "end")}
