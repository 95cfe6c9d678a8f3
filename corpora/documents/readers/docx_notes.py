"""Footnotes and endnotes of a DOCX: their order, and the numbers that Word prints; for the DOCX reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from palermo.corpora.documents.readers.docx_package import attribute, child, number, value
from palermo.corpora.documents.readers.numerals import printed

if TYPE_CHECKING:
    from lxml.etree import _Element

PROPERTIES = {"footnotes": "w:footnotePr", "endnotes": "w:endnotePr"}
DEFAULT_FORMAT = {"footnotes": "decimal", "endnotes": "lowerRoman"}


@dataclass(slots=True)
class Notes:
    """The notes of one part in the order of their marks; a note that no mark points to is not shown.

    Attributes:
        part: "footnotes" or "endnotes".
        number_format, start, restart: how they are numbered (ECMA-376 part 1, 17.11).
        numbers: id of a note -> number as printed, or None where the author set a mark of their own or numbering starts
            anew on a page, which only a layout engine knows.
    """

    part: str
    number_format: str
    start: int
    restart: str
    numbers: dict[str, str | None] = field(default_factory=dict)
    _count: int = 0

    def end_section(self) -> None:
        """A section of the document ends here; numbering may start anew."""
        if self.restart == "eachSect":
            self._count = 0

    def refer(self, mark: _Element) -> None:
        """Note a reference mark; only the first mark of a note counts."""
        note = attribute(mark, "id")
        if note is None or note in self.numbers:
            return
        if attribute(mark, "customMarkFollows") in ("1", "true", "on"):
            self.numbers[note] = None
            return
        shown = printed(self.start + self._count, self.number_format)
        self._count += 1
        self.numbers[note] = shown if self.restart != "eachPage" and shown else None


def notes_of(part: str, document: _Element, settings: _Element | None) -> Notes:
    """The notes of a part, empty, with the format that the document's settings and its last section give them.

    Args:
        part: "footnotes" or "endnotes".
        document: root of the main document part.
        settings: root of the settings part, or None.
    """
    sections = document.iter("{*}sectPr")
    sources = [child(settings, PROPERTIES[part]), *(child(section, PROPERTIES[part]) for section in sections)]
    number_format, start, restart = DEFAULT_FORMAT[part], 1, "continuous"
    for source in sources:
        number_format = value(source, "w:numFmt") or number_format
        start = number(value(source, "w:numStart")) or start
        restart = value(source, "w:numRestart") or restart
    return Notes(part, number_format, start, restart)
