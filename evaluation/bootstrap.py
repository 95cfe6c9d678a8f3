"""Bootstrap intervals over documents, vectorised: every resample is a weight vector over per-document counts.

Passages of one document are alike, so whole documents are drawn with replacement (percentile intervals: Efron and
Tibshirani 1993, chapter 13). Called by the reports, the comparison of two taggers and the scoring of whole judgments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from palermo.evaluation.counts import Counts, f1
from palermo.evaluation.pairs import Bools, Floats, Ints

RESAMPLES = 1000
SEED = 20001115

Statistic = Callable[[Counts], Floats]
"""[R, K, 3] summed counts of R resamples -> [R] figures."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % percentile interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1f} [{self.low:.1f}, {self.high:.1f}]"


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A with its 95 % interval, and the two-sided p-value of "no difference" (paired bootstrap)."""

    value: float
    low: float
    high: float
    p: float


def weights(documents: int, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """[R, D] how often each document is drawn in each resample; row sums are D. The same seed gives the same draws."""
    if documents == 0:
        return np.zeros((resamples, 0))
    drawn = np.random.default_rng(seed).integers(0, documents, (resamples, documents))
    places = drawn + documents * np.arange(resamples)[:, None]
    return np.bincount(places.ravel(), minlength=resamples * documents).reshape(resamples, -1).astype(np.float64)


def by_document(counts: Counts, documents: Ints) -> Counts:
    """Sum [N, K, 3] (or [N, 3], read as K = 1) over the passages of each document -> [D, K, 3]."""
    shaped = counts[:, None] if counts.ndim == 2 else counts
    names, index = np.unique(documents, return_inverse=True)
    total = np.zeros((len(names), *shaped.shape[1:]))
    np.add.at(total, index, shaped)
    return total


def resample(counts: Counts, drawn: Floats) -> Counts:
    """[D, K, 3] counts and [R, D] weights -> [R, K, 3] counts of the resamples."""
    table = counts.reshape(len(counts), counts.shape[1] * 3)
    filled = table.any(axis=0)
    flat = np.zeros((len(drawn), table.shape[1]))
    # Single precision is exact here: the sums are whole numbers far below 2**24.
    flat[:, filled] = drawn.astype(np.float32) @ table[:, filled].astype(np.float32)
    return flat.reshape(len(drawn), *counts.shape[1:])


def micro_f1(counts: Counts) -> Floats:
    """Statistic: micro-F1."""
    return f1(counts.sum(axis=-2))


def macro_f1(labels: Bools) -> Statistic:
    """Statistic: mean F1 over a fixed set of labels, given as a [K] mask; 0 where it is empty."""

    def statistic(counts: Counts) -> Floats:
        chosen = f1(counts[..., labels, :])
        if not labels.any():
            return np.zeros(counts.shape[:-2])
        return np.asarray(chosen.mean(axis=-1), dtype=np.float64)

    return statistic


def interval(counts: Counts, documents: Ints, statistic: Statistic, drawn: Floats | None = None) -> Interval:
    """Interval of `statistic` over [N, K, 3] counts; `drawn` as from `weights`, made here where None."""
    table = by_document(counts, documents)
    drawn = weights(len(table)) if drawn is None else drawn
    value = float(statistic(table.sum(axis=0)[None])[0]) if len(table) else 0.0
    if not len(table):
        return Interval(0.0, 0.0, 0.0)
    low, high = np.percentile(statistic(resample(table, drawn)), [2.5, 97.5])
    return Interval(value, float(low), float(high))


def difference(a: Counts, b: Counts, documents: Ints, statistic: Statistic) -> Difference:
    """Paired comparison of [N, K, 3] counts of two taggers on the same passages: the same documents are drawn for both.

    `p` is twice the smaller share of resamples at or beyond zero, with one added to count and total (Davison and
    Hinkley 1997, section 4.2.3), at most 1.
    """
    first, second = by_document(a, documents), by_document(b, documents)
    if not len(first):
        return Difference(0.0, 0.0, 0.0, 1.0)
    drawn = weights(len(first))
    deltas = statistic(resample(second, drawn)) - statistic(resample(first, drawn))
    value = float((statistic(second.sum(axis=0)[None]) - statistic(first.sum(axis=0)[None]))[0])
    low, high = np.percentile(deltas, [2.5, 97.5])
    tail = min(int((deltas <= 0).sum()), int((deltas >= 0).sum()))
    return Difference(value, float(low), float(high), min(1.0, 2 * (tail + 1) / (len(deltas) + 1)))
