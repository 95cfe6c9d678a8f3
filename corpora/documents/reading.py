"""Bytes of a file -> a `Document` cut into passages; the whole reading pipeline in one function.

`read_document` runs it here, `read_document_safely` in a confined child process: whatever comes from outside goes
through the latter (`palermo.service.analysis`); the child itself and the tests of readers call the former.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from palermo.corpora.documents.document import Document, Kind

if TYPE_CHECKING:
    from palermo.corpora.documents.sandbox import ParserPool


def read_document(data: bytes, name: str, *, kind: Kind | None = None, language: str | None = None) -> Document:
    """Read a file in this process: detect its format, read, cut, describe.

    Args:
        data: the source bytes.
        name: the file's name, for messages and for formats that bytes alone don't tell apart.
        kind: `judgment` or `statute`; None: what the document declares or shows.
        language: ISO 639-1 code of the whole document; None: detected, passage by passage.

    Raises:
        DocumentError: one of its kinds, with `source` set to the name without folders.
    """
    from palermo.corpora.documents import passages, readers
    from palermo.corpora.documents.metadata import metadata

    document = readers.read_bytes(data, name)
    document = document.with_(kind=kind or document.kind, language=language or document.language)
    document = passages.cut(document)
    return document.with_(metadata=metadata(document))


def read_document_safely(
    data: bytes,
    name: str,
    *,
    kind: Kind | None = None,
    language: str | None = None,
    pool: ParserPool | None = None,
) -> Document:
    """The same, in a child process with limits; this process never parses.

    `pool` is for tests and services with limits of their own; unset, the process's shared pool reads.

    Raises:
        DocumentError: as `read_document`; `ParserFailed` where the child crashed or exceeded a limit.
    """
    from palermo.corpora.documents.sandbox import shared_pool

    return (pool or shared_pool()).read(data, name, kind=kind, language=language)
