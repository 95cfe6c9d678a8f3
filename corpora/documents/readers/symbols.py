"""Characters of symbol fonts (Symbol, Wingdings) as Unicode; for the DOCX and RTF readers."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files

PRIVATE = 0xF000


@lru_cache(maxsize=1)
def _fonts() -> dict[str, dict[int, str]]:
    text = files(__package__).joinpath("symbol_fonts.toml").read_text(encoding="utf-8")
    return {font: {int(code, 16): sign for code, sign in table.items()} for font, table in tomllib.loads(text).items()}


def symbol_text(text: str, font: str | None) -> str:
    """`text` set in `font` as Unicode: codes of a symbol font (U+F020-U+F0FF) are looked up, others left alone.

    A code of a known symbol font that the table lacks becomes U+FFFD.
    """
    table = _fonts().get((font or "").strip().lower())
    if table is None or not any(PRIVATE + 0x20 <= ord(c) <= PRIVATE + 0xFF for c in text):
        return text
    return "".join(
        table.get(ord(c) - PRIVATE, "\ufffd") if PRIVATE + 0x20 <= ord(c) <= PRIVATE + 0xFF else c for c in text
    )


def symbol(code: int, font: str | None) -> str:
    """One character by its code in a font, with or without the private-use offset; U+FFFD where unknown.

    Source: `w:sym` (ECMA-376 part 1, 17.3.3.30).
    """
    table = _fonts().get((font or "").strip().lower())
    low = code - PRIVATE if PRIVATE <= code <= PRIVATE + 0xFF else code
    if table is not None and low <= 0xFF:
        return table.get(low, "\ufffd")
    if PRIVATE + 0x20 <= code <= PRIVATE + 0xFF:
        return bytes([low]).decode("cp1252", "replace")
    return chr(code) if 0x20 <= code <= 0xFFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
