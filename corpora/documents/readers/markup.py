"""What the HTML and XML readers share: safe parsing, and a walk over elements that knows where each text node is.

Nothing is fetched, no entity is expanded, nesting is bounded while the bytes are read. The walk does not recurse.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.entities import html5
from typing import TYPE_CHECKING, Any

from palermo.corpora.documents.readers.flow import Flow
from palermo.corpora.documents.readers.numbering import only
from palermo.corpora.errors import BrokenDocument, EmptyDocument, UnsafeDocument
from palermo.corpora.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_CHUNK = 4_096
"""Bytes fed to the parser before the depth is looked at: too few to nest deeper than libxml2 itself allows (2,048)."""
_LONGEST_ROW = 2_000
"""Characters up to which a table row becomes one block; longer ones are tables that only lay out a page."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_NOT_XML = {**dict.fromkeys((*range(9), *range(14, 32), 0xFFFE, 0xFFFF), "\ufffd"), 11: " ", 12: " "}


def parse_html(text: str, name: str) -> _Element:
    """The root of a page, repaired as browsers do.

    Raises:
        EmptyDocument: no element in it.
        UnsafeDocument: nested deeper than `xml_depth`.
    """
    from lxml import etree

    parser = etree.HTMLPullParser(
        events=("start", "end"), encoding="utf-8", no_network=True, huge_tree=True, recover=True
    )
    root = _fed(parser, text, name)
    if root is None:
        raise EmptyDocument("there is no text in it", source=name)
    return root


def parse_xml(text: str, name: str) -> _Element:
    """The root of an XML document.

    Raises:
        BrokenDocument: not well-formed; the message names the line.
        UnsafeDocument: declares entities, or is nested deeper than `xml_depth`.
    """
    from lxml import etree

    if "<!DOCTYPE" in text and _ENTITY.search(text):
        raise UnsafeDocument(
            "it declares entities, which can read other files or grow without bound",
            source=name,
            hint="save it without a document type declaration",
        )
    parser = etree.XMLPullParser(
        events=("start", "end"),
        encoding="utf-8",
        no_network=True,
        huge_tree=True,
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
    )
    try:
        root = _fed(parser, text, name)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise BrokenDocument(
            f"not well-formed XML at line {line}", source=name, hint="it may be cut off: get it again"
        ) from None
    if root is None:
        raise BrokenDocument("no element in it", source=name)
    return root


def _fed(parser: Any, text: str, name: str) -> _Element | None:
    from lxml import etree

    limit = settings().xml_depth
    depth = 0
    # libxml2 stops at NUL and refuses control characters; one becomes one.
    data = text.translate(_NOT_XML).encode("utf-8", errors="replace")
    for start in range(0, len(data), _CHUNK):
        parser.feed(data[start : start + _CHUNK])
        for event, _ in parser.read_events():
            depth += 1 if event == "start" else -1
            if depth > limit:
                raise UnsafeDocument(f"elements are nested more than {limit} deep", source=name)
    try:
        root: _Element | None = parser.close()
    except etree.XMLSyntaxError:
        if isinstance(parser, etree.HTMLPullParser):
            return None
        raise
    return root


@dataclass(slots=True)
class Place:
    """An element on the way from the root to where the walk is; `inline` and `kinds` are its subclass's to use."""

    element: _Element
    name: str
    path: str
    children: Counter[str] = field(default_factory=Counter)
    elements: int = 0
    texts: int = 0
    inline: bool = False
    skipped: bool = False
    kinds: tuple[str, ...] = ()


class Walker:
    """Goes through a tree in document order and hands each element and text node to its subclass."""

    def __init__(self, name: str) -> None:
        self.flow = Flow(name)
        self.places: list[Place] = []

    def walk(self, root: _Element, path: str = "") -> None:
        """Read `root`, which is at `path`, and all below it into `flow`."""
        from lxml import etree

        outer, self.places = self.places, []
        walk: Any = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                self._start(element, path, walk)
                continue
            if event == "end":
                if not self.places[-1].skipped:
                    self.leave(element, self.places[-1].name)
                self.places.pop()
            if self.places:
                self._text(element.tail)
        self.places = outer

    def _start(self, element: _Element, path: str, walk: Any) -> None:
        if not isinstance(element.tag, str):
            self._entity(element, path)
            return
        self._push(element, path)
        place = self.places[-1]
        place.skipped = self.skips(element, place.name)
        if place.skipped:
            walk.skip_subtree()
            self.skipped(element, place.name)
        else:
            self.enter(element, place.name)
            self._text(element.text)

    def _entity(self, element: Any, path: str) -> None:
        """An entity of a document type that was not fetched: what HTML calls so, else U+FFFD."""
        if self.places and not self.places[-1].skipped:
            self._text(html5.get(f"{element.name};", "\ufffd"))
        self._push(element, path)
        self.places[-1].skipped = True

    def skips(self, element: _Element, name: str) -> bool:
        """Whether an element is not shown, with all below it."""
        raise NotImplementedError

    def skipped(self, element: _Element, name: str) -> None:
        """An element was left out."""

    def enter(self, element: _Element, name: str) -> None:
        """An element begins."""
        raise NotImplementedError

    def leave(self, element: _Element, name: str) -> None:
        """An element ends."""
        raise NotImplementedError

    def node(self, text: str) -> None:
        """A text node."""
        raise NotImplementedError

    def text_path(self) -> str:
        """XPath (local names) of the text node at hand."""
        return f"{self.places[-1].path}/text()[{self.places[-1].texts}]"

    def _push(self, element: _Element, root_path: str) -> None:
        name = local_name(element)
        if self.places:
            above = self.places[-1]
            above.children[name] += 1
            above.elements += bool(name)  # entities have none, and are no elements
            path = f"{above.path}/{path_step(name, above.children[name], above.elements)}"
        else:
            path = root_path or f"/{name}"
        self.places.append(Place(element, name.lower(), path))

    def _text(self, text: str | None) -> None:
        if text:
            self.places[-1].texts += 1
            self.node(text)


def path_step(name: str, alike: int, elements: int) -> str:
    """A step of an XPath: the place among siblings of the name or, where no XPath may hold the name, among all.

    HTML parsers take `<a="b">` for an element of that name.
    """
    return f"{name}[{alike}]" if _NAME.fullmatch(name) else f"*[{elements}]"


def local_name(element: _Element) -> str:
    """The name of an element without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def collapsed(element: _Element | None) -> str:
    """All text of an element on one line."""
    return " ".join("".join(map(str, element.itertext())).split()) if element is not None else ""


def is_data_row(row: _Element, cells: frozenset[str], rows: frozenset[str], headings: frozenset[str]) -> bool:
    """Whether a table row holds data, to be read as one block, and does not only lay out a page."""
    filled = [text for text in (collapsed(cell) for cell in _cells(row, cells, rows | headings)) if text]
    return len(filled) > 1 and sum(map(len, filled)) <= _LONGEST_ROW


def first_cell_is_number(row: _Element, cells: frozenset[str]) -> bool:
    """Whether a row is a numbered paragraph set as a table: a number and then text."""
    filled = [collapsed(child) for child in row if local_name(child).lower() in cells]
    filled = [text for text in filled if text]
    return len(filled) == 2 and only(filled[0]) and len(filled[1]) > len(filled[0])


def _cells(row: _Element, cells: frozenset[str], layout: frozenset[str]) -> Iterator[_Element]:
    """The row's cells; none at all where there is a table or a heading in one of them."""
    if any(local_name(below).lower() in layout for below in row.iterdescendants()):
        return
    yield from (child for child in row if local_name(child).lower() in cells)
