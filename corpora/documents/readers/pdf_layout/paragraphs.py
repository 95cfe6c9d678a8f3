"""Lines of one region to drafts of blocks: gaps, indents, short lines and numbers say where a paragraph ends."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from palermo.corpora.documents.readers.pdf_layout.numbers import is_bracketed, opens_block
from palermo.corpora.documents.readers.pdf_layout.shapes import Draft, Line

GAP = 1.3
INDENT = 0.8
DOUBLE_SPACED = 2.6
SIZE_STEP = 1.12
WINDOW = 8
TERMINAL = frozenset(".?!:;؟؛。！？：；—…")
CLOSERS = "\"'”’»)]›」』⁰¹²³⁴⁵⁶⁷⁸⁹ "


def lead(line: Line) -> float:
    """How far the line starts inside its column, on the side where its script starts."""
    return line.right - line.x1 if line.rtl else line.x0 - line.left


def trail(line: Line, bound: float | None = None) -> float:
    """How far the line ends before its column does (or before `bound`, an x)."""
    if line.rtl:
        return line.x0 - (line.left if bound is None else bound)
    return (line.right if bound is None else bound) - line.x1


def is_centred(line: Line) -> bool:
    """Whether a line stands in the middle of its column, clear of both edges."""
    before, after = line.x0 - line.left, line.right - line.x1
    return (
        before > 2 * line.size and after > 2 * line.size and abs(before - after) < max(2.5 * line.size, 0.15 * before)
    )


def ends_sentence(text: str) -> bool:
    """Whether text ends as a sentence or a list item does, closing quotes and note markers aside."""
    text = text.rstrip(CLOSERS)
    return bool(text) and text[-1] in TERMINAL


def bounds(lines: list[Line]) -> list[float]:
    """For each line the x where lines of its kind around it end: quotations are narrower than the text around them."""
    found = []
    for index, line in enumerate(lines):
        furthest = line.x0 if line.rtl else line.x1
        for step in (-1, 1):
            previous = line
            for other in lines[index + step : (index + step * WINDOW) if index + step * WINDOW >= 0 else None : step]:
                if not _same_stretch(previous, other, line):
                    break
                previous = other
                if lead(other) >= lead(line) - 2.5 * line.size:
                    furthest = min(furthest, other.x0) if line.rtl else max(furthest, other.x1)
        found.append(furthest)
    return found


def _same_stretch(previous: Line, other: Line, line: Line) -> bool:
    return (
        abs(previous.base - other.base) < 4 * line.size
        and max(other.size, line.size) < SIZE_STEP * min(other.size, line.size)
        and not other.table
        and other.rtl == line.rtl
    )


def is_full(line: Line, bound: float, following: Line | None) -> bool:
    """Whether the line was broken because the next word did not fit, so that the paragraph goes on."""
    room = trail(line, bound)
    if room <= 1.2 * line.size or following is None or not following.words:
        return room <= 4 * line.size
    first = following.words[0]
    slack = 4.0 if line.text.endswith(",") else 1.5
    return room <= first.x1 - first.x0 + slack * line.size


def _flows(before: Line, line: Line) -> bool:
    """Whether the words say that a sentence goes on, whatever the shape says."""
    opening = line.text[:1]
    return opening.islower() and not ends_sentence(before.text) and not opens_block(line.text) and len(before.words) > 3


class Splitter:
    """Decides line by line whether a new paragraph opens; `pitch` is the usual distance of baselines."""

    def __init__(self, lines: list[Line], page: int) -> None:
        self._lines = lines
        self._page = page
        self._bounds = bounds(lines)
        self._pitch = _pitches(lines)

    def drafts(self) -> list[Draft]:
        """The region's blocks; a row of a table is one block."""
        found: list[Draft] = []
        current: list[int] = []
        for index in range(len(self._lines)):
            if current and self._breaks(current, index):
                found.append(self._draft(current))
                current = []
            current.append(index)
        if current:
            found.append(self._draft(current))
        return found

    def _draft(self, indices: list[int]) -> Draft:
        lines = [self._lines[i] for i in indices]
        table = all(line.table for line in lines)
        return Draft(lines, "table" if table else "paragraph", page=self._page)

    def _breaks(self, current: list[int], index: int) -> bool:
        line, before = self._lines[index], self._lines[index - 1]
        if line.table or before.table:
            return not (before.table and not line.table and self._continues_cell(before, line))
        return (
            self._gap_breaks(current, index)
            or self._style_breaks(before, line)
            or self._shape_breaks(current, index)
            or self._number_breaks(current, index)
        )

    def _continues_cell(self, before: Line, line: Line) -> bool:
        # A justified line with one wide gap looks like a table's row; a full line with text right below is prose.
        gap = before.base - line.base
        prose = len(before.words) >= 6 and not before.bold
        return prose and gap < GAP * self._usual(line) and trail(before) < before.size and not opens_block(line.text)

    def _usual(self, line: Line) -> float:
        return self._pitch.get(round(line.size), 1.2 * line.size)

    def _gap_breaks(self, current: list[int], index: int) -> bool:
        line, before = self._lines[index], self._lines[index - 1]
        gap = before.base - line.base
        if gap <= 0.2 * line.size:
            return True
        if gap <= DOUBLE_SPACED * line.size and _flows(before, line):
            return False
        usual = self._usual(line)
        if len(current) >= 2:
            usual = max(self._lines[current[-2]].base - before.base, 1.05 * line.size)
            return gap > GAP * usual or gap < 0.6 * usual
        usual = max(usual, 1.05 * line.size, self._gap_after(index))
        return gap > GAP * usual

    def _gap_after(self, index: int) -> float:
        """The distance to the next line, where lines are wide apart (double spacing) but this one reads on."""
        if index + 1 == len(self._lines) or not is_full(
            self._lines[index - 1], self._bounds[index - 1], self._lines[index]
        ):
            return 0.0
        line, after = self._lines[index], self._lines[index + 1]
        return min(line.base - after.base, 3 * line.size) if abs(line.size - after.size) < 0.5 else 0.0

    @staticmethod
    def _style_breaks(before: Line, line: Line) -> bool:
        if max(before.size, line.size) > SIZE_STEP * min(before.size, line.size) or before.rtl != line.rtl:
            return len(before.words) > 1 or len(line.words) > 1
        if before.bold and not line.words[0].bold:
            return True
        return line.bold and not before.words[-1].bold

    def _shape_breaks(self, current: list[int], index: int) -> bool:
        line, before = self._lines[index], self._lines[index - 1]
        centred, was_centred = is_centred(line), is_centred(before)
        if centred and was_centred:
            return False
        full = is_full(before, self._bounds[index - 1], line)
        if centred != was_centred and (not full or (was_centred and abs(lead(line) - lead(before)) > 2 * line.size)):
            return True
        if not full and not self._aligned(before, index) and not _flows(before, line):
            return True
        shift = lead(line) - lead(before)
        if len(current) >= 2 and shift > INDENT * line.size:
            return True
        # The first line of a paragraph may stand out to either side, if its label or its indent says so.
        return len(current) == 1 and shift > INDENT * line.size and not opens_block(before.text)

    def _aligned(self, before: Line, index: int) -> bool:
        line = self._lines[index]
        return abs(trail(before) - trail(line)) < 0.15 * line.size and len(line.words) > 3

    def _number_breaks(self, current: list[int], index: int) -> bool:
        line, before = self._lines[index], self._lines[index - 1]
        text = line.text
        if not opens_block(text):
            return False
        if is_bracketed(text) and text[1:2].isdigit():
            return abs(lead(line) - lead(before)) > INDENT * line.size or ends_sentence(before.text)
        first = self._lines[current[0]]
        if ends_sentence(before.text) or before.text.endswith((",", " or", " and", " atau", " dan", " et", " ou")):
            return True
        return abs(lead(line) - lead(before)) > INDENT * line.size and lead(line) <= lead(first) + 1


def _pitches(lines: list[Line]) -> dict[int, float]:
    """The usual distance of baselines, by rounded size of the letters."""
    gaps: dict[int, list[float]] = {}
    for before, line in pairwise(lines):
        gap = before.base - line.base
        if 0.5 * line.size < gap < 3.5 * line.size and abs(before.size - line.size) < 1:
            gaps.setdefault(round(line.size), []).append(gap)
    return {size: _low_median(values) for size, values in gaps.items()}


def _low_median(values: list[float]) -> float:
    # Gaps between paragraphs are in the list too, so the usual one lies below the middle.
    ordered = sorted(values)
    return median(ordered[: max(1, (2 * len(ordered) + 2) // 3)])
