"""Paragraphs and tables on their way from a word processor's file to blocks; for the DOCX, ODT and RTF readers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from palermo.corpora.documents.readers import check_length

if TYPE_CHECKING:
    from collections.abc import Iterable

    from palermo.corpora.documents.builder import TextBuilder
    from palermo.corpora.documents.document import BlockType

BOM = "\ufeff"
LONGEST_HEADING = 250
"""Characters beyond which no style makes a paragraph a heading."""
SHORT_HEADING = 80
"""Characters up to which a heading by the name of its style may end with a full stop."""
SENTENCE_ENDS = (".", ":", ";", ",", "?", "!", "-", "–", "—", "。")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and the place that it comes from; `run` None where the word processor generates the text.

    `part` is "body", "table", "footnotes" or "endnotes"; `paragraph` counts the paragraphs of the source, `run` the
    runs of that paragraph, both from 0 and in document order. `paragraph` is -1 for separators, which have no place.
    """

    text: str
    part: str = ""
    paragraph: int = -1
    run: int | None = None

    def locator(self) -> dict[str, Any] | None:
        """Where the stretch comes from, as in `Run.locator`; None for separators."""
        if self.paragraph < 0:
            return None
        return {"type": "paragraph", "part": self.part, "paragraph": self.paragraph, "run": self.run}


@dataclass(slots=True)
class Item:
    """A block to be: its pieces in order, and what the block is."""

    pieces: list[Piece]
    type: BlockType = "paragraph"
    number: str | None = None
    level: int | None = None


@dataclass(slots=True)
class Table:
    """Rows of cells of items, while a table is read. Items outside of a row or cell open one."""

    rows: list[list[list[Item]]] = field(default_factory=list)

    def open_row(self) -> None:
        """Begin a row."""
        self.rows.append([])

    def open_cell(self) -> None:
        """Begin a cell of the last row."""
        if not self.rows:
            self.open_row()
        self.rows[-1].append([])

    def put(self, item: Item) -> None:
        """Add an item to the last cell."""
        if not self.rows or not self.rows[-1]:
            self.open_cell()
        self.rows[-1][-1].append(item)

    def items(self) -> list[Item]:
        """One item a row, cells parted by tabs and their paragraphs by line feeds.

        A table of one column is a frame around ordinary text: its paragraphs come out as they went in.
        """
        if all(len(row) <= 1 for row in self.rows):
            return [item for row in self.rows for cell in row for item in cell]
        return [_row(row) for row in self.rows if any(row)]


def _row(cells: list[list[Item]]) -> Item:
    pieces: list[Piece] = []
    for index, cell in enumerate(cells):
        if index:
            pieces.append(Piece("\t"))
        pieces.extend(joined(cell))
    first = next(cell for cell in cells if cell)[0]
    return Item(trimmed(pieces), "table", first.number)


def joined(items: Iterable[Item]) -> list[Piece]:
    """The pieces of several items as those of one, with line feeds between."""
    pieces: list[Piece] = []
    for item in items:
        if pieces:
            pieces.append(Piece("\n"))
        pieces.extend(item.pieces)
    return pieces


def trimmed(pieces: list[Piece]) -> list[Piece]:
    """Pieces without white space at either end, and without empty ones."""
    kept = [piece for piece in pieces if piece.text]
    while kept and not (text := kept[-1].text.rstrip()):
        kept.pop()
    if kept:
        kept[-1] = _with_text(kept[-1], text)
    first = 0
    while first < len(kept) and not (text := _lstripped(kept[first].text)):
        first += 1
    kept = kept[first:]
    if kept:
        kept[0] = _with_text(kept[0], text)
    return kept


def _lstripped(text: str) -> str:
    # A byte order mark at the start of the canonical text would be dropped, and move all offsets.
    before = ""
    while text != before:
        before, text = text, text.lstrip().lstrip(BOM)
    return text


def _with_text(piece: Piece, text: str) -> Piece:
    return Piece(text, piece.part, piece.paragraph, piece.run)


def write(item: Item, builder: TextBuilder, name: str) -> None:
    """Add an item to the canonical text as a block; neighbouring pieces of one run become one run.

    Raises:
        LimitExceeded: the text is longer than `text_characters`.
    """
    pieces = trimmed(item.pieces)
    start = 0
    while start < len(pieces):
        end = start + 1
        while end < len(pieces) and _same_place(pieces[start], pieces[end]):
            end += 1
        builder.run("".join(piece.text for piece in pieces[start:end]), pieces[start].locator())
        start = end
    builder.close(item.type, item.number, item.level)
    check_length(builder.length, name)


def _same_place(one: Piece, other: Piece) -> bool:
    return (one.paragraph, one.run, one.part) == (other.paragraph, other.run, other.part)


def reads_like_body(text: str, *, named: bool) -> bool:
    """Whether a paragraph is too long for a heading, or ends like a sentence, whatever its outline level says.

    Args:
        text: the paragraph.
        named: its style is one of the built-in heading styles, not one that only carries a level.
    """
    ends_a_sentence = text.rstrip("”\"’')] ").endswith(SENTENCE_ENDS)
    return len(text) > LONGEST_HEADING or (ends_a_sentence and (len(text) > SHORT_HEADING or not named))
