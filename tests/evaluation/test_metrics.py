"""The metrics equal scikit-learn's where it has them, and hand-counted values where it has not."""

from __future__ import annotations

import numpy as np
import pytest
from palermo.corpora.labelled.passages import LabelledPassage, MentalSpan
from palermo.corpora.labelled.predictions import LabelScore, Prediction, SpanScore
from palermo.evaluation import calibration, counts, ranking
from palermo.evaluation.counts import hierarchical, label_counts, prf
from palermo.evaluation.mental import mental_counts
from palermo.evaluation.pairs import join

sklearn = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn, of the [train] extra")


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    gold = rng.random((300, 12)) < np.linspace(0.05, 0.4, 12)
    score = np.clip(gold * 0.4 + rng.random((300, 12)) * 0.6, 0, 1)
    return gold, score, score >= 0.5


@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
def test_precision_recall_f1(arrays: tuple[np.ndarray, ...], average: str) -> None:
    gold, _, predicted = arrays
    total = counts.count(gold, predicted).sum(axis=0)
    ours = {"micro": counts.micro, "weighted": counts.weighted, "macro": lambda x: counts.macro(x, 0)[0]}[average](
        total
    )
    theirs = sklearn.precision_recall_fscore_support(gold, predicted, average=average, zero_division=0)[:3]
    assert [ours.precision, ours.recall, ours.f1] == pytest.approx([100 * x for x in theirs])


def test_macro_leaves_out_labels_with_few_positives() -> None:
    table = np.array([[10.0, 0, 0], [4, 0, 5]])
    assert counts.macro(table) == (counts.PRF(100, 100, 100), 1)
    assert counts.macro(table[1:]) == (counts.PRF(0, 0, 0), 0)


def test_ranking(arrays: tuple[np.ndarray, ...]) -> None:
    gold, score, _ = arrays
    kept = gold.any(axis=1)
    found = ranking.ranking(score, gold, np.zeros_like(gold))
    precision = sklearn.label_ranking_average_precision_score(gold[kept], score[kept])
    assert found.average_precision == pytest.approx(100 * precision)
    for k, value in found.ndcg.items():
        assert value == pytest.approx(100 * sklearn.ndcg_score(gold[kept], score[kept], k=k))
    assert found.passages == kept.sum()


def test_ranking_by_hand() -> None:
    score = np.array([[0.9, 0.8, 0.7, 0.0]])
    gold = np.array([[True, False, True, False]])
    nothing = np.zeros_like(gold)
    assert ranking.ranking(score, gold, nothing).r_precision == pytest.approx(50)
    masked = np.array([[False, True, False, False]])
    assert ranking.ranking(score, gold, masked).average_precision == pytest.approx(100)
    tied = ranking.ranking(np.full((1, 4), 0.5), gold, nothing)
    assert tied.average_precision == pytest.approx(100 * (1 / 3 + 2 / 4) / 2)
    assert ranking.ranking(score, nothing, nothing).average_precision is None


def test_subset_accuracy_and_hamming(arrays: tuple[np.ndarray, ...]) -> None:
    gold, _, predicted = arrays
    assert ranking.subset_accuracy(gold, predicted) == pytest.approx(100 * sklearn.accuracy_score(gold, predicted))
    ours = ranking.hamming_loss(gold, predicted, np.zeros_like(gold))
    assert ours == pytest.approx(100 * sklearn.hamming_loss(gold, predicted))


def test_brier_and_reliability(arrays: tuple[np.ndarray, ...]) -> None:
    gold, score, _ = arrays
    assert calibration.brier(score, gold) == pytest.approx(sklearn.brier_score_loss(gold.ravel(), score.ravel()))
    bins = calibration.reliability(np.array([0.05, 0.25, 0.25, 1.0]), np.array([True, True, False, True]))
    assert [b.pairs for b in bins] == [0, 0, 2, 0, 0, 0, 0, 0, 0, 1]
    assert calibration.expected_calibration_error(bins) == pytest.approx((2 * 0.25 + 0) / 3)
    assert calibration.expected_calibration_error(calibration.reliability(np.array([0.05]), np.array([True]))) is None


TEXT = "did she know or 知道了 suspect"


def passage(labels: tuple[str, ...], maybe: tuple[str, ...] = (), **fields: object) -> LabelledPassage:
    return LabelledPassage("a", "judgment", "en", TEXT, "d", labels=labels, maybe=maybe, **fields)


def predicted(*labels: str) -> Prediction:
    return Prediction("a", tuple(LabelScore(label, 0.9, True) for label in labels))


def test_hierarchical_figures_reward_a_near_miss() -> None:
    gold = passage(("UNTOC.6", "UNTOC.6.1.a.i"))
    pairs = join([gold], [predicted("UNTOC.6", "UNTOC.6.1.a.ii")])
    # Gold and prediction share 6, 6.1 and 6.1.a; each has one node more.
    assert prf(hierarchical(pairs).sum(axis=0)).f1 == pytest.approx(75)
    assert counts.micro(label_counts(pairs).sum(axis=0)).f1 == pytest.approx(50)


def test_maybe_counts_neither_way() -> None:
    pairs = join([passage((), ("UNTOC.6",))], [predicted("UNTOC.6", "UNTOC.12")])
    assert label_counts(pairs).sum(axis=(0, 1)).tolist() == [0, 1, 0]
    assert counts.any_label_counts(pairs).sum() == 0
    assert hierarchical(pairs).sum(axis=0).tolist() == [0, 1, 0]


def test_ancestors_are_not_scored_but_unknown_articles_are() -> None:
    pairs = join([passage(("UNTOC.6",))], [predicted("UNTOC.6", "UNTOC.6.1", "UNTOC.30")])
    assert label_counts(pairs).sum(axis=(0, 1)).tolist() == [1, 1, 0]


def test_spans_match_at_half_overlap_once_each() -> None:
    gold = passage(("UNTOC.6",), mens_rea=(MentalSpan("knowledge", 8, 18, "applied"), MentalSpan("suspicion", 20, 27)))
    found = Prediction(
        "a",
        (),
        (
            SpanScore("knowledge", 8, 13, "applied"),
            SpanScore("knowledge", 9, 18, "required"),
            SpanScore("suspicion", 20, 23, None),
        ),
    )
    mental = mental_counts(join([gold], [found]))
    assert mental.half.sum(axis=(0, 1)).tolist() == [1, 2, 1]
    assert mental.exact.sum(axis=(0, 1)).tolist() == [0, 3, 2]
    assert mental.standards.sum(axis=(0, 1)).tolist() == [2, 0, 0]
    assert mental.role_accuracy() == pytest.approx(100)
    # Words of gold: know, or, 知, 道 | suspect; of the prediction: know, (k)now, or, 知, 道 | sus.
    assert mental.tokens.sum(axis=(0, 1)).tolist() == [4, 2, 1]


def test_roles_that_gold_leaves_open_are_not_judged() -> None:
    gold = passage(("UNTOC.6",), mens_rea=(MentalSpan("knowledge", 0, 4, None),))
    found = Prediction("a", (), (SpanScore("knowledge", 0, 4, "applied"),))
    assert mental_counts(join([gold], [found])).role_accuracy() is None


def test_risk_falls_with_coverage_when_scores_are_honest() -> None:
    rng = np.random.default_rng(2)
    p = rng.random((4000, 1))
    gold = rng.random((4000, 1)) < p
    points = ranking.risk_curve(p, gold, p >= 0.5, np.zeros_like(gold))
    assert points[-1].coverage == 1
    assert points[0].risk < 0.1 < points[-1].risk
    assert points[-1].risk == pytest.approx(float((gold != (p >= 0.5)).mean()))
    assert [x.confidence for x in points] == sorted((x.confidence for x in points), reverse=True)


def test_confusion_of_finer_labels() -> None:
    gold = passage(("UNTOC.6", "UNTOC.6.1.a.i", "UNTOC.6.1.b.i"), ("UNTOC.6.2.e",))
    pairs = join([gold], [predicted("UNTOC.6", "UNTOC.6.1.b.i", "UNTOC.6.1.a.ii", "UNTOC.6.2.e")])
    (mistaken,) = ranking.confusion(pairs, finer=True)
    assert (mistaken.gold, mistaken.predicted, mistaken.passages) == ("UNTOC.6.1.a.i", "UNTOC.6.1.a.ii", 1)
    assert ranking.confusion(pairs) == []


def test_confusion_and_worst_name_the_passage_and_no_text() -> None:
    pairs = join([passage(("UNTOC.6",), ("UNTOC.5",))], [predicted("UNTOC.12", "UNTOC.5")])
    (mistaken,) = ranking.confusion(pairs)
    assert (mistaken.gold, mistaken.predicted, mistaken.passages) == ("UNTOC.6", "UNTOC.12", 1)
    assert ranking.confusion(pairs, finer=True) == []
    (worst,) = ranking.worst(pairs)
    assert worst.id == "a"
    assert list(worst.missed) == ["UNTOC.6"]
    assert worst.wrong == {"UNTOC.12": 0.9}
