"""Gold passages joined with predictions as arrays: what every metric of this package reads.

Axis 0 is the passage (N), axis 1 the label (L). A label in `maybe` but not in `labels` is masked: it counts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.corpora.labelled.predictions import Prediction

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GROUPS = ("en-judgment", "en-statute", "other-judgment", "other-statute")
"""The four groups of kind and language that every report has."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Gold and predictions, aligned.

    Attributes:
        passages, predictions: N of each, same order; a passage without a prediction has an empty one.
        labels: L ids: the taxonomy's, and any other that gold names or that is predicted at article level.
        article: [L] whether the label is an article; the others are finer labels.
        gold, masked, predicted: [N, L]; score: [N, L], 0 where the prediction doesn't list the label.
        listed: [N, L] whether the prediction lists the label at all.
        any_predicted: [N] whether anything is predicted, labels outside the taxonomy included.
        documents: [N] document index, 0 to D - 1.
    """

    passages: tuple[LabelledPassage, ...]
    predictions: tuple[Prediction, ...]
    labels: tuple[str, ...]
    article: Bools
    gold: Bools
    masked: Bools
    predicted: Bools
    score: Floats
    listed: Bools
    any_predicted: Bools
    documents: Ints

    def __len__(self) -> int:
        return len(self.passages)

    @property
    def document_count(self) -> int:
        """Number of distinct documents, D."""
        return int(self.documents.max()) + 1 if len(self.documents) else 0


def is_article(label: str) -> bool:
    """Whether the id names an article ("UNTOC.6"), not something below one."""
    return label.count(".") == 1


def join(gold: Sequence[LabelledPassage], predictions: Sequence[Prediction]) -> Pairs:
    """Align predictions with gold by id; predictions for other ids are ignored."""
    by_id = {prediction.id: prediction for prediction in predictions}
    aligned = tuple(by_id.get(passage.id, Prediction(passage.id)) for passage in gold)
    labels = _labels(gold, aligned)
    index = {label: i for i, label in enumerate(labels)}
    shape = (len(gold), len(labels))
    arrays = {name: np.zeros(shape, dtype=np.bool_) for name in ("gold", "maybe", "predicted", "listed")}
    score = np.zeros(shape)
    for row, (passage, prediction) in enumerate(zip(gold, aligned, strict=True)):
        for label in passage.labels:
            arrays["gold"][row, index[label]] = True
        for label in passage.maybe:
            if label in index:
                arrays["maybe"][row, index[label]] = True
        for entry in prediction.labels:
            if (column := index.get(entry.provision)) is not None:
                arrays["predicted"][row, column] = entry.predicted
                arrays["listed"][row, column] = True
                score[row, column] = entry.score
    return Pairs(
        passages=tuple(gold),
        predictions=aligned,
        labels=labels,
        article=np.array([is_article(label) for label in labels], dtype=np.bool_),
        gold=arrays["gold"],
        masked=arrays["maybe"] & ~arrays["gold"],
        predicted=arrays["predicted"],
        score=score,
        listed=arrays["listed"],
        any_predicted=np.array([any(x.predicted for x in p.labels) for p in aligned], dtype=np.bool_),
        documents=group_index([passage.doc_id for passage in gold]),
    )


def _labels(gold: Sequence[LabelledPassage], predictions: Sequence[Prediction]) -> tuple[str, ...]:
    # As the reference scorer: derived ancestors such as UNTOC.6.1 are not scored, articles always are.
    from palermo.corpora.convention import tree

    known = list(tree().labels)
    seen = {label for passage in gold for label in passage.labels}
    seen |= {x.provision for p in predictions for x in p.labels if is_article(x.provision)}
    return (*known, *sorted(seen - set(known)))


def group_index(names: Sequence[str]) -> Ints:
    """[N] index of each name among the distinct names, in order of first appearance."""
    index: dict[str, int] = {}
    return np.array([index.setdefault(name, len(index)) for name in names], dtype=np.int64)
