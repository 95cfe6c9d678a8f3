"""Measures text in words and splits what is too long at sentences; `judgment` and `statute` call it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from palermo.corpora.documents.sentences import sentences

# Scripts written without spaces: 500 characters of Chinese are about as long as 230 words of English.
_UNSPACED = re.compile("[\u0e00-\u0e7f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_CHARACTERS_PER_WORD = 2.2

Span = tuple[int, int]


def words(text: str) -> int:
    """Length in words; scripts written without spaces count 2.2 characters as a word."""
    unspaced = len(_UNSPACED.findall(text))
    if not unspaced:
        return len(text.split())
    return len(_UNSPACED.sub(" ", text).split()) + round(unspaced / _CHARACTERS_PER_WORD)


def trim(text: str, start: int, end: int) -> Span:
    """`[start, end)` without the white space at its ends."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def split_long(text: str, span: Span, language: str, *, longest: int, target: int, characters: int) -> list[Span]:
    """Split a span longer than `longest` words at sentence ends, each part at least `target` words where it can.

    No part is longer than `characters` code points: a sentence that is gets split at white space, or, where there
    is none, anywhere.
    """
    start, end = span
    if end - start <= characters and words(text[start:end]) <= longest:
        return [span]
    inside = sentences(text[start:end], language)
    shifted = ((start + a, start + b) for a, b in inside)
    return fill(text, shifted, longest=longest, target=target, characters=characters)


def fill(text: str, spans: Iterable[Span], *, longest: int, target: int, characters: int) -> list[Span]:
    """Join neighbouring spans to parts of `target` to `longest` words, and cut what is above `characters`."""
    parts: list[Span] = []
    start = end = 0
    size = 0
    for span in spans:
        for a, b in _bounded(text, span, characters):
            more = words(text[a:b])
            if size and (size >= target or size + more > longest or b - start > characters):
                parts.append((start, end))
                size = 0
            start, end, size = (a if not size else start), b, size + max(more, 1)
    if size:
        parts.append((start, end))
    return _join_tail(text, parts, longest, characters)


def _join_tail(text: str, parts: list[Span], longest: int, characters: int) -> list[Span]:
    """A last part of a few words joins the one before it, where the two fit."""
    if len(parts) > 1:
        (start, middle), (tail, end) = parts[-2:]
        small = words(text[tail:end])
        if small < 25 and words(text[start:middle]) + small <= longest and end - start <= characters:
            return [*parts[:-2], (start, end)]
    return parts


def _bounded(text: str, span: Span, characters: int) -> Iterator[Span]:
    start, end = span
    while end - start > characters:
        cut = _cut(text, start, start + characters)
        yield trim(text, start, cut)
        start = cut + _leading_space(text, cut)
    if start < end:
        yield start, end


def _cut(text: str, start: int, limit: int) -> int:
    """The best place to cut before `limit`: a line break, a clause, white space, else between two letters."""
    floor = start + (limit - start) // 2
    for mark in ("\n", "; ", "；", "，", ", ", " "):
        found = text.rfind(mark, floor, limit)
        if found > start:
            return found + len(mark)
    for cut in range(limit, limit - 16, -1):
        if not unicodedata.combining(text[cut]):
            return cut
    return limit


def _leading_space(text: str, position: int) -> int:
    following = position
    while following < len(text) and text[following].isspace():
        following += 1
    return following - position
