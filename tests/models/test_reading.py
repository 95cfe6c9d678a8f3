"""A passage by itself and among others: evidence, mental elements and what waits for the rest of a judgment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.context import FEATURES, ContextWeights
from palermo.models.hints import FEATURES as HINTS
from palermo.models.hints import LEAST, HintWeights
from palermo.models.logistic import logit, sigmoid
from palermo.models.pooling import TokenScores
from palermo.models.reading import NO_LABELS, NOTHING, Reading, Words, read_alone, result_of, results_of
from palermo.models.waiting import Waiting

TEXT = "One here. Two there."
LIFTING = ContextWeights(dict.fromkeys(FEATURES, 0.0) | {"score": 1.0, "best": 0.5}, 1.0)
SILENT = Reading(np.full(5, 0.001), (), (), NOTHING, NO_LABELS)


def tokens() -> TokenScores:
    """Tokens of TEXT; the finer label is said in the first sentence only."""
    values = np.full((4, 5), -4.0, np.float32)
    values[1, 2] = 12.0
    offsets = np.array([(0, 0), (0, 9), (10, 20), (0, 0)])
    nothing = np.zeros(0, np.float32)
    return TokenScores(
        np.ones((4, 5), np.float32), values, np.zeros((4, 31), np.float32), offsets, nothing, np.zeros((4, 9), np.uint8)
    )


@pytest.mark.parametrize("together", [False, True])
def test_a_lifted_article_drops_only_as_far_as_its_score(make_calibration: Any, together: bool) -> None:
    """Where an article has its score from a finer label, its evidence is that of the finer label."""
    calibration = make_calibration(context=LIFTING)
    reading = read_alone(Words(TEXT, None, "en"), tokens(), calibration, evidence=True)
    result = results_of([reading, reading, SILENT], calibration)[0] if together else result_of(reading, calibration)
    tags = {tag.label: tag for tag in result.tags}
    assert tags[1].score == tags[2].score
    assert tags[1].evidence == tags[2].evidence
    assert tags[2].evidence is not None
    assert tags[2].evidence[:2] == (0, 9)
    rest = 1.0 + 0.5 * logit(reading.scores[2]) if together else 0.0
    assert tags[2].score - tags[2].evidence[2] == pytest.approx(float(sigmoid(rest - 4.0)), abs=1e-6)


def test_a_tag_that_only_the_rest_makes_visible_has_evidence_too(make_calibration: Any) -> None:
    calibration = make_calibration(context=LIFTING, review=np.full(5, 0.9), threshold=np.full(5, 0.9))
    reading = read_alone(Words(TEXT, None, "en"), tokens(), calibration, evidence=True)
    sure = Reading(np.full(5, 0.99), (), (), NOTHING, NO_LABELS)
    (alone,) = results_of([reading], calibration)
    _, among, _ = results_of([sure, reading, SILENT], calibration)
    shown = [{tag.label: tag.evidence for tag in result.tags if tag.shown} for result in (alone, among)]
    assert not shown[0]
    assert shown[1][2] is not None
    assert shown[1][2][:2] == (0, 9)


def test_mental_elements_are_shown_where_the_rest_speaks_of_laundering(make_calibration: Any) -> None:
    calibration = make_calibration(context=LIFTING, gate=0.3)
    element: Any = object()
    low = Reading(np.array([0.1, 0.1, 0.0, 0.0, 0.1]), (element,), (), NOTHING, NO_LABELS)
    sure = Reading(np.array([0.1, 0.9, 0.9, 0.0, 0.1]), (), (), NOTHING, NO_LABELS)
    assert result_of(low, calibration).elements == []
    among = results_of([sure, low, SILENT], calibration)
    assert [result.elements for result in among] == [[], [element], []]


def test_each_passage_is_moved_by_its_own_rest(make_calibration: Any) -> None:
    calibration = make_calibration(context=LIFTING)
    scores = np.array([[0.9] * 5, [0.2] * 5, [0.4] * 5])
    readings = [Reading(row, (), (), NOTHING, NO_LABELS) for row in scores]
    found = np.stack([result.scores for result in results_of(readings, calibration)])
    np.testing.assert_allclose(found, calibration.among(scores))
    assert found[1, 0] == pytest.approx(float(sigmoid(logit(np.array(0.2)) + 0.5 * logit(np.array(0.9)) + 1.0)))


def test_what_stands_in_a_heading_stays_when_a_sentence_is_left_out(make_calibration: Any) -> None:
    """Hints are the passage's: a sentence's evidence is what the network read from it."""
    weights = HintWeights(dict.fromkeys(HINTS, 0.0) | {"score": 1.0, "matched": 3.0}, 0.0)
    calibration = make_calibration(hints=weights, labels=("UNTOC.16", "UNTOC.6", "UNTOC.6.1.a.i", "UNTOC.5", "TIP.5"))
    reading = read_alone(Words(TEXT, "Extradition", "en"), tokens(), calibration, evidence=True)
    tag = next(tag for tag in result_of(reading, calibration).tags if tag.label == 0)
    assert tag.score == pytest.approx(float(sigmoid(np.array(-4.0 + 3.0))), rel=1e-3)
    assert reading.without[:, 0] == pytest.approx(tag.score, rel=1e-3)


def test_only_labels_that_may_be_shown_wait_with_each_sentence(make_calibration: Any) -> None:
    calibration = make_calibration(offset=np.array([-9.0, 0.0, 0.0, 0.0, -9.0]))
    reading = read_alone(Words(TEXT, None, "en"), tokens(), calibration, evidence=True)
    assert reading.open.tolist() == [1, 2, 3]
    assert reading.without.shape == (2, 3)


@pytest.mark.parametrize(("context", "found"), [(LIFTING, ["knowledge"]), (None, [])])
def test_mental_elements_are_looked_for_below_the_gate_where_the_rest_may_lift_it(
    make_calibration: Any, context: ContextWeights | None, found: list[str]
) -> None:
    calibration = make_calibration(context=context, gate=0.3)
    knowledge, count = STANDARDS.index("knowledge"), len(STANDARDS)
    mental = np.full((4, 31), -6.0, np.float32)
    mental[1, [knowledge, count + knowledge, 2 * count + knowledge]] = 6.0
    quiet = replace(tokens(), mental=mental, values=np.full((4, 5), -2.0, np.float32))
    reading = read_alone(Words(TEXT, None, "en"), quiet, calibration, evidence=False)
    assert LEAST < reading.scores[1] < calibration.gate
    assert [element.standard for element in reading.elements] == found


def test_no_passages_no_results(make_calibration: Any) -> None:
    assert results_of([], make_calibration(context=LIFTING)) == []


def lines_of(waiting: Waiting, passages: list[dict[str, Any]]) -> list[list[str]]:
    """Ids that are ready after each passage, and at the end."""
    found = []
    for passage in passages:
        waiting.add(passage, Reading(np.full(5, 0.4), (), (), NOTHING, NO_LABELS))
        found.append([line["id"] for line in waiting.ready()])
    return [*found, [line["id"] for line in waiting.rest()]]


def test_lines_come_in_order_and_wait_only_for_the_rest_of_a_judgment(make_calibration: Any) -> None:
    passages = [
        {"id": "1", "kind": "statute", "doc_id": "a"},
        {"id": "2", "kind": "judgment"},
        {"id": "3", "kind": "judgment", "doc_id": "a"},
        {"id": "4", "kind": "judgment", "doc_id": ""},
        {"id": "5", "kind": "judgment", "doc_id": "a"},
    ]
    calibration = make_calibration(context=LIFTING)
    assert lines_of(Waiting(calibration), passages) == [["1"], ["2"], [], [], [], ["3", "4", "5"]]
    assert lines_of(Waiting(make_calibration()), passages)[:5] == [["1"], ["2"], ["3"], ["4"], ["5"]]


@pytest.mark.parametrize("document", ["", 0, 7, True, ["a"], {"a": 1}, None])
def test_what_is_no_name_of_a_document_joins_nothing(make_calibration: Any, document: Any) -> None:
    waiting = Waiting(make_calibration(context=LIFTING))
    for number in range(3):
        passage = {"id": str(number), "kind": "judgment", "doc_id": document}
        waiting.add(passage, Reading(np.full(5, 0.4), (), (), NOTHING, NO_LABELS))
    scores = {label["score"] for line in waiting.ready() for label in line["labels"]}
    assert scores == {0.4}
