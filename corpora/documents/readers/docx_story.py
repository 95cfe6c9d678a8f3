"""Walks one story of a DOCX (the body, a note) and gives its blocks in reading order; for the DOCX reader.

The walk keeps its own stack: the depth of the input never becomes the depth of Python's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.docx_fields import Fields
from palermo.corpora.documents.readers.docx_package import attribute, child, number, short, switched, value
from palermo.corpora.documents.readers.layout import Item, Piece, Table, trimmed
from palermo.corpora.documents.readers.symbols import symbol, symbol_text

if TYPE_CHECKING:
    from lxml.etree import _Element
    from palermo.corpora.documents.readers.docx_notes import Notes
    from palermo.corpora.documents.readers.docx_numbering import Numbering
    from palermo.corpora.documents.readers.docx_styles import Styles

Step = tuple[Iterable["_Element"], Callable[[], None] | None]
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
XML_SPACES = " \t\r\n"
SKIPPED = frozenset(
    {
        *("w:pPr", "w:rPr", "w:sectPr", "w:tblPr", "w:tblGrid", "w:tblPrEx", "w:trPr", "w:tcPr", "w:sdtPr"),
        *("w:sdtEndPr", "w:instrText", "w:delText", "w:delInstrText", "w:rt", "w:rubyPr", "w:fldData", "w:ffData"),
        *("w:softHyphen", "m:rPr", "m:ctrlPr", "m:fPr", "m:sSupPr"),
    }
)
CHARACTERS = {"w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:br": "\n", "w:noBreakHyphen": "\u2011"}
OPERATORS = {"m:den": "/", "m:sup": "^"}
"""What a formula's layout means, in a line of text."""
LINE_BREAKS = str.maketrans({"\r": " ", "\n": " "})


@dataclass(slots=True)
class Context:
    """What the stories of one document share.

    Attributes:
        tally: what was left out or guessed, by warning code; `pictures` too.
    """

    styles: Styles
    numbering: Numbering
    notes: dict[str, Notes]
    tally: Counter[str] = field(default_factory=Counter)


class Places:
    """The index of each paragraph of a part, among all `w:p` elements in document order."""

    def __init__(self, root: _Element) -> None:
        tag = f"{root.tag[: root.tag.rfind('}') + 1]}p"
        self._index = {paragraph: index for index, paragraph in enumerate(root.iter(tag))}

    def __getitem__(self, paragraph: _Element) -> int:
        return self._index[paragraph]


@dataclass(slots=True)
class _Open:
    """The paragraph that is being read."""

    element: _Element
    index: int
    runs: dict[_Element, int]
    hidden: bool
    pieces: list[Piece] = field(default_factory=list)
    boxes: list[_Element] = field(default_factory=list)
    run: int | None = None
    gap: bool = False
    font: str | None = None


class Story:
    """One story: `items` walks it. Deleted text, instructions of fields and hidden text are left out and counted."""

    def __init__(self, root: _Element, part: str, places: Places, context: Context, mark: str | None = None) -> None:
        self._root = root
        self._part = part
        self._places = places
        self._context = context
        self._mark = mark
        self._fields = Fields(root)
        self._paragraph: _Open | None = None
        self._tables: list[Table] = []
        self._done: list[Item] = []
        self._carried: list[Piece] = []
        self._carried_number: str | None = None
        self._stack: list[tuple[Iterator[_Element], Callable[[], None] | None]] = []

    def items(self) -> Iterator[Item]:
        """The blocks of the story, one after the other, while it is walked."""
        self._stack = [(iter(self._root), self._flush)]
        while self._stack:
            children, leave = self._stack[-1]
            element = next(children, None)
            if element is None:
                self._stack.pop()
                if leave is not None:
                    leave()
            elif (step := self._enter(element)) is not None:
                self._stack.append((iter(step[0]), step[1]))
            if self._done:
                yield from self._done
                self._done.clear()

    def _enter(self, element: _Element) -> Step | None:
        """What to walk inside an element, and what to do after it; None to pass it by."""
        name = short(element)
        if name in SKIPPED:
            if name in ("w:instrText", "w:delInstrText"):
                self._context.tally["numbering_fields"] += self._fields.numbers(element)
            return None
        handler = HANDLERS.get(name)
        if handler is not None:
            return handler(self, element)
        if name in CHARACTERS:
            self._character(element, CHARACTERS[name])
            return None
        if name in OPERATORS:
            self._add(OPERATORS[name])
        return element, None

    # Text

    def _add(self, text: str, *, generated: bool = False) -> None:
        paragraph = self._paragraph
        if paragraph is None or self._fields.muted or not text:
            return
        part = "table" if self._tables and self._part == "body" else self._part
        run = None if generated else paragraph.run
        if paragraph.gap and not text[0].isspace():
            text = f" {text}"
        paragraph.gap = False
        paragraph.pieces.append(Piece(text, part, paragraph.index, run))

    def _character(self, element: _Element, text: str) -> None:
        at_start = self._paragraph is None or not self._paragraph.pieces
        if attribute(element, "type") in ("page", "column") and at_start:
            return
        self._add(text)

    def _text(self, element: _Element) -> None:
        text = element.text or ""
        if (element.get(SPACE) or self._root.get(SPACE)) != "preserve":
            text = text.strip(XML_SPACES)
        text = text.translate(LINE_BREAKS)
        if not text.isascii():
            text = symbol_text(text, self._paragraph.font if self._paragraph else None)
        self._add(text)

    def _symbol(self, element: _Element) -> None:
        try:
            code = int(attribute(element, "char") or "", 16)
        except ValueError:
            return
        shown = symbol(code, attribute(element, "font"))
        self._context.tally["unknown_symbols"] += shown == "\ufffd"
        self._add(shown)

    def _run(self, element: _Element) -> Step | None:
        paragraph = self._paragraph
        if paragraph is None:
            return element, None
        properties = child(element, "w:rPr")
        if self._is_hidden(properties, paragraph) and not self._fields.controls(element):
            self._context.tally["hidden_text"] += 1
            return None
        fonts = child(properties, "w:rFonts")
        paragraph.run = paragraph.runs.get(element)
        paragraph.font = attribute(fonts, "ascii") if fonts is not None else None
        return element, self._leave_run

    def _leave_run(self) -> None:
        if self._paragraph is not None:
            self._paragraph.run = None

    def _is_hidden(self, properties: _Element | None, paragraph: _Open) -> bool:
        if properties is None:
            return paragraph.hidden
        own = switched(properties, "w:vanish")
        if own is not None:
            return own
        style = value(properties, "w:rStyle")
        # Toggle properties of a paragraph's and a character's style cancel out (ECMA-376 part 1, 17.7.3).
        return paragraph.hidden != (style is not None and self._context.styles.hidden(style, character=True))

    def _field(self, element: _Element) -> None:
        self._fields.meet(element)

    # Revisions, comments, notes, boxes

    def _deleted(self, element: _Element) -> None:
        self._context.tally["deletions"] += 1

    def _inserted(self, element: _Element) -> Step:
        self._context.tally["insertions"] += 1
        return element, None

    def _comment(self, element: _Element) -> None:
        self._context.tally["comments"] += 1

    def _embedded(self, element: _Element) -> None:
        self._context.tally["embedded_parts"] += 1

    def _picture(self, element: _Element) -> Step:
        self._context.tally["pictures"] += 1
        return element, None

    def _note(self, element: _Element) -> None:
        part = "footnotes" if short(element) == "w:footnoteReference" else "endnotes"
        if not self._fields.muted:
            self._context.notes[part].refer(element)

    def _own_mark(self, element: _Element) -> None:
        """The mark inside a note: its number, parted from the text by a space as its raised position does in print."""
        if self._mark is not None and self._paragraph is not None:
            self._add(self._mark, generated=True)
            self._paragraph.gap = True

    def _box(self, element: _Element) -> Step | None:
        """A text box is read after the paragraph that it is anchored in."""
        if self._paragraph is None:
            return element, None
        self._paragraph.boxes.append(element)
        return None

    def _alternatives(self, element: _Element) -> Step | None:
        """One of several renderings of one thing: the first choice that holds text or a picture, else the fallback."""
        branches = [branch for branch in element if short(branch) in ("mc:Choice", "mc:Fallback")]
        for branch in branches:
            if any(short(inside) in ("w:t", "m:t", "pic:pic") for inside in branch.iter()):
                return branch, None
        return None

    def _ruby(self, element: _Element) -> Step | None:
        base = child(element, "w:rubyBase")
        return (base, None) if base is not None else None

    # Paragraphs

    def _begin_paragraph(self, element: _Element) -> Step:
        if self._paragraph is not None:
            self._end_paragraph()
        namespace = element.tag[: element.tag.rfind("}") + 1]
        runs = {run: index for index, run in enumerate(element.iter(f"{namespace}r"))}
        hidden = self._context.styles.hidden(value(child(element, "w:pPr"), "w:pStyle"))
        self._paragraph = _Open(element, self._places[element], runs, hidden)
        return element, self._end_paragraph

    def _end_paragraph(self) -> None:
        paragraph, self._paragraph = self._paragraph, None
        if paragraph is None:
            return
        properties = child(paragraph.element, "w:pPr")
        mark = child(properties, "w:rPr")
        own = paragraph.pieces
        if child(mark, "w:del") is not None or child(mark, "w:moveFrom") is not None:
            # Its end is deleted: what is left runs on into the next paragraph, which keeps its own number.
            self._context.tally["deletions"] += 1
            self._carried.extend(own)
        elif trimmed(self._carried + own) or not switched(mark, "w:vanish"):
            self._context.tally["insertions"] += child(mark, "w:ins") is not None or child(mark, "w:moveTo") is not None
            self._close(paragraph, properties, own, run_in=bool(switched(mark, "w:specVanish")))
        if child(properties, "w:sectPr") is not None:
            for notes in self._context.notes.values():
                notes.end_section()
        if paragraph.boxes:
            self._stack.append((chain.from_iterable(paragraph.boxes), None))

    def _close(self, paragraph: _Open, properties: _Element | None, own: list[Piece], *, run_in: bool) -> None:
        style = value(properties, "w:pStyle")
        label = self._context.numbering.label(properties, style)
        pieces = trimmed(self._carried + own)
        printed = self._carried_number
        self._carried, self._carried_number = [], None
        if label is not None:
            part = "table" if self._tables and self._part == "body" else self._part
            pieces = [Piece(label.text, part, paragraph.index), *pieces]
            printed = label.number if printed is None else printed
        if run_in:
            # A style separator: the next paragraph goes on in the same line.
            self._carried, self._carried_number = pieces, printed
            return
        outline = child(properties, "w:outlineLvl")
        direct = attribute(outline, "val") if outline is not None else None
        shown = "".join(piece.text for piece in pieces)
        kind, level = self._context.styles.rank(style, number(direct), shown)
        self._put(Item(pieces, kind, printed, level))

    def _put(self, item: Item) -> None:
        if not item.pieces:
            return
        if self._tables:
            self._tables[-1].put(item)
        else:
            self._done.append(item)

    def _flush(self) -> None:
        if self._paragraph is not None:
            self._end_paragraph()
        pieces, self._carried = trimmed(self._carried), []
        self._put(Item(pieces, number=self._carried_number))
        self._carried_number = None

    # Tables

    def _begin_table(self, element: _Element) -> Step:
        self._tables.append(Table())
        return element, self._end_table

    def _end_table(self) -> None:
        for item in self._tables.pop().items():
            self._put(item)

    def _begin_row(self, element: _Element) -> Step | None:
        properties = child(element, "w:trPr")
        if child(properties, "w:del") is not None:
            self._context.tally["deletions"] += 1
            return None
        self._context.tally["insertions"] += child(properties, "w:ins") is not None
        if self._tables:
            self._tables[-1].open_row()
        return element, None

    def _begin_cell(self, element: _Element) -> Step | None:
        properties = child(element, "w:tcPr")
        if _continues(properties, "w:hMerge"):
            return None
        if child(properties, "w:cellDel") is not None:
            self._context.tally["deletions"] += 1
            return None
        if self._tables:
            self._tables[-1].open_cell()
        return None if _continues(properties, "w:vMerge") else (element, self._flush)


def _continues(properties: _Element | None, name: str) -> bool:
    """Whether a cell is the rest of a merged one, whose text stands in its first cell."""
    merged = child(properties, name)
    return merged is not None and attribute(merged, "val") in (None, "continue")


HANDLERS: dict[str, Callable[[Story, _Element], Step | None]] = {
    "w:p": Story._begin_paragraph,
    "w:r": Story._run,
    "w:t": Story._text,
    "m:t": Story._text,
    "w:sym": Story._symbol,
    "w:fldChar": Story._field,
    "w:del": Story._deleted,
    "w:moveFrom": Story._deleted,
    "w:ins": Story._inserted,
    "w:moveTo": Story._inserted,
    "w:commentReference": Story._comment,
    "w:footnoteReference": Story._note,
    "w:endnoteReference": Story._note,
    "w:footnoteRef": Story._own_mark,
    "w:endnoteRef": Story._own_mark,
    "w:altChunk": Story._embedded,
    "w:subDoc": Story._embedded,
    "w:txbxContent": Story._box,
    "w:ruby": Story._ruby,
    "w:tbl": Story._begin_table,
    "w:tr": Story._begin_row,
    "w:tc": Story._begin_cell,
    "mc:AlternateContent": Story._alternatives,
    "pic:pic": Story._picture,
    "v:imagedata": Story._picture,
}
