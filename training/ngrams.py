"""Fits the linear expert that `palermo.models.ngrams` reads; `training.pipeline` calls it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.models.ngrams import ANALYSERS, GROUPS, LinearExpert, NgramTable, group_of, joined, keys_of
from palermo.models.windows import context_of
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
from sklearn.svm import LinearSVC  # type: ignore[import-untyped]

MIN_PASSAGES = {"english": 2, "other": 3}  # that a feature must occur in
KEPT = 20_000  # weights a label and group; fewer cost the languages other than English (EXPERIMENTS.md)
C = 2.0
NEVER = -3.0  # margin of a label without a passage in its group
EVERY = 20  # labels between notes of progress

Progress = Callable[[dict[str, Any]], None]


def fit_expert(passages: Sequence[LabelledPassage], labels: Sequence[str], progress: Progress) -> LinearExpert:
    """A table for English and one for the other languages, each fitted on its own passages.

    A group without passages has its table fitted on all of them: its margins are no worse than none.

    Raises:
        DataError: too few passages to find a feature in.
    """
    tables = {}
    for group in GROUPS:
        own = [passage for passage in passages if group_of(passage.language) == group]
        tables[group] = _fit_table(own or passages, group, labels, progress)
    return LinearExpert(tables)


def _fit_table(
    passages: Sequence[LabelledPassage], group: str, labels: Sequence[str], progress: Progress
) -> NgramTable:
    """One linear SVM a label (squared hinge, classes balanced) on sublinear TF-IDF of the group's n-grams.

    A label in `maybe` leaves the passage out of that label's fit.
    """
    vectorizer = TfidfVectorizer(
        analyzer=ANALYSERS[group],
        min_df=min(MIN_PASSAGES[group], len(passages)),
        sublinear_tf=True,
        dtype=np.float32,
    )
    texts = [joined(p.text, context_of(p.kind, p.title, p.heading)) for p in passages]
    try:
        design = vectorizer.fit_transform(texts)
    except ValueError as error:
        raise DataError("too few passages for the linear expert", hint="give more labelled passages") from error
    weights = np.zeros((len(labels), design.shape[1]), dtype=np.float32)
    intercept = np.full(len(labels), NEVER, dtype=np.float32)
    for column, label in enumerate(labels):
        free = np.array([label not in passage.maybe or label in passage.labels for passage in passages])
        target = np.array([label in passage.labels for passage in passages])[free]
        if target.any() and not target.all():
            machine = LinearSVC(C=C, class_weight="balanced", tol=1e-3, max_iter=5000, random_state=0)
            machine.fit(design[free], target)
            weights[column], intercept[column] = _pruned(machine.coef_[0]), machine.intercept_[0]
        if column % EVERY == 0 or column + 1 == len(labels):
            progress({"phase": "linear expert", "group": group, "labels": column + 1, "of": len(labels)})
    ngrams = vectorizer.get_feature_names_out()
    return _table(keys_of(ngrams.tolist()), vectorizer.idf_.astype(np.float32), weights, intercept)


def cached_expert(path: Path, make: Callable[[], LinearExpert]) -> None:
    """Make and save the expert unless an earlier run did."""
    if not path.is_file():
        part = path.with_suffix(".part")
        make().save(part)
        part.replace(path)


def _pruned(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The KEPT heaviest weights, the others zero."""
    if len(weights) <= KEPT:
        return weights
    least = np.partition(np.abs(weights), -KEPT)[-KEPT]
    return np.where(np.abs(weights) >= least, weights, 0.0)


def _table(
    keys: npt.NDArray[np.uint64],
    idf: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    intercept: npt.NDArray[np.float32],
) -> NgramTable:
    """Eight-bit entries, one scale a label; features without an entry stay, for the length of a row counts them."""
    order = np.argsort(keys)
    scale = np.maximum(np.abs(weights).max(axis=1), 1e-8) / 127
    values = np.rint(weights / scale[:, None]).astype(np.int8)[:, order]
    feature, label = np.nonzero(values.T)
    return NgramTable(
        keys=keys[order],
        idf=idf[order],
        first=np.searchsorted(feature, np.arange(len(keys) + 1)).astype(np.int64),
        label=label.astype(np.uint8),
        value=values.T[feature, label],
        scale=scale.astype(np.float32),
        intercept=intercept,
    )
