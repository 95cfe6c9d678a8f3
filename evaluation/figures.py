"""Figures of one group of passages, with intervals over documents; the tables of the report are made of these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from palermo.evaluation import bootstrap, calibration, ranking
from palermo.evaluation.bootstrap import Interval
from palermo.evaluation.counts import (
    PRF,
    Counts,
    any_label_counts,
    f1,
    frequent,
    hierarchical,
    label_counts,
    macro,
    micro,
    prf,
    weighted,
)
from palermo.evaluation.mental import MentalCounts, mental_counts, standard_f1
from palermo.evaluation.pairs import Floats, Ints, Pairs


@dataclass(frozen=True, slots=True)
class Level:
    """Figures of the article labels or of the finer ones, in per cent.

    `positives` are gold labels. `macro` averages over the `macro_labels` labels with at least 10 positives in the group
    (zeros where there is none). The intervals are of F1.
    """

    micro: PRF
    macro: PRF
    weighted: PRF
    positives: int
    macro_labels: int
    micro_interval: Interval
    macro_interval: Interval


@dataclass(frozen=True, slots=True)
class Mental:
    """Figures of the mental elements of article 6, in per cent.

    `standards` counts a standard once a passage; `half`, `exact` and `tokens` count spans by overlap, exact offsets and
    words. `per_standard` maps each standard to (F1 of `standards`, passages with it).
    """

    gold_spans: int
    standards: PRF
    standards_interval: Interval
    half: PRF
    half_interval: Interval
    exact: PRF
    tokens: PRF
    role_accuracy: float | None
    per_standard: dict[str, tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Group:
    """Everything measured on one group of passages; percentages but for `ece` and `brier` (0 to 1)."""

    name: str
    passages: int
    documents: int
    article: Level
    fine: Level
    hierarchical: PRF
    any_label: PRF
    subset_accuracy: float
    hamming_loss: float
    ece: float | None
    brier: float | None
    mental: Mental


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label over all passages: positives, predictions, figures in per cent, interval of F1."""

    label: str
    article: bool
    positives: int
    predicted: int
    scores: PRF
    interval: Interval


@dataclass(frozen=True, slots=True)
class Tally:
    """All counts of a set of pairs, made once and cut into groups: [N, ...] each."""

    pairs: Pairs
    labels: Counts
    any_label: Counts
    hierarchical: Counts
    mental: MentalCounts


def tally(pairs: Pairs) -> Tally:
    """Count everything."""
    return Tally(pairs, label_counts(pairs), any_label_counts(pairs), hierarchical(pairs), mental_counts(pairs))


def group(name: str, counted: Tally, rows: Ints) -> Group:
    """Figures of the passages `rows` (indices into the pairs)."""
    pairs = counted.pairs
    documents = pairs.documents[rows]
    drawn = bootstrap.weights(len(np.unique(documents)))
    article = pairs.article
    columns = np.ix_(rows, np.flatnonzero(article))
    score, gold, masked = pairs.score[columns], pairs.gold[columns], pairs.masked[columns]
    labels = counted.labels[rows]
    return Group(
        name=name,
        passages=len(rows),
        documents=len(drawn[0]),
        article=_level(labels[:, article], documents, drawn),
        fine=_level(labels[:, ~article], documents, drawn),
        hierarchical=prf(counted.hierarchical[rows].sum(axis=0)),
        any_label=prf(counted.any_label[rows].sum(axis=0)),
        subset_accuracy=ranking.subset_accuracy(gold, pairs.predicted[columns]),
        hamming_loss=ranking.hamming_loss(gold, pairs.predicted[columns], masked),
        ece=calibration.expected_calibration_error(calibration.reliability(score[~masked], gold[~masked])),
        brier=calibration.brier(score[~masked], gold[~masked]),
        mental=_mental(counted.mental.take(rows), documents, drawn),
    )


def _level(counts: Counts, documents: Ints, drawn: Floats) -> Level:
    total = counts.sum(axis=0)
    mean, labels = macro(total)
    return Level(
        micro=micro(total),
        macro=mean,
        weighted=weighted(total),
        positives=int(total[:, 0].sum() + total[:, 2].sum()),
        macro_labels=labels,
        micro_interval=bootstrap.interval(counts, documents, bootstrap.micro_f1, drawn),
        macro_interval=bootstrap.interval(counts, documents, bootstrap.macro_f1(frequent(total)), drawn),
    )


def _mental(counts: MentalCounts, documents: Ints, drawn: Floats) -> Mental:
    half = counts.half.sum(axis=0)
    return Mental(
        gold_spans=int(half[:, 0].sum() + half[:, 2].sum()),
        standards=micro(counts.standards.sum(axis=0)),
        standards_interval=bootstrap.interval(counts.standards, documents, bootstrap.micro_f1, drawn),
        half=micro(half),
        half_interval=bootstrap.interval(counts.half, documents, bootstrap.micro_f1, drawn),
        exact=micro(counts.exact.sum(axis=0)),
        tokens=micro(counts.tokens.sum(axis=0)),
        role_accuracy=counts.role_accuracy(),
        per_standard={s: figure for s, figure in standard_f1(counts.standards).items() if figure[1]},
    )


def per_label(counted: Tally) -> list[LabelFigures]:
    """Figures of every label with a positive or a prediction, articles first, then by falling number of positives."""
    pairs = counted.pairs
    drawn = bootstrap.weights(pairs.document_count)
    table = bootstrap.by_document(counted.labels, pairs.documents)
    samples = f1(bootstrap.resample(table, drawn))
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    figures = []
    for i, counts in enumerate(counted.labels.sum(axis=0)):
        if counts.sum():
            scores = prf(counts)
            figures.append(
                LabelFigures(
                    label=pairs.labels[i],
                    article=bool(pairs.article[i]),
                    positives=int(counts[0] + counts[2]),
                    predicted=int(counts[0] + counts[1]),
                    scores=scores,
                    interval=Interval(scores.f1, float(low[i]), float(high[i])),
                )
            )
    return sorted(figures, key=lambda x: (not x.article, -x.positives, x.label))
