"""Puts a document's pages together: paragraphs that run over pages, footnotes after them, headings, text and runs.

`readers.pdf` feeds it pages in order and takes text, blocks and runs; each page can be forgotten once fed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from palermo.corpora.documents.builder import TextBuilder
from palermo.corpora.documents.readers.pdf_layout.hyphens import Hyphens
from palermo.corpora.documents.readers.pdf_layout.lines import lines, regions
from palermo.corpora.documents.readers.pdf_layout.notes import note_drafts, split_notes
from palermo.corpora.documents.readers.pdf_layout.numbers import opens_block, printed_number
from palermo.corpora.documents.readers.pdf_layout.paragraphs import (
    Splitter,
    bounds,
    ends_sentence,
    is_centred,
    is_full,
)
from palermo.corpora.documents.readers.pdf_layout.shapes import Draft, Line, Page, Word

HEADING_LINES = 4
HEADING_CHARACTERS = 220
LARGER = 1.12
LEVELS = 6
RULE_CHARACTERS = frozenset("_-–—=*.·•~")


def body_size(pages: list[Page]) -> float:
    """The size that most letters have, in points."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for segment in page.segments:
            for word in segment.words:
                sizes[round(word.size * 2) / 2] += len(word.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


class Flow:
    """Builds the document; call `add` for each page in order, then `finish`."""

    def __init__(self, body: float, hyphens: Hyphens) -> None:
        self._body = body
        self._hyphens = hyphens
        self._builder = TextBuilder()
        self._open: Draft | None = None
        self._notes: list[Draft] = []
        self._styles: list[tuple[float, int, int] | None] = []
        self._notes_run_on = False

    @property
    def length(self) -> int:
        """Code points so far."""
        return self._builder.length

    def add(self, page: Page) -> None:
        """Take one page's words, furniture already off."""
        notes: list[Draft] = []
        for region in regions(page.segments):
            body, small = split_notes(_without_rules(lines(region)), self._body, self._notes_run_on)
            self._add_body(body, page.number)
            notes.extend(note_drafts(small, page.number))
        self._add_notes(notes)
        for frame in sorted({segment.words[0].frame for segment in page.side}):
            turned = [segment for segment in page.side if segment.words[0].frame == frame]
            self._add_body(_without_rules(lines(turned)), page.number, joins=False)

    def _add_body(self, body: list[Line], page: int, joins: bool = True) -> None:
        drafts = Splitter(body, page).drafts()
        if drafts and joins and self._open is not None and self._runs_on(self._open, drafts[0]):
            self._open.lines.extend(drafts.pop(0).lines)
            if not drafts:
                return
        for draft in drafts:
            self._flush()
            self._open = self._judged(draft)

    def _add_notes(self, notes: list[Draft]) -> None:
        if notes and notes[0].number is None and self._notes:
            self._notes[-1].lines.extend(notes.pop(0).lines)
        self._notes_run_on = bool(notes)
        self._notes.extend(notes)

    def _runs_on(self, before: Draft, after: Draft) -> bool:
        """Whether the first block of a region goes on with the last block of the one before."""
        last, first = before.lines[-1], after.lines[0]
        if before.type != "paragraph" or after.type != "paragraph" or last.rtl != first.rtl:
            return False
        if max(last.size, first.size) > LARGER * min(last.size, first.size) or (first.bold and not last.words[-1].bold):
            return False
        if is_centred(first) and len(after.lines) == 1:
            return False
        if self._hyphens.splits(last.words[-1].text, first.words[0].text):
            return True
        full = is_full(last, _bound(before), first)
        return not opens_block(first.text) and _reads_on(last.text, first.text, full)

    def _judged(self, draft: Draft) -> Draft:
        """The draft with its number, and as a heading where its looks say so."""
        text = " ".join(line.text for line in draft.lines[:2])
        if draft.type == "paragraph":
            draft.number = printed_number(text)
            if self._is_heading(draft):
                first = draft.lines[0]
                draft.type = "heading"
                draft.style = (round(first.size), int(all(line.bold for line in draft.lines)), int(is_centred(first)))
        return draft

    def _is_heading(self, draft: Draft) -> bool:
        found = draft.lines
        text = " ".join(line.text for line in found)
        if len(found) > HEADING_LINES or len(text) > HEADING_CHARACTERS or not any(c.isalpha() for c in text):
            return False
        if text.endswith((".", ";", ",")) and not _is_upper(text) and len(text) > 40:
            return False
        larger = all(line.size >= LARGER * self._body for line in found)
        bold = all(line.bold for line in found) and all(line.size >= 0.9 * self._body for line in found)
        centred = all(is_centred(line) for line in found) and len(found[0].words) <= 12
        return larger or bold or (centred and _is_upper(text) and len(text) > 3)

    def _flush(self) -> None:
        if self._open is not None:
            self._write(self._open)
            self._open = None
        for note in self._notes:
            self._write(note)
        self._notes = []

    def finish(self) -> TextBuilder:
        """Write what is open, give headings their levels, and return the builder with text, blocks and runs."""
        self._flush()
        ranks = sorted({style for style in self._styles if style is not None}, reverse=True)
        for index, style in enumerate(self._styles):
            if style is not None:
                level = min(LEVELS, ranks.index(style) + 1)
                self._builder.blocks[index] = replace(self._builder.blocks[index], level=level)
        return self._builder

    def _write(self, draft: Draft) -> None:
        count = len(self._builder.blocks)
        for index, line in enumerate(draft.lines):
            following = draft.lines[index + 1] if index + 1 < len(draft.lines) else None
            self._write_line(line, index > 0 and not self._joined, following)
        self._builder.close(draft.type, draft.number, draft.level)
        if len(self._builder.blocks) > count:
            self._styles.append(draft.style if draft.type == "heading" else None)
        self._joined = False

    _joined = False

    def _write_line(self, line: Line, space: bool, following: Line | None) -> None:
        self._joined = False
        for index, word in enumerate(line.words):
            text = word.text
            if index == len(line.words) - 1 and following is not None:
                text, self._joined = self._hyphens.joined(text, following.words[0].text)
            if (index and not word.glue) or (not index and space):
                self._builder.run(" ")
            self._builder.run(text, locator(word))


def locator(word: Word) -> dict[str, object]:
    """The anchor of a word: 1-based page, box in PDF points of the page's user space (origin at the lower left)."""
    return {"type": "pdf", "page": word.page, "box": list(word.box)}


def _bound(draft: Draft) -> float:
    return bounds(draft.lines)[-1]


def _is_upper(text: str) -> bool:
    return text.upper() == text and text.lower() != text


def _without_rules(found: list[Line]) -> list[Line]:
    """Lines less those drawn with underscores or dashes, which part nothing that gaps don't."""
    return [
        line for line in found if not (len(line.text) >= 3 and RULE_CHARACTERS.issuperset(line.text.replace(" ", "")))
    ]


def _reads_on(text: str, opening: str, full: bool) -> bool:
    """Whether the words say that a sentence goes on from a line to the first of the next page or column."""
    if opening[0].islower():
        return not text.endswith(".") or full
    return not ends_sentence(text) and full
