"""Reads PDF files with pdfium: text in reading order with the box of each word; `readers.reader_for` picks it.

Each page is opened, read and closed before the next. Boxes are in the page's own coordinates (PDF user space, points,
origin at the lower left, `/Rotate` not applied), as PDF viewers expect of annotations. Scanned pages are read by OCR
(`pdf_scans`); the extractor then names its engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from palermo.corpora.documents.document import Document, MetadataValue, Warning
from palermo.corpora.documents.readers.pdf_guard import check_streams
from palermo.corpora.documents.readers.pdf_layout.flow import Flow, body_size
from palermo.corpora.documents.readers.pdf_layout.furniture import Furniture
from palermo.corpora.documents.readers.pdf_layout.glyphs import read_page
from palermo.corpora.documents.readers.pdf_layout.hyphens import Hyphens
from palermo.corpora.documents.readers.pdf_layout.scans import Scan, scan
from palermo.corpora.documents.readers.pdf_layout.shapes import Page, rules
from palermo.corpora.documents.readers.pdf_scans import Recognition, recognise
from palermo.corpora.errors import (
    BrokenDocument,
    EmptyDocument,
    LimitExceeded,
    NoTextLayer,
    PasswordProtected,
)
from palermo.corpora.settings import settings

EXTRACTOR = "pdf/1"
MEDIA_TYPES = ("application/pdf",)

GARBLED_SHARE = 0.1
TAIL = 2048
OCR_HINT = "run OCR over the file first, so that it has a text layer"


def read(data: bytes, name: str) -> Document:
    """The document in a PDF's bytes, without passages.

    Raises:
        EmptyDocument, BrokenDocument, PasswordProtected, NoTextLayer: as their names say; a file encrypted
            with an empty user password opens.
        LimitExceeded: more than `document_bytes`, `pdf_pages` or `text_characters`.
        UnsafeDocument: a stream that unpacks to more than `pdf_stream_bytes`.
    """
    _check_bytes(data, name)
    warnings: list[Warning] = []
    if b"%%EOF" not in data[-TAIL:]:
        warnings.append(Warning("file_repaired", "The file has no proper end; what could be found was read."))
    with _opened(data, name) as pdf:
        count = len(pdf)
        if count == 0:
            raise BrokenDocument("the PDF has no pages", source=name, hint="save or download it again")
        if count > settings().pdf_pages:
            raise LimitExceeded(f"the PDF has more than {settings().pdf_pages} pages", source=name, hint="split it")
        scans: list[Scan] = []
        pages = list(_pages(pdf, scans, warnings, name))
        title = _title(pdf)
    if not pages:
        raise BrokenDocument("no page of the PDF can be read", source=name, hint="save or download it again")
    metadata = {"title": MetadataValue(title)} if title else {}
    recognition = recognise(data, pages, scans, name)
    return _document(data, name, pages, metadata, warnings, recognition)


def _check_bytes(data: bytes, name: str) -> None:
    if not data.strip():
        raise EmptyDocument("the file is empty", source=name)
    if len(data) > settings().document_bytes:
        raise LimitExceeded(f"the file is larger than {settings().document_bytes} bytes", source=name, hint="split it")
    check_streams(data, name, settings().pdf_stream_bytes)


@contextmanager
def _opened(data: bytes, name: str) -> Iterator[Any]:
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.raw.FPDF_ERR_PASSWORD:
            raise PasswordProtected(
                "the PDF is encrypted and asks for a password", source=name, hint="save it without a password"
            ) from None
        raise BrokenDocument(
            "the file is not a PDF that can be opened", source=name, hint="it may be cut off; download it again"
        ) from None
    try:
        yield pdf
    finally:
        pdf.close()


def _pages(pdf: Any, scans: list[Scan], warnings: list[Warning], name: str) -> Iterator[Page]:
    import pypdfium2 as pdfium

    characters = 0
    for index in range(len(pdf)):
        try:
            page = pdf[index]
            try:
                read = read_page(page, index + 1)
                found = scan(page, read)
            finally:
                page.close()
        except (pdfium.PdfiumError, ValueError, OverflowError):
            warnings.append(Warning("page_failed", "The page could not be read and was left out.", index + 1))
            continue
        characters += read.glyphs
        if characters > settings().text_characters:
            raise LimitExceeded(
                f"the text is longer than {settings().text_characters} characters", source=name, hint="split the file"
            )
        if found is not None:
            scans.append(found)
        yield read


def _document(
    data: bytes,
    name: str,
    pages: list[Page],
    metadata: dict[str, MetadataValue],
    warnings: list[Warning],
    recognition: Recognition,
) -> Document:
    warnings.extend(recognition.warnings)
    furniture = Furniture(pages)
    flow = Flow(body_size(pages), Hyphens(pages))
    pages.reverse()
    while pages:
        page = pages.pop()
        furniture.strip(page)
        warnings.extend(_page_warnings(page))
        flow.add(page)
    builder = flow.finish()
    if not builder.blocks:
        raise NoTextLayer("no page has a text layer", source=name, hint=recognition.hint or OCR_HINT)
    return Document(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=MEDIA_TYPES[0],
        extractor=f"{EXTRACTOR}+{recognition.engine}" if recognition.engine else EXTRACTOR,
        text=builder.text,
        blocks=tuple(builder.blocks),
        runs=tuple(builder.runs),
        metadata=metadata,
        warnings=tuple(sorted(warnings, key=lambda warning: warning.page or 0)),
    )


def _page_warnings(page: Page) -> Iterator[Warning]:
    """What a page without its running heads lacks; a page left blank lacks nothing."""
    if not page.segments and not page.side:
        if page.drawn:
            yield Warning("page_without_text", "The page has no text layer (an image?).", page.number)
    elif page.unmapped > GARBLED_SHARE * max(page.glyphs, 1):
        yield Warning(
            "garbled_text", "The fonts don't say which letters many glyphs are; OCR may do better.", page.number
        )


def _title(pdf: Any) -> str | None:
    """The title of the file's own information, unless a word processor or a converter put it there."""
    import re2

    try:
        said = str(pdf.get_metadata_value("Title") or "")
    except UnicodeDecodeError:
        return None  # half a surrogate pair
    title = " ".join(said.replace("\0", "").split())
    if not 4 <= len(title) <= 300 or not any(character.isalpha() for character in title):
        return None
    return None if re2.search(rules()["titles"]["not"], title) else title
