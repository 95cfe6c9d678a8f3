"""Takes running heads and feet, page numbers, filing stamps and the line numbers of pleading paper off the pages."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any

from palermo.corpora.documents.readers.pdf_layout.shapes import Page, Segment, rules

DIGITS = str.maketrans(dict.fromkeys("0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९", "#"))
ROMAN = frozenset("ivxlc")
SAME_ROW = 2.5
SAME_PLACE = 6.0
SHORT = 90
LINE_NUMBERS = 8


class Furniture:
    """What repeats at the ends of a document's pages; `strip` takes it off a page.

    A line counts as repeated where the same words, digits aside, stand at the same height within the outer rows of
    several pages.
    """

    def __init__(self, pages: list[Page]) -> None:
        import re2

        self._rules: dict[str, Any] = rules()["furniture"]
        self._numbers = frozenset(self._rules["page_numbers"])
        self._stamps = [re2.compile(pattern) for pattern in self._rules["stamps"]]
        self._pages = len(pages)
        self._places: defaultdict[str, list[float]] = defaultdict(list)
        for page in pages:
            for row in chain.from_iterable(self._sides(page)):
                for key, height in {(_key(s.text), self._height(page, s)) for s in row}:
                    self._places[key].append(height)
        for places in self._places.values():
            places.sort()

    def strip(self, page: Page) -> None:
        """Remove the furniture from `page.segments`."""
        _strip_line_numbers(page)
        gone: set[int] = set()
        for side in self._sides(page):
            outermost = True
            for row in side:
                if self._row_goes(page, row, outermost):
                    gone.update(id(segment) for segment in row)
                else:
                    outermost = False
        page.segments = [segment for segment in page.segments if id(segment) not in gone]

    def _row_goes(self, page: Page, row: list[Segment], outermost: bool) -> bool:
        text = " ".join(segment.text for segment in sorted(row, key=lambda s: s.x0))
        if _key(text) in self._numbers and outermost and not _hangs_on(row[0], page):
            return True
        if any(self._is_stamp(segment.text) for segment in row) or self._is_stamp(text):
            return True
        repeated = [segment for segment in row if self._repeats(page, segment)]
        rest = sum(len(segment.text) for segment in row if segment not in repeated and _key(segment.text) != "#")
        return bool(repeated) and rest <= SHORT

    def _is_stamp(self, text: str) -> bool:
        squeezed = _hashes(text.translate(DIGITS))
        return any(pattern.search(squeezed) for pattern in self._stamps)

    def _repeats(self, page: Page, segment: Segment) -> bool:
        key = _key(segment.text)
        if key == "#" or not any(c.isalnum() for c in key):
            return False
        height = self._height(page, segment)
        places = self._places[key]
        near = bisect_right(places, height + SAME_PLACE) - bisect_left(places, height - SAME_PLACE)
        needed = int(self._rules["repeats"]) if self._pages > 4 else 2
        return near >= needed

    def _height(self, page: Page, segment: Segment) -> float:
        # Heads keep their distance from the top, feet from the bottom, on pages of different sizes too.
        middle = (page.top + page.bottom) / 2
        return round(segment.base - page.top if segment.base > middle else segment.base - page.bottom + 100_000, 1)

    def _sides(self, page: Page) -> Iterator[list[list[Segment]]]:
        """The outer rows at the top and at the bottom, each from the page's edge inwards."""
        zone = float(self._rules["zone"]) * (page.top - page.bottom)
        ordered = sorted(page.segments, key=lambda s: s.base)
        for side, inside in ((ordered[::-1], page.top - zone), (ordered, page.bottom + zone)):
            upper = inside > (page.top + page.bottom) / 2
            rows: list[list[Segment]] = []
            for segment in side:
                if (segment.base < inside) if upper else (segment.base > inside):
                    break
                if rows and abs(rows[-1][0].base - segment.base) <= SAME_ROW:
                    rows[-1].append(segment)
                elif len(rows) < int(self._rules["rows"]):
                    rows.append([segment])
                else:
                    break
            yield rows


def _hangs_on(segment: Segment, page: Page) -> bool:
    """Whether a number stands against a line, as the mark of a footnote does."""
    return any(
        0 < abs(other.base - segment.base) < 0.8 * other.size
        and other.x0 - segment.x1 < other.size > segment.x0 - other.x1
        for other in page.segments
    )


def _key(text: str) -> str:
    squeezed = "".join(text.split())
    # Only small Roman numerals number pages; a capital "I" or "V" alone heads a part.
    if 0 < len(squeezed) <= 7 and ROMAN.issuperset(squeezed):
        return "#"
    return _hashes(squeezed.casefold().translate(DIGITS))


def _hashes(text: str) -> str:
    while "##" in text:
        text = text.replace("##", "#")
    return text


def _strip_line_numbers(page: Page) -> None:
    """Take off a column of rising whole numbers at the left or right of all other text."""
    columns: defaultdict[int, list[Segment]] = defaultdict(list)
    for segment in page.segments:
        if len(segment.words) == 1 and segment.text.isascii() and segment.text.isdigit() and len(segment.text) <= 2:
            columns[round(segment.x1 / 6)].append(segment)
    for place in list(columns):
        column = columns[place] + columns.get(place + 1, [])
        if len(column) < LINE_NUMBERS:
            continue
        column.sort(key=lambda s: -s.base)
        values = [int(segment.text) for segment in column]
        steps = Counter(b - a for a, b in pairwise(values))
        rising = sum(steps[step] for step in (1, 5, 10))
        if rising < 0.8 * (len(values) - 1):
            continue
        chosen = {id(segment) for segment in column}
        others = [s for s in page.segments if id(s) not in chosen and len(s.text) > 2]
        left, right = min(s.x0 for s in column), max(s.x1 for s in column)
        outside = sum(1 for s in others if s.x0 >= right or s.x1 <= left)
        if outside >= 0.9 * len(others):
            page.segments = [s for s in page.segments if id(s) not in chosen]
            return
