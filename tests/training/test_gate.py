"""The gate: a network that decides as the trained one passes, one that does not is refused and says by how much."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from palermo.corpora.convention import tree
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.evaluation.fitting import Outputs, fit
from palermo.models.calibration import Calibration
from palermo.models.pooling import TokenScores
from palermo.models.spans import SpanRanker
from palermo.training.gate import FLIPS, compare

LABELS = tuple(tree().labels)
NOTHING = TokenScores(
    *(np.zeros((0, 31), np.float32) for _ in range(3)),
    np.zeros((0, 2), np.int64),
    np.zeros(0, np.float32),
    np.zeros((0, 9), np.uint8),
)


def outputs(count: int) -> Outputs:
    """`count` passages whose logits tell their labels; twenty labels are frequent enough for macro figures."""
    rng = np.random.default_rng(4)
    passages = []
    for number in range(count):
        labels = (LABELS[number % 20],) if number % 3 else ()
        passages.append(LabelledPassage(f"p{number}", "judgment", "en", "x", f"d{number}", labels=labels))
    zeros, none = np.zeros((count, len(LABELS))), np.full((count, len(LABELS)), np.nan)
    draft = Outputs(LABELS, zeros, [NOTHING] * count, passages, np.zeros((count, 0)), none)
    return replace(draft, logits=np.where(draft.gold, 4.0, -4.0) + rng.normal(0, 0.5, draft.gold.shape))


@pytest.fixture(scope="module")
def trained() -> Outputs:
    return outputs(400)


@pytest.fixture(scope="module")
def calibration(trained: Outputs) -> Calibration:
    return fit(trained, np.zeros(len(LABELS)), SpanRanker())


def test_the_same_outputs_pass_without_loss(trained: Outputs, calibration: Calibration) -> None:
    verdict = compare(trained, trained, calibration)
    assert verdict.passed
    assert (verdict.flips, verdict.label_flips, verdict.micro_loss, verdict.macro_loss) == (0, 0, 0, 0)


def test_rounding_that_changes_no_decision_passes(trained: Outputs, calibration: Calibration) -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, trained.logits.shape)
    assert compare(trained, replace(trained, logits=trained.logits + noise), calibration).passed


def test_a_network_that_decides_otherwise_is_refused(trained: Outputs, calibration: Calibration) -> None:
    rng = np.random.default_rng(1)
    worse = replace(trained, logits=trained.logits + rng.normal(0, 4, trained.logits.shape))
    verdict = compare(trained, worse, calibration)
    assert not verdict.passed
    assert verdict.label_flips > FLIPS
    assert verdict.micro_loss > 0
    assert json.loads(json.dumps(verdict.to_json()))["passed"] is False


def test_a_few_lost_labels_are_counted_in_per_cent_of_passages(trained: Outputs, calibration: Calibration) -> None:
    lost = trained.logits.copy()
    rows = np.flatnonzero(trained.gold.any(axis=1))[:4]
    lost[rows] = -9.0
    verdict = compare(trained, replace(trained, logits=lost), calibration)
    assert verdict.flips == pytest.approx(1.0)
    assert verdict.micro_loss > 0.3
    assert not verdict.passed


def test_labels_swapped_at_equal_figures_are_refused_too(trained: Outputs, calibration: Calibration) -> None:
    """As many wrong as right changes leave F1 alone, yet editors see other tags."""
    wrong = trained.logits.copy()
    empty = np.flatnonzero(~trained.gold.any(axis=1))
    wrong[empty[:40], 0] = 4.0
    before = replace(trained, logits=wrong)
    moved = trained.logits.copy()
    moved[empty[40:80], 0] = 4.0
    verdict = compare(before, replace(trained, logits=moved), calibration)
    assert verdict.micro_loss == pytest.approx(0, abs=0.01)
    assert not verdict.passed


def test_few_dev_passages_without_any_frequent_label_can_be_judged() -> None:
    small = outputs(30)
    verdict = compare(small, small, fit(small, np.zeros(len(LABELS)), SpanRanker()))
    assert verdict.passed
    assert verdict.macro_loss == 0
