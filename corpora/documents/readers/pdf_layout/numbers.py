"""Printed numbers at the start of a line or block ("[45]", "45.", "§ 12", "(a)"); paragraphs and flow ask it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from palermo.corpora.documents.readers.pdf_layout.shapes import rules

HEAD = 40


@lru_cache(maxsize=1)
def _patterns() -> list[Any]:
    import re2

    return [re2.compile(pattern) for pattern in rules()["numbers"]["patterns"]]


@lru_cache(maxsize=1)
def _opener() -> Any:
    import re2

    return re2.compile(rules()["numbers"]["opens"])


@lru_cache(maxsize=1)
def _marker() -> Any:
    import re2

    return re2.compile(rules()["footnotes"]["marker"])


@lru_cache(maxsize=4096)
def printed_number(head: str) -> str | None:
    """The number that the text opens with, without brackets and final stop, or None; `head` is cut to 40 characters."""
    for pattern in _patterns():
        match = pattern.search(head[:HEAD])
        if match:
            return str(match.group(1))
    return None


def opens_block(head: str) -> bool:
    """Whether a line opens as list items, numbered paragraphs or quoted numbered paragraphs do."""
    return printed_number(head[:HEAD]) is not None or _opener().search(head[:HEAD]) is not None


def is_bracketed(head: str) -> bool:
    """Whether the line opens with a number in square brackets, which hardly ever stands in running text by chance."""
    return head.startswith("[") and printed_number(head[:HEAD]) is not None


def note_marker(head: str) -> str | None:
    """The marker that a footnote opens with, or None."""
    match = _marker().search(head[:HEAD])
    return str(match.group(1)).strip("()[]") if match else None
