"""Stand-off annotations of a labelled file: what `palermo corpus standoff` writes and `palermo corpus build` reads.

A line has everything of a passage but its words: hashes and offsets say where they are in the document's full text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from palermo.corpora.errors import DataError
from palermo.corpora.labelled.fulltexts import (
    HEADING_FORMS,
    OTHER,
    TITLE_FORMS,
    FullText,
    by_id,
    compose,
    digest,
    read_fulltexts,
)
from palermo.corpora.labelled.jsonl import read_records
from palermo.corpora.labelled.passages import read_passages

Record = dict[str, Any]
Place = tuple[FullText, int, int]
SPAN_FIELDS = ("standard", "role", "start", "end")


def standoff(passages: Path, documents: Path) -> Iterator[Record]:
    """Stand-off annotations of a file of passages, in its order; they keep to `standoff.schema.json`.

    A passage whose words are in no document of the folder gets `source` and `document_sha256` null.

    Raises:
        DataError: the passages or a file of the folder are malformed.
    """
    read_passages(passages)  # finds what the schema can't: ids that occur twice, spans outside their text
    records = [record for _, record in read_records(passages, "passage")]
    index, headings = _gather(records, documents)
    for record in records:
        place = locate(record, index.get(record.get("doc_id", record["id"]), ()))
        yield _annotation(record, place, headings)


def read_standoff(path: Path) -> list[Record]:
    """The lines of a stand-off file.

    Raises:
        DataError: a line breaks the schema, an id occurs twice, an offset ends before it starts, or there is no line.
    """
    lines, seen = [], set()
    for number, line in read_records(path, "standoff"):
        if line["id"] in seen:
            raise DataError(f"line {number} has an id a second time", source=path.name, hint="make ids unique")
        if line.get("at", [0, 1])[0] >= line.get("at", [0, 1])[1] or (line["start"] or 0) > (line["end"] or 0):
            raise DataError(f"line {number}: offsets end before they start", source=path.name, hint="make it again")
        seen.add(line["id"])
        lines.append(line)
    if not lines:
        raise DataError("no annotations", source=path.name, hint="one JSON object a line")
    return lines


def locate(record: Record, documents: Iterable[FullText]) -> Place | None:
    """Where the passage's words are: at its offsets, as the whole of a text kept for it, or once anywhere."""
    text, documents = record["text"], list(documents)
    start, end = record.get("start"), record.get("end")
    for document in documents:
        if start is not None and end is not None and document.text[start:end] == text and document.passage is None:
            return document, start, end
        if document.passage == record["id"] and document.text == text:
            return document, 0, len(text)
    for document in documents:
        at = document.text.find(text)
        if at >= 0 and document.text.find(text, at + 1) < 0:
            return document, at, at + len(text)
    return None


def context_digest(title: str | None, heading: str | None) -> str:
    """First 16 digits of the SHA-256 of title, a line feed and heading; shows where either has changed."""
    return digest(f"{title or ''}\n{heading or ''}")[:16]


def _gather(records: Sequence[Record], folder: Path) -> tuple[dict[str, list[FullText]], dict[str, list[FullText]]]:
    """Documents of the passages by id, and by heading those documents whose heading a passage has."""
    ids = {record.get("doc_id", record["id"]) for record in records}
    wanted = {(record.get("jurisdiction"), record["heading"]) for record in records if record.get("heading")}
    headings: dict[str, list[FullText]] = {}

    def keep(raw: Record) -> bool:
        made = {compose(raw, form) for form in HEADING_FORMS.values()}
        return raw["doc_id"] in ids or any((raw.get("jurisdiction"), heading) in wanted for heading in made)

    index = by_id(read_fulltexts(folder, keep))
    for document in (one for group in index.values() for one in group):
        for heading in {document.compose(form) for form in HEADING_FORMS.values()}:
            if heading and (document.fields.get("jurisdiction"), heading) in wanted:
                headings.setdefault(heading, []).append(document)
    return index, headings


def _annotation(record: Record, place: Place | None, headings: dict[str, list[FullText]]) -> Record:
    start, end = record.get("start"), record.get("end")
    line: Record = {name: record.get(name) for name in ("id", "kind", "jurisdiction", "language")}
    line["doc_id"] = record.get("doc_id", record["id"])
    line["source"] = place[0].source if place else None
    line["document_sha256"] = place[0].sha256 if place else None
    if place and place[1:] != (start, end):
        line["at"] = list(place[1:])
    line["text_sha256"] = digest(record["text"])
    line["context"] = context_digest(record.get("title"), record.get("heading"))
    line["title"] = _form(record.get("title"), place, TITLE_FORMS)
    line |= _heading(record, place, headings)
    line |= {"labels": record.get("labels", []), "maybe": record.get("maybe", [])}
    line["mens_rea"] = [
        {name: span[name] for name in SPAN_FIELDS if name in span} for span in record.get("mens_rea", [])
    ]
    return line | {"named": record.get("named", False), "start": start, "end": end}


def _form(value: str | None, place: Place | None, forms: dict[str, tuple[str, ...]]) -> str | None:
    if value is None:
        return None
    found = (name for name, parts in forms.items() if place and place[0].compose(parts) == value)
    return next(found, OTHER)


def _heading(record: Record, place: Place | None, headings: dict[str, list[FullText]]) -> Record:
    """The heading's form, and the document that has it where the passage's own does not."""
    heading = record.get("heading")
    form = _form(heading, place, HEADING_FORMS)
    if form != OTHER:
        return {"heading": form}
    for document in headings.get(heading or "", ()):
        same_law = document.fields.get("law") == record.get("title")
        if document.fields.get("jurisdiction") == record.get("jurisdiction") and (
            same_law or document.text.strip() == record["text"].strip()
        ):
            form = _form(heading, (document, 0, 0), HEADING_FORMS)
            return {"heading": form, "heading_of": {"doc_id": document.doc_id, "sha256": document.sha256}}
    return {"heading": OTHER}
