r"""Reads RTF: what a word processor shows, with numbers of lists as the file itself spells them out.

Kept: paragraphs with the text of their numbers (`\listtext`, `\pntext`), tables row by row, text boxes after the
paragraph that holds them, results of fields, tracked insertions. Left out, with a warning: tracked deletions, comments,
hidden text. Left out: headers and footers, marks of notes in the text. Footnotes, then endnotes, follow the body, each
as one block that begins with its number. Locators count the ends of paragraphs, cells and rows; their run is always 0,
or null where the number of a note is generated.
"""

from __future__ import annotations

from palermo.corpora.documents.builder import TextBuilder
from palermo.corpora.documents.document import Document, Warning
from palermo.corpora.documents.readers import finish
from palermo.corpora.documents.readers.layout import write
from palermo.corpora.documents.readers.office_metadata import plausible_title
from palermo.corpora.documents.readers.office_warnings import tally_warnings
from palermo.corpora.documents.readers.rtf_parser import RtfParser
from palermo.corpora.documents.readers.rtf_tokens import tokens
from palermo.corpora.errors import BrokenDocument, EmptyDocument

EXTRACTOR = "rtf/1"
MEDIA_TYPES = ("application/rtf",)
BOM = b"\xef\xbb\xbf"
MAGIC = b"{\\rtf"


def read(data: bytes, name: str) -> Document:
    """An RTF file as canonical text, blocks and runs; one that ends early is read up to there, with a warning.

    Raises:
        BrokenDocument: does not begin as RTF does.
        EmptyDocument, UnsafeDocument, LimitExceeded: as their names say.
    """
    source = data.removeprefix(BOM).lstrip()
    if not source:
        raise EmptyDocument("there are no bytes in it", source=name)
    if not source.startswith(MAGIC):
        raise BrokenDocument("it does not begin as RTF does", source=name)
    parser = RtfParser(name)
    for token in tokens(source):
        parser.feed(token)
    truncated = not parser.closed
    builder = TextBuilder()
    for item in parser.finish():
        write(item, builder, name)
    title = plausible_title(parser.title, builder.text)
    return finish(
        data,
        name,
        MEDIA_TYPES[0],
        EXTRACTOR,
        builder,
        metadata={"title": title} if title else {},
        warnings=_warnings(parser, truncated=truncated),
    )


def _warnings(parser: RtfParser, *, truncated: bool) -> list[Warning]:
    return tally_warnings({**parser.tally, "truncated": int(truncated)})
