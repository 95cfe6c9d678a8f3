"""Calibration: a parent is never below its child, and the file is read back as it was written or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from palermo.corpora.convention import tree
from palermo.corpora.errors import ModelError
from palermo.models.calibration import NAME, Calibration, read

Make = Callable[..., Calibration]
PARENTS = {2: 1, 3: 1}  # in the labels of `make_calibration`
ROWS = arrays(np.float64, (4, 5), elements=st.floats(-800, 800))
QUICK = settings(max_examples=30)
UNIT = arrays(np.float64, 5, elements=st.floats(0, 1))


@QUICK
@given(logits=ROWS, slope=arrays(np.float64, 5, elements=st.floats(0, 4)), offset=UNIT)
def test_scores_are_probabilities_and_a_parent_is_at_least_its_child(
    make_calibration: Make, logits: Any, slope: Any, offset: Any
) -> None:
    scores = make_calibration(slope=slope, offset=offset).scores(logits)
    assert scores.shape == logits.shape
    assert ((scores >= 0) & (scores <= 1)).all()
    for child, parent in PARENTS.items():
        assert (scores[:, parent] >= scores[:, child]).all()


def test_scores_of_labels_without_children_are_platts(make_calibration: Make) -> None:
    logits = np.array([0.3, -9.0, -9.0, -9.0, 1.2])
    scores = make_calibration(slope=np.full(5, 2.0), offset=np.full(5, -1.0)).scores(logits)
    np.testing.assert_allclose(scores[[0, 4]], 1 / (1 + np.exp(-(2 * logits[[0, 4]] - 1))))


@QUICK
@given(logits=ROWS, threshold=UNIT)
def test_a_finer_label_brings_its_article(make_calibration: Make, logits: Any, threshold: Any) -> None:
    calibration = make_calibration(threshold=threshold)
    scores = calibration.scores(logits)
    predicted = calibration.predicted(scores)
    for child, parent in PARENTS.items():
        assert (predicted[:, parent] | ~predicted[:, child]).all()
    assert (predicted[:, [0, 4]] == (scores >= threshold)[:, [0, 4]]).all()


@QUICK
@given(logits=ROWS, assign=UNIT, review=UNIT)
def test_an_article_is_decided_at_least_as_its_finer_labels(
    make_calibration: Make, logits: Any, assign: Any, review: Any
) -> None:
    rank = ("none", "review", "assigned")
    calibration = make_calibration(assign=assign, review=np.minimum(assign, review))
    for scores in calibration.scores(logits):
        decisions = calibration.decisions(scores)
        assert all(rank.index(decisions[parent]) >= rank.index(decisions[child]) for child, parent in PARENTS.items())


def test_decisions_split_at_their_thresholds(make_calibration: Make) -> None:
    calibration = make_calibration()
    assert calibration.decisions(np.array([0.3, 0.8, 0.29, 0.0, 0.79])) == [
        "review",
        "assigned",
        "none",
        "none",
        "review",
    ]


def test_a_batch_is_scored_as_its_rows_are(make_calibration: Make) -> None:
    calibration = make_calibration(tuple(tree().labels))
    logits = np.random.default_rng(0).normal(0, 2, (3, 4, len(tree().labels)))
    together = calibration.scores(logits)
    np.testing.assert_array_equal(together[1, 2], calibration.scores(logits[1, 2]))


def written(folder: Path, data: Any) -> Path:
    (folder / NAME).write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return folder


def test_the_file_is_read_back_as_it_was_written(make_calibration: Make, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    columns = {name: rng.random(5).round(5) for name in ("bias", "slope", "offset", "threshold", "assign", "review")}
    calibration = make_calibration(**columns, gate=0.45, document={"best": 1.5})
    back = read(written(tmp_path, calibration.to_json()), calibration.labels)
    assert back.to_json() == calibration.to_json()
    for name, column in columns.items():
        np.testing.assert_array_equal(getattr(back, name), column)


def test_labels_are_taken_in_the_order_of_the_model(make_calibration: Make, tmp_path: Path) -> None:
    calibration = make_calibration(slope=np.arange(5.0))
    back = read(written(tmp_path, calibration.to_json()), calibration.labels[::-1])
    assert back.slope.tolist() == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("field", ["labels", "standards", "gate", "document", "risk"])
def test_a_missing_field_is_named(make_calibration: Make, tmp_path: Path, field: str) -> None:
    data = make_calibration().to_json()
    del data[field]
    with pytest.raises(ModelError, match=field):
        read(written(tmp_path, data), make_calibration().labels)


def test_a_missing_label_or_column_is_named(make_calibration: Make, tmp_path: Path) -> None:
    data = make_calibration().to_json()
    with pytest.raises(ModelError, match=r"UNTOC\.7"):
        read(written(tmp_path, data), ["UNTOC.7"])
    del data["labels"]["TIP.5"]["slope"]
    with pytest.raises(ModelError, match="slope"):
        read(written(tmp_path, data), ["TIP.5"])


@pytest.mark.parametrize("data", ["", "{", "[]", "null", '{"labels": {"TIP.5": 3}}'])
def test_a_broken_file_is_a_model_error(tmp_path: Path, data: str) -> None:
    with pytest.raises(ModelError, match=r"calibration\.json"):
        read(written(tmp_path, data), ["TIP.5"])


def test_no_file_is_a_model_error_without_the_folders_path(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"calibration\.json is missing"):
        read(tmp_path, ["TIP.5"])
