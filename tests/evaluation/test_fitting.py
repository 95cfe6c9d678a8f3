"""Fitting: calibrated, within risk, honest out of fold, and the same lines as the tagger writes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from palermo.corpora.convention import tree
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage, MentalSpan, read_passages
from palermo.evaluation.calibration import brier, fit_platt
from palermo.evaluation.fitting import (
    REVIEW_RECALL,
    RISK,
    SHARES,
    Outputs,
    crossfit_lines,
    decision_thresholds,
    fit,
    fit_gate,
    fit_mixture,
    lines_of,
    outputs_of,
)
from palermo.evaluation.hinting import hints_in
from palermo.models.mental import OUTPUTS as MENTAL_OUTPUTS
from palermo.models.pooling import TokenScores, token_scores
from palermo.models.spans import SpanRanker

LABELS = tuple(tree().labels)
BIAS = np.zeros(len(LABELS))
TEXT = "he knew that it was so"
PLACES = [(0, 2), (2, 7), (7, 12), (12, 15), (15, 19), (19, 22)]


def tokens(inside: float) -> TokenScores:
    """Tokens of TEXT that say "knew that" is knowledge with this logit."""
    mental = np.full((len(PLACES), MENTAL_OUTPUTS), -6.0, np.float32)
    knowledge, count = STANDARDS.index("knowledge"), len(STANDARDS)
    mental[1:3, knowledge] = inside
    mental[1, count + knowledge] = mental[2, 2 * count + knowledge] = 0.0  # begins and ends there
    return token_scores(np.zeros((len(PLACES), 0), np.float32), mental, np.array(PLACES, np.int64))


def made(count: int = 240, seed: int = 0, noise: float = 1.5) -> Outputs:
    """Passages of three a document; logits that tell their labels, with noise."""
    rng = np.random.default_rng(seed)
    passages, scores = [], []
    for number in range(count):
        labels: tuple[str, ...] = ()
        if number % 2:
            label = LABELS[int(rng.integers(0, len(LABELS)))]
            labels = tuple({label, ".".join(label.split(".")[:2])})
        laundering = number % 8 == 1
        labels = tuple({*labels, "UNTOC.6"}) if laundering else labels
        spans = (MentalSpan("knowledge", 3, 12, "applied"),) if laundering else ()
        maybe = ("UNTOC.5",) if number % 5 == 0 and "UNTOC.5" not in labels else ()
        passages.append(
            LabelledPassage(
                f"p{number}", "judgment", "en", TEXT, f"d{number // 3}", labels=labels, maybe=maybe, mens_rea=spans
            )
        )
        scores.append(tokens(0.2 if laundering else -6.0))
    nothing = np.zeros((count, 0))
    draft = Outputs(LABELS, np.zeros((count, len(LABELS))), scores, passages, nothing, hints_in(passages, LABELS))
    return replace(draft, logits=np.where(draft.gold, 2.0, -3.0) + rng.normal(0, noise, draft.gold.shape))


@pytest.fixture(scope="module")
def outputs() -> Outputs:
    return made()


def test_a_calibration_can_be_written_as_strict_json_even_where_a_level_has_no_positives(outputs: Outputs) -> None:
    coarse = replace(
        outputs,
        passages=[
            replace(p, labels=tuple(label for label in p.labels if label.count(".") == 1)) for p in outputs.passages
        ],
    )
    for part in (outputs, coarse):
        calibration = fit(part, BIAS, SpanRanker())
        json.dumps(calibration.to_json(), allow_nan=False)
        assert ((calibration.threshold >= 0) & (calibration.threshold <= 1)).all()


def test_verdicts_agree_with_each_other(outputs: Outputs) -> None:
    calibration = fit(outputs, BIAS, SpanRanker())
    scores = calibration.scores(outputs.logits)
    predicted = calibration.predicted(scores)
    for row in range(len(scores)):
        for label, decision in enumerate(calibration.decisions(scores[row])):
            assert predicted[row, label] or decision != "assigned"
            assert decision != "none" or not predicted[row, label]


def test_scores_are_close_to_frequencies(outputs: Outputs) -> None:
    calibration = fit(outputs, BIAS, SpanRanker())
    fresh = made(seed=9)
    scores, gold = calibration.scores(fresh.logits), fresh.gold
    sure = scores > 0.8
    assert gold[sure].mean() > 0.7
    assert gold[scores < 0.05].mean() < 0.02


def test_a_second_opinion_makes_better_scores_that_are_close_to_frequencies() -> None:
    alone, fresh = made(noise=2.5), made(seed=9, noise=2.5)

    def with_margins(part: Outputs, seed: int) -> Outputs:
        noise = np.random.default_rng(seed).normal(0, 0.5, part.gold.shape)
        return replace(part, margins=np.where(part.gold, 0.6, -0.6) + noise)

    both, unseen = with_margins(alone, 5), with_margins(fresh, 6)
    one, two = fit(alone, BIAS, SpanRanker()), fit(both, BIAS, SpanRanker())
    assert one.mixture is None
    assert two.mixture is not None
    assert two.mixture.share in SHARES
    before, after = one.scores(unseen.logits), two.scores(unseen.logits, unseen.margins)
    errors = [brier(scores, unseen.gold) or 0.0 for scores in (before, after)]
    assert 0 < errors[1] < 0.8 * errors[0]
    assert abs(after.mean() - unseen.gold.mean()) < 0.03
    assert all(line["labels"] for line in crossfit_lines(both, BIAS, SpanRanker())[:5])


@pytest.mark.parametrize(("strength", "least", "most"), [(1.0, 0.35, 0.6), (0.2, 0.0, 0.2)])
def test_an_expert_is_heard_by_what_it_knows(strength: float, least: float, most: float) -> None:
    """One as good as the network about half, one that knows little hardly."""
    rng = np.random.default_rng(8)
    gold = rng.random((4000, 3)) < 0.1
    evidence = 2.5
    said, margins = (
        power * (evidence * np.where(gold, 1, -1) + rng.normal(0, 1.5, gold.shape))
        + (1 - power) * rng.normal(0, 3, gold.shape)
        for power in (1.0, strength)
    )
    open_to_all = np.zeros_like(gold)
    network = fit_platt(said, gold, open_to_all)(said)
    assert least <= fit_mixture(network, margins, gold, open_to_all).share <= most


def test_assigned_keeps_to_its_risk_and_review_to_its_recall() -> None:
    rng = np.random.default_rng(2)
    gold = rng.random((500, 4)) < 0.3
    scores = np.clip(np.where(gold, 0.7, 0.3) + rng.normal(0, 0.2, gold.shape), 0, 1)
    assign, review = decision_thresholds(scores, gold, np.zeros_like(gold))
    assert (~gold)[scores >= assign].mean() <= RISK
    assert (scores[gold] >= review).mean() >= REVIEW_RECALL - 1e-9
    assert review <= assign


def test_doubtful_pairs_change_no_threshold() -> None:
    rng = np.random.default_rng(3)
    gold, mask = rng.random((200, 4)) < 0.3, rng.random((200, 4)) < 0.2
    scores = rng.random((200, 4))
    assert decision_thresholds(scores, gold, mask) == decision_thresholds(scores, gold ^ mask, mask)


def test_nothing_certain_assigns_nothing() -> None:
    nothing = np.zeros((3, 2), np.bool_)
    assert decision_thresholds(np.full((3, 2), 0.4), nothing, nothing) == (1.0, 0.5)


def test_what_a_passage_gets_was_fitted_on_other_documents_only(outputs: Outputs) -> None:
    lines = crossfit_lines(outputs, BIAS, SpanRanker())
    assert [line["id"] for line in lines] == [passage.id for passage in outputs.passages]
    lied = list(outputs.passages)
    for row in range(3):  # the document d0
        lied[row] = replace(lied[row], labels=("UNTOC.7", "TIP.5"), maybe=(), mens_rea=())
    again = crossfit_lines(replace(outputs, passages=lied), BIAS, SpanRanker())
    assert again[:3] == lines[:3]
    assert again != lines


def test_mental_elements_get_the_threshold_that_finds_them(outputs: Outputs) -> None:
    scores = np.where(outputs.gold, 0.9, 0.1)
    gate = fit_gate(outputs, scores, SpanRanker())
    assert gate > 0.1  # below, every passage would count as laundering
    calibration = replace(fit(outputs, BIAS, SpanRanker()), gate=0.0)
    line = lines_of(outputs[np.array([1])], calibration)[0]
    assert [TEXT[m["start"] : m["end"]] for m in line["mens_rea"]] == ["knew that"]


def test_rows_of_outputs_are_a_part_of_them(outputs: Outputs) -> None:
    part = outputs[np.array([5, 2])]
    assert [passage.id for passage in part.passages] == ["p5", "p2"]
    np.testing.assert_array_equal(part.logits, outputs.logits[[5, 2]])
    np.testing.assert_array_equal(part.gold, outputs.gold[[5, 2]])


def test_a_label_that_is_sure_and_doubtful_counts_as_sure() -> None:
    passage = LabelledPassage("p", "judgment", "en", "x", "d", labels=("UNTOC.6",), maybe=("UNTOC.6", "UNTOC.5"))
    none = np.full((1, len(LABELS)), np.nan)
    outputs = Outputs(LABELS, np.zeros((1, len(LABELS))), [tokens(0)], [passage], np.zeros((1, 0)), none)
    assert [LABELS[i] for i in np.flatnonzero(outputs.gold[0])] == ["UNTOC.6"]
    assert [LABELS[i] for i in np.flatnonzero(outputs.mask[0])] == ["UNTOC.5"]


def test_lines_from_outputs_are_the_lines_that_the_tagger_writes(tiny_run: Any) -> None:
    from palermo.models.calibration import read
    from palermo.models.tagger import Tagger

    tagger = Tagger.load(tiny_run.folder, "onnxruntime", 1)
    passages = read_passages(tiny_run.job.dev)[:12]
    records = [{"id": p.id, "kind": p.kind, "title": p.title, "heading": p.heading, "text": p.text} for p in passages]
    outputs = outputs_of(tagger.labels, tagger.bias, tagger.token_scores(records), passages)
    assert lines_of(outputs, read(tiny_run.folder, tagger.labels)) == list(tagger.predict(records))
