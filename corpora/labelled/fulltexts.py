"""Full texts of the corpus's documents, read from a folder of JSON Lines files; for stand-off files and rebuilding.

A line has `doc_id` and `text`, and what is known of `title` or `law`, `section`, `heading`, `chapter`, `jurisdiction`,
`language`, `source`, `licence`. A line with `passage` holds no more of its document than the passage of that id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from palermo.corpora.documents.builder import canonical
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.jsonl import read_records

DOCUMENTS = "documents"
OTHER = "other"
"""Name of the form of a title or heading that the documents don't give."""

TITLE_FORMS: dict[str, tuple[str, ...]] = {"title": ("title",), "law": ("law",)}
HEADING_FORMS: dict[str, tuple[str, ...]] = {
    "heading": ("heading",),
    "chapter": ("chapter",),
    "section": ("section",),
    "section heading": ("section", " ", "heading"),
    "section – heading": ("section", " – ", "heading"),
}
"""Form -> the fields of a document that a title or heading is put together from, every second one a separator."""


@dataclass(frozen=True)
class FullText:
    """One document of a folder: `source` is its file's name without suffixes, `text` canonical, `fields` the rest."""

    source: str
    doc_id: str
    text: str
    fields: dict[str, str]

    @property
    def passage(self) -> str | None:
        """Id of the passage that is all there is of the document, or None where the document is whole."""
        return self.fields.get("passage")

    @cached_property
    def sha256(self) -> str:
        """Hash of the canonical text."""
        return digest(self.text)

    def compose(self, parts: tuple[str, ...]) -> str | None:
        """A title or heading of the given form; None where the document lacks one of its fields."""
        return compose(self.fields, parts)


def compose(fields: Mapping[str, Any], parts: tuple[str, ...]) -> str | None:
    """The values of every other part, with the parts between them as separators; None where a value is no text."""
    values = [fields.get(part) if at % 2 == 0 else part for at, part in enumerate(parts)]
    texts = [value for value in values if isinstance(value, str)]
    return "".join(texts) if len(texts) == len(parts) else None


def digest(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_fulltexts(folder: Path, keep: Callable[[dict[str, Any]], bool]) -> Iterator[FullText]:
    """The documents of every .jsonl and .jsonl.gz file in `folder` (not below it), by file name, that `keep` wants.

    Where the folder has no such file, but a folder "documents", that one is read.

    Raises:
        DataError: the folder has no such file, or one is malformed; the message names file and line, never the text.
    """
    files = _files(folder) or (_files(folder / DOCUMENTS) if (folder / DOCUMENTS).is_dir() else [])
    if not files:
        raise DataError(
            "no .jsonl or .jsonl.gz file", source=folder.name, hint="give the folder with the documents' full texts"
        )
    for path in files:
        source = path.name.removesuffix(".gz").removesuffix(".jsonl")
        for _, record in read_records(path, "fulltext"):
            if keep(record):
                fields = {name: canonical(value) for name, value in record.items() if isinstance(value, str)}
                yield FullText(source, record["doc_id"], fields.pop("text"), fields)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz")))


def by_id(documents: Iterator[FullText]) -> dict[str, list[FullText]]:
    """Documents by `doc_id`, each list in the order read; one id can be in several files."""
    index: dict[str, list[FullText]] = {}
    for document in documents:
        index.setdefault(document.doc_id, []).append(document)
    return index
