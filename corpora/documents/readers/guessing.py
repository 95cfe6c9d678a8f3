"""Guesses the encoding of a text that declares none and is not UTF-8; `decoding.py` asks.

Told by letters: those of each encoding's languages are listed in `formats.toml`. Statistical detectors were tried on
single sentences and took French for Polish and Japanese for Korean.
"""

from __future__ import annotations

import codecs
import itertools

from palermo.corpora.documents.readers.formats import formats

_SAMPLE = 32_768
_FALLBACK = "cp1252"
_LATIN_END = "\u0250"
_TWO_ACCENTS = 0.3
_LOWER_CASE = 0.2
"""Weight of lower case in a score: KOI8 and Windows-1251 differ in little but case."""


def guess(data: bytes) -> str:
    """The Python name of the likeliest encoding."""
    sample = _sample(data)
    for candidate in formats()["encodings"]["double"]:
        if _fits(sample, candidate["name"], candidate["range"], candidate["share"]):
            # GB 18030 is GB 2312 with more characters: what the sample lacks, the rest may have.
            return "gb18030" if candidate["name"] == "gb2312" else str(candidate["name"])
    best, best_score = _FALLBACK, 0.0
    for encoding, letters in formats()["encodings"]["single"].items():
        score = _score(sample, encoding, frozenset(letters))
        if score > best_score:
            best, best_score = encoding, score
    return best


def _sample(data: bytes) -> bytes:
    """The lines that have bytes above ASCII, up to a bound: they alone tell encodings apart."""
    chosen: list[bytes] = []
    size = 0
    for line in data.split(b"\n"):
        if not line.isascii():
            chosen.append(line[:_SAMPLE])
            size += len(chosen[-1])
            if size >= _SAMPLE:
                break
    return b"\n".join(chosen)


def _fits(sample: bytes, encoding: str, characters: str, share: float) -> bool:
    import re2

    try:
        # Not final: a character may be cut at the end of the sample.
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    above = sum(character > "\x7f" for character in text)
    return above > 0 and len(re2.findall(characters, text)) >= share * above


def _score(sample: bytes, encoding: str, letters: frozenset[str]) -> float:
    text = sample.decode(encoding, errors="replace")
    above = [character for character in text if character > "\x7f"]
    known = sum(character in letters for character in above)
    lower = sum(character in letters and character == character.lower() for character in above)
    return (known + _LOWER_CASE * lower - _odd_pairs(text)) / max(len(above), 1)


def _odd_pairs(text: str) -> float:
    """Weighted count of neighbours that words rarely have: Latin with other letters, two accented Latin letters."""
    odd = 0.0
    for first, second in itertools.pairwise(text):
        if not (first.isalpha() and second.isalpha()) or (first <= "\x7f" and second <= "\x7f"):
            continue
        if (first < _LATIN_END) != (second < _LATIN_END):
            odd += 1
        elif "\x7f" < first < _LATIN_END and second > "\x7f":
            odd += _TWO_ACCENTS
    return odd
