"""Counts the lists and numbered headings of an ODT while its text is walked; for the ODT reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.odt_names import get, integer
from palermo.corpora.documents.readers.odt_styles import MOST_LEVELS, OUTLINE, OdtStyles, label

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(slots=True)
class _Open:
    """A list that is open: its style, level, counters (shared by all levels), and whether an item waits for text."""

    style: str | None
    level: int
    counters: dict[int, int] = field(default_factory=dict)
    waiting: bool = False
    start: int | None = None


class OdtLists:
    """The open lists; `number` is asked once a paragraph, in document order."""

    def __init__(self, styles: OdtStyles) -> None:
        self._styles = styles
        self._open: list[_Open] = []
        self._by_id: dict[str, dict[int, int]] = {}
        self._by_style: dict[str | None, dict[int, int]] = {}
        self._outline: dict[int, int] = {}

    @property
    def depth(self) -> int:
        """How many lists are open."""
        return len(self._open)

    def begin(self, element: _Element) -> None:
        """A `text:list` begins; it counts on from another list where it says so."""
        style = get(element, "text:style-name")
        if self._open:
            outer = self._open[-1]
            level = min(outer.level + 1, MOST_LEVELS)
            if get(element, "text:continue-numbering") != "true":
                _drop(outer.counters, level)
            self._open.append(_Open(style or outer.style, level, outer.counters))
            return
        counters = self._continued(element, style)
        self._open.append(_Open(style, 1, counters))
        self._by_id[element.get("{http://www.w3.org/XML/1998/namespace}id") or ""] = counters
        self._by_style[style] = counters

    def _continued(self, element: _Element, style: str | None) -> dict[int, int]:
        other = get(element, "text:continue-list")
        if other is not None and other in self._by_id:
            return self._by_id[other]
        if get(element, "text:continue-numbering") == "true":
            return self._by_style.get(style, {})
        return {}

    def begin_numbered(self, element: _Element) -> None:
        """A `text:numbered-paragraph`: a list item that stands alone."""
        style = get(element, "text:style-name")
        level = min(integer(element, "text:level", 1) or 1, MOST_LEVELS)
        counters = self._by_id.setdefault(get(element, "text:list-id") or "", {})
        self._open.append(_Open(style, level, counters, True, integer(element, "text:start-value")))

    def end(self) -> None:
        """The innermost list ends."""
        self._open.pop()

    def item(self, element: _Element | None) -> None:
        """A `text:list-item` begins; with None a `text:list-header`, which has no number."""
        if self._open:
            self._open[-1].waiting = element is not None
            self._open[-1].start = integer(element, "text:start-value") if element is not None else None

    def number(self, paragraph: _Element) -> tuple[str, str | None]:
        """The label of a paragraph, if it is the first of an item, and its bare number."""
        if not self._open:
            return "", None
        inner = self._open[-1]
        if not inner.waiting:
            return "", None
        inner.waiting = False
        name = inner.style or self._styles.list_style(get(paragraph, "text:style-name"))
        levels = self._styles.lists.get(name or "", {})
        start = levels[inner.level].start if inner.level in levels else 1
        _advance(inner.counters, inner.level, start, inner.start)
        return label(levels, inner.level, inner.counters)

    def outline(self, heading: _Element) -> tuple[str, str | None]:
        """The label of a heading outside of lists, by the outline style, and its bare number."""
        levels = self._styles.lists.get(OUTLINE, {})
        level = min(integer(heading, "text:outline-level", 1) or 1, MOST_LEVELS)
        if get(heading, "text:is-list-header") == "true" or level not in levels:
            return "", None
        own = integer(heading, "text:start-value")
        if own is None and get(heading, "text:restart-numbering") == "true":
            own = levels[level].start
        _advance(self._outline, level, levels[level].start, own)
        return label(levels, level, self._outline)


def _advance(counters: dict[int, int], level: int, start: int, own: int | None) -> None:
    counters[level] = own if own is not None else counters.get(level, start - 1) + 1
    _drop(counters, level + 1)


def _drop(counters: dict[int, int], level: int) -> None:
    for deeper in [key for key in counters if key >= level]:
        del counters[deeper]
