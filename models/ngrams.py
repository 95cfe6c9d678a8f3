"""The linear expert beside the network: weights of words in English, of characters elsewhere; the encoder calls it.

A network of this size reads meaning across languages but forgets rare terms of art; a linear model over TF-IDF of
n-grams is the reverse. Their calibrated scores are averaged (`calibration.Mixture`). English has a table of its own,
over single words and pairs of words; the other languages share one over characters, for inflected and compound words
and for scripts without spaces. Fitted together they help less (training/EXPERIMENTS.md). `palermo.training.ngrams` fits
it on the passages that the network learns from.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from palermo.corpora.errors import ModelError

Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.uint64]
NAME = "ngrams.npz"
GROUPS = ("english", "other")
SHORTEST, LONGEST = 2, 5  # characters
_WORD = re.compile(r"\w\w+")


def group_of(language: str | None) -> str:
    """Which table reads a passage of a language (ISO 639-1)."""
    return "english" if language == "en" else "other"


def words_of(text: str) -> list[str]:
    """Words of two letters or more, lower-cased, and pairs of neighbouring words."""
    words = _WORD.findall(text.lower())
    return words + [f"{one} {two}" for one, two in pairwise(words)]


def characters_of(text: str) -> list[str]:
    """Runs of 2 to 5 characters inside words, lower-cased, a space at both ends of a word."""
    return [run for word in text.lower().split() for run in _runs(f" {word} ")]


def _runs(word: str) -> Iterator[str]:
    for length in range(SHORTEST, min(LONGEST, len(word)) + 1):
        for start in range(len(word) - length + 1):
            yield word[start : start + length]


ANALYSERS: dict[str, Callable[[str], list[str]]] = {"english": words_of, "other": characters_of}
"""What the n-grams of a text are, by group."""


def joined(text: str, context: tuple[str, str]) -> str:
    """What is read of a passage: title or heading in front of the text."""
    return "\n".join(part for part in (*context, text) if part)


def keys_of(ngrams: Iterable[str]) -> Keys:
    """64-bit keys: two of the few hundred thousand known n-grams share one with a chance of 1 in 10^8."""
    digests = (hashlib.blake2b(ngram.encode("utf-8", "surrogatepass"), digest_size=8).digest() for ngram in ngrams)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


@dataclass(frozen=True)
class NgramTable:
    """Sparse weights of F features on L labels, the E that matter most.

    Attributes:
        keys: [F] sorted; see `keys_of`.
        idf: [F] inverse document frequencies, smoothed.
        first: [F + 1] where each feature's entries begin.
        label: [E] uint8, value: [E] int8: the entries; a weight is its value times the label's scale.
        scale, intercept: [L].
    """

    keys: Keys
    idf: Floats
    first: npt.NDArray[np.int64]
    label: npt.NDArray[np.uint8]
    value: npt.NDArray[np.int8]
    scale: Floats
    intercept: Floats

    def margins(self, ngrams: Sequence[str]) -> Floats:
        """Margins [L] of a text's n-grams: positive where the linear model alone would give the label."""
        place, weight = self._row(Counter(ngrams))
        lengths = self.first[place + 1] - self.first[place]
        ends = np.cumsum(lengths)
        entry = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.first[place] - (ends - lengths), lengths)
        said = np.repeat(weight, lengths) * self.value[entry]
        summed = np.bincount(self.label[entry], weights=said, minlength=len(self.scale))
        return np.asarray(summed * self.scale + self.intercept, dtype=np.float32)

    def _row(self, counts: Mapping[str, int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Columns and values of a text: sublinear TF-IDF of the n-grams that are known, of length 1."""
        keys = keys_of(counts)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[place] == keys
        place, number = place[known], np.fromiter(counts.values(), dtype=np.float64, count=len(counts))[known]
        weight = (1 + np.log(number)) * self.idf[place]
        return place, weight / max(float(np.linalg.norm(weight)), 1e-9)


@dataclass(frozen=True)
class LinearExpert:
    """A table for each of GROUPS."""

    tables: Mapping[str, NgramTable]

    def margins(self, text: str, context: tuple[str, str], language: str | None) -> Floats:
        """Margins [L] of a passage by the table of its language."""
        group = group_of(language)
        return self.tables[group].margins(ANALYSERS[group](joined(text, context)))

    def save(self, path: Path) -> None:
        """Write both tables; no objects, so that reading them runs nothing."""
        arrays = {
            f"{group}_{field.name}": getattr(table, field.name)
            for group, table in self.tables.items()
            for field in fields(table)
        }
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)


def read(folder: Path, labels: int) -> LinearExpert | None:
    """The expert of a model folder, None where it has none; raises ModelError where it is malformed."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            tables = {
                group: NgramTable(**{field.name: arrays[f"{group}_{field.name}"] for field in fields(NgramTable)})
                for group in GROUPS
            }
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ModelError(f"{NAME} is malformed ({error!r})", source=folder.name) from error
    for table in tables.values():
        _check(table, labels, folder)
    return LinearExpert(tables)


def _check(table: NgramTable, labels: int, folder: Path) -> None:
    shapes = (len(table.scale), len(table.intercept), len(table.idf), len(table.first) - 1, len(table.value))
    if shapes != (labels, labels, len(table.keys), len(table.keys), len(table.label)) or not len(table.keys):
        raise ModelError(f"{NAME} was made for other labels", source=folder.name)
