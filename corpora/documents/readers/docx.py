"""Reads Word documents (DOCX, DOCM, strict and transitional): what Word shows, numbers included.

Kept: paragraphs with their automatic numbers, tables row by row, text boxes after the paragraph they are anchored in,
results of fields, tracked insertions. Left out, with a warning: tracked deletions, comments, hidden text. Left out:
headers and footers, marks of notes in the text. Footnotes, then endnotes, follow the body, each as one block that
begins with its number. Tabs stay tabs; the one after a number is the one that Word prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from palermo.corpora.documents.builder import TextBuilder
from palermo.corpora.documents.document import Document, Warning
from palermo.corpora.documents.readers import DOCX, finish
from palermo.corpora.documents.readers.docx_notes import Notes, notes_of
from palermo.corpora.documents.readers.docx_numbering import Numbering
from palermo.corpora.documents.readers.docx_package import Package, attribute, open_package, short
from palermo.corpora.documents.readers.docx_story import Context, Places, Story
from palermo.corpora.documents.readers.docx_styles import Styles
from palermo.corpora.documents.readers.layout import Item, joined, trimmed, write
from palermo.corpora.documents.readers.office_metadata import declared_language, plausible_title
from palermo.corpora.documents.readers.office_warnings import tally_warnings
from palermo.corpora.errors import BrokenDocument, NoTextLayer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

EXTRACTOR = "docx/1"
MEDIA_TYPES = (DOCX,)
NOTE_NAMES = {"footnotes": "w:footnote", "endnotes": "w:endnote"}


def read(data: bytes, name: str) -> Document:
    """A Word document as canonical text, blocks and runs.

    Raises:
        BrokenDocument: truncated or damaged.
        PasswordProtected: encrypted.
        UnsupportedFormat: another Office format.
        NoTextLayer: pictures only.
        EmptyDocument, UnsafeDocument, LimitExceeded: as their names say.
    """
    package = open_package(data, name)
    document = package.document()
    context = _context(package, document)
    builder = TextBuilder()
    for item in _items(package, document, context):
        write(item, builder, name)
    if not builder.length and context.tally["pictures"]:
        raise NoTextLayer("it holds pictures and no text", source=name, hint="run text recognition on it")
    core = package.core()
    title = plausible_title(_property(core, "title"), builder.text)
    return finish(
        data,
        name,
        DOCX,
        EXTRACTOR,
        builder,
        metadata={"title": title} if title else {},
        warnings=_warnings(package, context),
        language=declared_language(_property(core, "language")),
    )


def _context(package: Package, document: _Element) -> Context:
    styles = Styles(package.part("styles"))
    settings = package.part("settings")
    notes = {part: notes_of(part, document, settings) for part in NOTE_NAMES}
    return Context(styles, Numbering(package.part("numbering"), styles), notes)


def _items(package: Package, document: _Element, context: Context) -> Iterator[Item]:
    body = next((element for element in document if short(element) == "w:body"), None)
    if body is None:
        raise BrokenDocument("its main document part has no body", source=package.name)
    yield from Story(body, "body", Places(document), context).items()
    for part, notes in context.notes.items():
        if notes.numbers:
            yield from _note_items(package, part, notes, context)


def _note_items(package: Package, part: str, notes: Notes, context: Context) -> Iterator[Item]:
    root = package.part(part)
    if root is None:
        return
    places = Places(root)
    elements = {attribute(e, "id"): e for e in root if short(e) == NOTE_NAMES[part]}
    for note, printed in notes.numbers.items():
        if note in elements:
            items = list(Story(elements[note], part, places, context, printed).items())
            yield Item(trimmed(joined(items)), "footnote", printed)


def _property(core: _Element | None, local: str) -> str | None:
    """A core property (ECMA-376 part 2, 8) by its local name."""
    for element in core if core is not None else ():
        if short(element).rpartition(":")[2] == local:
            return element.text
    return None


def _warnings(package: Package, context: Context) -> list[Warning]:
    return tally_warnings({**context.tally, "macros": int(package.macros)})
