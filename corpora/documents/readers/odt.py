"""Reads OpenDocument text (ODT): what a word processor shows, numbers of lists included.

Kept: paragraphs with the numbers of their lists, tables row by row, text boxes after the paragraph that holds them,
tracked insertions. Left out, with a warning: tracked deletions, comments, hidden text. Left out: headers and footers,
marks of notes in the text. Footnotes, then endnotes, follow the body, each as one block that begins with its number.
Locators count `text:p` and `text:h` elements of `content.xml`; run 0 is the paragraph's own text, run n its nth
`text:span`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from palermo.corpora.documents.builder import TextBuilder
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import ODT, finish
from palermo.corpora.documents.readers.archive import SafeArchive, open_archive
from palermo.corpora.documents.readers.layout import Item, Piece, joined, trimmed, write
from palermo.corpora.documents.readers.odt_names import clark
from palermo.corpora.documents.readers.odt_story import Note, OdtContext, OdtStory
from palermo.corpora.documents.readers.odt_styles import OdtStyles
from palermo.corpora.documents.readers.office_metadata import declared_language, plausible_title
from palermo.corpora.documents.readers.office_warnings import tally_warnings
from palermo.corpora.documents.readers.safe_xml import parse_xml
from palermo.corpora.errors import BrokenDocument, NoTextLayer, PasswordProtected, UnsupportedFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

EXTRACTOR = "odt/1"
MEDIA_TYPES = (ODT,)
CONTENT = "content.xml"
MANIFEST = "META-INF/manifest.xml"


def read(data: bytes, name: str) -> Document:
    """An OpenDocument text as canonical text, blocks and runs.

    Raises:
        BrokenDocument: truncated or damaged.
        PasswordProtected: encrypted.
        UnsupportedFormat: a spreadsheet or another OpenDocument format.
        NoTextLayer: pictures only.
        EmptyDocument, UnsafeDocument, LimitExceeded: as their names say.
    """
    archive = open_archive(data, name)
    _check_kind(archive, name)
    content = parse_xml(archive.read(CONTENT), name, CONTENT)
    context = _context(content, _part(archive, "styles.xml", name))
    builder = TextBuilder()
    for item in _items(_body(content, name), context):
        write(item, builder, name)
    if not builder.length and context.tally["pictures"]:
        raise NoTextLayer("it holds pictures and no text", source=name, hint="run text recognition on it")
    meta = _part(archive, "meta.xml", name)
    title = plausible_title(_property(meta, "dc:title"), builder.text)
    macros = any(member.startswith("Basic/Standard/") for member in archive.names)
    return finish(
        data,
        name,
        ODT,
        EXTRACTOR,
        builder,
        metadata={"title": title} if title else {},
        warnings=tally_warnings({**context.tally, "macros": int(macros)}),
        language=declared_language(_property(meta, "dc:language")),
    )


def _check_kind(archive: SafeArchive, name: str) -> None:
    if "mimetype" in archive.names and not archive.read("mimetype").strip().startswith(ODT.encode()):
        raise UnsupportedFormat("it is an OpenDocument file, but not a text", source=name)
    # Manifests of old writers have a DTD, so they are looked at as bytes.
    if MANIFEST in archive.names and b"encryption-data" in archive.read(MANIFEST):
        raise PasswordProtected("it is encrypted", source=name, hint="save a copy without a password")
    if CONTENT not in archive.names:
        raise BrokenDocument("it has no content part", source=name, hint="save it again as ODT")


def _part(archive: SafeArchive, member: str, name: str) -> _Element | None:
    return parse_xml(archive.read(member), name, member) if member in archive.names else None


def _body(content: _Element, name: str) -> _Element:
    body = content.find(f"{clark('office:body')}/{clark('office:text')}")
    if body is None:
        raise UnsupportedFormat("it is an OpenDocument file, but not a text", source=name)
    return body


def _context(content: _Element, styles: _Element | None) -> OdtContext:
    paragraphs = content.iter(clark("text:p"), clark("text:h"))
    return OdtContext(OdtStyles(styles, content), {element: index for index, element in enumerate(paragraphs)})


def _items(body: _Element, context: OdtContext) -> Iterator[Item]:
    yield from OdtStory(body, "body", context).items()
    for part in ("footnotes", "endnotes"):
        for note in [note for note in context.notes if note.part == part]:
            yield _note_item(note, context)


def _note_item(note: Note, context: OdtContext) -> Item:
    pieces = trimmed(joined(OdtStory(note.body, note.part, context).items()))
    if note.number is not None and pieces:
        pieces = [Piece(f"{note.number} ", note.part, pieces[0].paragraph), *pieces]
    return Item(pieces, "footnote", note.number)


def _property(meta: _Element | None, name: str) -> str | None:
    found = next(iter(meta.iter(clark(name))), None) if meta is not None else None
    return found.text if found is not None else None
