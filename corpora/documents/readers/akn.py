"""Reader of XML: Akoma Ntoso and LegalDocML of all versions, and any other XML by the shape of its elements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from palermo.corpora.documents.builder import canonical
from palermo.corpora.documents.document import BlockType, Document
from palermo.corpora.documents.readers import akn_metadata, finish
from palermo.corpora.documents.readers.decoding import decode
from palermo.corpora.documents.readers.formats import formats, names
from palermo.corpora.documents.readers.markup import (
    Place,
    Walker,
    collapsed,
    first_cell_is_number,
    is_data_row,
    local_name,
    parse_xml,
    path_step,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

EXTRACTOR = "akn/1"
MEDIA_TYPES = ("application/akn+xml", "application/xml")

_ENCODING = re.compile(rb"""^\s{0,99}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9_:.-]{1,40})""")
_BOLD = re.compile(r"font-weight\s{0,9}:\s{0,9}(?:bold|[6-9]00)", re.IGNORECASE)
_DEEPEST_HEADING = 9


def read(data: bytes, name: str) -> Document:
    """XML as text: numbers in front of what they number, headings, table rows, notes after the block they stand in.

    Raises:
        BrokenDocument: not well-formed; the message names the line.
        EmptyDocument: no text in it.
        LimitExceeded: longer than `text_characters`.
        UnsafeDocument: declares entities, or nested deeper than `xml_depth`.
    """
    declared = _ENCODING.search(data[:1024])
    decoded = decode(data, declared.group(1).decode("ascii") if declared else None)
    root = parse_xml(canonical(decoded.text), name)
    walker = _Tree(name)
    walker.walk(root)
    walker.notes_of_meta(root)
    builder = walker.flow.finish()
    about = akn_metadata.about(root, builder.text)
    return finish(
        data,
        name,
        MEDIA_TYPES[0] if akn_metadata.is_akn(root) else MEDIA_TYPES[1],
        EXTRACTOR,
        builder,
        metadata=about.metadata,
        warnings=(decoded.warning,) if decoded.warning else (),
        kind=about.kind,
        language=about.language,
    )


class _Tree(Walker):
    """Blocks by element name where `formats.toml` knows it, else by whether an element stands beside text."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._notes: list[tuple[_Element, str, dict[str, Any]]] = []
        self._in_note = False
        self._numbered_row = False
        self._title = ""

    def skips(self, element: _Element, name: str) -> bool:
        return name in names("xml", "skip") or (name in names("xml", "notes") and len(self.places) > 1)

    def skipped(self, element: _Element, name: str) -> None:
        """A note waits until the block that it stands in has ended; its mark stays at its place."""
        if name not in names("xml", "notes"):
            return
        locator = self._locator(self.places[-1].path)
        self._notes.append((element, self.places[-1].path, locator))
        mark = _mark(element)
        if mark and not self.flow.empty:
            self.flow.text(mark, locator)

    def enter(self, element: _Element, name: str) -> None:
        place = self.places[-1]
        above = self.places[-2].inline if len(self.places) > 1 else False
        place.inline = _inline(element, name, above)
        place.kinds = ("bold",) if _is_bold(place) or (len(self.places) > 1 and self.places[-2].kinds) else ()
        if name in names("xml", "breaks"):
            self.flow.gap("\n")
        elif _is_boundary(name, above):
            self._close(self.places[:-1])
        if name in names("xml", "titles"):
            self._title = collapsed(element)
        if name in names("xml", "rows") and not self.flow.row:
            cells, rows = names("xml", "cells"), names("xml", "rows")
            self._numbered_row = first_cell_is_number(element, cells)
            self.flow.row = not self._numbered_row and is_data_row(element, cells, rows, names("xml", "headings"))

    def leave(self, element: _Element, name: str) -> None:
        above = self.places[-2].inline if len(self.places) > 1 else False
        if name in names("xml", "cells") and self.flow.row:
            self.flow.gap(" | ")
        elif name in names("xml", "rows") and self.flow.row:
            self.flow.row = False
            self._end("table")
        elif name in names("xml", "numbers"):
            self.flow.carry()
        elif _is_boundary(name, above):
            self._close(self.places)
            self._numbered_row = self._numbered_row and name not in names("xml", "rows")

    def node(self, text: str) -> None:
        bold = bool(self.places[-1].kinds)
        self.flow.text(text, self._locator(self.text_path()), bold=bold)

    def notes_of_meta(self, root: _Element) -> None:
        """Notes that the file keeps in its metadata, and any that still wait, at the end."""
        self._end("paragraph")
        for element in root.iter():
            if local_name(element).lower() in names("xml", "notes"):
                path = _path(element)
                if "/meta[" in path:
                    self._note(element, path, {"type": "eid", "eid": _own_id(element), "path": path})

    def _close(self, within: list[Place]) -> None:
        if self.flow.empty or self.flow.row:
            self.flow.close()
            if not (self.flow.row or self.flow.numbered):
                self._add_notes()
            return
        near = next((place.name for place in reversed(within) if _has_role(place.name)), "")
        if self._numbered_row and self.flow.number_alone():
            self.flow.carry()
        elif self._in_note:
            self._end("footnote")
        elif near in names("xml", "headings"):
            self._end("heading", self._level())
        elif self.flow.shown == self._title:
            self._end("title")
        elif self.flow.emphatic and not self.flow.numbered:
            self._end("heading")
        else:
            self._end("paragraph")

    def _end(self, type: BlockType, level: int | None = None) -> None:
        quoted = self._quoted()
        if quoted and type == "heading":
            type, level = "paragraph", None
        self.flow.close(type, level, numbered=not quoted)
        self._add_notes()

    def _add_notes(self) -> None:
        """The notes that stand in the block which has just ended, or in one without any other text."""
        waiting, self._notes = self._notes, []
        for note in waiting:
            self._note(*note)

    def _note(self, element: _Element, path: str, locator: dict[str, Any]) -> None:
        outer, self._in_note = self._in_note, True
        mark = _mark(element)
        if mark:
            self.flow.marker(mark, locator)
        self.walk(element, path)
        self.flow.close("footnote")
        self._in_note = outer

    def _level(self) -> int:
        depth = sum(1 for place in self.places[:-1] if place.name in names("xml", "levels"))
        return min(max(depth, 1), _DEEPEST_HEADING)

    def _quoted(self) -> bool:
        return any(place.name in names("xml", "quoted") for place in self.places)

    def _locator(self, path: str) -> dict[str, Any]:
        found = next((key for place in reversed(self.places) if (key := _own_id(place.element))), None)
        return {"type": "eid", "eid": found, "path": path}


def _inline(element: _Element, name: str, above: bool) -> bool:
    """Whether elements of unknown name inside this one are parts of a sentence."""
    if name in names("xml", "structures"):
        return False
    if name in names("xml", "leaves") or above:
        return True
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _is_boundary(name: str, inline: bool) -> bool:
    return name in names("xml", "structures") or name in names("xml", "leaves") or not inline


def _has_role(name: str) -> bool:
    return any(name in names("xml", key) for key in ("headings", "leaves", "structures"))


def _is_bold(place: Place) -> bool:
    return place.name in names("xml", "bold") or bool(_BOLD.search(place.element.get("style", "")[:500]))


def _own_id(element: _Element) -> str | None:
    return next((value for key in formats()["xml"]["ids"] if (value := element.get(key))), None)


def _mark(element: _Element) -> str | None:
    marker = (element.get("marker") or "").strip()
    return f"[{marker}]" if 0 < len(marker) <= 8 else None


def _path(element: _Element) -> str:
    """The same path as the walk gives; for single elements only."""
    steps: list[str] = []
    while (above := element.getparent()) is not None:
        name = local_name(element)
        before = [found for other in element.itersiblings(preceding=True) if (found := local_name(other))]
        steps.append(path_step(name, before.count(name) + 1, len(before) + 1))
        element = above
    return "/".join(["", local_name(element), *reversed(steps)])
