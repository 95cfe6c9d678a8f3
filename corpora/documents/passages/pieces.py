"""Passages in the making: joins short units, splits long ones, hands headings on; `judgment` and `statute` call it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from palermo.corpora.documents.passages.split import Span, split_long, words
from palermo.corpora.documents.passages.units import Unit

_HEADING_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Lengths:
    """Limits on passages: words (`short`, `longest`, `target`, `numbered_short`) and code points (`characters`)."""

    short: int
    longest: int
    target: int
    characters: int
    numbered_short: int = 0

    @classmethod
    def of(cls, table: dict[str, Any]) -> Lengths:
        """From the `[lengths]` table of a pattern file."""
        return cls(**{name: table[name] for name in cls.__slots__ if name in table})


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage without its index and language."""

    start: int
    end: int
    number: str | None
    heading: str | None


@dataclass(frozen=True, slots=True)
class Heading:
    """A stretch that is a heading, a title or a line of a table of contents; in no passage."""

    start: int
    end: int
    level: int | None = None


@dataclass(slots=True)
class Cut:
    """What cutting gives: passages and headings, each in text order, together all text that is not white space."""

    pieces: list[Piece] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)


class Assembly:
    """Takes units in text order and makes pieces of them by the rules of the labelled passages.

    A short unit joins the piece before it, or, where there is none or it is full, the one after it; a unit above the
    limit is split at sentence ends, and each part keeps number and heading.
    """

    def __init__(self, text: str, language: str, lengths: Lengths) -> None:
        self._text = text
        self._language = language
        self._lengths = lengths
        self._cut = Cut()
        self._spans: list[Span] = []
        self._size = 0
        self._number: str | None = None
        self._heading: str | None = None
        self._footnote = False
        self._glue = False

    def heading(self, start: int, end: int, level: int | None = None) -> None:
        """A heading: ends the piece and the numbered paragraph, and stands over what follows."""
        self._flush()
        self._cut.headings.append(Heading(start, end, level))
        self._heading = " ".join(self._text[start:end].split())[:_HEADING_CHARACTERS]
        self._number = None

    def open(self, unit: Unit, number: str) -> None:
        """A numbered paragraph: begins a piece of its own; a lone number waits for what follows it."""
        self._flush()
        self._number = number
        self._footnote = False
        self._put(unit, self._words(unit))
        self._glue = self._size < self._lengths.numbered_short

    def add(self, unit: Unit) -> None:
        """Any other unit: a piece of its own, or joined to its neighbour where one of the two is short."""
        size = self._words(unit)
        footnote = unit.type == "footnote"
        if footnote != self._footnote:
            self._flush()
            self._footnote = footnote
            self._number = None if footnote else self._number
        if self._spans and not self._joins(size):
            self._flush()
        self._put(unit, size)

    def close(self) -> None:
        """End the piece: what follows in the text does not pass through here."""
        self._flush()

    def finish(self) -> Cut:
        """Everything that was taken in."""
        self._flush()
        return self._cut

    def _joins(self, size: int) -> bool:
        if self._glue:
            return True
        fits = self._size + size <= self._lengths.longest
        return fits and (size < self._lengths.short or self._size < self._lengths.short)

    def _put(self, unit: Unit, size: int) -> None:
        self._spans.append((unit.start, unit.end))
        self._size += size
        self._glue = False

    def _words(self, unit: Unit) -> int:
        return words(self._text[unit.start : unit.end])

    def _flush(self) -> None:
        if not self._spans:
            return
        whole = (self._spans[0][0], self._spans[-1][1])
        limits = self._lengths
        for start, end in split_long(
            self._text,
            whole,
            self._language,
            longest=limits.longest,
            target=limits.target,
            characters=limits.characters,
        ):
            self._cut.pieces.append(Piece(start, end, self._number, self._heading))
        self._spans, self._size, self._glue = [], 0, False
