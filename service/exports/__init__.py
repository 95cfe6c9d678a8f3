"""Table of export formats; the command line and the API find a format here, each has one module of this folder.

A module of a format has one function:
    render(analysis) -> bytes            formats of one document (`json`, `html`, ...)
    render(analysis, source) -> bytes    those made from the source's bytes as well (`pdf`)
    write(records, file) -> None         formats of many (`jsonl`, `csv`, `xlsx`): `records` is an iterator
A record is an analysis, or `{"error": ...}` for a document that could not be read.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast


class OneDocument(Protocol):
    """Module of a format that holds one document."""

    def render(self, analysis: dict[str, Any]) -> bytes:
        """The analysis in this format."""


class OntoSource(Protocol):
    """Module of a format that is the source itself, marked."""

    def render(self, analysis: dict[str, Any], source: bytes) -> bytes:
        """The source with what the analysis says of it."""


class ManyDocuments(Protocol):
    """Module of a format that holds any number of documents."""

    def write(self, records: Iterator[dict[str, Any]], file: IO[bytes]) -> None:
        """Write the records one by one, as they come."""


@dataclass(frozen=True, slots=True)
class Format:
    """An export format.

    Attributes:
        name: as `--format` takes it.
        suffix: of files, with its dot.
        media_type: IANA media type.
        collects: whether one file holds many documents.
        about: one line for help.
        needs_source: whether it is made from the source's bytes as well, and so can't be made of an analysis alone.
        needs_reviews: whether it holds what people decided and nothing else, and so can't be made by `palermo tag`.
    """

    name: str
    suffix: str
    media_type: str
    collects: bool
    about: str
    needs_source: bool = False
    needs_reviews: bool = False

    def render(self, analysis: dict[str, Any], source: bytes) -> bytes:
        """One document in a format of one document.

        Args:
            analysis: as `service/schemas/analysis.schema.json` describes it.
            source: the bytes that were analysed.

        Raises:
            PalermoError: the format has no place for this kind of source, or an optional package is missing.
        """
        if self.needs_source:
            return cast(OntoSource, self.one()).render(analysis, source)
        return self.one().render(analysis)

    def one(self) -> OneDocument:
        """The module of a format of one document."""
        return cast(OneDocument, importlib.import_module(f"{__name__}.{self.name}_"))

    def many(self) -> ManyDocuments:
        """The module of a format of many documents."""
        return cast(ManyDocuments, importlib.import_module(f"{__name__}.{self.name}_"))


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LINES = "application/x-ndjson"
_WEB_ANNOTATION = 'application/ld+json;profile="http://www.w3.org/ns/anno.jsonld"'

FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("json", ".json", "application/json", False, "everything, one file a document"),
        Format("jsonl", ".jsonl", _LINES, True, "everything, one line a document"),
        Format("csv", ".csv", "text/csv", True, "one row a tag"),
        Format("xlsx", ".xlsx", _XLSX, True, "a workbook: documents, tags, mental elements, errors"),
        Format("html", ".html", "text/html", False, "a page to read, evidence highlighted"),
        Format("jsonld", ".jsonld", "application/ld+json", False, "linked data (schema.org, SKOS)"),
        Format("record", ".record.json", "application/json", False, "a record for a case-law database"),
        Format("akn", ".akn.xml", "application/akn+xml", False, "Akoma Ntoso 3.0, annotations in place"),
        Format("pdf", ".annotated.pdf", "application/pdf", False, "the PDF that was read, with highlights", True),
        Format("docbin", ".spacy", "application/octet-stream", True, "spaCy DocBin, one Doc a passage"),
        Format("corpus", ".passages.jsonl", _LINES, True, "labelled passages to learn from", needs_reviews=True),
        Format("webannotation", ".anno.json", _WEB_ANNOTATION, False, "W3C Web Annotation, one page of annotations"),
    )
}
"""Name -> format."""
