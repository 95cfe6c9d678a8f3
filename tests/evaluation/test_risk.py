"""Decisions by risk: the common cut keeps to its share of wrong tags, and a label that is surely worse gets its own."""

from __future__ import annotations

import numpy as np
from palermo.evaluation.risk import ENOUGH, REVIEW_RECALL, RISK, decision_thresholds, stricter

LABELS = ("UNTOC.5", "UNTOC.6", "UNTOC.6.1.a.i", "UNTOC.16", "TIP.5")


def calibrated(count: int = 4000, seed: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores that are frequencies, gold, and nothing masked."""
    rng = np.random.default_rng(seed)
    scores = rng.random((count, len(LABELS)))
    return scores, rng.random(scores.shape) < scores, np.zeros(scores.shape, np.bool_)


def wrong(scores: np.ndarray, gold: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    taken = scores >= cuts
    return np.asarray((taken & ~gold).sum(0) / np.maximum(1, taken.sum(0)))


def test_assigned_keeps_to_its_risk_and_review_to_its_recall() -> None:
    rng = np.random.default_rng(2)
    gold = rng.random((500, 4)) < 0.3
    scores = np.clip(np.where(gold, 0.7, 0.3) + rng.normal(0, 0.2, gold.shape), 0, 1)
    assign, review = decision_thresholds(scores, gold, np.zeros_like(gold))
    assert (~gold)[scores >= assign].mean() <= RISK
    assert (scores[gold] >= review).mean() >= REVIEW_RECALL - 1e-9
    assert review <= assign


def test_equal_scores_are_taken_together_or_not_at_all() -> None:
    """A cut in the middle of equal scores would take the wrong ones among them too."""
    gold = np.array([[True]] * 19 + [[True]] * 5 + [[False]] * 5)
    scores = np.array([[0.9]] * 19 + [[0.8]] * 10)
    assert decision_thresholds(scores, gold, np.zeros_like(gold))[0] == 0.9


def test_doubtful_pairs_change_no_threshold() -> None:
    rng = np.random.default_rng(3)
    gold, mask = rng.random((200, 4)) < 0.3, rng.random((200, 4)) < 0.2
    scores = rng.random((200, 4))
    assert decision_thresholds(scores, gold, mask) == decision_thresholds(scores, gold ^ mask, mask)
    cuts = [stricter(scores, truth, mask, LABELS[:4], 0.5).tolist() for truth in (gold, gold ^ mask)]
    assert cuts[0] == cuts[1]


def test_nothing_certain_assigns_nothing() -> None:
    nothing = np.zeros((3, 2), np.bool_)
    assert decision_thresholds(np.full((3, 2), 0.4), nothing, nothing) == (1.0, 0.5)
    assert stricter(np.full((3, 2), 0.4), nothing, nothing, LABELS[:2], 1.0).tolist() == [1.0, 1.0]


def test_labels_that_are_as_sure_as_the_others_keep_the_common_cut() -> None:
    scores, gold, mask = calibrated()
    cut, _ = decision_thresholds(scores, gold, mask)
    assert (stricter(scores, gold, mask, LABELS, cut) <= cut + 0.02).all()


def test_a_label_that_is_surely_riskier_gets_a_stricter_cut_and_the_others_none() -> None:
    scores, gold, mask = calibrated()
    bad = LABELS.index("UNTOC.16")
    gold[:, bad] &= np.random.default_rng(5).random(len(gold)) < scores[:, bad] ** 6  # surer than it may be
    cut = 0.93
    cuts = stricter(scores, gold, mask, LABELS, cut)
    assert cuts[bad] > cut
    assert wrong(scores, gold, cuts)[bad] <= RISK or cuts[bad] == 1.0
    assert cuts[0] == cut


def test_a_thin_label_answers_to_its_article() -> None:
    scores, gold, mask = calibrated()
    article, finer = LABELS.index("UNTOC.6"), LABELS.index("UNTOC.6.1.a.i")
    gold[:, article] &= np.random.default_rng(6).random(len(gold)) < 0.8
    gold[:, finer] = False
    gold[: ENOUGH - 1, finer] = True
    scores[: ENOUGH - 1, finer] = 0.99
    scores[ENOUGH - 1 :, finer] = 0.1
    cuts = stricter(scores, gold, mask, LABELS, 0.95)
    assert cuts[finer] > 0.95
    assert cuts[LABELS.index("TIP.5")] == 0.95


def test_an_article_answers_for_itself_and_not_for_its_finer_labels() -> None:
    labels = ("UNTOC.6", "UNTOC.6.1.a.i", "UNTOC.6.1.b.i")
    scores = np.full((600, 3), 0.9)
    gold = np.ones(scores.shape, np.bool_)
    gold[:72, 0] = False  # 12 % of the article's, 4 % of all
    cuts = stricter(scores, gold, np.zeros_like(gold), labels, 0.85)
    assert cuts.tolist() == [1.0, 0.85, 0.85]
    assert stricter(scores, gold[:, [1, 0, 2]], np.zeros_like(gold), labels, 0.85).tolist() == [0.85, 1.0, 0.85]


def test_a_label_whose_article_is_thin_answers_to_its_instrument() -> None:
    labels = ("TIP.5", "TIP.7", "UNTOC.5")
    scores, gold = np.full((300, 3), 0.9), np.ones((300, 3), np.bool_)
    gold[:60, 0] = False
    gold[:, 1] = False
    gold[:5, 1] = True
    scores[5:, 1] = 0.1
    assert stricter(scores, gold, np.zeros_like(gold), labels, 0.85).tolist() == [1.0, 1.0, 0.85]


def test_a_stricter_cut_is_the_lowest_that_keeps_to_the_risk() -> None:
    scores = np.concatenate([np.full(100, 0.95), np.full(50, 0.9)])[:, None]
    gold = np.concatenate([np.ones(100, np.bool_), np.zeros(50, np.bool_)])[:, None]
    assert stricter(scores, gold, np.zeros_like(gold), ("UNTOC.5",), 0.85).tolist() == [0.95]
