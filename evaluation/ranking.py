"""Ranking and selective figures from the scores, article level, as for an editor who reads down a list of suggestions.

Called by the report. Masked labels are taken out of the ranking; passages without a gold article are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from palermo.evaluation.pairs import Bools, Floats, Ints, Pairs

DEPTHS = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Means over passages with at least one gold article, in per cent; None where there is no such passage.

    Attributes:
        passages: how many.
        average_precision: label-ranking average precision (Tsoumakas et al. 2010).
        r_precision: share of gold labels among the first R, R being their number.
        ndcg: nDCG at 1, 3 and 5 with binary gains (Jarvelin and Kekalainen 2002).
    """

    passages: int
    average_precision: float | None
    r_precision: float | None
    ndcg: dict[int, float | None]


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Of the surest share `coverage` of passages a share `risk` has a wrong article; `confidence` is its least."""

    coverage: float
    risk: float
    confidence: float


def ranking(score: Floats, gold: Bools, masked: Bools) -> Ranking:
    """Ranking figures of [N, L] arrays. Ties count against: among equal scores the wrong label comes first."""
    kept = gold.any(axis=1)
    n = int(kept.sum())
    if not n:
        return Ranking(0, None, None, dict.fromkeys(DEPTHS))
    hits, positives = _ranked(score[kept], gold[kept], masked[kept])
    places = np.arange(1, hits.shape[1] + 1)
    precision = np.cumsum(hits, axis=1) / places
    discount = 1 / np.log2(places + 1)
    ideal = np.cumsum(discount)
    ndcg: dict[int, float | None] = {}
    for k in DEPTHS:
        gain = (hits[:, :k] * discount[:k]).sum(axis=1)
        ndcg[k] = 100 * float((gain / ideal[np.minimum(positives, k) - 1]).mean())
    return Ranking(
        passages=n,
        average_precision=100 * float(((precision * hits).sum(axis=1) / positives).mean()),
        r_precision=100 * float(precision[np.arange(n), positives - 1].mean()),
        ndcg=ndcg,
    )


def _ranked(score: Floats, gold: Bools, masked: Bools) -> tuple[Bools, Ints]:
    """[N, L] gold in the order of falling score, and [N] number of gold labels."""
    keys = np.where(masked, -np.inf, score)
    order = np.lexsort((gold, -keys), axis=1)
    return np.take_along_axis(gold, order, axis=1), gold.sum(axis=1)


def subset_accuracy(gold: Bools, predicted: Bools) -> float:
    """Per cent of passages whose predicted set is the gold set; `maybe` is not excused (the reference's rule)."""
    return 100 * float((gold == predicted).all(axis=1).mean()) if len(gold) else 0.0


def hamming_loss(gold: Bools, predicted: Bools, masked: Bools) -> float:
    """Per cent of unmasked passage-label pairs decided wrongly."""
    free = int((~masked).sum())
    return 100 * float(((gold != predicted) & ~masked).sum()) / free if free else 0.0


def risk_curve(score: Floats, gold: Bools, predicted: Bools, masked: Bools, points: int = 20) -> list[RiskPoint]:
    """Coverage against risk (El-Yaniv and Wiener 2010) when passages are taken from the surest on.

    A passage is as sure as its least sure label: the smallest max(p, 1 - p); it is wrong if any unmasked label is.
    """
    if not len(score):
        return []
    sure = np.where(masked, 1.0, np.maximum(score, 1 - score)).min(axis=1)
    wrong = ((gold != predicted) & ~masked).any(axis=1)
    order = np.argsort(-sure, kind="stable")
    errors = np.cumsum(wrong[order])
    taken = np.unique(np.ceil(np.linspace(1 / points, 1, points) * len(order)).astype(int))
    return [RiskPoint(t / len(order), float(errors[t - 1] / t), float(sure[order[t - 1]])) for t in taken]


@dataclass(frozen=True, slots=True)
class Mistaken:
    """Passages in which `gold` was missed and `predicted` put in its place."""

    gold: str
    predicted: str
    passages: int


def confusion(pairs: Pairs, top: int = 25, *, finer: bool = False) -> list[Mistaken]:
    """The commonest pairs (missed article, wrong article in the same passage) or, with `finer`, of finer labels."""
    columns = np.flatnonzero(pairs.article != finer)
    missed = (pairs.gold & ~pairs.predicted)[:, columns]
    wrong = (pairs.predicted & ~pairs.gold & ~pairs.masked)[:, columns]
    table = missed.astype(np.int64).T @ wrong.astype(np.int64)
    cells = sorted(((-int(table[i, j]), int(i), int(j)) for i, j in np.argwhere(table)))[:top]
    names = [pairs.labels[column] for column in columns]
    return [Mistaken(names[i], names[j], -n) for n, i, j in cells]


@dataclass(frozen=True, slots=True)
class Worst:
    """A passage with a high loss: row in the pairs, summed log loss in nats, labels missed and wrongly predicted."""

    row: int
    id: str
    loss: float
    missed: dict[str, float]
    wrong: dict[str, float]


def worst(pairs: Pairs, top: int = 50) -> list[Worst]:
    """The passages with the highest log loss over all labels, scores clipped to [0.005, 0.995]; ties in file order."""
    p = np.clip(pairs.score, 0.005, 0.995)
    loss = np.where(pairs.masked, 0.0, -np.log(np.where(pairs.gold, p, 1 - p)))
    total = loss.sum(axis=1)
    rows = np.argsort(-total, kind="stable")[:top]
    return [_worst(pairs, int(row), float(total[row])) for row in rows]


def _worst(pairs: Pairs, row: int, loss: float) -> Worst:
    missed = pairs.gold[row] & ~pairs.predicted[row]
    wrong = pairs.predicted[row] & ~pairs.gold[row] & ~pairs.masked[row]
    named = [{pairs.labels[i]: float(pairs.score[row, i]) for i in np.flatnonzero(mask)} for mask in (missed, wrong)]
    return Worst(row, pairs.passages[row].id, loss, named[0], named[1])
