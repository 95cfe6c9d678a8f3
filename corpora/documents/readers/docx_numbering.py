"""Automatic numbering of a DOCX, counted and printed as Word does (ECMA-376 part 1, 17.9); for the DOCX reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.docx_package import attribute, child, number, short, switched, value
from palermo.corpora.documents.readers.numerals import printed
from palermo.corpora.documents.readers.symbols import symbol_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element
    from palermo.corpora.documents.readers.docx_styles import Style, Styles

LEVELS = 9
LONGEST_TEXT = 255
"""Characters of a level's text that are printed; a longer one, once a paragraph, would be a bomb."""
BULLET = "•"
SUFFIXES = {"tab": "\t", "space": " ", "nothing": ""}
PLACE = re.compile(r"%([1-9])")
BRACKETS = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Label:
    """What stands before a paragraph: `text` with the white space after it, and the bare `number` (None: a bullet)."""

    text: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Level:
    """One `w:lvl`: how a level counts and what it prints."""

    start: int
    number_format: str
    text: str
    suffix: str
    restart: int | None
    legal: bool
    hidden: bool
    style: str | None


@dataclass(slots=True)
class _List:
    """An abstract definition: its levels, and how far they have counted."""

    levels: dict[int, Level]
    style_link: str | None
    counters: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Instance:
    """A `w:num`: a list by its abstract id, with levels and starts of its own."""

    abstract: int
    levels: dict[int, Level]
    starts: dict[int, int]


class Numbering:
    """The lists of a document with their counters; `label` is asked once a paragraph, in document order."""

    def __init__(self, root: _Element | None, styles: Styles) -> None:
        self._styles = styles
        self._lists: dict[int, _List] = {}
        self._instances: dict[int, _Instance] = {}
        self._started: set[tuple[int, int]] = set()
        for element in root if root is not None else ():
            if short(element) == "w:abstractNum":
                self._add_list(element)
            elif short(element) == "w:num":
                self._add_instance(element)

    def _add_list(self, element: _Element) -> None:
        abstract = number(attribute(element, "abstractNumId"))
        if abstract is not None:
            self._lists[abstract] = _List(_levels(element), value(element, "w:numStyleLink"), {})

    def _add_instance(self, element: _Element) -> None:
        num_id = number(attribute(element, "numId"))
        abstract = number(value(element, "w:abstractNumId"))
        if num_id is None or abstract is None:
            return
        levels, starts = {}, {}
        for override in element:
            ilvl = number(attribute(override, "ilvl")) if short(override) == "w:lvlOverride" else None
            if ilvl is None:
                continue
            levels.update(_levels(override))
            start = number(value(override, "w:startOverride"))
            if start is not None:
                starts[ilvl] = start
        self._instances[num_id] = _Instance(abstract, levels, starts)

    def label(self, properties: _Element | None, style_id: str | None) -> Label | None:
        """Count a paragraph and print its number; None where it has none.

        Args:
            properties: its `w:pPr`, or None.
            style_id: its paragraph style, or None for the default.
        """
        own = child(properties, "w:numPr")
        chain = tuple(self._styles.chain(style_id))
        num_id = number(value(own, "w:numId"))
        if num_id is None:
            num_id = next((style.num_id for style in chain if style.num_id is not None), None)
        instance = self._instances.get(num_id) if num_id else None
        found = self._list_of(instance) if instance is not None else None
        if num_id is None or instance is None or found is None:
            return None
        ilvl = number(value(own, "w:ilvl"))
        if ilvl is None:
            ilvl = _style_level(chain, {**found.levels, **instance.levels})
        return self._count(num_id, instance, found, min(max(ilvl, 0), LEVELS - 1))

    def _list_of(self, instance: _Instance) -> _List | None:
        """The list of an instance, by way of the numbering style that it may link to."""
        found = self._lists.get(instance.abstract)
        if found is None or found.levels or found.style_link is None:
            return found
        linked = self._instances.get(self._styles.numbering(found.style_link) or 0)
        return self._lists.get(linked.abstract) if linked is not None else None

    def _count(self, num_id: int, instance: _Instance, found: _List, ilvl: int) -> Label | None:
        levels = {**found.levels, **instance.levels}
        level = levels.get(ilvl)
        if level is None:
            return None
        self._advance(num_id, instance, found, levels, ilvl)
        return None if level.hidden else _print(level, levels, found.counters, instance.starts)

    def _advance(self, num_id: int, instance: _Instance, found: _List, levels: dict[int, Level], ilvl: int) -> None:
        """All instances of a list share its counters; one with a start of its own restarts it at its first use."""
        counters = found.counters
        first_use = (num_id, ilvl) not in self._started
        self._started.add((num_id, ilvl))
        if ilvl in instance.starts and first_use:
            counters[ilvl] = instance.starts[ilvl]
        elif ilvl in counters:
            counters[ilvl] += 1
        else:
            counters[ilvl] = instance.starts.get(ilvl, levels[ilvl].start)
        for deeper in range(ilvl + 1, LEVELS):
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or ilvl < restart:
                counters.pop(deeper, None)


def _levels(element: _Element) -> dict[int, Level]:
    """The `w:lvl` children of a list or of an override, by their level."""
    levels = {}
    for candidate in element:
        ilvl = number(attribute(candidate, "ilvl")) if short(candidate) == "w:lvl" else None
        if ilvl is not None and 0 <= ilvl < LEVELS:
            levels[ilvl] = _level(candidate)
    return levels


def _level(element: _Element) -> Level:
    start = number(value(element, "w:start"))
    text = (value(element, "w:lvlText") or "")[:LONGEST_TEXT]
    run_properties = child(element, "w:rPr")
    fonts = child(run_properties, "w:rFonts")
    number_format = _number_format(element)
    if number_format == "bullet":
        font = attribute(fonts, "ascii") if fonts is not None else None
        text = _bullet(text, font)
    return Level(
        start=start if start is not None else 0,
        number_format=number_format,
        text=text,
        suffix=SUFFIXES.get(value(element, "w:suff") or "tab", "\t"),
        restart=number(value(element, "w:lvlRestart")),
        legal=switched(element, "w:isLgl") or False,
        hidden=switched(run_properties, "w:vanish") or False,
        style=value(element, "w:pStyle"),
    )


def _number_format(element: _Element) -> str:
    """`w:numFmt`, which newer formats wrap in `mc:AlternateContent` with a fallback."""
    found = value(element, "w:numFmt")
    if found is not None:
        return found
    wrapped = child(element, "mc:AlternateContent")
    return value(child(wrapped, "mc:Fallback"), "w:numFmt") or "decimal"


def _bullet(text: str, font: str | None) -> str:
    shown = symbol_text(text, font)
    return BULLET if any("\ue000" <= c <= "\uf8ff" or c == "\ufffd" for c in shown) else shown


def _style_level(chain: Iterable[Style], levels: dict[int, Level]) -> int:
    """The level of a paragraph that is numbered by its style: the one linked to the style, else the style's own."""
    linked = {level.style: ilvl for ilvl, level in levels.items() if level.style is not None}
    for style in chain:
        if style.id in linked:
            return linked[style.id]
        if style.ilvl is not None:
            return style.ilvl
    return 0


def _print(level: Level, levels: dict[int, Level], counters: dict[int, int], starts: dict[int, int]) -> Label | None:
    def place(match: re.Match[str]) -> str:
        ilvl = int(match[1]) - 1
        other = levels.get(ilvl)
        if other is None:
            return ""
        count = counters.get(ilvl, starts.get(ilvl, other.start))
        legal = level.legal and other.number_format not in ("none", "bullet")
        return printed(count, "decimal" if legal else other.number_format)

    text = PLACE.sub(place, level.text)
    if not text.strip():
        return None
    shown = level.text if level.number_format == "bullet" else text
    return Label(shown + level.suffix, None if level.number_format == "bullet" else _bare(level.text, place))


def _bare(pattern: str, place: object) -> str | None:
    """The number without words before it, brackets around it and the stop after it: `Article %1.` -> `5`."""
    places = list(PLACE.finditer(pattern))
    if not places:
        return None
    core = PLACE.sub(place, pattern[places[0].start() : places[-1].end()]).strip()  # type: ignore[call-overload]
    opened = pattern[: places[0].start()][-1:]
    if opened in BRACKETS and BRACKETS[opened] in core:
        core = opened + core
        core += pattern[places[-1].end() :][:1] if core.count(opened) > core.count(BRACKETS[opened]) else ""
    return core.rstrip(".") or None
