"""Says whether a text is a judgment or a statute, by words, formulas and layout; the passage cutter calls it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from palermo.corpora.documents.document import Block, Kind
from palermo.corpora.documents.passages.patterns import compiled

_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = frozenset({"zh", "ja", "ko", "km"})


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("kind.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class _Words:
    """Word -> weight; above 0 it speaks for a judgment."""

    weights: dict[str, float]


@lru_cache(maxsize=64)
def _words(language: str) -> _Words:
    languages = _data()["languages"]
    entry = languages.get(language, languages["any"])
    weights: dict[str, float] = {}
    for name, sign in (("judgment", 1.0), ("statute", -1.0)):
        weights |= dict.fromkeys(entry[name], sign)
        weights |= dict.fromkeys(entry[f"{name}_strong"], 2 * sign)
    return _Words(weights)


def kind_of(text: str, blocks: Sequence[Block], language: str) -> Kind:
    """The kind of a whole document or of a single passage.

    Reads a few slices, so that a long text costs no more than a short one, and counts the lines that begin a section.

    Args:
        text: canonical text.
        blocks: layout, if the reader found any; numbered headings speak for a statute.
        language: ISO 639-1 code.
    """
    return "judgment" if score(text, blocks, language) > 0 else "statute"


def score(text: str, blocks: Sequence[Block], language: str) -> float:
    """How much speaks for a judgment (above 0) or a statute (below 0)."""
    rules = _data()["rules"]
    slices = _slices(text, int(rules["slices"]), int(rules["slice_characters"]))
    words = sum(_score_words(piece, language) for piece in slices) / len(slices)
    head = text[: int(rules["head_characters"])]
    formulas = sum(
        float(entry["weight"]) for entry in _data()["head"] if compiled(entry["pattern"]).search(head) is not None
    )
    bias = float(_data()["bias"].get(language, 0.0))
    return words + formulas + bias - _layout(text, blocks, language, rules)


def _slices(text: str, count: int, size: int) -> list[str]:
    if len(text) <= count * size:
        return [text[start : start + size] for start in range(0, max(1, len(text)), size)]
    step = (len(text) - size) // (count - 1)
    return [text[index * step : index * step + size] for index in range(count)]


def _score_words(text: str, language: str) -> float:
    weights = _words(language).weights
    if language in _UNSPACED:
        return sum(weight for word, weight in weights.items() if word in text)
    present = {word.casefold() for word in _WORD.findall(text)}
    return sum(weight for word, weight in weights.items() if word in present)


def _layout(text: str, blocks: Sequence[Block], language: str, rules: dict[str, Any]) -> float:
    """What the layout says for a statute: many lines that begin a section, or a text that begins with "(1)"."""
    from palermo.corpora.documents.passages.markers import patterns

    window = text[: 20 * int(rules["slices"]) * int(rules["slice_characters"])]
    count = max((sum(1 for _ in pattern.finditer(window)) for _, pattern in patterns(language)), default=0)
    declared = sum(block.type == "heading" and block.number is not None for block in blocks)
    count = max(count, declared)
    size = max(1, len(window.split()))
    weight = 0.0
    if count >= rules["marker_least"] and count * 1000 / size >= rules["marker_density"]:
        weight += float(rules["marker_weight"])
    if compiled(r"\s*(?:\(1\)|§|[0-9]{1,3}[A-Z]?\n\(1\))").match(text[:20]):
        weight += float(rules["opening_weight"])
    return weight
