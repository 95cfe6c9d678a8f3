"""What the styles of a DOCX say about a paragraph: outline level, numbering, hidden text; for the DOCX reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.docx_package import attribute, child, number, short, switched, value
from palermo.corpora.documents.readers.layout import reads_like_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element
    from palermo.corpora.documents.document import BlockType

BODY_LEVEL = 9
"""The outline level of body text (ECMA-376 part 1, 17.3.1.20)."""


@dataclass(frozen=True, slots=True)
class Style:
    """One `w:style`; None where it leaves a property to the style that it is based on."""

    id: str
    name: str
    based_on: str | None
    num_id: int | None
    ilvl: int | None
    outline: int | None
    hidden: bool | None


class Styles:
    """All styles of a document."""

    def __init__(self, root: _Element | None) -> None:
        self._styles: dict[str, Style] = {}
        self._default: str | None = None
        self._hidden: dict[tuple[str | None, bool], bool] = {}
        for element in root if root is not None else ():
            if short(element) == "w:style":
                self._add(element)

    def _add(self, element: _Element) -> None:
        style_id = attribute(element, "styleId") or ""
        properties = child(element, "w:pPr")
        numbering = child(properties, "w:numPr")
        self._styles.setdefault(
            style_id,
            Style(
                style_id,
                (value(element, "w:name") or "").strip().lower(),
                value(element, "w:basedOn"),
                number(value(numbering, "w:numId")),
                number(value(numbering, "w:ilvl")),
                number(value(properties, "w:outlineLvl")),
                switched(child(element, "w:rPr"), "w:vanish"),
            ),
        )
        is_default = attribute(element, "default") in ("1", "true", "on")
        if is_default and attribute(element, "type") == "paragraph" and self._default is None:
            self._default = style_id

    def chain(self, style_id: str | None) -> Iterator[Style]:
        """The paragraph style of that id (or the default one), then those that it is based on."""
        return self._walk(style_id if style_id in self._styles else self._default)

    def _walk(self, style_id: str | None) -> Iterator[Style]:
        seen = set()
        while style_id is not None and style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            style = self._styles[style_id]
            yield style
            style_id = style.based_on

    def numbering(self, style_id: str) -> int | None:
        """The `numId` of a numbering style (what `w:numStyleLink` points to), or None."""
        return next((s.num_id for s in self._walk(style_id) if s.num_id is not None), None)

    def hidden(self, style_id: str | None, *, character: bool = False) -> bool:
        """Whether text of a paragraph style, or of a character style, is hidden."""
        key = (style_id, character)
        if key not in self._hidden:
            chain = self._walk(style_id) if character else self.chain(style_id)
            self._hidden[key] = next((s.hidden for s in chain if s.hidden is not None), False)
        return self._hidden[key]

    def rank(self, style_id: str | None, direct: int | None, text: str) -> tuple[BlockType, int | None]:
        """What a paragraph is by its style, its own outline level (0-9, or None) and its text: type and level from 1.

        Templates of courts give outline levels to the numbered paragraphs of the reasons too, so a paragraph that is
        long, or reads like a sentence, is none the less a paragraph.
        """
        outline, named = direct, False
        for style in self.chain(style_id):
            if style.name == "title" and direct is None:
                return "title", None
            heading = _heading_level(style.name)
            named = named or heading is not None
            if outline is None:
                outline = style.outline if style.outline is not None else heading
        if outline is None or not 0 <= outline < BODY_LEVEL or reads_like_body(text, named=named):
            return "paragraph", None
        return "heading", outline + 1


def _heading_level(name: str) -> int | None:
    """0-8 for the built-in names `heading 1` to `heading 9`, which are never translated."""
    word, _, digit = name.partition(" ")
    return int(digit) - 1 if word == "heading" and digit in tuple("123456789") else None
