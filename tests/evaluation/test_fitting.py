"""Fitting: calibrated, within risk, honest out of fold, and the same lines as the tagger writes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from palermo.corpora.convention import tree
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.passages import STANDARDS, LabelledPassage, MentalSpan, read_passages
from palermo.evaluation import fitting
from palermo.evaluation.calibration import brier, fit_platt
from palermo.evaluation.fitting import (
    MARGIN,
    SHARES,
    Outputs,
    crossfit_lines,
    fit,
    fit_gate,
    fit_mixture,
    fit_thresholds,
    lines_of,
    outputs_of,
)
from palermo.evaluation.hinting import hints_in
from palermo.models.context import FEATURES as CONTEXT
from palermo.models.context import ContextWeights
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


def test_what_a_passage_gets_was_fitted_on_other_documents_only(outputs: Outputs) -> None:
    lines = crossfit_lines(outputs, BIAS, SpanRanker())
    assert [line["id"] for line in lines] == [passage.id for passage in outputs.passages]
    lied = list(outputs.passages)
    for row in range(3):  # the document d0
        lied[row] = replace(lied[row], labels=("UNTOC.7", "TIP.5"), maybe=(), mens_rea=())
    again = crossfit_lines(replace(outputs, passages=lied), BIAS, SpanRanker())
    assert again[:3] == lines[:3]
    assert again != lines


def test_one_document_has_nothing_to_be_fitted_on_out_of_fold(outputs: Outputs) -> None:
    alone = outputs[np.arange(3)]
    assert {passage.doc_id for passage in alone.passages} == {"d0"}
    with pytest.raises(DataError, match="two documents"):
        crossfit_lines(alone, BIAS, SpanRanker())
    fit(alone, BIAS, SpanRanker())


def test_decisions_are_taken_from_scores_of_passages_that_were_held_out() -> None:
    """A calibration fitted on noise is sure of it; what it was not fitted on shows that it may not be."""
    noise = made(count=120, noise=6.0)
    calibration = fit(noise, BIAS, SpanRanker())
    fresh = made(count=3000, seed=9, noise=6.0)
    assigned = fresh.scores(calibration) >= calibration.assign
    assert assigned.sum() < 20 or (assigned & ~fresh.gold).sum() / assigned.sum() < 0.15


def test_a_threshold_stands_between_scores() -> None:
    rng = np.random.default_rng(7)
    gold = np.zeros((600, 3), np.bool_)
    gold[:200, 0] = gold[:5, 1] = gold[:60, 2] = True
    scores = np.where(gold, rng.uniform(0.6, 1.0, gold.shape), rng.uniform(0.0, 0.3, gold.shape))
    finer = np.array([False, False, True])
    found = fit_thresholds(scores, gold, np.zeros_like(gold), finer)
    assert not (found[:, None] == np.unique(scores)).any()
    assert scores[~gold[:, 0], 0].max() < found[0] < scores[gold[:, 0], 0].min()
    # Half way to the highest wrong one is further than a threshold may be moved.
    assert found[2] == pytest.approx(scores[gold[:, 2], 2].min() - MARGIN)
    near = np.where(gold, scores, scores + 0.28)
    close = fit_thresholds(near, gold, np.zeros_like(gold), finer)
    assert close[2] == pytest.approx((near[gold[:, 2], 2].min() + near[~gold[:, 2], 2].max()) / 2)
    none = fit_thresholds(scores, np.zeros_like(gold), np.zeros_like(gold), finer)
    assert none.tolist() == [1.0, 1.0, 1.0]


def test_passages_of_one_judgment_are_scored_together(outputs: Outputs) -> None:
    weights = ContextWeights(dict.fromkeys(CONTEXT, 0.0) | {"score": 1.0, "best": 1.0}, 0.0)
    calibration = replace(fit(outputs, BIAS, SpanRanker()), context=weights)
    together, alone = outputs.scores(calibration), outputs.scores(replace(calibration, context=None))
    np.testing.assert_allclose(together[:3], calibration.among(alone[:3]))
    statutes = replace(outputs, passages=[replace(passage, kind="statute") for passage in outputs.passages])
    np.testing.assert_allclose(statutes.scores(calibration), alone)


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
    passages = [replace(passage, kind="judgment", doc_id=f"d{row // 4}") for row, passage in enumerate(passages)]
    fields = ("id", "kind", "title", "heading", "text", "doc_id")
    records = [{field: getattr(passage, field) for field in fields} for passage in passages]
    outputs = outputs_of(tagger.labels, tagger.bias, tagger.token_scores(records), passages)
    weights = ContextWeights(dict.fromkeys(CONTEXT, 0.0) | {"score": 1.0, "best": 1.0}, 0.5)
    alone = read(tiny_run.folder, tagger.labels)
    lines = []
    for calibration in (replace(alone, context=None), replace(alone, context=weights)):
        tagger._calibration = calibration
        lines.append(list(tagger.predict(records)))
        assert lines_of(outputs, calibration) == lines[-1]
    assert lines[0] != lines[1]


def test_a_fit_learns_the_rest_of_a_judgment_where_it_says_something() -> None:
    """Passages of a judgment share their labels here: what one says the others know."""
    rng = np.random.default_rng(11)
    plain = made(count=900, noise=3.0)
    shared = []
    for row, passage in enumerate(plain.passages):
        first = plain.passages[row - row % 3]
        shared.append(replace(passage, labels=first.labels, mens_rea=(), maybe=()))
    outputs = replace(plain, passages=shared)
    outputs = replace(outputs, logits=np.where(outputs.gold, 1.0, -3.0) + rng.normal(0, 2.0, outputs.gold.shape))
    calibration = fit(outputs, BIAS, SpanRanker())
    assert calibration.context is not None
    assert calibration.context.weights["best"] > 0.1
    alone = replace(outputs, passages=[replace(passage, kind="statute") for passage in shared])
    assert fit(alone, BIAS, SpanRanker()).context is None
    losses = [brier(part.scores(fit(part, BIAS, SpanRanker())), part.gold) or 0.0 for part in (outputs, alone)]
    assert losses[0] < 0.95 * losses[1]


def test_the_decisions_of_each_label_keep_their_order(outputs: Outputs) -> None:
    calibration = fit(made(count=600, noise=4.0), BIAS, SpanRanker())
    assert (calibration.review <= calibration.threshold).all()
    assert (calibration.threshold <= calibration.assign).all()


def test_labels_are_assigned_from_their_own_cuts(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `risk` finds for each label is kept, but never below the threshold from which it is predicted."""
    cuts = dict(zip(LABELS, np.linspace(0.0, 1.0, len(LABELS)).tolist(), strict=True))
    monkeypatch.setattr(fitting, "stricter", lambda *given: np.array([cuts[label] for label in given[3]]))
    calibration = fit(outputs, BIAS, SpanRanker())
    np.testing.assert_allclose(calibration.assign, np.maximum(list(cuts.values()), calibration.threshold))


def test_riskier_finer_labels_do_not_hide_behind_articles() -> None:
    """Scores are frequencies here but for finer labels' best, half of which are wrong."""
    outputs = made(count=1500, noise=0.5)
    finer = np.array([label.count(".") > 1 for label in LABELS])
    rng = np.random.default_rng(12)
    logits = outputs.logits.copy()
    false = (rng.random(logits.shape) < 0.004) & finer & ~outputs.gold
    logits[false] = 2.0
    calibration = fit(replace(outputs, logits=logits), BIAS, SpanRanker())
    assert calibration.assign[finer].min() > np.median(calibration.assign[~finer])
