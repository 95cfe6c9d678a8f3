"""Numbers of automatic numbering as printed: 1, a, iv, 1st, (1), † ...; for the DOCX and ODT readers.

Format names are those of ST_NumberFormat (ECMA-376 part 1, 17.18.59). The alphabets are in `numerals.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Any

LONGEST = 30
"""Word repeats a letter at most so often (780 = 30 * 26), then starts over."""
LARGEST_ROMAN = 32_767
ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("numerals.toml").read_text(encoding="utf-8"))


def printed(value: int, number_format: str) -> str:
    """`value` in a number format; a format that is not known is printed in Arabic digits, as Word does.

    Args:
        value: the counter; formats that cannot show it (0 as a letter) print digits.
        number_format: a name of ST_NumberFormat, e.g. `"lowerRoman"`.
    """
    tables = _tables()
    if number_format in ("none", "bullet"):
        return ""
    for table, show in SHOWN_BY.items():
        if number_format in tables[table]:
            return show(value, tables[table][number_format])
    if number_format.endswith("Text"):
        return _words(value, tables["words"], ordinal=number_format == "ordinalText")
    plain = PLAIN.get(number_format)
    return plain(value) if plain else str(value)


def printed_odf(value: int, number_format: str, *, letter_sync: bool) -> str:
    """`value` in a `style:num-format` of OpenDocument; letters go on with aa, ab unless `letter_sync` says aa, bb."""
    if number_format in ("a", "A") and not letter_sync:
        return _alphabetic(value, upper=number_format == "A")
    return printed(value, _tables()["odf"].get(number_format, "decimal")) if number_format else ""


def _alphabetic(value: int, *, upper: bool) -> str:
    text = "" if value > 0 else str(value)
    while value > 0:
        value, place = divmod(value - 1, 26)
        text = chr(ord("A" if upper else "a") + place) + text
    return text


def _roman(value: int) -> str:
    if not 0 < value <= LARGEST_ROMAN:
        return str(value)
    text = ""
    for amount, letters in ROMAN:
        text += letters * (value // amount)
        value %= amount
    return text


def _repeating(value: int, alphabet: str) -> str:
    """a ... z, aa, bb ...: the way of Word, not of spreadsheets."""
    if value < 1:
        return str(value)
    turn, place = divmod(value - 1, len(alphabet))
    return alphabet[place] * (turn % LONGEST + 1)


def _sequence(value: int, signs: str) -> str:
    return signs[value - 1] if 0 < value <= len(signs) else str(value)


def _digits(value: int, digits: str) -> str:
    return "".join(digits[int(digit)] if digit.isdigit() else digit for digit in str(value))


def _counting(value: int, signs: str) -> str:
    """East Asian numerals with units up to 9999; `signs` are the digits 0-9 and then ten, hundred, thousand.

    Where the sign for zero is a blank, neither gaps nor a one before a unit are written (Japanese, Korean).
    """
    if not 0 < value <= 9999:
        return str(value)
    terse = signs[0] == " "
    text, gap = "", False
    for unit, amount in ((12, 1000), (11, 100), (10, 10), (0, 1)):
        digit = value // amount % 10
        if not digit:
            gap = bool(text) and not terse
            continue
        silent = digit == 1 and unit and (terse or (unit == 10 and not text))
        text += (signs[0] if gap else "") + ("" if silent else signs[digit]) + (signs[unit] if unit else "")
        gap = False
    return text


def _ordinal_ending(value: int) -> str:
    if value % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def _words(value: int, words: dict[str, Any], *, ordinal: bool) -> str:
    """English words up to 99, the first letter upper case: Twenty-one, Twenty-first."""
    if not 0 < value <= 99:
        return str(value)
    ones: list[str] = words["ordinal_ones"] if ordinal else words["ones"]
    if value < 20:
        text = ones[value - 1]
    elif value % 10 == 0:
        text = (words["ordinal_tens"] if ordinal else words["tens"])[value // 10 - 2]
    else:
        text = f"{words['tens'][value // 10 - 2]}-{ones[value % 10 - 1]}"
    return text[:1].upper() + text[1:]


SHOWN_BY: dict[str, Callable[[int, str], str]] = {
    "repeating": _repeating,
    "sequence": _sequence,
    "digits": _digits,
    "counting": _counting,
}
PLAIN: dict[str, Callable[[int], str]] = {
    "lowerRoman": _roman,
    "upperRoman": lambda value: _roman(value).upper(),
    "decimalZero": lambda value: f"{value:02d}",
    "hex": lambda value: f"{value:X}",
    "numberInDash": lambda value: f"- {value} -",
    "decimalEnclosedParen": lambda value: f"({value})",
    "decimalEnclosedFullstop": lambda value: f"{value}.",
    "ordinal": lambda value: f"{value}{_ordinal_ending(value)}",
}
