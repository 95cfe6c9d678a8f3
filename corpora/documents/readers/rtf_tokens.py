"""Cuts RTF into groups, control words, symbols and text in one pass, and knows code pages; for the RTF reader."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,40})(-?[0-9]{1,10})? ?"  # a control word; one space belongs to it
    rb"|\\'([0-9a-fA-F]{2})"
    rb"|\\([^a-zA-Z])"
    rb"|([{}])"
    rb"|([^\\{}\r\n]+)",
    re.DOTALL,
)
"""Each alternative begins with another byte and has no choice after it, so matching is linear."""
FALLBACK = "cp1252"


class Token(NamedTuple):
    """One token: `kind` is "word", "hex", "symbol", "brace" or "text"; words have a name, the others have bytes."""

    kind: str
    name: str = ""
    number: int | None = None
    content: bytes = b""


def tokens(data: bytes) -> Iterator[Token]:
    """The tokens of an RTF file; line ends are none, and bytes after a `\\bin` are passed over."""
    position = 0
    while position < len(data):
        match = TOKEN.match(data, position)
        if match is None:
            position += 1
            continue
        position = match.end()
        word, number, hexadecimal, symbol, brace, text = match.groups()
        if word is not None:
            value = int(number) if number is not None else None
            if word == b"bin":
                position += max(value or 0, 0)
            yield Token("word", word.decode("ascii"), value)
        elif hexadecimal is not None:
            yield Token("hex", content=bytes.fromhex(hexadecimal.decode("ascii")))
        elif symbol is not None:
            yield Token("symbol", content=symbol)
        elif brace is not None:
            yield Token("brace", content=brace)
        else:
            yield Token("text", content=text)


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The tables of `rtf_words.toml`."""
    return tomllib.loads(files(__package__).joinpath("rtf_words.toml").read_text(encoding="utf-8"))


def codec_of(codepage: int | None) -> str | None:
    """Python's name of a code page, or None where it has none."""
    name = words()["codepages"].get(str(codepage), f"cp{codepage}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def codec_of_charset(charset: int) -> str | None:
    """Python's name of the code page of a `\\fcharset`, or None where it leaves the choice to the document."""
    codepage = words()["charsets"].get(str(charset))
    return codec_of(codepage) if codepage is not None else None
