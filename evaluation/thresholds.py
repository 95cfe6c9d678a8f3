"""F1 thresholds, chosen out of fold by document. Called by the baseline and by training; numpy only.

What is fitted on some documents is only ever applied to others, so figures stay honest (nested where a choice is made).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from palermo.evaluation.counts import count, f1, frequent
from palermo.evaluation.pairs import Bools, Floats, Ints, group_index

Apply = Callable[[Floats], NDArray[Any]]
"""[N, L] scores -> an array whose first axis is N (probabilities, decisions, or both stacked)."""
Fit = Callable[[Floats, Bools, Bools], Apply]
"""(scores, gold, mask), each [N, L] -> what to apply to unseen scores."""


def fold_numbers(groups: Sequence[str], folds: int = 5, seed: int = 0) -> Ints:
    """[N] fold of each row: whole groups are dealt at random, largest first into the emptiest fold.

    The same groups, folds and seed give the same folds.
    """
    index = group_index(groups)
    sizes = np.bincount(index)
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load, fold_of = np.zeros(folds), np.zeros(len(sizes), dtype=np.int64)
    for group in order:
        fold = int(load.argmin())
        fold_of[group] = fold
        load[fold] += sizes[group]
    return fold_of[index]


def splits(groups: Sequence[str], folds: int = 5, seed: int = 0) -> Iterator[tuple[Ints, Ints]]:
    """Yield (rows to fit on, rows to apply to) of each fold that has rows of both sorts."""
    numbers = fold_numbers(groups, folds, seed)
    for fold in range(folds):
        inside, outside = np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)
        if len(inside) and len(outside):
            yield inside, outside


def crossfit(
    scores: Floats,
    gold: Bools,
    mask: Bools,
    groups: Sequence[str],
    fit: Fit,
    folds: int = 5,
    *,
    seed: int = 0,
) -> NDArray[Any]:
    """Apply to every row what was fitted on the other folds.

    Args:
        scores: [N, L].
        gold, mask: [N, L]; masked pairs count neither way.
        groups: [N] document ids; a document is never split.
        fit: called once a fold with the rows of the other folds.
        folds: at least 2, and at least 2 distinct groups are needed.
        seed: of the deal into folds.

    Returns:
        [N, ...] what the fitted functions return, in the order of the rows.

    Raises:
        ValueError: fewer than two folds or documents.
    """
    if folds < 2 or len(set(groups)) < 2:
        raise ValueError("cross-fitting needs at least two folds and two documents")
    result: NDArray[Any] | None = None
    for inside, outside in splits(groups, folds, seed):
        part = fit(scores[inside], gold[inside], mask[inside])(scores[outside])
        if result is None:
            result = np.zeros((len(scores), *part.shape[1:]), dtype=part.dtype)
        result[outside] = part
    assert result is not None
    return result


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One threshold a label, [L]; a label is predicted at or above it."""

    values: Floats

    def __call__(self, scores: Floats) -> Bools:
        """[N, L] decisions."""
        return np.asarray(scores >= self.values, dtype=np.bool_)


def fit_global(scores: Floats, gold: Bools, mask: Bools, levels: Ints | None = None) -> Thresholds:
    """One threshold for all labels of a level by micro-F1; `levels` [L] numbers the levels (None: one level)."""
    levels = np.zeros(scores.shape[1], dtype=np.int64) if levels is None else levels
    values = np.zeros(scores.shape[1])
    for level in np.unique(levels):
        columns = levels == level
        free = ~mask[:, columns]
        values[columns] = _best(scores[:, columns][free], gold[:, columns][free])
    return Thresholds(values)


def fit_per_label(
    scores: Floats, gold: Bools, mask: Bools, levels: Ints | None = None, *, pull: float = 20.0, grid: int = 200
) -> Thresholds:
    """One threshold a label by F1, pooled where data are thin.

    To a label's counts at each candidate threshold are added those of all labels of its level together, scaled to
    `pull` positives. A label with far fewer positives than that so gets the level's threshold, one with far more
    its own.

    Args:
        scores, gold, mask: [N, L]; scores must be comparable between labels (calibrated), else pooling misleads.
        levels: [L], as for `fit_global`.
        pull: positives that the pooled counts weigh.
        grid: candidate thresholds, quantiles of the scores of positives.
    """
    levels = np.zeros(scores.shape[1], dtype=np.int64) if levels is None else levels
    values = np.zeros(scores.shape[1])
    for level in np.unique(levels):
        columns = np.flatnonzero(levels == level)
        values[columns] = _pooled(scores[:, columns], gold[:, columns], mask[:, columns], pull, grid)
    return Thresholds(values)


def _pooled(scores: Floats, gold: Bools, mask: Bools, pull: float, grid: int) -> Floats:
    positives = scores[gold & ~mask]
    if not len(positives):
        return np.full(scores.shape[1], np.inf)
    candidates = np.unique(np.quantile(positives, np.linspace(0, 1, grid)))
    columns = zip(scores.T, gold.T, ~mask.T, strict=True)
    counts = np.stack([_counts_at(score[free], truth[free], candidates) for score, truth, free in columns], axis=1)
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(candidates[_f1(counts + total * (pull / len(positives))).argmax(axis=0)], dtype=np.float64)


def _counts_at(score: Floats, gold: Bools, candidates: Floats) -> Floats:
    """[T, 3] tp, fp, fn of one label at each of T thresholds."""
    hits, wrong = np.sort(score[gold]), np.sort(score[~gold])
    tp = len(hits) - np.searchsorted(hits, candidates)
    fp = len(wrong) - np.searchsorted(wrong, candidates)
    return np.stack([tp, fp, len(hits) - tp], axis=1).astype(np.float64)


def _f1(counts: Floats) -> Floats:
    tp, fp, fn = counts[..., 0], counts[..., 1], counts[..., 2]
    return np.asarray(2 * tp / np.maximum(1e-12, 2 * tp + fp + fn), dtype=np.float64)


def _best(values: Floats, gold: Bools) -> float:
    """The threshold with the highest F1, half way to the next lower score; infinite where nothing is positive."""
    if not gold.any():
        return float("inf")
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    tp = np.cumsum(gold[order])
    scores = 2 * tp / (np.arange(1, len(ranked) + 1) + gold.sum())
    last_of_ties = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.where(last_of_ties, scores, -1).argmax())
    return float(ranked[best] if best + 1 == len(ranked) else (ranked[best] + ranked[best + 1]) / 2)


def objective(gold: Bools, predicted: Bools, mask: Bools, levels: Ints | None = None) -> float:
    """What the choice between schemes maximises: the mean of micro-F1 and macro-F1 of the first level, 0 to 100."""
    columns = slice(None) if levels is None else levels == levels.min()
    counts = count(gold, predicted, mask)[:, columns].sum(axis=0)
    big = counts[frequent(counts)]
    micro = float(f1(counts.sum(axis=0)))
    return (micro + float(f1(big).mean())) / 2 if len(big) else micro


def best_scheme(
    scores: Floats,
    gold: Bools,
    mask: Bools,
    groups: Sequence[str],
    schemes: Mapping[str, Fit],
    levels: Ints | None = None,
) -> str:
    """Name of the scheme whose cross-fitted decisions do best by `objective`; each applies to [N, L] decisions."""
    values = {
        name: objective(gold, crossfit(scores, gold, mask, groups, scheme), mask, levels)
        for name, scheme in schemes.items()
    }
    return max(values, key=lambda name: values[name])


def crossfit_best(
    scores: Floats,
    gold: Bools,
    mask: Bools,
    groups: Sequence[str],
    schemes: Mapping[str, Fit],
    levels: Ints | None = None,
) -> tuple[Bools, list[str]]:
    """Decisions [N, L] out of fold, the scheme chosen anew inside each fold (nested), and the names chosen."""
    decided = np.zeros(scores.shape, dtype=np.bool_)
    names = []
    for inside, outside in splits(groups):
        part = (scores[inside], gold[inside], mask[inside])
        names.append(best_scheme(*part, [groups[i] for i in inside], schemes, levels))
        decided[outside] = schemes[names[-1]](*part)(scores[outside])
    return decided, names
