"""Collects the text of HTML and XML elements into blocks as a browser would show it; `markup.py` drives it."""

from __future__ import annotations

import re
from typing import Any

from palermo.corpora.documents.builder import TextBuilder
from palermo.corpora.documents.document import BlockType
from palermo.corpora.documents.readers import check_length, numbering

Piece = tuple[str, dict[str, Any] | None]

_SPACE = re.compile(r"[ \t\n\r\f\v]+")
_LONGEST_HEADING = 150
_GAPS = ("", " ", "\n", " | ")
"""What can stand between two stretches of a block, weakest first."""


class Flow:
    """The block under construction; white space is collapsed, and none stays at the ends of a block.

    A number that stands alone (`<num>`, a list marker, a heading of digits) is carried into the next block with text.
    """

    def __init__(self, name: str) -> None:
        self.builder = TextBuilder()
        self.row = False
        """Inside a table row that becomes one block: ends of blocks become line ends."""
        self._name = name
        self._pieces: list[Piece] = []
        self._gap = ""
        self._carried: list[Piece] = []
        self._number: str | None = None
        self._visible = 0
        self._bold = 0

    @property
    def empty(self) -> bool:
        """Whether the block has no text yet."""
        return not self._pieces

    @property
    def emphatic(self) -> bool:
        """Whether the block is a short line all in bold, set as a heading and not as an emphasised sentence."""
        shown = self.shown
        return (
            0 < self._visible == self._bold
            and len(shown) <= _LONGEST_HEADING
            and shown[0].isalnum()
            and shown[-1] not in ",;"
            and (shown[-1] != "." or len(shown) <= _LONGEST_HEADING // 2)
        )

    @property
    def numbered(self) -> bool:
        """Whether a number or bullet is carried into the block."""
        return bool(self._carried)

    @property
    def shown(self) -> str:
        """The text of the block so far, without what is carried into it."""
        return "".join(text for text, _ in self._pieces)

    def text(self, raw: str, locator: dict[str, Any], *, bold: bool = False, keep: bool = False) -> None:
        """Add a text node; with `keep`, as in `<pre>`, white space stays."""
        if keep:
            self._add(raw, locator) if raw.strip() else self.gap("\n" if "\n" in raw else " ")
            return
        shown = _SPACE.sub(" ", raw)
        inner = shown.strip()
        if not inner:
            self._space(shown)
            return
        first = shown.index(inner)
        self._space(shown[:first])
        self._add(inner, locator)
        self._visible += len(inner)
        self._bold += len(inner) if bold else 0
        self._space(shown[first + len(inner) :])

    def gap(self, kind: str) -> None:
        """Put a space, a line end or a cell border before the next text of this block; the strongest wins."""
        if self._pieces and (self._gap not in _GAPS or _GAPS.index(kind) > _GAPS.index(self._gap)):
            self._gap = kind

    def marker(self, text: str, locator: dict[str, Any]) -> None:
        """Carry a number that the source implies (an ordered list) into the next block with text."""
        self._carry([(text, locator)])

    def carry(self) -> None:
        """Carry the block's text, a number, into the next block with text."""
        if self._pieces:
            self._carry(self._pieces)
            self._reset()

    def number_alone(self) -> bool:
        """Whether the block's text is only a number or a bullet."""
        return bool(self._pieces) and numbering.only(self.shown)

    def close(self, type: BlockType = "paragraph", level: int | None = None, *, numbered: bool = True) -> None:
        """End the block; one without text leaves nothing behind. `numbered=False`: its number is not its own."""
        if self.row:
            self.gap("\n")
            return
        if not self._pieces:
            self._gap = ""
            return
        number = self._number or numbering.leading(self.shown[:64], heading=type == "heading")
        pieces = [*_spaced(self._carried), *([(" ", None)] if self._carried else []), *self._pieces]
        for text, locator in pieces:
            self.builder.run(text, locator)
        self.builder.close(type, number if numbered else None, level)
        check_length(self.builder.length, self._name)
        self._carried, self._number = [], None
        self._reset()

    def finish(self) -> TextBuilder:
        """End the last block, numbers that no text followed included."""
        self.row = False
        if not self._pieces:
            self._pieces, self._carried = list(_spaced(self._carried)), []
        self.close()
        return self.builder

    def _carry(self, pieces: list[Piece]) -> None:
        self._number = self._number or numbering.of_marker("".join(text for text, _ in pieces))
        self._carried.append(("".join(text for text, _ in pieces), pieces[0][1]))

    def _add(self, text: str, locator: dict[str, Any] | None) -> None:
        if self._gap:
            self._pieces.append((self._gap, None))
            self._gap = ""
        self._pieces.append((text, locator))

    def _space(self, space: str) -> None:
        """White space at the edge of a text node: one space, or the wide ones (no-break, ideographic) as they are."""
        if space and self._pieces and self._gap in ("", " "):
            self._gap = space.strip(" ") or " "

    def _reset(self) -> None:
        self._pieces, self._gap, self._visible, self._bold = [], "", 0, 0


def _spaced(pieces: list[Piece]) -> list[Piece]:
    spaced: list[Piece] = []
    for piece in pieces:
        if spaced:
            spaced.append((" ", None))
        spaced.append(piece)
    return spaced
