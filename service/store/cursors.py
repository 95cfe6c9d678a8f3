"""Keyset pages: where a page ended, as an opaque word; every list of the store uses it.

A page begins after the last row of the one before, by the values of its order, never by a count of rows: so no row is
seen twice or missed while others are inserted, and the thousandth page costs what the first does.
"""

from __future__ import annotations

import base64
import binascii
import json
import math

from palermo.corpora.errors import UsageError

LARGEST_PAGE = 500
_LONGEST = 300
_LARGEST_KEY = 2**63 - 1


def encode_cursor(order: str, *values: float) -> str:
    """The cursor of a place in an order: its name and the values of the last row seen."""
    packed = json.dumps([order, *values], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, order: str, numbers: int) -> list[float]:
    """The values in a cursor; the last is a row's key, and whole.

    Raises:
        UsageError: not a cursor of that order.
    """
    wrong = UsageError("the cursor is not one of this list", source="after", hint="leave it out to begin again")
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise wrong
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = json.loads(packed)
    except (binascii.Error, ValueError, RecursionError):
        raise wrong from None
    if not isinstance(found, list) or len(found) != numbers + 1 or found[0] != order:
        raise wrong
    values = found[1:]
    if not all(type(value) in {int, float} and math.isfinite(value) for value in values):
        raise wrong
    if any(abs(value) > _LARGEST_KEY for value in values) or type(values[-1]) is not int:
        raise wrong
    return values


def check_limit(limit: int) -> int:
    """Rows of a page.

    Raises:
        UsageError: not from 1 to 500.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise UsageError(f"a page has 1 to {LARGEST_PAGE} rows", source="limit")
    return limit
