"""Finds the words of a W3C TextQuoteSelector (quote, prefix, suffix) in another text; `reviews` and `reanchor` call it.

First the quote as it is; where it occurs several times, the surroundings decide. Then without regard to white space,
hyphens, case and compatibility forms (ligatures, full width), which is what a better reader of the same file changes.
Nothing is guessed beyond that: a review on the wrong words is worse than one that a person has to place.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

CONTEXT = 32  # code points before and after
_PLACES = 1000  # a quote that occurs more often says nothing of its place
_LONG = 24  # squeezed code points from which a quote alone says where it is
_KNOWN = 8  # of the context's, that must agree where the quote is shorter
_DROPPED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff-\u2010\u2011")


@dataclass(frozen=True, slots=True)
class Quote:
    """Words with what surrounds them; `ordinal` of `count`: which of the places that look the same it was."""

    exact: str
    prefix: str
    suffix: str
    ordinal: int = 0
    count: int = 1


class QuoteFinder:
    """Finds quotes in one text; the squeezed form is made once, when a quote first needs it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._squeezed: tuple[str, array[int]] | None = None

    def quote(self, start: int, end: int) -> Quote:
        """The selector of `text[start:end]`, with its ordinal among the places that look the same."""
        prefix, suffix = self.text[max(0, start - CONTEXT) : start], self.text[end : end + CONTEXT]
        whole = prefix + self.text[start:end] + suffix
        begins = list(_occurrences(self.text, whole))
        ordinal = begins.index(start - len(prefix)) if start - len(prefix) in begins else 0
        return Quote(self.text[start:end], prefix, suffix, ordinal, len(begins))

    def find(self, quote: Quote) -> tuple[int, int] | Literal["gone", "ambiguous"]:
        """Where the words are: `(start, end)`, or why no place can be named."""
        exact = [(at, at + len(quote.exact)) for at in _occurrences(self.text, quote.exact)]
        for places in (exact, None):
            found = self._choose(self._loose(quote) if places is None else places, quote)
            if found != "gone":
                return found
        return "gone"

    def _choose(self, places: list[tuple[int, int]], quote: Quote) -> tuple[int, int] | Literal["gone", "ambiguous"]:
        whole = [place for place in places if self._keeps_edges(place, quote)]
        if not whole:
            return "gone"
        if len(whole) > _PLACES:
            return "ambiguous"
        agreed = [self._agreement(place, quote) for place in whole]
        most = max(agreed)
        best = [place for place, points in zip(whole, agreed, strict=True) if points == most]
        known = min(_KNOWN, len(_squeeze(quote.prefix + quote.suffix)[0]))
        if most[0] < known and len(_squeeze(quote.exact)[0]) < _LONG:
            return "gone" if len(best) == 1 else "ambiguous"
        if len(best) == 1:
            return best[0]
        return best[quote.ordinal] if len(best) == quote.count else "ambiguous"

    def _keeps_edges(self, place: tuple[int, int], quote: Quote) -> bool:
        """Whether a quote that began or ended at the edge of a word still does."""
        start, end = place
        at_start = _joined(quote.prefix[-1:], quote.exact[:1]) or not _joined(
            self.text[max(0, start - 1) : start], self.text[start : start + 1]
        )
        at_end = _joined(quote.exact[-1:], quote.suffix[:1]) or not _joined(
            self.text[end - 1 : end], self.text[end : end + 1]
        )
        return at_start and at_end

    def _agreement(self, place: tuple[int, int], quote: Quote) -> tuple[int, int]:
        """How many code points of the context agree: squeezed, and as they are."""
        start, end = place
        before, after = self.text[max(0, start - 3 * CONTEXT) : start], self.text[end : end + 3 * CONTEXT]
        squeezed = (_squeeze(part)[0] for part in (before, quote.prefix, after, quote.suffix))
        before_, prefix, after_, suffix = squeezed
        return (
            _common(before_[::-1], prefix[::-1]) + _common(after_, suffix),
            _common(before[::-1], quote.prefix[::-1]) + _common(after, quote.suffix),
        )

    def _loose(self, quote: Quote) -> list[tuple[int, int]]:
        if self._squeezed is None:
            self._squeezed = _squeeze(self.text)
        squeezed, origin = self._squeezed
        wanted = _squeeze(quote.exact)[0]
        if not wanted:
            return []
        found = ((origin[at], origin[at + len(wanted) - 1] + 1) for at in _occurrences(squeezed, wanted))
        return list(dict.fromkeys(found))


def _occurrences(text: str, words: str) -> Iterator[int]:
    """Where the words occur, overlaps too; one more than `_PLACES` at most."""
    at = text.find(words) if words else -1
    for _ in range(_PLACES + 1):
        if at < 0:
            return
        yield at
        at = text.find(words, at + 1)


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    if character.isspace() or character in _DROPPED:
        return ""
    return "".join(c for c in unicodedata.normalize("NFKD", character).casefold() if not c.isspace())


def _squeeze(text: str) -> tuple[str, array[int]]:
    """The text without white space, hyphens and case, and for each of its code points the offset it comes from."""
    parts, origin = [], array("I")
    for at, character in enumerate(text):
        folded = _folded(character)
        parts.append(folded)
        for _ in folded:
            origin.append(at)
    return "".join(parts), origin


def _joined(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()


def _common(one: str, other: str) -> int:
    for count, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return count
    return min(len(one), len(other))
