"""What ranks the spans of mental elements, fitted on passages that the head did not learn from; `mental` calls it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage
from palermo.evaluation.fitting import SPAN_THRESHOLD
from palermo.evaluation.thresholds import splits
from palermo.models.mental import decode, of_text, spans_of
from palermo.models.pooling import TokenScores
from palermo.models.spans import FEATURES, SpanRanker

Said = tuple[TokenScores, LabelledPassage]
"""A labelled passage and what the head says of it."""

INVERSE_REGULARISATION = 0.1
LEAST = 20
"""Candidates that match and that don't; what is fitted on fewer is noise."""


def fit_ranker(passages: Iterable[Said]) -> SpanRanker:
    """A logistic regression over the candidates of passages that speak of laundering: which match a span of the gold.

    A passage with many candidates counts by the root of their number. Weights are those of features in their own units.
    """
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    features, matches, weights = [], [], []
    for tokens, passage in passages:
        read = of_text(tokens)
        for index, standard in enumerate(STANDARDS):
            spans = spans_of(passage.text, *read, index)
            count = len(spans.starts)
            if not count:
                continue
            match = np.zeros(count, np.bool_)
            for gold in passage.mens_rea:
                if gold.standard == standard:
                    common = np.minimum(spans.ends, gold.end) - np.maximum(spans.starts, gold.start)
                    match |= 2 * common >= np.maximum(spans.ends - spans.starts, gold.end - gold.start)
            features.append(spans.candidates.features)
            matches.append(match)
            weights.append(np.full(count, count**-0.5))
    truth = np.concatenate(matches) if matches else np.zeros(0, np.bool_)
    if min(truth.sum(), (~truth).sum()) < LEAST:
        return SpanRanker()
    rows = np.concatenate(features)
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000)
    model.fit((rows - mean) / scale, truth, sample_weight=np.concatenate(weights))
    plain = model.coef_[0] / scale
    intercept = float(model.intercept_[0] - plain @ mean)
    return SpanRanker(dict(zip(FEATURES, plain.tolist(), strict=True)), round(intercept, 5))


def crossfit_spans(passages: Sequence[Said]) -> list[dict[str, Any]]:
    """Lines of a predictions file with the spans of each passage, ranked by what was fitted on other documents."""
    least = dict.fromkeys(STANDARDS, SPAN_THRESHOLD)
    lines: list[dict[str, Any]] = [{"id": passage.id, "labels": [], "mens_rea": []} for _, passage in passages]
    for inside, outside in splits([passage.doc_id for _, passage in passages]):
        ranker = fit_ranker(passages[row] for row in inside)
        for row in outside:
            tokens, passage = passages[row]
            lines[row]["mens_rea"] = [e.to_json() for e in decode(tokens, passage.text, least, ranker)]
    return lines
