"""Bytes -> text for every text-like format: byte order mark, zero pattern, declared encoding, UTF-8, then a guess."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from palermo.corpora.documents.document import Warning
from palermo.corpora.documents.readers.formats import names
from palermo.corpora.documents.readers.guessing import guess

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4096
_HEAD = 32_768
_FEW = 0.001
"""Share of undecodable bytes up to which a file is damaged UTF-8 rather than another encoding."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, not yet canonical, with the Python name of its encoding and a warning where that is not plain UTF-8."""

    text: str
    encoding: str
    warning: Warning | None = None


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Decode a text file; never fails: what can't be decoded becomes U+FFFD, with a warning.

    `declared` is the encoding that the file itself names (XML declaration, `<meta charset>`); it is believed only when
    it is in the list of `formats.toml` and decodes the whole file.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _unicode(data[len(mark) :], encoding)
    wide = zero_pattern(data)
    if wide:
        return _unicode(data, wide)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _declared(data, declared) or _damaged(data) or _guessed(data)


def zero_pattern(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, told by where the zero bytes of mostly Latin text stand; else None."""
    sample = data[: _SAMPLE - _SAMPLE % 4]
    sample = sample[: len(sample) - len(sample) % 4]
    quarter = len(sample) // 4
    if not quarter or b"\0" not in sample:
        return None
    zeros = [sample[offset::4].count(0) / quarter for offset in range(4)]
    low, high = [share < 0.1 for share in zeros], [share > 0.7 for share in zeros]
    for encoding, pattern in (
        ("utf-32-le", (low[0], high[2], high[3])),
        ("utf-32-be", (high[0], high[1], low[3])),
        ("utf-16-le", (low[0], high[1], low[2], high[3])),
        ("utf-16-be", (high[0], low[1], high[2], low[3])),
    ):
        if all(pattern):
            return encoding
    return None


def _unicode(data: bytes, encoding: str) -> Decoded:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
        return Decoded(text, encoding, _warning(encoding, damaged=True))
    return Decoded(text, encoding, None if encoding == "utf-8" else _warning(encoding))


def _declared(data: bytes, declared: str | None) -> Decoded | None:
    try:
        encoding = codecs.lookup(declared or "").name
    except (LookupError, ValueError):
        return None
    if encoding == "iso8859-1":
        # As browsers do: pages that declare Latin-1 hold Windows quotation marks.
        encoding = "cp1252"
    if encoding not in names("encodings", "declared"):
        return None
    try:
        return Decoded(data.decode(encoding), encoding, _warning(encoding))
    except UnicodeDecodeError:
        return None


def _damaged(data: bytes) -> Decoded | None:
    text = data.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    multibyte = sum(1 for character in text[:_HEAD] if character > "\x7f" and character != "\ufffd")
    if wrong <= max(1, _FEW * len(text)) and multibyte > wrong:
        return Decoded(text, "utf-8", _warning("utf-8", damaged=True))
    return None


def _guessed(data: bytes) -> Decoded:
    encoding = guess(data)
    text = data.decode(encoding, errors="replace")
    return Decoded(text, encoding, _warning(encoding, damaged="\ufffd" in text))


def _warning(encoding: str, *, damaged: bool = False) -> Warning:
    unread = "; bytes that it can't decode are shown as U+FFFD" if damaged else ""
    if encoding == "utf-8":
        return Warning("not_utf8", f"Not all of it is UTF-8{unread}.")
    return Warning("not_utf8", f"Read as {encoding.upper()}, not as UTF-8{unread}.")
