"""Right-to-left text from where its glyphs stand: visual order to logical order. Called for each word and each line.

A PDF says where glyphs stand, not how they were typed; producers write Arabic from either end. So order comes
from positions alone, with the classes of UAX #9 cut down to what a line needs: letters that run left, letters that
run right, digits (always to the right), and neutrals.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

Item = TypeVar("Item")

TATWEEL = "\u0640"
UNKNOWN = "\ufffd"
TANWIN = frozenset("\u064b\u064c\u064d")
LAM = "\u0644"
PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("«", "»"), ("“", "”"))


@lru_cache(maxsize=8192)
def char_class(character: str) -> str:
    """R (runs left), L (runs right), D (digit), S (separator of digits), M (mark on a letter) or N (neutral)."""
    kind = unicodedata.bidirectional(character)
    if kind in {"R", "AL"}:
        return "R"
    if kind in {"EN", "AN"}:
        return "D"
    if kind in {"NSM", "CS"}:
        return "M" if kind == "NSM" else "S"
    return "L" if kind == "L" else "N"


def is_rtl(character: str) -> bool:
    """Whether a character is one of a right-to-left script."""
    return character > "\u0590" and char_class(character[0]) == "R"


@lru_cache(maxsize=65536)
def text_class(text: str) -> str:
    """The class of a word: that of its strong letters, else D where it has a digit, else N."""
    classes = {char_class(c) for c in text}
    for kind in ("R", "L", "D"):
        if kind in classes:
            return kind
    return "N"


def logical(glyphs: list[tuple[float, float, str]]) -> tuple[str, bool]:
    """Text of one word's glyphs `(x0, x1, character)` in stream order, and whether it runs right to left.

    Ligature and presentation code points become letters; soft hyphens inside go; tatweel goes unless it ends the word
    (it stretches a line, except in the abbreviation of "hijri", where it ends the word).
    """
    text = "".join(glyph[2] for glyph in glyphs)
    if text.isascii() and len(text) < 2:
        return text, False
    if text_class(text) in {"D", "N"}:
        # Numbers and punctuation say nothing of their own direction; the line sorts it out.
        text = "".join(glyph[2] for glyph in sorted(glyphs, key=lambda glyph: glyph[0] + glyph[1]))
    if text.isascii():
        return text, False
    rtl = text_class(text) == "R"
    if rtl:
        text = _from_right(glyphs)
        body = text.rstrip(TATWEEL)
        if body:
            text = body.replace(TATWEEL, "") + TATWEEL * (len(body) < len(text))
    text = text[:-1].replace("\u00ad", "") + text[-1:]
    return "".join(_letters(c) for c in unicodedata.normalize("NFC", text)), rtl


@lru_cache(maxsize=8192)
def _letters(character: str) -> str:
    if "\ufb00" <= character <= "\ufb06" or "\ufb50" <= character <= "\ufdff" or "\ufe70" <= character <= "\ufefc":
        return unicodedata.normalize("NFKC", character).strip()
    return character


def _from_right(glyphs: list[tuple[float, float, str]]) -> str:
    clusters: list[tuple[float, float, str]] = []
    for x0, x1, character in glyphs:
        if clusters and clusters[-1][:2] == (x0, x1):
            clusters[-1] = (x0, x1, clusters[-1][2] + character)
        else:
            clusters.append((x0, x1, character))
    bases = [(x0, x1, _cluster(text)) for x0, x1, text in clusters if char_class(text[0]) != "M"]
    if not bases:
        return "".join(glyph[2] for glyph in glyphs)
    marks = [c for c in clusters if char_class(c[2][0]) == "M"]
    for x0, x1, text in marks:
        middle = (x0 + x1) / 2
        nearest = min(range(len(bases)), key=lambda i: abs((bases[i][0] + bases[i][1]) / 2 - middle))
        bases[nearest] = (*bases[nearest][:2], bases[nearest][2] + text)
    # Vowel signs that the font names no character for stand over a letter; the word reads better without a U+FFFD.
    bases = [base for base in bases if base[2] != UNKNOWN or not _over_another(base, bases)]
    bases.sort(key=lambda base: base[0] + base[1])
    return "".join(base[2] for base in reorder(bases, lambda base: text_class(base[2]), rtl=True))


def _over_another(glyph: tuple[float, float, str], others: list[tuple[float, float, str]]) -> bool:
    middle = (glyph[0] + glyph[1]) / 2
    return any(other[2] != UNKNOWN and other[0] <= middle <= other[1] for other in others)


def with_mark(text: str, mark: str, place: float) -> str:
    """A word with a sign put on the letter at `place`, 0 for its first, 1 for its last; tanwin ends a word."""
    if mark[0] in TANWIN:
        return text + mark
    at = min(len(text), max(1, round(place * len(text) + 0.5)))
    return text[:at] + mark + text[at:]


def _cluster(text: str) -> str:
    """Letters of one glyph, in logical order: pdfium turns a ligature's letters round with the rest of the run."""
    # Ligatures with lam have it first; fonts that map them by presentation form come unturned.
    if len(text) == 1 or char_class(text[0]) != "R" or text[0] == LAM:
        return text
    return text[::-1]


def reorder(items: Sequence[Item], kind: Callable[[Item], str], *, rtl: bool, letters: bool = True) -> list[Item]:
    """Items sorted by x, in logical order; `kind` gives each one's class; `rtl` is the line's own direction;
    `letters` says that items are characters, so that digits side by side are one number.

    In a right-to-left line what runs right (Latin with all between, a number with its separators) keeps its order; in a
    left-to-right line what runs left, with all between, is turned.
    """
    kinds = [kind(item) for item in items]
    order: list[Item] = []
    index = 0
    while index < len(items):
        end = _run_end(kinds, index, rtl, letters)
        order.extend(reversed(items[index:end]))
        index = end
    return order[::-1] if rtl else order


def _run_end(kinds: list[str], start: int, rtl: bool, letters: bool) -> int:
    first = kinds[start]
    end = start + 1
    if first == ("L" if rtl else "R"):
        inside = {"L", "D"} if rtl else {"R"}
        for scan in range(start + 1, len(kinds)):
            if kinds[scan] == ("R" if rtl else "L"):
                break
            if kinds[scan] in inside:
                end = scan + 1
    elif rtl and letters and first == "D":
        while end < len(kinds) and (kinds[end] == "D" or (kinds[end : end + 2] == ["S", "D"])):
            end += 1
    return end


def in_rtl_line(text: str) -> str:
    """A word without strong letters (`text` from left to right as printed) in the order of a right-to-left line."""
    return "".join(reorder(text, char_class, rtl=True))


def balanced(texts: list[str]) -> list[str]:
    """A right-to-left line's words with brackets that open before they close.

    Some files name a bracket by its shape, others by its meaning, some mix both; where a line has whole pairs of one
    kind, they alternate.
    """
    joined = "\0".join(texts)
    for opening, closing in PAIRS:
        count = joined.count(opening) + joined.count(closing)
        if count and count % 2 == 0:
            joined = _alternating(joined, opening, closing)
    return joined.split("\0")


def _alternating(text: str, opening: str, closing: str) -> str:
    pieces = []
    seen = 0
    for character in text:
        if character in (opening, closing):
            pieces.append((opening, closing)[seen % 2])
            seen += 1
        else:
            pieces.append(character)
    return "".join(pieces)
