"""Made-up gold and predictions that look like the corpus: several passages a document, doubt, spans, missing lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from palermo.corpora.convention import article_of, tree
from palermo.corpora.labelled.passages import ROLES, STANDARDS, LabelledPassage, MentalSpan
from palermo.corpora.labelled.predictions import LabelScore, Prediction, SpanScore

Gold = list[LabelledPassage]
Made = list[Prediction]


def make_gold(count: int, seed: int = 0) -> Gold:
    """Passages of made-up words; a dozen labels, so that some pass the bar of macro-F1 and some don't."""
    rng = random.Random(seed)
    labels = [*tree().articles[:9], *tree().finer[:6]]
    passages = []
    for i in range(count):
        text = " ".join(rng.choice(["knew", "bank", "account", "gold", "court"]) for _ in range(30))
        chosen = {rng.choice(labels) for _ in range(rng.choice([0, 0, 1, 2]))}
        chosen |= {article_of(label) for label in chosen}
        doubted = {rng.choice(labels) for _ in range(rng.choice([0, 0, 1]))}
        spans = []
        for _ in range(rng.choice([0, 0, 0, 1, 2])):
            start = rng.randrange(0, 60)
            spans.append(
                MentalSpan(rng.choice(STANDARDS[:4]), start, start + rng.randrange(4, 40), rng.choice([*ROLES, None]))
            )
        passages.append(
            LabelledPassage(
                id=f"p{i}",
                kind=rng.choice(["judgment", "statute"]),
                language=rng.choice(["en", "en", "fr", "zh"]),
                text=text,
                doc_id=f"d{i // 3}",
                jurisdiction=rng.choice(["XX", "YY", None]),
                labels=tuple(sorted(chosen)),
                maybe=tuple(sorted(doubted - chosen)),
                mens_rea=tuple(spans),
            )
        )
    return passages


def perturb(gold: Sequence[LabelledPassage], seed: int = 0) -> Made:
    """Predictions that keep some labels and spans of gold, drop some, add some; some passages have none at all."""
    rng = random.Random(seed)
    known = [*tree().labels, "UNTOC.30", "UNTOC.6.1"]
    predictions = []
    for passage in gold:
        if rng.random() < 0.05:
            continue
        scores = {label: rng.uniform(0.2, 1) for label in passage.labels if rng.random() < 0.8}
        for _ in range(rng.randint(0, 4)):
            scores.setdefault(rng.choice(known), rng.random())
        for label in passage.maybe:
            if rng.random() < 0.5:
                scores[label] = rng.random()
        labels = tuple(LabelScore(label, score, score >= rng.choice([0.3, 0.5])) for label, score in scores.items())
        spans = []
        for span in passage.mens_rea:
            if rng.random() < 0.7:
                start = max(0, span.start + rng.randint(-6, 6))
                end = max(start + 1, span.end + rng.randint(-6, 6))
                role = rng.choice([span.role, "applied"])
                spans.append(SpanScore(rng.choice([span.standard, "purpose"]), start, end, role, rng.random()))
        predictions.append(Prediction(passage.id, labels, tuple(spans)))
    return predictions


@pytest.fixture
def gold() -> Gold:
    """240 passages of 80 documents."""
    return make_gold(240)


@pytest.fixture
def predictions(gold: Gold) -> Made:
    """Predictions for most of them."""
    return perturb(gold)


@pytest.fixture
def perturbed() -> Callable[..., Made]:
    """`perturb`, for gold that a test makes or reads itself."""
    return perturb
