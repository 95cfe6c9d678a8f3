"""Lines up a document's layout for cutting: sorted units that cover all of its text.

`judgment` and `statute` call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from palermo.corpora.documents.document import Block, BlockType, Document
from palermo.corpora.documents.passages.split import trim

_BLANK = re.compile(r"\n[ \t\u00a0]*+\n\s*+")
_LINE = re.compile(r"\n\s*+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text without white space at its ends: a block, a paragraph of a block, or a line.

    Attributes:
        start, end: offsets into the document's text.
        type: the block's type; text outside all blocks is a paragraph.
        number: the block's printed number, on its first unit only.
        level: the block's heading level.
        opens: whether the unit begins a block or follows a blank line.
    """

    start: int
    end: int
    type: BlockType = "paragraph"
    number: str | None = None
    level: int | None = None
    opens: bool = True


def paragraphs(document: Document) -> list[Unit]:
    """The document as paragraphs: its blocks, split at blank lines, and what lies between blocks."""
    return list(_split(document.text, _covering(document), _BLANK, opens=True))


def lines(document: Document) -> list[Unit]:
    """The document as lines; `opens` marks those that begin a block or follow a blank line."""
    return list(_split(document.text, iter(paragraphs(document)), _LINE, opens=False))


def split_lines(text: str, unit: Unit) -> list[Unit]:
    """The lines of one unit."""
    return list(_split(text, iter([unit]), _LINE, opens=False))


def _covering(document: Document) -> Iterator[Unit]:
    position = 0
    for block in document.blocks:
        yield from _gap(document.text, position, block.start)
        start, end = trim(document.text, max(block.start, position), block.end)
        if start < end:
            yield _unit(block, start, end)
        position = max(position, block.end)
    yield from _gap(document.text, position, len(document.text))


def _unit(block: Block, start: int, end: int) -> Unit:
    return Unit(start, end, block.type, block.number, block.level)


def _gap(text: str, start: int, end: int) -> Iterator[Unit]:
    start, end = trim(text, start, end)
    if start < end:
        yield Unit(start, end)


def _split(text: str, units: Iterator[Unit], separator: re.Pattern[str], *, opens: bool) -> Iterator[Unit]:
    for unit in units:
        start, first = unit.start, True
        for match in separator.finditer(text, unit.start, unit.end):
            a, b = trim(text, start, match.start())
            if a < b:
                yield Unit(a, b, unit.type, unit.number if first else None, unit.level, opens or (first and unit.opens))
                first = False
            start = match.end()
        a, b = trim(text, start, unit.end)
        if a < b:
            yield Unit(a, b, unit.type, unit.number if first else None, unit.level, opens or (first and unit.opens))
