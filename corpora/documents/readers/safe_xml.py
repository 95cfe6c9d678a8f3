"""Parses the XML parts of archives: no DTD, no entities, no external reads, bounded depth; for DOCX and ODT."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from palermo.corpora.errors import BrokenDocument, UnsafeDocument
from palermo.corpora.settings import settings

if TYPE_CHECKING:
    from lxml.etree import XMLPullParser, _Element

CHUNK = 1 << 16


class _PrologDone(Exception):
    """The root element has begun without a document type declaration."""


def parse_xml(data: bytes, name: str, part: str) -> _Element:
    """The root element of an XML part; comments and processing instructions are dropped.

    Args:
        data: the part's bytes.
        name: the file's name, for messages.
        part: what the part is called, for messages.

    Raises:
        UnsafeDocument: a document type declaration, or elements nested deeper than `xml_depth`.
        BrokenDocument: not well-formed.
    """
    from lxml import etree

    _check_prolog(data, name, part)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        _feed(parser, data, name, part)
        root: _Element = parser.close()
    except etree.XMLSyntaxError as error:
        if "depth" in str(error) or "huge" in str(error):
            raise UnsafeDocument(f"{part} is nested too deeply or too large", source=name) from error
        raise BrokenDocument(f"{part} is not well-formed XML", source=name) from error
    return root


def _feed(parser: XMLPullParser, data: bytes, name: str, part: str) -> None:
    limit = settings().xml_depth
    depth = 0
    for start in range(0, len(data), CHUNK):
        parser.feed(data[start : start + CHUNK])
        for event, _ in parser.read_events():
            depth += 1 if event == "start" else -1
            if depth > limit:
                raise UnsafeDocument(f"{part} nests elements deeper than {limit}", source=name)


def _check_prolog(data: bytes, name: str, part: str) -> None:
    """Refuse a DTD before libxml2 sees it: it expands entities in attributes whatever its options say."""

    def refuse(*_: object) -> None:
        raise UnsafeDocument(f"{part} has a document type declaration", source=name)

    def stop(*_: object) -> None:
        raise _PrologDone

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        for start in range(0, len(data), CHUNK):
            parser.Parse(data[start : start + CHUNK], False)
        parser.Parse(b"", True)
    except _PrologDone:
        return
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BrokenDocument(f"{part} is not well-formed XML", source=name) from error
    raise BrokenDocument(f"{part} has no root element", source=name)
