"""Sparse features of whole cases: TF-IDF of hashed words, pairs and triples of words, which never cross two facts.

Written for speed: every word is hashed once, everything after that is arithmetic on arrays (161 million characters in
under a minute of one core). Called by `palermo.evaluation.ecthr`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from palermo.evaluation.ecthr_cases import Case

BITS = 22
"""Features are numbered by the upper bits of their hash: 4 million places for some 1.5 million that are kept."""
LEAST = {1: 3, 2: 8, 3: 10}
"""Training cases that a word, pair or triple must occur in."""
CHUNK = 512
_WORD = re.compile(r"\w+")
_MIX = np.uint64(0x9E3779B97F4A7C15)
Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Stream:
    """Hashed words of N cases one after the other.

    Attributes:
        words: [T] hash of each word.
        facts: [F + 1] where each fact begins in `words`, and the end.
        cases: [N + 1] where each case begins in `facts`, and the end.
    """

    words: Words
    facts: NDArray[np.int64]
    cases: NDArray[np.int64]

    def facts_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the facts of some cases, in their order."""
        spans = [np.arange(self.cases[row], self.cases[row + 1]) for row in rows]
        return np.concatenate(spans) if spans else np.zeros(0, np.int64)

    def take(self, rows: NDArray[np.int64]) -> Stream:
        """Some of the cases, in the order given."""
        facts = self.facts_of(rows)
        words = [self.words[self.facts[fact] : self.facts[fact + 1]] for fact in facts]
        return Stream(
            np.concatenate(words) if words else np.zeros(0, np.uint32),
            _edges(self.facts[facts + 1] - self.facts[facts]),
            _edges(self.cases[rows + 1] - self.cases[rows]),
        )


class Hasher:
    """Hashes words; a number of three digits or more counts by its length alone, so that years aren't learnt."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def fact(self, text: str) -> list[int]:
        """Hashes of the words of a fact, led by one that says whether the fact is numbered."""
        known = self._known
        found = _WORD.findall(text.lower())
        numbered = bool(found) and found[0].isdigit() and text.lstrip().startswith(found[0] + ".")
        hashes = [1 if numbered else 2]
        for word in found[1:] if numbered else found:
            value = known.get(word)
            if value is None:
                value = known[word] = zlib.crc32(_shape(word).encode("utf-8", "surrogatepass"))
            hashes.append(value)
        return hashes


def _shape(word: str) -> str:
    return "0" * len(word) if word.isdigit() and len(word) > 2 else word


def stream(cases: Sequence[Case]) -> Stream:
    """Hash every word of every fact."""
    hasher = Hasher()
    words: list[Words] = []
    lengths: list[int] = []
    for case in cases:
        for fact in case.facts:
            hashes = np.array(hasher.fact(fact), dtype=np.uint32)
            words.append(hashes)
            lengths.append(len(hashes))
    per_case = [len(case.facts) for case in cases]
    return Stream(
        np.concatenate(words) if words else np.zeros(0, np.uint32),
        _edges(np.array(lengths, dtype=np.int64)),
        _edges(np.array(per_case, dtype=np.int64)),
    )


def _edges(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def counts(read: Stream, n: int, *, by_fact: bool = False) -> Any:
    """Counts of the n-grams of each case (or fact) as a scipy CSR matrix [N, 2 ** BITS]."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    starts = read.facts if by_fact else read.facts[read.cases]
    indices, data, lengths = [], [], []
    for first in range(0, len(starts) - 1, CHUNK):
        edges = starts[first : first + CHUNK + 1]
        rows, columns, times = _chunk(read, edges, n)
        lengths.append(np.bincount(rows, minlength=len(edges) - 1))
        indices.append(columns)
        data.append(times)
    pointer = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]) if lengths else np.zeros(1, np.int64)
    joined = [np.concatenate(part) if part else np.zeros(0) for part in (data, indices)]
    shape = (max(0, len(starts) - 1), 1 << BITS)
    return csr_matrix((joined[0].astype(np.float32), joined[1].astype(np.int32), pointer), shape=shape)


def _chunk(read: Stream, edges: NDArray[np.int64], n: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Rows, columns and counts of the n-grams between the edges, by row and column."""
    words = read.words[edges[0] : edges[-1]].astype(np.uint64)
    where = np.arange(edges[0], edges[-1])
    fact = np.searchsorted(read.facts, where, side="right")
    hashed = words
    for step in range(1, n):
        hashed = (hashed[:-1] * _MIX) ^ words[step:]
    whole = fact[: len(hashed)] == fact[n - 1 :] if n <= len(words) else np.zeros(0, np.bool_)
    place = (hashed[: len(whole)] * _MIX) >> np.uint64(64 - BITS)
    row = np.searchsorted(edges, where[: len(whole)], side="right") - 1
    keys, times = np.unique((row[whole] << BITS) | place[whole].astype(np.int64), return_counts=True)
    return keys >> BITS, keys & ((1 << BITS) - 1), times


@dataclass
class Weighting:
    """TF-IDF (sublinear, smoothed, rows of length 1) over the n-grams that enough training cases have.

    Attributes:
        sizes: lengths of n-grams.
        columns: for each size the columns kept.
        idf: over all columns kept, in the order of the sizes.
    """

    sizes: tuple[int, ...]
    columns: list[NDArray[np.int64]]
    idf: NDArray[np.float32]

    @classmethod
    def fit(cls, read: Stream, sizes: tuple[int, ...] = (1, 2, 3)) -> tuple[Weighting, Any]:
        """Choose and weigh features on training cases; returns the weighting and their matrix."""
        parts, columns, idf = [], [], []
        for n in sizes:
            raw = counts(read, n)
            documents = np.bincount(raw.indices, minlength=raw.shape[1])
            kept = np.flatnonzero(documents >= min(LEAST[n], max(1, raw.shape[0] // 4)))
            columns.append(kept)
            idf.append(np.log((1 + raw.shape[0]) / (1 + documents[kept])) + 1)
            parts.append(raw[:, kept])
        made = cls(sizes, columns, np.concatenate(idf).astype(np.float32))
        return made, made._weighed(parts)

    def apply(self, read: Stream, *, by_fact: bool = False) -> Any:
        """The matrix [N, F] of other cases (or of facts)."""
        pairs = zip(self.sizes, self.columns, strict=True)
        return self._weighed([counts(read, n, by_fact=by_fact)[:, kept] for n, kept in pairs])

    def _weighed(self, parts: Sequence[Any]) -> Any:
        from scipy.sparse import hstack
        from sklearn.preprocessing import normalize  # type: ignore[import-untyped]

        joined = hstack(parts, format="csr", dtype=np.float32)
        joined.data = (1 + np.log(joined.data)) * self.idf[joined.indices]
        return normalize(joined, copy=False)
