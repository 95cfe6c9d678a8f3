"""True positives, false positives and false negatives, and the figures made of them.

A `Counts` array has a last axis of 3 (tp, fp, fn); figures are percentages, 0 to 100.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from palermo.evaluation.pairs import Bools, Floats, Pairs

MACRO_SUPPORT = 10
"""Macro figures average over labels with at least this many positives (the reference scorer's rule)."""

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PRF:
    """Precision, recall and F1 in per cent."""

    precision: float
    recall: float
    f1: float


def count(gold: Bools, predicted: Bools, masked: Bools | None = None) -> Counts:
    """[..., 3] counts of boolean arrays of one shape; masked places count nothing."""
    free = np.ones_like(gold) if masked is None else ~masked
    cells = (gold & predicted & free, ~gold & predicted & free, gold & ~predicted & free)
    return np.stack(cells, axis=-1).astype(np.float64)


def label_counts(pairs: Pairs) -> Counts:
    """[N, L, 3] counts of a set of pairs."""
    return count(pairs.gold, pairs.predicted, pairs.masked)


def any_label_counts(pairs: Pairs) -> Counts:
    """[N, 3]: does the passage have any label at all? Passages with only `maybe` labels are left out."""
    doubtful = np.array([bool(p.maybe) and not p.labels for p in pairs.passages], dtype=np.bool_)
    return count(np.asarray(pairs.gold.any(axis=1)), pairs.any_predicted, doubtful)


def f1(counts: Counts) -> Floats:
    """F1 in per cent along the last axis; 0 where there is no true positive."""
    tp, fp, fn = counts[..., 0], counts[..., 1], counts[..., 2]
    return np.asarray(200 * tp / np.maximum(1, 2 * tp + fp + fn), dtype=np.float64)


def prf(counts: Counts) -> PRF:
    """Figures of one [3] array."""
    tp, fp, fn = (float(x) for x in counts)
    return PRF(100 * tp / max(1.0, tp + fp), 100 * tp / max(1.0, tp + fn), float(f1(counts)))


def micro(counts: Counts) -> PRF:
    """Figures of the sum over labels of [L, 3]."""
    return prf(counts.sum(axis=0))


def macro(counts: Counts, support: int = MACRO_SUPPORT) -> tuple[PRF, int]:
    """Mean over the labels of [L, 3] with at least `support` positives, and how many those are."""
    big = counts[frequent(counts, support)]
    if not len(big):
        return PRF(0.0, 0.0, 0.0), 0
    return _mean(big, np.ones(len(big))), len(big)


def weighted(counts: Counts) -> PRF:
    """Mean over the labels of [L, 3] weighted by their positives."""
    positives = counts[:, 0] + counts[:, 2]
    return _mean(counts, positives) if positives.sum() else PRF(0.0, 0.0, 0.0)


def frequent(counts: Counts, support: int = MACRO_SUPPORT) -> Bools:
    """[L] labels of [L, 3] that have at least `support` positives."""
    return np.asarray(counts[:, 0] + counts[:, 2] >= support, dtype=np.bool_)


def _mean(counts: Counts, weights: Floats) -> PRF:
    tp, fp, fn = counts[:, 0], counts[:, 1], counts[:, 2]
    columns = (100 * tp / np.maximum(1, tp + fp), 100 * tp / np.maximum(1, tp + fn), f1(counts))
    precision, recall, score = (float(np.average(column, weights=weights)) for column in columns)
    return PRF(precision, recall, score)


def hierarchical(pairs: Pairs) -> Counts:
    """[N, 3] counts over the labels and all their ancestors up to the article (Kiritchenko et al. 2006; Silla and
    Freitas 2011: hP, hR, hF). An ancestor of a masked label that nothing certain supports is masked too.
    """
    nodes: dict[str, int] = {}
    links: list[tuple[int, int]] = []
    for column, label in enumerate(pairs.labels):
        parts = label.split(".")
        for length in range(2, len(parts) + 1):
            links.append((column, nodes.setdefault(".".join(parts[:length]), len(nodes))))
    closure = np.zeros((len(pairs.labels), len(nodes)), dtype=np.float32)
    for column, node in links:
        closure[column, node] = 1
    gold, predicted, masked = (
        (x.astype(np.float32) @ closure) > 0 for x in (pairs.gold, pairs.predicted, pairs.masked)
    )
    return np.asarray(count(gold, predicted, masked & ~gold).sum(axis=1), dtype=np.float64)
