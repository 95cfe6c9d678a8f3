"""Reader of HTML pages: what a browser shows of them, without menus, scripts and hidden parts."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from palermo.corpora.documents.builder import canonical
from palermo.corpora.documents.document import Document, MetadataValue
from palermo.corpora.documents.readers import finish, numbering
from palermo.corpora.documents.readers.decoding import decode
from palermo.corpora.documents.readers.formats import formats, language_code, names
from palermo.corpora.documents.readers.lists import ListMarkers
from palermo.corpora.documents.readers.markup import (
    Walker,
    collapsed,
    first_cell_is_number,
    is_data_row,
    parse_html,
)
from palermo.corpora.documents.readers.places import placed

if TYPE_CHECKING:
    from lxml.etree import _Element

EXTRACTOR = "html/1"
MEDIA_TYPES = ("text/html",)

_CELLS = frozenset({"td", "th"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9_:.-]{1,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s{0,99}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9_:.-]{1,40})""")
_HIDDEN_STYLE = re.compile(r"(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)", re.IGNORECASE)
_LONGEST_HEADING = 150
_GROUPS = {"pre": {"pre"}, "heading": _HEADINGS, "cell": _CELLS, "item": {"li", "dt", "dd"}}


def read(data: bytes, name: str) -> Document:
    """A page as text: one block a paragraph, heading, list item, table row or footnote.

    The language of a page is taken from Dublin Core only: `<html lang>` is what the editing tool was set to.

    Raises:
        EmptyDocument: nothing to see.
        LimitExceeded: longer than `text_characters`.
        UnsafeDocument: nested deeper than `xml_depth`.
    """
    decoded = decode(data, _declared(data))
    root = parse_html(canonical(decoded.text), name)
    walker = _Page(name)
    walker.walk(root)
    builder = walker.flow.finish()
    metadata, language = _metadata(root, builder.text)
    return finish(
        data,
        name,
        MEDIA_TYPES[0],
        EXTRACTOR,
        builder,
        metadata=metadata,
        warnings=(decoded.warning,) if decoded.warning else (),
        language=language,
    )


def _declared(data: bytes) -> str | None:
    found = _XML_ENCODING.search(data[:1024]) or _CHARSET.search(data[:4096])
    return found.group(1).decode("ascii") if found else None


class _Page(Walker):
    """Blocks by element, as the default style sheet of browsers has them."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._lists = ListMarkers()
        self._breaks = 0
        self._numbered_row = False
        self._note = False
        self._open: Counter[str] = Counter()

    def skips(self, element: _Element, name: str) -> bool:
        return name in names("html", "skip") or _hidden(element) or _is_frame(element, name)

    def enter(self, element: _Element, name: str) -> None:
        if name == "br":
            self._break()
        elif name in names("html", "blocks"):
            self._close()
            self._lists.enter(element, name)
            if name == "li":
                self._item(element)
            elif name == "tr" and not self.flow.row:
                self._numbered_row = first_cell_is_number(element, _CELLS)
                self.flow.row = not self._numbered_row and is_data_row(element, _CELLS, frozenset({"table"}), _HEADINGS)
        elif _classes(element) & names("html", "number_classes"):
            self.flow.gap(" ")
        if self.flow.empty and name == "a" and _is_note_id(element.get("name") or element.get("id")):
            self._note = True
        self.places[-1].kinds = _kinds(element, name)
        self._open.update(self.places[-1].kinds)

    def leave(self, element: _Element, name: str) -> None:
        if name in _CELLS and self.flow.row:
            self.flow.gap(" | ")
        elif name == "tr" and self.flow.row:
            self.flow.row = False
            self.flow.close("table")
        elif name in names("html", "blocks"):
            self._close()
            self._lists.leave(name)
            self._numbered_row = self._numbered_row and name != "tr"
        elif _classes(element) & names("html", "number_classes"):
            self.flow.gap(" ")
        self._open.subtract(self.places[-1].kinds)

    def node(self, text: str) -> None:
        if text.strip():
            self._breaks = 0
        self.flow.text(
            text,
            {"type": "xpath", "path": self.text_path()},
            bold=self._open["bold"] > 0,
            keep=self._open["pre"] > 0,
        )

    def _break(self) -> None:
        """One `<br>` ends a line; two in a row end a paragraph, as old pages have them."""
        self._breaks += 1
        if self._breaks > 1 and not self._open["heading"]:
            self._close()
        else:
            self.flow.gap("\n")

    def _close(self) -> None:
        self._breaks = 0
        if self.flow.empty or self.flow.row:
            self.flow.close()
            return
        note, self._note = self._note or self._open["note"] > 0, False
        level = next((int(p.name[1]) for p in reversed(self.places) if p.name in _HEADINGS), None)
        if self.flow.number_alone() and self._belongs_to_next(level):
            self.flow.carry()
        elif level is not None:
            self.flow.close("heading", level)
        elif note:
            self.flow.close("footnote")
        elif self._looks_like_heading():
            self.flow.close("heading")
        else:
            self.flow.close()

    def _belongs_to_next(self, level: int | None) -> bool:
        """Whether a number alone was set apart from what it numbers: as a heading, a list item, a table cell."""
        unmarked = self._open["item"] > 0 and not self.flow.numbered
        return level is not None or unmarked or self._numbered_row

    def _looks_like_heading(self) -> bool:
        if self._open["cell"] or self._open["item"] or len(self.flow.shown) > _LONGEST_HEADING:
            return False
        named = any(_classes(place.element) & names("html", "heading_classes") for place in self.places[-2:])
        return named or self.flow.emphatic

    def _item(self, element: _Element) -> None:
        marker = self._lists.marker(element)
        if marker and numbering.leading("".join(map(str, islice(element.itertext(), 3))).strip()) is None:
            self.flow.marker(marker, {"type": "xpath", "path": self.places[-1].path})


def _kinds(element: _Element, name: str) -> tuple[str, ...]:
    """What it means for the text below an element to be in it."""
    kinds = [kind for kind, group in _GROUPS.items() if name in group]
    if name in names("html", "bold"):
        kinds.append("bold")
    if element.attrib and _is_note(element):
        kinds.append("note")
    return tuple(kinds)


def _classes(element: _Element) -> frozenset[str]:
    value = element.get("class")
    return frozenset(value.lower().split()) if value else frozenset()


def _hidden(element: _Element) -> bool:
    if not element.attrib:
        return False
    if element.get("hidden") is not None or element.get("role", "").lower() in names("html", "skip_roles"):
        return True
    return bool(_HIDDEN_STYLE.search(element.get("style", "")[:2000])) or bool(
        _classes(element) & names("html", "skip_classes")
    )


def _is_frame(element: _Element, name: str) -> bool:
    """Whether a header or footer holds nothing but links and menus."""
    if name not in names("html", "frames"):
        return False
    texts: Any = element.xpath(".//text()[normalize-space()][not(ancestor::a|ancestor::nav|ancestor::button)]")
    return not texts


def _is_note(element: _Element) -> bool:
    return (
        element.get("role", "").lower() in names("html", "note_roles")
        or bool(_classes(element) & names("html", "note_classes"))
        or _is_note_id(element.get("id"))
    )


def _is_note_id(value: str | None) -> bool:
    return bool(value) and bool(_note_id().search(str(value)[:64]))


@lru_cache(maxsize=1)
def _note_id() -> Any:
    import re2

    return re2.compile(formats()["html"]["note_ids"])


def _metadata(root: _Element, text: str) -> tuple[dict[str, MetadataValue], str | None]:
    """What `<meta>` and `<title>` say outright, and the language of Dublin Core."""
    said: dict[str, str] = {}
    for element in root.iter("meta"):
        key = (element.get("name") or element.get("property") or "").strip().lower()
        value = " ".join((element.get("content") or "").split())
        if key and value:
            said.setdefault(key, value)
    found: dict[str, str] = {}
    for key, fields in formats()["html"]["metadata"].items():
        value = next((said[field] for field in fields if field in said), "")
        if value and (key != "ecli" or value.upper().startswith("ECLI:")):
            found[key] = value
    language = language_code(found.pop("language", ""))
    headings = root.findall(".//h1")
    title = collapsed(root.find(".//title")) or (collapsed(headings[0]) if len(headings) == 1 else "")
    if title:
        found.setdefault("title", title)
    return {key: placed(value, text) for key, value in found.items()}, language
