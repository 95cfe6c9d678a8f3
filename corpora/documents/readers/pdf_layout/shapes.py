"""What the steps of the PDF layout hand to each other: words, segments, lines, drafts of blocks.

All coordinates are PDF points in the page's reading frame: turned so that its text runs left to right and y grows
upwards. `frame` says how far: 0 none, 1 text that runs up the page, 2 upside down, 3 down the page.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from palermo.corpora.documents.document import BlockType

Box = tuple[float, float, float, float]

DESCENT = 0.22
ASCENT = 0.78


@dataclass(slots=True)
class Word:
    """Glyphs without a space between; the smallest thing with an anchor.

    `glued` says that nothing in the file separates the word from the one before it in the content stream.
    `raised` marks superscripts. `seen` is the word's box in user space where the line that it is laid out on is not the
    one that it was seen on, as on a scan that is askew.
    """

    text: str
    x0: float
    x1: float
    base: float
    size: float
    bold: bool
    italic: bool
    rtl: bool
    glued: bool
    page: int
    frame: int
    raised: bool = False
    glue: bool = False
    seen: Box | None = None

    def take(self, other: Word) -> None:
        """Add the text of a word that goes on with this one, and its place."""
        self.text += other.text
        self.x0, self.x1 = min(self.x0, other.x0), max(self.x1, other.x1)
        if self.seen is not None and other.seen is not None:
            (a0, b0, a1, b1), (c0, d0, c1, d1) = self.seen, other.seen
            self.seen = min(a0, c0), min(b0, d0), max(a1, c1), max(b1, d1)

    @property
    def box(self) -> Box:
        """The box in the page's own coordinates (PDF user space), two decimals."""
        if self.seen is not None:
            return self.seen
        low, high = self.base - DESCENT * self.size, self.base + ASCENT * self.size
        x0, y0, x1, y1 = turn_back(self.frame, self.x0, low, self.x1, high)
        return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)


def turn(frame: int, x: float, y: float) -> tuple[float, float]:
    """A point of user space in the reading frame."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[frame]


def turn_back(frame: int, x0: float, y0: float, x1: float, y1: float) -> Box:
    """A box of the reading frame in user space."""
    return ((x0, y0, x1, y1), (-y1, x0, -y0, x1), (-x1, -y1, -x0, -y0), (y0, -x1, y1, -x0))[frame]


@dataclass(slots=True)
class Segment:
    """Words on one baseline with ordinary spaces between: a line of a column, a cell of a table."""

    words: list[Word]
    x0: float
    x1: float
    base: float
    size: float

    @property
    def text(self) -> str:
        """The words in stream order, for matching only."""
        return " ".join(word.text for word in self.words)


@dataclass(slots=True)
class Page:
    """One page's words.

    `side` holds the text that runs in another direction than most of the page; `drawn` says that the page shows an
    image, or drawings and no glyphs at all.
    """

    number: int
    left: float
    bottom: float
    right: float
    top: float
    segments: list[Segment]
    side: list[Segment] = field(default_factory=list)
    glyphs: int = 0
    unmapped: int = 0
    drawn: bool = False


@dataclass(slots=True)
class Line:
    """One printed line of a column, words in logical order."""

    words: list[Word]
    x0: float
    x1: float
    base: float
    size: float
    bold: bool
    rtl: bool
    table: bool = False
    left: float = 0.0
    right: float = 0.0

    @property
    def text(self) -> str:
        """The line as text, words joined as the page shows them."""
        parts = []
        for index, word in enumerate(self.words):
            if index and not word.glue:
                parts.append(" ")
            parts.append(word.text)
        return "".join(parts)


@dataclass(slots=True)
class Draft:
    """A block before the text is put together."""

    lines: list[Line]
    type: BlockType = "paragraph"
    number: str | None = None
    level: int | None = None
    page: int = 0
    style: tuple[float, int, int] = (0.0, 0, 0)


@lru_cache(maxsize=1)
def rules() -> dict[str, Any]:
    """The patterns and measures of `layout.toml`."""
    return tomllib.loads(files(__package__).joinpath("layout.toml").read_text("utf-8"))
