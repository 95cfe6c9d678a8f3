"""Reader of plain text: the decoded file is the canonical text as it stands; blocks and lines point into it."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Iterable, Iterator

from palermo.corpora.documents.builder import canonical
from palermo.corpora.documents.document import Block, Document, Run
from palermo.corpora.documents.readers import check_length, numbering
from palermo.corpora.documents.readers.decoding import decode
from palermo.corpora.errors import EmptyDocument

EXTRACTOR = "text/1"
MEDIA_TYPES = ("text/plain",)

Span = tuple[int, int]

_LINES_A_PARAGRAPH = 12
"""More lines than this a paragraph, on average, and blank lines do not separate paragraphs in this file."""
_WRAPPED = 100
"""Median line length, in characters, from which a line is a paragraph and not a piece of one."""
_SHORT = 0.7
"""A line below this share of the usual width that ends a sentence ends a paragraph of wrapped lines."""


def read(data: bytes, name: str) -> Document:
    """Plain text in any usual encoding; nothing but what `canonical` says is changed.

    Raises:
        EmptyDocument: nothing but white space.
        LimitExceeded: longer than `text_characters`.
    """
    decoded = decode(data)
    text = canonical(decoded.text)
    check_length(len(text), name)
    if not text.strip():
        raise EmptyDocument("there is no text in it", source=name)
    lines = list(_lines(text))
    return Document(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=MEDIA_TYPES[0],
        extractor=EXTRACTOR,
        text=text,
        blocks=tuple(_block(text, span) for span in _paragraphs(text, [span for _, span in lines])),
        runs=tuple(Run(start, end, {"type": "line", "line": number}) for number, (start, end) in lines),
        warnings=(decoded.warning,) if decoded.warning else (),
    )


def paragraphs(text: str) -> list[Span]:
    """Offsets of the paragraphs of a plain text, without the white space around them.

    Blank lines separate them; in a text with hardly any, each line is one, or, where lines are wrapped, each stretch
    that starts with a number or follows a line which ends short.
    """
    return _paragraphs(text, [span for _, span in _lines(text)])


def _lines(text: str) -> Iterator[tuple[int, Span]]:
    """Lines that are not blank: number from 1, offsets without the white space around them."""
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        inner = line.strip()
        if inner:
            first = start + line.index(inner)
            yield number, (first, first + len(inner))
        start += len(line) + 1


def _paragraphs(text: str, lines: list[Span]) -> list[Span]:
    groups = list(_by_blank_line(text, lines))
    if len(lines) <= _LINES_A_PARAGRAPH * len(groups):
        return [(group[0][0], group[-1][1]) for group in groups]
    widths = [end - start for start, end in lines]
    if statistics.median(widths) >= _WRAPPED:
        return lines
    usual = statistics.quantiles(widths, n=10)[-1]
    return [(part[0][0], part[-1][1]) for group in groups for part in _by_wrapped_line(text, group, usual * _SHORT)]


def _by_blank_line(text: str, lines: Iterable[Span]) -> Iterator[list[Span]]:
    group: list[Span] = []
    for line in lines:
        if group and text.count("\n", group[-1][1], line[0]) > 1:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _by_wrapped_line(text: str, lines: list[Span], short: float) -> Iterator[list[Span]]:
    group: list[Span] = []
    for start, end in lines:
        if group:
            before, stop = group[-1]
            ended = stop - before < short and text[stop - 1] in ".:;!?。؟।"
            if ended or numbering.leading(text[start : start + 64]):
                yield group
                group = []
        group.append((start, end))
    if group:
        yield group


def _block(text: str, span: Span) -> Block:
    return Block(*span, number=numbering.leading(text[span[0] : min(span[1], span[0] + 64)]))
