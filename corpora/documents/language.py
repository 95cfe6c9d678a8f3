"""Says in which language a document and its passages are; the passage cutter calls it.

By script where that settles it, else by lingua in its low-accuracy mode, restricted to the languages of
`language.toml` and loaded only when needed (about 50 MB once all of its models are in).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lingua import ConfidenceValue, LanguageDetector

UNKNOWN = "und"
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("language.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def _scripts() -> tuple[tuple[str, re.Pattern[str], float], ...]:
    return tuple(
        (
            script["language"],
            re.compile("[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in script["ranges"]) + "]"),
            float(script["share"]),
        )
        for script in _data()["script"]
    )


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    from lingua import IsoCode639_1, Language, LanguageDetectorBuilder

    codes = (getattr(IsoCode639_1, code.upper()) for code in _data()["detector"]["languages"])
    languages = [Language.from_iso_code_639_1(code) for code in codes]
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()


def document_language(text: str) -> str:
    """The main language of a text as an ISO 639-1 code, or `"und"` where there are no letters to judge by.

    Reads a few slices spread evenly over the text, so that a long one costs no more than a short one.
    """
    rules = _data()["detector"]
    slices, size = int(rules["slices"]), int(rules["slice_characters"])
    if len(text) <= slices * size:
        return _detect(text)[0]
    step = (len(text) - size) // (slices - 1)
    return _detect("\n".join(text[i * step : i * step + size] for i in range(slices)))[0]


def passage_languages(texts: Iterable[str], document: str) -> list[str]:
    """The language of each passage: the document's, unless a passage is long enough and plainly in another one."""
    return [_passage_language(text, document) for text in texts]


def _passage_language(text: str, document: str) -> str:
    rules = _data()["detector"]
    sample = text[: int(rules["read_characters"])]
    letters = _WORD.findall(sample)
    by_script = _by_script(sample)
    if by_script == document:
        return document
    if sum(map(len, letters)) < int(rules["passage_letters"]) and by_script is None:
        return document
    if by_script is None and _speaks(letters, document, float(rules["word_share"])):
        return document
    found, confidence = _detect(sample)
    return found if found != UNKNOWN and confidence >= float(rules["confidence"]) else document


def _speaks(words: list[str], language: str, share: float) -> bool:
    frequent = _frequent(language)
    return sum(word.lower() in frequent for word in words) >= share * len(words)


@lru_cache(maxsize=64)
def _frequent(language: str) -> frozenset[str]:
    return frozenset(_data()["words"].get(language, ()))


def _detect(text: str) -> tuple[str, float]:
    by_script = _by_script(text)
    if by_script is not None:
        return by_script, 1.0
    if not _WORD.search(text):
        return UNKNOWN, 0.0
    values: list[ConfidenceValue] = _detector().compute_language_confidence_values(text)
    names: dict[str, str] = _data()["detector"]["languages"]
    confidences: dict[str, float] = {}
    for value in values:
        code = names[value.language.iso_code_639_1.name.lower()]
        confidences[code] = confidences.get(code, 0.0) + value.value
    best = max(confidences, key=lambda code: confidences[code])
    return best, confidences[best]


def _by_script(text: str) -> str | None:
    letters = sum(map(len, _WORD.findall(text)))
    for language, pattern, share in _scripts():
        if letters and len(pattern.findall(text)) >= share * letters:
            return language
    return None
