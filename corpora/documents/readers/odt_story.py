"""Walks one story of an ODT (the body, a note) and gives its blocks in reading order; for the ODT reader."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.layout import Item, Piece, Table, reads_like_body, trimmed
from palermo.corpora.documents.readers.odt_lists import OdtLists
from palermo.corpora.documents.readers.odt_names import clark, get, integer, short

if TYPE_CHECKING:
    from lxml.etree import _Element
    from palermo.corpora.documents.readers.odt_styles import OdtStyles

Step = tuple[Iterable["_Element"], Callable[[], None] | None]
WHITE_SPACE = re.compile("[ \t\r\n]+")
MOST_SPACES = 1_000
"""Spaces that one `text:s` may stand for."""
SKIPPED = frozenset(
    {
        *("text:sequence-decls", "text:variable-decls", "text:user-field-decls", "text:dde-connection-decls"),
        *("text:ruby-text", "text:script", "office:forms", "office:annotation-end", "office:event-listeners"),
        *("svg:title", "svg:desc", "draw:object", "draw:image", "draw:plugin", "draw:object-ole"),
    }
)
INLINE_DRAWINGS = frozenset({"draw:frame", "draw:a", "draw:g"})


@dataclass(slots=True)
class Note:
    """A footnote or endnote: where it is defined and the number that the text shows for it."""

    part: str
    number: str | None
    body: _Element


@dataclass(slots=True)
class OdtContext:
    """What the stories of one document share; `tally` counts what was left out by warning code."""

    styles: OdtStyles
    places: dict[_Element, int]
    notes: list[Note] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Open:
    """The paragraph that is being read; `spaced`: white space would collapse into what stands before it."""

    element: _Element
    index: int
    spans: dict[_Element, int]
    runs: list[int]
    pieces: list[Piece] = field(default_factory=list)
    boxes: list[_Element] = field(default_factory=list)
    spaced: bool = True


class OdtStory:
    """One story: `items` walks it with a stack of its own, as deep as the input nests."""

    def __init__(self, root: _Element, part: str, context: OdtContext) -> None:
        self._root = root
        self._part = part
        self._context = context
        self._lists = OdtLists(context.styles)
        self._paragraph: _Open | None = None
        self._tables: list[Table] = []
        self._done: list[Item] = []
        self._stack: list[tuple[_Element | None, Iterator[_Element], Callable[[], None] | None]] = []

    def items(self) -> Iterator[Item]:
        """The blocks of the story, one after the other, while it is walked."""
        self._stack = [(None, iter(self._root), None)]
        while self._stack:
            owner, children, leave = self._stack[-1]
            element = next(children, None)
            if element is not None:
                self._visit(element)
            else:
                self._stack.pop()
                if leave is not None:
                    leave()
                if owner is not None:
                    self._text(owner.tail)
            yield from self._done
            self._done.clear()

    def _visit(self, element: _Element) -> None:
        step = self._enter(element)
        if step is None:
            self._text(element.tail)
            return
        if step[0] is element:
            self._text(element.text)
        self._stack.append((element, iter(step[0]), step[1]))

    def _enter(self, element: _Element) -> Step | None:
        """What to walk inside an element, and what to do after it; None to pass it by."""
        name = short(element)
        if name in SKIPPED or name.endswith("-source"):
            self._context.tally["pictures"] += name == "draw:image"
            return None
        handler = HANDLERS.get(name)
        if handler is not None:
            return handler(self, element)
        if name.startswith("draw:") and name not in INLINE_DRAWINGS and self._paragraph is not None:
            self._paragraph.boxes.append(element)
            return None
        return element, None

    # Text

    def _text(self, text: str | None) -> None:
        paragraph = self._paragraph
        if not text or paragraph is None:
            return
        text = WHITE_SPACE.sub(" ", text)
        if paragraph.spaced:
            text = text.removeprefix(" ")
        if text:
            paragraph.spaced = text.endswith(" ")
            self._add(text)

    def _add(self, text: str) -> None:
        paragraph = self._paragraph
        if paragraph is not None:
            paragraph.pieces.append(Piece(text, self._part_here(), paragraph.index, paragraph.runs[-1]))

    def _part_here(self) -> str:
        return "table" if self._tables and self._part == "body" else self._part

    def _character(self, text: str) -> None:
        self._add(text)
        if self._paragraph is not None:
            self._paragraph.spaced = False

    def _spaces(self, element: _Element) -> None:
        self._character(" " * min(integer(element, "text:c", 1) or 1, MOST_SPACES))

    def _tab(self, _: _Element) -> None:
        self._character("\t")

    def _line_break(self, _: _Element) -> None:
        self._character("\n")

    def _span(self, element: _Element) -> Step | None:
        hidden = self._context.styles.hidden("text", get(element, "text:style-name"))
        if hidden:
            self._hidden(element)
            return None
        paragraph = self._paragraph
        if paragraph is None:
            return element, None
        paragraph.runs.append(paragraph.spans.get(element, 0))
        return element, self._end_span

    def _end_span(self) -> None:
        if self._paragraph is not None:
            self._paragraph.runs.pop()

    # Left out

    def _hidden(self, _: _Element) -> None:
        self._context.tally["hidden_text"] += 1

    def _comment(self, _: _Element) -> None:
        self._context.tally["comments"] += 1

    def _tracked(self, element: _Element) -> None:
        for region in element.iter(clark("text:insertion"), clark("text:deletion")):
            self._context.tally["insertions" if short(region) == "text:insertion" else "deletions"] += 1

    def _section(self, element: _Element) -> Step | None:
        if get(element, "text:display") == "none":
            self._hidden(element)
            return None
        return element, None

    def _note(self, element: _Element) -> None:
        body = element.find(clark("text:note-body"))
        citation = element.find(clark("text:note-citation"))
        part = "endnotes" if get(element, "text:note-class") == "endnote" else "footnotes"
        if body is not None:
            number = "".join(map(str, citation.itertext())).strip() if citation is not None else ""
            self._context.notes.append(Note(part, number or None, body))

    # Paragraphs

    def _begin_paragraph(self, element: _Element) -> Step | None:
        if self._paragraph is not None:
            self._paragraph.boxes.append(element)
            return None
        if self._context.styles.hidden("paragraph", get(element, "text:style-name")):
            self._hidden(element)
            return None
        spans = {span: index for index, span in enumerate(element.iter(clark("text:span")), 1)}
        self._paragraph = _Open(element, self._context.places.get(element, 0), spans, [0])
        return element, self._end_paragraph

    def _end_paragraph(self) -> None:
        paragraph, self._paragraph = self._paragraph, None
        if paragraph is None:
            return
        element = paragraph.element
        heading = short(element) == "text:h"
        in_list = self._lists.depth > 0 or not heading
        text, number = self._lists.number(element) if in_list else self._lists.outline(element)
        pieces = trimmed(paragraph.pieces)
        if text:
            pieces = [Piece(text, self._part_here(), paragraph.index), *pieces]
        if pieces:
            self._put(self._item(element, pieces, number, heading=heading))
        if paragraph.boxes:
            self._stack.append((None, iter(_contents(paragraph.boxes)), None))

    def _item(self, element: _Element, pieces: list[Piece], number: str | None, *, heading: bool) -> Item:
        if self._context.styles.is_title(get(element, "text:style-name")):
            return Item(pieces, "title", number)
        if heading and not reads_like_body("".join(piece.text for piece in pieces), named=True):
            return Item(pieces, "heading", number, max(integer(element, "text:outline-level", 1) or 1, 1))
        return Item(pieces, number=number)

    def _put(self, item: Item) -> None:
        if self._tables:
            self._tables[-1].put(item)
        else:
            self._done.append(item)

    # Lists and tables

    def _list(self, element: _Element) -> Step:
        self._lists.begin(element)
        return element, self._lists.end

    def _numbered(self, element: _Element) -> Step:
        self._lists.begin_numbered(element)
        return element, self._lists.end

    def _list_item(self, element: _Element) -> Step:
        self._lists.item(element if short(element) == "text:list-item" else None)
        return element, None

    def _table(self, element: _Element) -> Step:
        self._tables.append(Table())
        return element, self._end_table

    def _end_table(self) -> None:
        for item in self._tables.pop().items():
            self._put(item)

    def _row(self, element: _Element) -> Step:
        if self._tables:
            self._tables[-1].open_row()
        return element, None

    def _cell(self, element: _Element) -> Step:
        if self._tables:
            self._tables[-1].open_cell()
        return element, None

    def _covered(self, _: _Element) -> None:
        """A cell under a merged one, which nobody sees."""


def _contents(boxes: list[_Element]) -> Iterator[_Element]:
    for box in boxes:
        if short(box) in ("text:p", "text:h"):
            yield box
        else:
            yield from box


HANDLERS: dict[str, Callable[[OdtStory, _Element], Step | None]] = {
    "text:p": OdtStory._begin_paragraph,
    "text:h": OdtStory._begin_paragraph,
    "text:s": OdtStory._spaces,
    "text:tab": OdtStory._tab,
    "text:line-break": OdtStory._line_break,
    "text:span": OdtStory._span,
    "text:hidden-text": OdtStory._hidden,
    "text:hidden-paragraph": OdtStory._hidden,
    "text:tracked-changes": OdtStory._tracked,
    "text:section": OdtStory._section,
    "text:note": OdtStory._note,
    "text:list": OdtStory._list,
    "text:list-item": OdtStory._list_item,
    "text:list-header": OdtStory._list_item,
    "text:numbered-paragraph": OdtStory._numbered,
    "office:annotation": OdtStory._comment,
    "table:table": OdtStory._table,
    "table:table-row": OdtStory._row,
    "table:table-cell": OdtStory._cell,
    "table:covered-table-cell": OdtStory._covered,
}
