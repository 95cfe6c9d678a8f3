"""Styles of an ODT: titles, hidden text, and how each level of a list counts and prints; for the ODT reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.numerals import printed_odf
from palermo.corpora.documents.readers.odt_names import clark, get, integer, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

LONGEST_TEXT = 255
"""Characters of a prefix, suffix or pattern that are printed; a longer one, once a paragraph, would be a bomb."""
MOST_LEVELS = 10
PLACE = re.compile(r"%(10|[1-9])%")
FOLLOWED_BY = {"listtab": "\t", "space": " ", "nothing": ""}
OUTLINE = "\0outline"
"""The name under which the numbering of headings is kept; no style can have it."""


@dataclass(frozen=True, slots=True)
class ListLevel:
    """How one level of a list prints its label.

    Attributes:
        pattern: the label with `%n%` for the counter of level n, or None: prefix, `shown` counters with stops, suffix.
        bullet: the sign of a bullet, or None for a number.
    """

    number_format: str
    letter_sync: bool
    start: int
    prefix: str
    suffix: str
    shown: int
    pattern: str | None
    bullet: str | None
    after: str


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    parent: str | None
    list_style: str | None
    hidden: bool | None


class OdtStyles:
    """The styles of `styles.xml` and `content.xml`, the latter's winning."""

    def __init__(self, *roots: _Element | None) -> None:
        self._styles: dict[tuple[str, str], _Style] = {}
        self.lists: dict[str, dict[int, ListLevel]] = {}
        for root in roots:
            for element in root.iter(clark("style:style")) if root is not None else ():
                self._add(element)
            for name in ("text:list-style", "text:outline-style"):
                for element in root.iter(clark(name)) if root is not None else ():
                    key = OUTLINE if name == "text:outline-style" else get(element, "style:name") or ""
                    self.lists[key] = dict(_levels(element))

    def _add(self, element: _Element) -> None:
        name = get(element, "style:name") or ""
        properties = element.find(clark("style:text-properties"))
        display = get(properties, "text:display") if properties is not None else None
        self._styles[get(element, "style:family") or "", name] = _Style(
            name,
            get(element, "style:parent-style-name"),
            get(element, "style:list-style-name"),
            None if display is None else display == "none",
        )

    def _chain(self, family: str, name: str | None) -> Iterator[_Style]:
        seen = set()
        while name is not None and name not in seen and (family, name) in self._styles:
            seen.add(name)
            style = self._styles[family, name]
            yield style
            name = style.parent

    def hidden(self, family: str, name: str | None) -> bool | None:
        """Whether a style of family "paragraph" or "text" hides its text; None where it says nothing."""
        return next((s.hidden for s in self._chain(family, name) if s.hidden is not None), None)

    def is_title(self, name: str | None) -> bool:
        """Whether a paragraph style is the built-in title or based on it."""
        return name == "Title" or any("Title" in (s.name, s.parent) for s in self._chain("paragraph", name))

    def list_style(self, name: str | None) -> str | None:
        """The list style that a paragraph style asks for, or None."""
        return next((s.list_style for s in self._chain("paragraph", name) if s.list_style is not None), None)


def _levels(element: _Element) -> Iterator[tuple[int, ListLevel]]:
    for child in element:
        level = integer(child, "text:level", 0) or 0
        if 1 <= level <= MOST_LEVELS:
            yield level, _level(child)


def _level(element: _Element) -> ListLevel:
    bullet = None
    if short(element) == "text:list-level-style-bullet":
        bullet = (get(element, "text:bullet-char") or "•")[:1]
    elif short(element) == "text:list-level-style-image":
        bullet = "•"
    if bullet is not None and "\ue000" <= bullet <= "\uf8ff":
        bullet = "•"
    alignment = next(iter(element.iter(clark("style:list-level-label-alignment"))), None)
    after = get(alignment, "text:label-followed-by") if alignment is not None else None
    pattern = get(element, "style:num-list-format") or get(element, "loext:num-list-format")
    return ListLevel(
        number_format=get(element, "style:num-format") or "",
        letter_sync=get(element, "style:num-letter-sync") == "true",
        start=integer(element, "text:start-value", 1) or 0,
        prefix=(get(element, "style:num-prefix") or "")[:LONGEST_TEXT],
        suffix=(get(element, "style:num-suffix") or "")[:LONGEST_TEXT],
        shown=min(integer(element, "text:display-levels", 1) or 1, MOST_LEVELS),
        pattern=pattern[:LONGEST_TEXT] if pattern is not None and PLACE.search(pattern) else None,
        bullet=bullet,
        after=FOLLOWED_BY.get(after or "listtab", "\t"),
    )


def label(levels: dict[int, ListLevel], level: int, counters: dict[int, int]) -> tuple[str, str | None]:
    """The label of a list level, white space after it included, and its bare number (None: a bullet, or nothing)."""
    style = levels.get(level)
    if style is None:
        return "", None
    if style.bullet is not None:
        return style.bullet + style.after, None
    if not style.number_format:
        return "", None

    def count(other: int) -> str:
        found = levels.get(other)
        if found is None or not found.number_format:
            return ""
        value = counters.get(other, found.start)
        return printed_odf(value, found.number_format, letter_sync=found.letter_sync)

    if style.pattern is not None:
        text = PLACE.sub(lambda match: count(int(match[1])), style.pattern)
        places = list(PLACE.finditer(style.pattern))
        core = style.pattern[places[0].start() : places[-1].end()]
        number = PLACE.sub(lambda match: count(int(match[1])), core)
    else:
        shown = (count(other) for other in range(max(level - style.shown + 1, 1), level + 1))
        number = ".".join(part for part in shown if part)
        text = f"{style.prefix}{number}{style.suffix}"
    return (text + style.after if text.strip() else ""), number.strip(" .()[]") or None
