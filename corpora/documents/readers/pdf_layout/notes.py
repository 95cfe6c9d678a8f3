"""Footnotes: smaller lines at a column's foot that open with a marker; `flow` takes them out of the body's stream."""

from __future__ import annotations

from palermo.corpora.documents.readers.pdf_layout.numbers import note_marker
from palermo.corpora.documents.readers.pdf_layout.shapes import Draft, Line, rules

CLEAR = 1.2


def split_notes(lines: list[Line], body: float, continuing: bool) -> tuple[list[Line], list[Line]]:
    """A region's lines parted into body and footnotes.

    `body` is the size of the document's running text; `continuing` says that the page before ended in a footnote, so
    that small lines at the foot may go on without a marker.
    """
    limit = float(rules()["footnotes"]["size"]) * body
    start = len(lines)
    while start and lines[start - 1].size <= limit:
        start -= 1
    if start == len(lines):
        return lines, []
    for index in range(start, len(lines)):
        if _opens(lines, index, start, continuing):
            return lines[:index], lines[index:]
    return lines, []


def _opens(lines: list[Line], index: int, start: int, continuing: bool) -> bool:
    line = lines[index]
    clear = index == 0 or lines[index - 1].base - line.base > CLEAR * _pitch(lines, index)
    raised = line.words[0].raised or line.text[:1] in "⁰¹²³⁴⁵⁶⁷⁸⁹"
    if raised and line.words[0].text[:1] in "⁰¹²³⁴⁵⁶⁷⁸⁹*†‡":
        return True
    if note_marker(line.text) is not None and index > 0:
        return clear
    return continuing and index == start and clear and index > 0


def _pitch(lines: list[Line], index: int) -> float:
    if index + 1 < len(lines):
        return max(lines[index].base - lines[index + 1].base, lines[index].size)
    return 1.2 * lines[index].size


def note_drafts(lines: list[Line], page: int) -> list[Draft]:
    """One draft a footnote; lines before the first marker belong to the footnote of the page before."""
    drafts: list[Draft] = []
    for index, line in enumerate(lines):
        marker = note_marker(line.text)
        fresh = marker is not None and _plausible(line, lines[index - 1] if index else None)
        if fresh or not drafts:
            drafts.append(Draft([line], "footnote", marker if fresh else None, page=page))
        else:
            drafts[-1].lines.append(line)
    return drafts


def _plausible(line: Line, before: Line | None) -> bool:
    """Whether a number at a line's start is a marker, and not a number that the line happens to open with."""
    if before is None or line.text[:1] in "⁰¹²³⁴⁵⁶⁷⁸⁹*†‡([":
        return True
    ended = (
        before.text.rstrip("”’\"') ").endswith((".", "!", "?", ";", ":")) or before.x1 < before.right - 4 * line.size
    )
    return ended and line.x0 <= line.left + 4 * line.size
