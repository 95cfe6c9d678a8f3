"""The reader protocol and the table of readers; `read_document` and the reading process come in here.

A reader is a module of this folder with `EXTRACTOR`, `MEDIA_TYPES` and `read(data, name) -> Document`. It
fills everything but `passages`; what the source declares of `kind` and `language` it passes on, and guesses
neither.
Every reader keeps the promises that `palermo.corpora.documents.conformance.check` checks.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from typing import TYPE_CHECKING, Protocol, cast

from palermo.corpora.documents.document import Document, Kind, MetadataValue, Warning
from palermo.corpora.errors import EmptyDocument, LimitExceeded, UnsupportedFormat
from palermo.corpora.settings import settings

if TYPE_CHECKING:
    from palermo.corpora.documents.builder import TextBuilder

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"

MODULES: dict[str, str] = {
    "text/plain": "text",
    "text/html": "html",
    "application/akn+xml": "akn",
    "application/xml": "akn",
    "application/json": "records",
    "application/x-ndjson": "records",
    "text/csv": "records",
    "text/tab-separated-values": "records",
    "application/pdf": "pdf",
    DOCX: "docx",
    ODT: "odt",
    "application/rtf": "rtf",
}
"""Media type -> module of this folder. A media type that is not here has no reader."""


class Reader(Protocol):
    """What a reader module offers.

    Attributes:
        EXTRACTOR: name and version, e.g. `"html/1"`; it rises when the canonical text of any file changes.
        MEDIA_TYPES: the media types that it reads, as `detect.media_type` names them.
    """

    EXTRACTOR: str
    MEDIA_TYPES: tuple[str, ...]

    def read(self, data: bytes, name: str) -> Document:
        """Source bytes as a document without passages; `name` is for messages and ties only.

        Raises:
            DocumentError: one of its kinds, with `source=name`.
        """


def reader_for(media_type: str) -> Reader:
    """The reader of a media type, imported on first use.

    Raises:
        UnsupportedFormat: no reader knows the media type.
    """
    module = MODULES.get(media_type)
    if module is None:
        raise UnsupportedFormat(f"no reader for {media_type}")
    return cast(Reader, importlib.import_module(f"{__name__}.{module}"))


def read_bytes(data: bytes, name: str) -> Document:
    """Detect the format by the bytes and read it; a misleading extension gives the warning `wrong_extension`.

    Raises:
        DocumentError: one of its kinds, with `source` set to the file's own name (no folders).
    """
    from palermo.corpora.documents import detect

    name = bare_name(name)
    check_size(data, name)
    media_type = detect.media_type(data, name)
    document = reader_for(media_type).read(data, name)
    misleading = detect.extension_warning(media_type, name)
    return document.with_(warnings=(misleading, *document.warnings)) if misleading else document


def check_size(data: bytes, name: str, limit: int | None = None) -> None:
    """Refuse a source file above `limit` bytes; unset: the setting `document_bytes`.

    Raises:
        LimitExceeded: it is larger.
    """
    limit = limit or settings().document_bytes
    if len(data) > limit:
        raise LimitExceeded(
            f"{len(data):,} bytes; the limit is {limit:,}",
            source=name,
            hint="split it, or raise PALERMO_DOCUMENT_BYTES",
        )


def check_length(characters: int, name: str) -> None:
    """Refuse text above the limit `text_characters`; call it while collecting, not only at the end.

    Raises:
        LimitExceeded: it is longer.
    """
    limit = settings().text_characters
    if characters > limit:
        raise LimitExceeded(
            f"more than {limit:,} characters of text",
            source=name,
            hint="split it, or raise PALERMO_TEXT_CHARACTERS",
        )


def finish(  # noqa: PLR0913 - one argument a field of Document
    data: bytes,
    name: str,
    media_type: str,
    extractor: str,
    builder: TextBuilder,
    *,
    metadata: dict[str, MetadataValue] | None = None,
    warnings: tuple[Warning, ...] | list[Warning] = (),
    kind: Kind | None = None,
    language: str | None = None,
) -> Document:
    """What a reader collected in `builder`, as a document.

    Raises:
        EmptyDocument: no text but white space.
        LimitExceeded: longer than `text_characters`.
    """
    text = builder.text
    check_length(len(text), name)
    if not text.strip():
        raise EmptyDocument("there is no text in it", source=name)
    return Document(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=media_type,
        extractor=extractor,
        text=text,
        blocks=tuple(builder.blocks),
        runs=tuple(builder.runs),
        metadata=metadata or {},
        warnings=tuple(warnings),
        kind=kind,
        language=language,
    )


def bare_name(name: str) -> str:
    """A file name without folders of any system and without control characters; never empty."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(character for character in last if character.isprintable()) or "document"
