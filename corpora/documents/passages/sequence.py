"""Tells printed numbers that count a document's paragraphs or sections from numbers that only look so.

`judgment` and `statute` call it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Key = tuple[tuple[int, str], ...]

_PART = re.compile(r"\d+|[^\W\d_]+")
_ROMAN = re.compile(r"(?=[IVXLC])(C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_CJK = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0}
_CJK_UNITS = {"十": 10, "百": 100, "千": 1000}
_SUPERSCRIPTS = re.compile("[⁰¹²³⁴-⁹]+")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_FAR = 10**6
_LONGEST = 64
"""Characters of the longest number that is one; what a hostile file calls a number may be a megabyte of digits."""
_LOOKAHEAD = 4


def key(number: str) -> Key:
    """A printed number as something that sorts: "12A" after "12", "113-2" after "113-1"; empty where it is a word.

    Roman and Chinese numerals count as numbers; letters in front ("L. 561-2") sort before the digits.
    """
    if len(number) > _LONGEST:
        return ()
    for mark in "の之의":
        if mark in number:
            return tuple(part for piece in number.split(mark) for part in key(piece.strip()))
    number = _SUPERSCRIPTS.sub(lambda match: "^" + match.group().translate(_SUPERSCRIPT), number)
    if _ROMAN.fullmatch(number):
        return ((_roman(number), ""),)
    if number and all(character in _CJK or character in _CJK_UNITS for character in number):
        return ((_chinese(number), ""),)
    parts = tuple((int(part), "") if part.isdecimal() else (0, part.casefold()) for part in _PART.findall(number))
    return parts if any(value or not letters for value, letters in parts) else ()


def _roman(number: str) -> int:
    values = [_ROMAN_DIGITS[letter] for letter in number]
    return sum(-v if v < following else v for v, following in zip(values, [*values[1:], 0], strict=True))


def _chinese(number: str) -> int:
    total, digit = 0, 0
    for character in number:
        if character in _CJK_UNITS:
            total += (digit or 1) * _CJK_UNITS[character]
            digit = 0
        else:
            digit = digit * 10 + _CJK[character]
    return total + digit


def in_sequence(numbers: Sequence[str], *, reach: int = _FAR) -> list[bool]:
    """Which of the numbers, in text order, count upwards; outliers are left out, and counting may start again.

    A number is taken where it follows the last one taken by at most `reach` and is no outlier (one of the next
    few would fit between). A number that goes back is taken where it starts a new count: it is 1, or the next one
    follows it.
    """
    keys = [key(number) for number in numbers]
    taken = [False] * len(keys)
    last: Key | None = None
    for index, current in enumerate(keys):
        if not current:
            continue
        following = keys[index + 1 : index + 1 + _LOOKAHEAD]
        if last is None:
            fits = _starts(current, following) or all(later > current for later in following[:2])
        elif current <= last:
            fits = _starts(current, following)
        else:
            fits = current[0][0] - last[0][0] <= reach and not _outlier(last, current, following)
        if fits:
            taken[index] = True
            last = current
    return taken


def _starts(current: Key, following: list[Key]) -> bool:
    if current[0][0] == 1 and len(current) <= 2 and not any(value for value, _ in current[1:]):
        return True
    return any(later > current and later[0][0] - current[0][0] <= 1 for later in following[:1])


def _outlier(
    last: Key,
    current: Key,
    following: list[Key],
) -> bool:
    """Whether this number jumps while one of the next few would fit between it and the last one taken."""
    if current[0][0] - last[0][0] <= 1:
        return False
    return any(last < later < current for later in following)
