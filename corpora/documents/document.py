"""The one carrier through the pipeline: what a reader makes of a file, and what the tagger reads.

A reader returns a `Document` without passages; `palermo.corpora.documents.passages` cuts it; `read_document` does both.
All offsets are half-open `[start, end)` in Unicode code points of `Document.text`.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Kind = Literal["judgment", "statute"]
BlockType = Literal["title", "heading", "paragraph", "table", "footnote"]


@dataclass(frozen=True, slots=True)
class Block:
    """A unit of layout that the source shows: a paragraph, a heading, a table row, a footnote.

    Attributes:
        start, end: offsets into the document's text; the number, where shown, is inside.
        type: what the source says it is; a plain-text reader calls everything a paragraph unless sure.
        number: the printed number as printed, without brackets and final stop ("45", "12A", "3.1"), or None.
        level: depth of a heading (1 is the highest), or None.
    """

    start: int
    end: int
    type: BlockType = "paragraph"
    number: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that comes from one place in the source; runs are sorted and do not overlap.

    `locator` is JSON-able and says where, by format:
        pdf  `{"type": "pdf", "page": 1, "box": [x0, y0, x1, y1]}` (a word; PDF points, origin at the lower left)
        html `{"type": "xpath", "path": "/html/body[1]/div[2]/p[1]/text()[1]"}` (a text node)
        akn  `{"type": "eid", "eid": "sec_3__subsec_1", "path": "..."}` (eid null where the file has none)
        docx, odt, rtf `{"type": "paragraph", "part": "body" | "table" | "footnotes" | "endnotes", "paragraph": 12,
            "run": 0}` (0-based; run null for text that the word processor generates, such as numbers)
        txt `{"type": "line", "line": 7}` (1-based)
        json, csv `{"type": "record", "record": 3}` (0-based)
    """

    start: int
    end: int
    locator: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Warning:
    """Something the reader had to leave out or guess; shown to the user, never fatal.

    `code` is snake_case and stable; `message` is one sentence; `page` is 1-based where the format has pages.
    """

    code: str
    message: str
    page: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The warning as `{"code", "message", "page"}`."""
        return {"code": self.code, "message": self.message, "page": self.page}


@dataclass(frozen=True, slots=True)
class MetadataValue:
    """A metadatum with the place in the text that shows it (None where it comes from the file's own fields)."""

    value: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of tagging: a paragraph of a judgment, a section of a statute.

    Attributes:
        index: position in the document, from 0.
        start, end: offsets into the document's text; `text[start:end]` is the passage, never stripped further.
        number: paragraph or section number as printed, without brackets and final stop, or None.
        heading: the heading that the passage stands under (statutes: the section's own heading), or None.
        language: ISO 639-1 code.
    """

    index: int
    start: int
    end: int
    number: str | None = None
    heading: str | None = None
    language: str = "und"


@dataclass(frozen=True, slots=True)
class Document:
    """Source bytes read: canonical text, layout, anchors, metadata, warnings.

    Attributes:
        name: file name as given, without folders.
        sha256: hex digest of the source bytes.
        media_type: IANA media type detected from the bytes.
        extractor: reader and its version, e.g. `"pdf/1"`, and after "+" that of an OCR engine whose text is in it;
            stored with every analysis.
        text: canonical text.
        blocks: layout units, sorted, not overlapping.
        runs: anchors back to the source, sorted, not overlapping; gaps (separators) are allowed.
        passages: units of tagging, sorted, not overlapping; empty until cut.
        metadata: `title, court, state, date, number, neutral_citation, ecli, statute, section`, where shown.
        kind, language: detected or given; None until detected.
    """

    name: str
    sha256: str
    media_type: str
    extractor: str
    text: str
    blocks: tuple[Block, ...] = ()
    runs: tuple[Run, ...] = ()
    passages: tuple[Passage, ...] = ()
    metadata: dict[str, MetadataValue] = field(default_factory=dict)
    warnings: tuple[Warning, ...] = ()
    kind: Kind | None = None
    language: str | None = None

    def with_(self, **changes: Any) -> Document:
        """A copy with some fields replaced."""
        return replace(self, **changes)

    def runs_of(self, start: int, end: int) -> list[Run]:
        """The runs that overlap `[start, end)`, in text order."""
        first = bisect.bisect_right(self.runs, start, key=lambda run: run.end)
        found = []
        for run in self.runs[first:]:
            if run.start >= end:
                break
            found.append(run)
        return found
