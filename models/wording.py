"""Lists of wording, regular expressions in data files, as one pattern each; cues and hints are looked for with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

WORD = r"\b"
_CAPITAL = re.compile(r"(?<!\\)[^\W\d_a-z]")  # but not the letter of a class such as \W


@lru_cache(maxsize=4)
def lists(name: str) -> dict[str, dict[str, list[str]]]:
    """A data file beside this module: patterns by language (ISO 639-1) and by what they speak for."""
    return tomllib.loads(resources.files("palermo.models").joinpath(name).read_text("utf-8"))


def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    """One pattern for all, for a text that `lower` gave: without regard to case, each would be tried at every place.

    Those that begin where a word does are tried there alone.
    """
    small = [_CAPITAL.sub(lambda found: found[0].lower(), pattern) for pattern in patterns]
    words = "|".join(pattern.removeprefix(WORD) for pattern in small if pattern.startswith(WORD))
    others = [pattern for pattern in small if not pattern.startswith(WORD)]
    return re.compile("|".join([f"{WORD}(?:{words})", *others] if words else others))


def lower(text: str) -> str:
    """The text in small letters, each where it was; of a few letters the small one is two, and they stay."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(one if len(one := letter.lower()) == 1 else letter for letter in text)
