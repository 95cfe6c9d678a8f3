"""Cuts text into sentences by rules and abbreviation lists; the passage cutter and the tagger call it.

`docs/explanation/sentences.md` compares it with nupunkt and spaCy and says why rules won.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_CLOSERS = "\"'”’»›)]}）」』】〉》*"
# One pass, possessive, no second start within a run of stops: linear, and eight times as fast as google-re2.
_CANDIDATE = re.compile(
    rf"[。！？｡]++[{re.escape(_CLOSERS)}]*+"
    rf"|(?<![.!?…؟۔।;])[.!?…؟۔।;]++[{re.escape(_CLOSERS)}]*+(?=\s)"
    r"|\n[ \t\u00a0]*+\n\s*+"
    r"|\n"
)
_ITEM = re.compile(r"[ \t]{0,8}(?:[(\[]?(?:[0-9]{1,4}|[A-Za-zА-я]|[ivxIVX]{1,5})[)\].]|[-–—•*·])\s")
_TOKEN_CHARACTERS = 24
_LINE_ENDS = frozenset(".!?…。！？:;：；؟۔")


@dataclass(frozen=True, slots=True)
class _Rules:
    never: frozenset[str]
    maybe: frozenset[str]
    starters: frozenset[str]
    ordinals: bool


@lru_cache(maxsize=64)
def _rules(language: str) -> _Rules:
    data = tomllib.loads(resources.files(__package__).joinpath("sentences.toml").read_text("utf-8"))
    common, own = data["any"], data["languages"].get(language, {})
    return _Rules(
        never=frozenset(common["never"]) | frozenset(own.get("never", ())),
        maybe=frozenset(common["maybe"]) | frozenset(own.get("maybe", ())),
        starters=frozenset(own.get("starters", ())),
        ordinals=bool(own.get("ordinals", common["ordinals"])),
    )


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Sentences as half-open offsets into `text`, in order, each without white space at its ends.

    Every character that is not white space lies in exactly one of them. Linear in the length of the text.

    Args:
        text: any text; blank lines end a sentence, other line breaks only after a stop or before a list item.
        language: ISO 639-1 code; decides which abbreviations are known. Unknown codes get the common ones.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end in _ends(text, _rules(language), language):
        _append(spans, text, start, end)
        start = end
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(stripped)))


def _ends(text: str, rules: _Rules, language: str) -> Iterator[int]:
    last = 0
    for match in _CANDIDATE.finditer(text):
        mark = match.group()
        if mark[0] == "\n":
            if "\n" in mark[1:] or _line_ends(text, match.start(), match.end()):
                last = match.end()
                yield last
        elif _is_end(text, match, last, rules, language):
            last = match.end()
            yield last


def _line_ends(text: str, newline: int, following: int) -> bool:
    before = text[max(0, newline - 4) : newline].rstrip(_CLOSERS + " \t")
    return before[-1:] in _LINE_ENDS or _ITEM.match(text, following) is not None


def _is_end(text: str, match: re.Match[str], last: int, rules: _Rules, language: str) -> bool:
    mark = match.group()
    if mark[0] in "。！？｡":
        return True
    if mark[0] == ";":
        return language == "el" and _next_character(text, match.end()).isupper()
    following = _next_character(text, match.end())
    if following.islower() or following in ",;":
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    return _stop_ends(text, match, last, rules)


def _stop_ends(text: str, match: re.Match[str], last: int, rules: _Rules) -> bool:
    token = _token_before(text, match.start())
    if not token or _enumerates(text, match.start() - len(token), last):
        return not token
    word = token.lower()
    if word in rules.never:
        return False
    if not (_is_initial(token) or word in rules.maybe or (rules.ordinals and _is_ordinal(token))):
        return True
    return _next_word(text, match.end()) in rules.starters


def _enumerates(text: str, start: int, last: int) -> bool:
    """Whether nothing stands between the sentence's start and the token: "45. The court", "A. Facts"."""
    return (
        start - last <= _TOKEN_CHARACTERS
        and not text[last:start].strip(" \t\n([§¶")
        and (len(text[start : start + 7].split(".", 1)[0]) <= 4)
    )


def _token_before(text: str, stop: int) -> str:
    window = text[max(0, stop - _TOKEN_CHARACTERS) : stop]
    for index in range(len(window) - 1, -1, -1):
        if not (window[index].isalnum() or window[index] in ".ª"):
            return window[index + 1 :]
    return window


def _is_initial(token: str) -> bool:
    """ "J", "U.S", "D.C": single letters with stops between them."""
    return all(len(part) == 1 and part.isalpha() for part in token.split("."))


def _is_ordinal(token: str) -> bool:
    return (token.isdigit() and len(token) <= 2) or (len(token) <= 5 and not token.strip("IVX"))


def _next_character(text: str, position: int) -> str:
    for character in text[position : position + 12]:
        if not character.isspace() and character not in "\"'“‘«‹([„":
            return character
    return " "


def _next_word(text: str, position: int) -> str:
    window = text[position : position + 40].lstrip(" \t\n\u00a0\"'“‘«([„")
    length = 0
    while length < len(window) and window[length].isalpha():
        length += 1
    return window[:length].lower()
