"""Lists of wording, regular expressions in data files; cues and hints are looked for with them.

A language has hundreds of patterns for one thing, and a passage has words of a few. So of each pattern is known which
words it can't do without; it is tried, and compiled, only where they stand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources

_CAPITAL = re.compile(r"(?<!\\)[^\W\d_a-z]")  # but not the letter of a class such as \W
_LETTERS = "bBdDsSwWAZ"  # an escape that stands for a class or a place, not for itself
_OPTIONAL = re.compile(r"[?*]|\{0?,")
_QUANTIFIER = re.compile(r"(?:[?*+]|\{\d*,?\d*\})[?+]?")
_GROUP = re.compile(r"\((?:\?:|(?!\?))")  # of choices, not of what stands before or behind
LEAST = 3  # characters of a word that a pattern needs; shorter ones stand in every text, but for Chinese and its like


@lru_cache(maxsize=4)
def lists(name: str) -> dict[str, dict[str, list[str]]]:
    """A data file beside this module: patterns by language (ISO 639-1) and by what they speak for."""
    return tomllib.loads(resources.files("palermo.models").joinpath(name).read_text("utf-8"))


class Wording:
    """The patterns of one list, for texts that `lower` gave: without regard to case, each would take longer.

    Attributes:
        patterns: in small letters.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = [_CAPITAL.sub(lambda found: found[0].lower(), pattern) for pattern in patterns]
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._where: dict[str, list[int]] = {}
        for place, pattern in enumerate(self.patterns):
            for word in needed(pattern) or ("",):  # which stands in every text
                self._where.setdefault(word, []).append(place)

    def stands_in(self, text: str) -> bool:
        """Whether any of them matches."""
        return any(pattern.search(text) for pattern in self._near(text))

    def found_in(self, text: str) -> list[tuple[int, int]]:
        """`[start, end)` of what stands in a text; of what overlaps the first, then what is listed first.

        Matches of the empty text are none.
        """
        spans = [
            (match.start(), place, match.end())
            for place, pattern in enumerate(self._near(text))
            for match in pattern.finditer(text)
            if match.end() > match.start()
        ]
        found: list[tuple[int, int]] = []
        for start, _, end in sorted(spans):
            if not found or start >= found[-1][1]:
                found.append((start, end))
        return found

    def _near(self, text: str) -> Iterator[re.Pattern[str]]:
        """The patterns whose words stand in the text, in the order of the list."""
        places = {place for word in self._where if word in text for place in self._where[word]}
        for place in sorted(places):
            if place not in self._compiled:
                self._compiled[place] = re.compile(self.patterns[place])
            yield self._compiled[place]


def lower(text: str) -> str:
    """The text in small letters, each where it was; of a few letters the small one is two, and they stay."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(one if len(one := letter.lower()) == 1 else letter for letter in text)


def needed(pattern: str) -> frozenset[str] | None:
    """Words of which one stands in every text that the pattern matches, None where it is not known of any.

    Of a pattern's parts that can't be left out, the one with the longest: a run of plain characters, or a group of
    choices with such a run in each.
    """
    found = [max(filter(None, _parts(choice)), key=_shortest, default=None) for choice in _choices(pattern)]
    return None if None in found else frozenset().union(*filter(None, found))


def _shortest(words: frozenset[str]) -> int:
    return min(map(len, words))


def _choices(pattern: str) -> list[str]:
    """A pattern's choices: what stands between bars outside of groups and classes."""
    choices, start, place = [], 0, 0
    while place < len(pattern):
        if pattern[place] == "|":
            choices.append(pattern[start:place])
            start = place + 1
            place += 1
        else:
            place = _behind(pattern, place)
    return [*choices, pattern[start:]]


def _parts(choice: str) -> Iterator[frozenset[str] | None]:
    """What each part of a choice that can't be left out needs, in order; None where that is not known."""
    run, place = "", 0
    while place < len(choice):
        end = _behind(choice, place)
        part = choice[place:end]
        itself = part not in ".^$" if len(part) == 1 else part[0] == "\\" and part[1] not in _LETTERS
        plain = part[-1] if itself else ""
        quantifier = _QUANTIFIER.match(choice, end)
        if plain and not quantifier:
            run += plain
        else:
            yield _run(run)
            run = ""
            opening = _GROUP.match(part)
            if not (quantifier and _OPTIONAL.match(quantifier[0])):
                yield needed(part[opening.end() : -1]) if opening else _run(plain)
        place = quantifier.end() if quantifier else end
    yield _run(run)


def _run(plain: str) -> frozenset[str] | None:
    return frozenset([plain]) if len(plain) >= LEAST or max(plain, default="") >= "\u2e80" else None


def _behind(pattern: str, place: int) -> int:
    """The place behind the character, escape, class or group that begins at `place`."""
    if pattern[place] == "\\":
        return place + 2
    if pattern[place] == "[":
        place += 1 + pattern.startswith("^", place + 1)
        place += pattern.startswith("]", place)
        while pattern[place] != "]":
            place += 2 if pattern[place] == "\\" else 1
        return place + 1
    if pattern[place] == "(":
        place += 1
        while pattern[place] != ")":
            place = _behind(pattern, place)
        return place + 1
    return place + 1
