"""Tesseract's table of words to words of the layout; `readers.pdf_scans` calls it for each recognised page.

The table gives the ink of each word in dots. The layout needs baselines and sizes of letters, and lines that are level:
both are estimated from the ink, letter shapes considered, and a scan that is askew is turned level for the layout,
while each word keeps the box that it was seen in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from palermo.corpora.documents.ocr import rules
from palermo.corpora.documents.readers.pdf_layout.bidi import is_rtl
from palermo.corpora.documents.readers.pdf_layout.glyphs import IGNORED, arranged
from palermo.corpora.documents.readers.pdf_layout.scans import Scan
from palermo.corpora.documents.readers.pdf_layout.shapes import ASCENT, DESCENT, Page, Word, turn, turn_back

FIELDS = 12
PAGE, WORD = 1, 5
"""Levels of the table's rows."""

# Parts of the size of usual text fonts (Times, Arial): capitals and long letters, short ones, what hangs below.
TALL, MIDDLE, SHORT, HANGING = 0.70, 0.65, 0.47, 0.21
OTHER_SCRIPT = 0.85
TALL_LETTERS = frozenset("bdfhkl0123456789")
MIDDLE_LETTERS = frozenset("ijt")
HANGING_LETTERS = frozenset("gjpqyQ,;()[]{}|§/")
SAME_SIZE = 0.13
LEVEL = 0.0008
STEEPEST = 0.1
LONG_LINE = 4


@dataclass(slots=True)
class Ink:
    """A word as seen: its ink in the reading frame, points."""

    text: str
    x0: float
    low: float
    x1: float
    high: float

    @property
    def middle(self) -> float:
        """Where it stands along its line."""
        return (self.x0 + self.x1) / 2


def with_text(page: Page, scan: Scan, table: str) -> Page:
    """The page with its own words and those recognised between them; whether it was drawn on stays as it was."""
    own = [word for part in (page.segments, page.side) for segment in part for word in segment.words]
    boxes = [word.box for word in own]
    found = [word for word in words(table, scan) if not _over(word, boxes)]
    glyphs = page.glyphs + sum(len(word.text) for word in found)
    return arranged([*own, *found], page.number, scan.crop, (glyphs, page.unmapped), page.drawn)


def _over(word: Word, boxes: list[tuple[float, float, float, float]]) -> bool:
    """Whether a word stands where the page has one of its own."""
    x0, y0, x1, y1 = word.box
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return any(box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1 for box in boxes)


def words(table: str, scan: Scan) -> list[Word]:
    """The words of a TSV table in its order, those below the confidence floor left out."""
    lines = list(_lines(table, scan))
    slope = _slope(lines)
    sizes = _settled([(_size(line), sum(len(ink.text) for ink in line)) for line in lines])
    centre = _centre(scan)
    return [word for line, size in zip(lines, sizes, strict=True) for word in _level(line, size, slope, centre, scan)]


def _centre(scan: Scan) -> tuple[float, float]:
    left, bottom, right, top = scan.crop
    return turn(scan.frame, (left + right) / 2, (bottom + top) / 2)


def _lines(table: str, scan: Scan) -> Iterator[list[Ink]]:
    """Words by the line that Tesseract put them on; rows that make no sense are left out."""
    floor = float(rules()["words"]["confidence"])
    corners = turn(scan.frame, *scan.crop[:2]), turn(scan.frame, *scan.crop[2:])
    (left, right), (bottom, top) = (sorted(pair) for pair in zip(*corners, strict=True))
    across, down = 0.0, 0.0
    current: tuple[str, ...] = ()
    line: list[Ink] = []
    for row in table.split("\n"):
        fields = row.rstrip("\r").split("\t")
        try:
            x, y, width, height = (int(value) for value in fields[6:10])
            level, confidence = int(fields[0]), float(fields[10])
        except (ValueError, IndexError):
            continue
        if level == PAGE and width > 0 and height > 0:
            across, down = (right - left) / width, (top - bottom) / height
        text = _clean(fields[11]) if level == WORD and len(fields) == FIELDS else ""
        if not text or not across or confidence < floor or min(width, height) <= 0:
            continue
        if tuple(fields[2:5]) != current and line:
            yield line
            line = []
        current = tuple(fields[2:5])
        ink = Ink(text, left + x * across, top - (y + height) * down, left + (x + width) * across, top - y * down)
        if left <= ink.middle <= right and bottom <= (ink.low + ink.high) / 2 <= top:
            line.append(ink)
    if line:
        yield line


def _clean(text: str) -> str:
    return "".join(c for c in text if c not in IGNORED and unicodedata.category(c)[0] not in "CZ")


def _foot(ink: Ink, size: float) -> float:
    """Where the baseline runs under a word."""
    return ink.low + (HANGING * size if HANGING_LETTERS.intersection(ink.text) else 0.0)


def _size(line: list[Ink]) -> float:
    """The size of a line's letters by the height of its words' ink."""
    sizes = [(ink.high - ink.low) / share for ink in line if (share := _share(ink.text))]
    return median(sizes) if sizes else max(ink.high - ink.low for ink in line)


def _share(text: str) -> float:
    """Height of the ink of a word as a part of its size; 0 where the word does not tell."""
    letters = [c for c in text if c.isalnum()]
    if not letters:
        return 0.0
    if not all(c < "\u0250" for c in letters):
        return OTHER_SCRIPT
    if any(c.isupper() or c in TALL_LETTERS for c in letters):
        top = TALL
    else:
        top = MIDDLE if any(c in MIDDLE_LETTERS or c > "\x7f" for c in letters) else SHORT
    return top + (HANGING if HANGING_LETTERS.intersection(text) else 0.0)


def _settled(sizes: list[tuple[float, int]]) -> list[float]:
    """Sizes with those that differ as estimates do made one; each comes with the letters that it was told from."""
    settled = [size for size, _ in sizes]
    left = list(range(len(sizes)))
    while left:
        usual = _weighted_median([sizes[index] for index in left])
        near = [index for index in left if abs(sizes[index][0] - usual) <= SAME_SIZE * usual]
        for index in near:
            settled[index] = usual
        left = [index for index in left if index not in set(near)]
    return settled


def _weighted_median(values: list[tuple[float, int]]) -> float:
    ordered = sorted(values)
    half, count = sum(weight for _, weight in ordered) / 2, 0.0
    for value, weight in ordered:
        count += weight
        if count >= half:
            return value
    return ordered[-1][0]


def _slope(lines: list[list[Ink]]) -> float:
    """How far the lines rise, points a point; 0 where they are level or too few to tell."""
    slopes = []
    for line in lines:
        if len(line) >= LONG_LINE:
            size = _size(line)
            feet = [(ink.middle, _foot(ink, size)) for ink in line]
            middle = len(feet) // 2
            pairs = zip(feet[:middle], feet[-middle:], strict=True)
            slopes.append(median((b[1] - a[1]) / (b[0] - a[0]) if b[0] > a[0] else 0.0 for a, b in pairs))
    slope = median(slopes) if len(slopes) >= 3 else 0.0
    return slope if LEVEL < abs(slope) < STEEPEST else 0.0


def _level(line: list[Ink], size: float, slope: float, centre: tuple[float, float], scan: Scan) -> Iterator[Word]:
    """A line's words on one level baseline."""
    feet = [_foot(ink, size) - slope * (ink.middle - centre[0]) for ink in line]
    base = median(feet)
    for ink in line:
        shift = slope * ((ink.low + ink.high) / 2 - centre[1])
        word = Word(
            ink.text, ink.x0 + shift, ink.x1 + shift, base, size, False, False, any(map(is_rtl, ink.text)),
            False, scan.number, scan.frame
        )  # fmt: skip
        if slope:
            foot = base + slope * (ink.middle - centre[0])
            low, high = foot - DESCENT * size, foot + ASCENT * size
            x0, y0, x1, y1 = turn_back(scan.frame, ink.x0, low, ink.x1, high)
            word.seen = round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)
        yield word
