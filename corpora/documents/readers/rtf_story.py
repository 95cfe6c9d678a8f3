"""Collects the paragraphs, tables and text boxes of an RTF story while its tokens are read; for the RTF reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.layout import Item, Piece, Table, reads_like_body, trimmed

if TYPE_CHECKING:
    from palermo.corpora.documents.document import BlockType

DEEPEST_TABLE = 50


@dataclass(slots=True)
class RtfStyle:
    """A paragraph style: its name in lower case and its outline level (0-8), or None."""

    name: str = ""
    outline: int | None = None


@dataclass(slots=True)
class _OpenTable:
    table: Table = field(default_factory=Table)
    in_row: bool = False
    in_cell: bool = False

    def put(self, item: Item) -> None:
        self.need_cell()
        self.table.put(item)

    def need_cell(self) -> None:
        if not self.in_row:
            self.table.open_row()
        if not self.in_cell:
            self.table.open_cell()
        self.in_row = self.in_cell = True

    def end_cell(self) -> None:
        self.need_cell()
        self.in_cell = False

    def end_row(self) -> None:
        self.in_row = self.in_cell = False


class RtfStory:
    """One story: the body, a note, a text box. `items` are its finished blocks."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.items: list[Item] = []
        self.boxes: list[Item] = []
        self._label: list[str] = []
        self._pieces: list[Piece] = []
        self._tables: list[_OpenTable] = []

    def add(self, text: str, paragraph: int, *, label: bool, in_table: bool) -> None:
        """Add text to the open paragraph, or to the number in front of it."""
        if label:
            self._label.append(text)
        part = "table" if self.part == "body" and in_table else self.part
        self._pieces.append(Piece(text, part, paragraph, 0))

    def end_paragraph(self, depth: int, style: RtfStyle, outline: int | None) -> None:
        """Close the open paragraph, which stands in `depth` tables (0: none)."""
        self._open_tables(depth)
        pieces, number = trimmed(self._pieces), bare_number("".join(self._label))
        self._pieces, self._label = [], []
        kind, level = _rank(style, outline, "".join(piece.text for piece in pieces))
        for item in ([Item(pieces, kind, number, level)] if pieces else []) + self.boxes:
            self._put(item)
        self.boxes = []

    def end_cell(self, depth: int, style: RtfStyle, outline: int | None) -> None:
        """Close the open paragraph and the cell of the innermost of `depth` tables."""
        self.end_paragraph(depth, style, outline)
        self._tables[-1].end_cell()

    def end_row(self, depth: int) -> None:
        """Close the row of the innermost of `depth` tables; text since its last cell goes into a last cell."""
        if trimmed(self._pieces):
            self.end_paragraph(depth, RtfStyle(), None)
        while len(self._tables) > depth:
            self._close_table()
        if self._tables:
            self._tables[-1].end_row()

    def finish(self) -> list[Item]:
        """Close whatever is open; all blocks of the story."""
        depth = len(self._tables) if self._tables and self._tables[-1].in_cell else 0
        self.end_paragraph(depth, RtfStyle(), None)
        self._open_tables(0)
        return self.items

    def _open_tables(self, depth: int) -> None:
        depth = min(depth, DEEPEST_TABLE)
        while len(self._tables) > depth:
            self._close_table()
        while len(self._tables) < depth:
            self._tables.append(_OpenTable())

    def _close_table(self) -> None:
        for item in self._tables.pop().table.items():
            self._put(item)

    def _put(self, item: Item) -> None:
        if self._tables:
            self._tables[-1].put(item)
        else:
            self.items.append(item)


def bare_number(label: str) -> str | None:
    """The number of a label as written before a paragraph: `(a)` -> `a`, `Article 5.` -> `5`; None for a bullet."""
    last = label.split()[-1:] or [""]
    number = last[0].strip(".()[]:;")
    return number if any(character.isalnum() for character in number) else None


def _rank(style: RtfStyle, outline: int | None, text: str) -> tuple[BlockType, int | None]:
    word, _, digit = style.name.partition(" ")
    named = word == "heading" and digit in tuple("123456789")
    if style.name == "title":
        return "title", None
    if outline is None:
        outline = int(digit) - 1 if named else style.outline
    if outline is None or not 0 <= outline < 9 or reads_like_body(text, named=named):
        return "paragraph", None
    return "heading", outline + 1
