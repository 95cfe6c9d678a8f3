"""Printed numbers of blocks ("[45]", "12A.", "§ 3"), where they are evident; the text and markup readers use it.

The cutter of passages does the finer work, with the sequence of numbers in view.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from palermo.corpora.documents.readers.formats import formats

_HEAD = 64
_LONGEST = 24
_QUOTES = "\u201c\u201d\u201e\u2018\u2019\"'«‹"
_TRIMMED = ".:;,§-–—*•·▪‣◦ \u00a0"


def leading(text: str, *, heading: bool = False) -> str | None:
    """The number that a block's text starts with, without brackets and final stop; None where it is not evident."""
    head = text[:_HEAD]
    if not head or not (head[0].isdigit() or head[0] in "[§"):
        return None
    if any(pattern.search(head) for pattern in _compiled("not_leading")):
        return None
    for pattern in (*_compiled("leading"), *(_compiled("heading") if heading else ())):
        found = pattern.search(head)
        if found:
            return str(found.group(1))
    return None


def only(text: str) -> bool:
    """Whether a block is nothing but a number or a bullet."""
    text = text.strip()
    return bool(text) and len(text) <= _LONGEST and any(pattern.search(text) for pattern in _compiled("only"))


def of_marker(text: str) -> str | None:
    """The number in what the source marks as a number ("Section 12A." -> "12A").

    None for what does not number a paragraph or section of its own: bullets, "(a)" and "(1)", lower-case letters, and
    numbers behind a quotation mark.
    """
    words = text.split()
    if not words or len(text) > 3 * _LONGEST or text.strip()[0] in _QUOTES:
        return None
    with_digit = [word for word in words if any(character.isdigit() for character in word)]
    number = (with_digit or words)[-1].strip(_TRIMMED)
    if number.startswith("[") and number.endswith("]"):
        number = number[1:-1]
    if number.endswith(")") and "(" not in number:
        number = number[:-1]
    own = any(character.isdigit() for character in number) or (number.isalpha() and number.isupper())
    return number if own and not number.startswith("(") and len(number) <= _LONGEST else None


@lru_cache(maxsize=8)
def _compiled(key: str) -> tuple[Any, ...]:
    import re2

    patterns: str | list[str] = formats()["numbers"][key]
    return tuple(re2.compile(pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns))
