"""What the decisions are worth: wrong tags among `assigned`, right ones that `assigned` and `review` hold; risk curves.

A tag is a pair of a passage and a label. Called by the report. A label in `maybe` counts neither way, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from palermo.corpora.convention import article_of
from palermo.evaluation import bootstrap
from palermo.evaluation.bootstrap import Interval
from palermo.evaluation.counts import Counts, count
from palermo.evaluation.pairs import Bools, Floats, Ints, Pairs
from palermo.evaluation.risk import RISK
from palermo.evaluation.wilson import wilson_interval

LEAST = 20
"""Right tags that a label needs for a curve of its own."""
POINTS = 50


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions on the tags of some labels in some passages; tags in `maybe` are in none of the numbers.

    Shares are per cent; None where there is nothing to take a share of. Intervals are None by label.

    Attributes:
        right: gold tags, listed by the tagger or not.
        assigned, review: tags of that decision.
        wrong: share of the tags `assigned` that gold has not.
        recall, recall_with_review: share of the right tags that are `assigned`; that are `assigned` or `review`.
        looked: tags of `review` for each right one among them.
    """

    right: int
    assigned: int
    wrong: float | None
    recall: float | None
    review: int
    recall_with_review: float | None
    looked: float | None
    wrong_interval: Interval | None = None
    recall_interval: Interval | None = None
    recall_with_review_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """The same figures for the article labels, for the finer ones, and for both together."""

    article: Decided
    fine: Decided
    both: Decided


@dataclass(frozen=True, slots=True)
class Decisions:
    """All figures of the decisions in a predictions file.

    Attributes:
        undecided: tags that the file lists without a decision; they count as `none`.
        groups, kinds, languages, jurisdictions: by the report's groups of passages.
        labels: of every label that gold has or the tagger lists, over all passages.
    """

    undecided: int
    groups: dict[str, Levels]
    kinds: dict[str, Levels]
    languages: dict[str, Levels]
    jurisdictions: dict[str, Levels]
    labels: dict[str, Decided]


@dataclass(frozen=True, slots=True)
class TagPoint:
    """With the tags from `score` on taken: their shares of listed and of right tags, and the share wrong, 0 to 1."""

    coverage: float
    recall: float
    risk: float
    score: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Coverage against risk over tags (El-Yaniv and Wiener 2010), by falling score.

    Attributes:
        listed: tags that the tagger gives a score, whatever it is.
        right: gold tags, listed or not.
        points: at most 51, evenly spaced, `reached` among them; tags of one score are taken together.
        reached: the highest recall at a risk of at most RISK; None where every score has a higher risk.
        labels: those that this is the curve of.
    """

    listed: int
    right: int
    points: list[TagPoint]
    reached: TagPoint | None
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves of "all", "articles" and "finer", and by name those of labels and pools; `of` names each label's curve.

    A label with fewer than LEAST right tags has the curve of its article with all below it ("UNTOC.6 and below"), where
    that has too few that of its instrument ("UNTOC"), and where that has too few "all".
    """

    levels: dict[str, Curve]
    labels: dict[str, Curve]
    of: dict[str, str]

    def curve(self, label: str) -> tuple[str, Curve] | None:
        """Name and curve that a label is read from; None where no one lists the label and gold has it nowhere."""
        name = self.of.get(label)
        return None if name is None else (name, (self.levels | self.labels)[name])


Grouped = Mapping[str, Ints]
"""Rows of the passages of each group, by its name."""


def decisions(
    pairs: Pairs, groups: Grouped, kinds: Grouped, languages: Grouped, jurisdictions: Grouped
) -> Decisions | None:
    """Figures of the decisions, None where no scored tag has one; a passage without a prediction is decided `none`."""
    assigned, open_, undecided = _read(pairs)
    if undecided == int(pairs.listed.sum()):
        return None
    cells = [count(pairs.gold, made, pairs.masked) for made in (assigned, open_)]
    table = np.stack(cells, axis=2)
    totals = table.sum(axis=0)

    def each(grouped: Grouped) -> dict[str, Levels]:
        return {name: _levels(table[rows], pairs.article, pairs.documents[rows]) for name, rows in grouped.items()}

    return Decisions(
        undecided=undecided,
        groups=each(groups),
        kinds=each(kinds),
        languages=each(languages),
        jurisdictions=each(jurisdictions),
        labels={pairs.labels[column]: _decided(totals[column]) for column in _seen(pairs)},
    )


def _seen(pairs: Pairs) -> Ints:
    """Columns of the labels that gold has or the tagger lists, tags in `maybe` left aside."""
    return np.flatnonzero((pairs.gold | (pairs.listed & ~pairs.masked)).any(axis=0))


def _read(pairs: Pairs) -> tuple[Bools, Bools, int]:
    """[N, L] which tags are `assigned`, which `assigned` or `review`; how many listed ones have no decision."""
    index = {label: column for column, label in enumerate(pairs.labels)}
    assigned, open_ = np.zeros_like(pairs.gold), np.zeros_like(pairs.gold)
    undecided = 0
    for row, prediction in enumerate(pairs.predictions):
        for entry in prediction.labels:
            column = index.get(entry.provision)
            if column is not None:
                assigned[row, column] = entry.decision == "assigned"
                open_[row, column] = entry.decision in ("assigned", "review")
                undecided += entry.decision is None
    return assigned, open_, undecided


def _levels(table: Counts, article: Bools, documents: Ints) -> Levels:
    """From [N, L, 2, 3] counts (of `assigned`, of `assigned` or `review`) of passages of these documents."""
    sets = (article, ~article, np.ones_like(article))
    counts = np.stack([table[:, columns].sum(axis=1) for columns in sets], axis=1)
    by_document = bootstrap.by_document(counts.reshape(len(counts), -1, 3), documents)
    samples = bootstrap.resample(by_document, bootstrap.weights(len(by_document))).reshape(-1, *counts.shape[1:])
    return Levels(*(_decided(total, samples[:, i]) for i, total in enumerate(counts.sum(axis=0))))


def _decided(total: Counts, samples: Counts | None = None) -> Decided:
    """Figures of [2, 3] counts, with intervals where the [R, 2, 3] counts of resamples are given."""
    (hits, wrong, missed), (found, others, _) = total
    review, confirmed = found + others - hits - wrong, found - hits
    shares = _shares(total)
    intervals: list[Interval | None] = [None, None, None]
    if samples is not None:
        intervals = [_interval(*share, *drawn) for share, drawn in zip(shares, _shares(samples), strict=True)]
    figures = [100 * float(part / whole) if whole else None for part, whole in shares]
    return Decided(
        right=int(hits + missed),
        assigned=int(hits + wrong),
        wrong=figures[0],
        recall=figures[1],
        review=int(review),
        recall_with_review=figures[2],
        looked=float(review / confirmed) if confirmed else None,
        wrong_interval=intervals[0],
        recall_interval=intervals[1],
        recall_with_review_interval=intervals[2],
    )


def _shares(counts: Counts) -> list[tuple[Floats, Floats]]:
    """(part, whole) of wrong among `assigned`, and of right ones held by it, by it and `review`: [..., 2, 3] counts."""
    hits, wrong, right = counts[..., 0, 0], counts[..., 0, 1], counts[..., 0, 0] + counts[..., 0, 2]
    return [(wrong, hits + wrong), (hits, right), (counts[..., 1, 0], right)]


def _interval(part: Floats, whole: Floats, parts: Floats, wholes: Floats) -> Interval | None:
    """95 % interval of part / whole in per cent from [R] resamples; those in which the whole is empty are left out.

    Where none or all are counted no resample differs: Wilson's interval over tags then stands in.
    """
    if not whole:
        return None
    if part in (0, whole):
        low, high = wilson_interval(int(part), int(whole))
    else:
        drawn = wholes > 0
        low, high = np.percentile(parts[drawn] / wholes[drawn], [2.5, 97.5])
    return Interval(100 * float(part / whole), 100 * float(low), 100 * float(high))


def curves(pairs: Pairs) -> Curves:
    """Curves of the scores: of all labels, of each level, of each label with enough right tags, and of the pools."""
    right = pairs.gold.sum(axis=0)
    pools = {name: np.array([_within(label, name) for label in pairs.labels]) for name in _names(pairs.labels)}
    of: dict[str, str] = {}
    for column in _seen(pairs):
        label = pairs.labels[column]
        steps = (label, _below(label), _instrument(label))
        of[label] = next((name for name in steps if right[pools[name]].sum() >= LEAST), "all")
    levels = {"all": np.ones_like(pairs.article), "articles": pairs.article, "finer": ~pairs.article}
    used = [name for name in pools if name in set(of.values())]
    return Curves(
        levels={name: _curve(pairs, columns, name, of) for name, columns in levels.items()},
        labels={name: _curve(pairs, pools[name], name, of) for name in used},
        of=of,
    )


def _below(label: str) -> str:
    return f"{article_of(label)} and below"


def _instrument(label: str) -> str:
    return label.split(".", maxsplit=1)[0]


def _names(labels: tuple[str, ...]) -> list[str]:
    """Names of all curves there may be: labels, then articles with all below them, then instruments."""
    return list(dict.fromkeys([*labels, *map(_below, labels), *map(_instrument, labels)]))


def _within(label: str, name: str) -> bool:
    return name in (label, _below(label), _instrument(label))


def _curve(pairs: Pairs, columns: Bools, name: str, of: Mapping[str, str]) -> Curve:
    taken = pairs.listed[:, columns] & ~pairs.masked[:, columns]
    truth = pairs.gold[:, columns]
    points, reached = risk_points(pairs.score[:, columns][taken], truth[taken], int(truth.sum()))
    return Curve(
        listed=int(taken.sum()),
        right=int(truth.sum()),
        points=points,
        reached=reached,
        labels=tuple(label for label, its in of.items() if its == name),
    )


def risk_points(score: Floats, gold: Bools, right: int) -> tuple[list[TagPoint], TagPoint | None]:
    """Points of [T] listed tags, `right` being the right tags listed or not, and the last with a risk of at most RISK.

    Of all distinct scores, the first at or beyond each of POINTS even steps of coverage, and that last one.
    """
    if not len(score):
        return [], None
    order = np.argsort(-score, kind="stable")
    values = score[order]
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    hits, taken = np.cumsum(gold[order])[ends], ends + 1
    risk = (taken - hits) / taken
    chosen = set(np.searchsorted(taken, np.arange(1, POINTS + 1) * len(score) / POINTS - 1e-6).tolist())
    safe = np.flatnonzero(risk <= RISK)[-1:].tolist()
    points = {
        i: TagPoint(
            float(taken[i] / len(score)), float(hits[i] / max(1, right)), float(risk[i]), float(values[ends[i]])
        )
        for i in sorted(chosen.union(safe))
    }
    return list(points.values()), points[safe[0]] if safe else None
