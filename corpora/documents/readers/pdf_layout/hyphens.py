"""Words broken at a line's end: joined, with or without the hyphen, by what the document itself writes elsewhere."""

from __future__ import annotations

from collections import Counter

from palermo.corpora.documents.readers.pdf_layout.shapes import Page

HYPHENS = ("-", "\u2010", "\u00ad")
SOFT = "\u00ad"
STRIP = "\"'“”‘’«»()[]{}.,;:!?…"


class Hyphens:
    """Knows the document's words, so that "non-" + "custodial" keeps its hyphen where the document writes one."""

    def __init__(self, pages: list[Page]) -> None:
        self._words: Counter[str] = Counter()
        for page in pages:
            for segment in page.segments:
                # The last word of a line may be half a word, and so may the first.
                for word in segment.words[1:-1]:
                    self._words[word.text.strip(STRIP).casefold()] += 1

    def splits(self, last: str, first: str) -> bool:
        """Whether `last`, at a line's end, and `first`, at the start of the next, are parts of one word."""
        if len(last) < 2 or not last.endswith(HYPHENS) or not first:
            return False
        if last.endswith(SOFT):
            return True
        opening = first.lstrip("\"'“”‘’«(")
        return last[-2].isalnum() and bool(opening) and opening[0].isalnum()

    def joined(self, last: str, first: str) -> tuple[str, bool]:
        """`last` as it goes into the text, and whether `first` follows it without a space."""
        if not self.splits(last, first):
            return last.replace(SOFT, "") or last, False
        if last.endswith(SOFT):
            return last[:-1], True
        return (last[:-1], True) if self._is_break(last, first) else (last, True)

    def _is_break(self, last: str, first: str) -> bool:
        head, tail = last[:-1].strip(STRIP), first.strip(STRIP)
        if not tail or not head or not tail[0].islower() or not head[-1].islower():
            return False
        whole = self._words[(head + tail).casefold()]
        hyphenated = self._words[f"{head}-{tail}".casefold()]
        if whole or hyphenated:
            return whole >= hyphenated
        # A part that already has a hyphen is a compound; two whole words that the document knows are one too.
        return "-" not in head and "-" not in tail.rstrip("-")
