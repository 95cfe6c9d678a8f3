"""The list of the corpus's sources: `palermo corpus sources` writes `sources.tsv` and `licences.tsv`, facts only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from palermo.corpora.errors import DataError
from palermo.corpora.labelled.fulltexts import FullText
from palermo.corpora.labelled.rebuild import Index
from palermo.corpora.labelled.standoff import Record

SOURCE_COLUMNS = ("doc_id", "file", "jurisdiction", "language", "sha256", "licence", "source", "url")
LICENCE_COLUMNS = ("licence", "documents", "as_stated")
_URL = re.compile(r"https?://[^\s()<>\"]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")

Row = tuple[str, ...]


def source_rows(annotations: Sequence[Record], documents: Index) -> tuple[list[Row], list[Row]]:
    """Rows of `sources.tsv` and `licences.tsv` for the documents of the annotations, by id; licences are numbered.

    A document that is in no file of full texts has a row without hash, licence and source.
    """
    first: dict[str, Record] = {}
    for line in annotations:
        if line["doc_id"] not in first or not first[line["doc_id"]]["document_sha256"]:
            first[line["doc_id"]] = line
    found = {doc_id: _document(line, documents.get(doc_id, ())) for doc_id, line in first.items()}
    stated = [document.fields.get("licence") or "not stated" for document in found.values() if document]
    order = sorted(set(stated), key=lambda licence: (-stated.count(licence), licence))
    number = {licence: f"L{at}" for at, licence in enumerate(order, start=1)}
    sources = [_row(line, found[doc_id], number) for doc_id, line in sorted(first.items())]
    return sources, [(number[licence], str(stated.count(licence)), _field(licence)) for licence in order]


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """A tab-separated file with a heading line, UTF-8.

    Raises:
        DataError: it can't be written.
    """
    try:
        path.write_text("".join("\t".join(row) + "\n" for row in (columns, *rows)), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataError(f"can't be written: {reason}", source=path.name, hint="check the folder") from None


def _document(line: Record, candidates: Sequence[FullText]) -> FullText | None:
    return next((one for one in candidates if one.sha256 == line["document_sha256"]), None)


def _row(line: Record, document: FullText | None, number: dict[str, str]) -> Row:
    facts = (line["doc_id"], line["source"] or "", line["jurisdiction"] or "", line["language"])
    if document is None:
        return (*map(_field, facts), "", "", "", "")
    source = document.fields.get("source") or ""
    if source.startswith("local:"):
        # A path on the machine of whoever collected the texts: its last folder and the file say enough.
        source = "/".join(source.removeprefix("local:").split("/")[-2:])
    url = _URL.search(source)
    licence = number[document.fields.get("licence") or "not stated"]
    return (*map(_field, facts), document.sha256, licence, _field(source), _field(url[0] if url else ""))


def _field(value: str) -> str:
    """The value without tabs and line ends, which would break the table."""
    return _CONTROL.sub(" ", value).strip()
