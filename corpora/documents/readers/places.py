"""Finds where the text shows a metadatum that the file's own fields give; the markup readers use it."""

from __future__ import annotations

from palermo.corpora.documents.document import MetadataValue

_TOP = 5_000
"""Characters at the start of a text in which a title, a court or a number is looked for."""


def placed(value: str, text: str) -> MetadataValue:
    """The value with the offsets of its first occurrence as a word near the start of `text`, or without any."""
    start = text.find(value, 0, _TOP) if value else -1
    while start >= 0:
        end = start + len(value)
        if not _touches(text, start, end):
            return MetadataValue(value, start, end)
        start = text.find(value, start + 1, _TOP)
    return MetadataValue(value)


def _touches(text: str, start: int, end: int) -> bool:
    """Whether a letter or digit stands next to the span."""
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    return before or (end < len(text) and text[end].isalnum() and text[end - 1].isalnum())
