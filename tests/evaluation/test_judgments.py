"""Whole judgments: what files them is fitted on others, and the command says how well."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from palermo.corpora.errors import DataError
from palermo.evaluation.judgments import (
    Judgments,
    article_figures,
    crossfit_judgments,
    main,
    read_judgments,
)
from palermo.models.calibration import Calibration
from palermo.models.tagger import Tagger

LABELS = ("UNTOC.6", "UNTOC.6.1", "UNTOC.12")


def record(number: int, **more: Any) -> dict[str, Any]:
    text = (
        f"[1] Case {number}.\n\n[2] He knew that the money came from crime.\n\n[3] Costs follow.\n\n[4] So ordered.\n"
    )
    return {"doc": f"d{number}", "text": text, "articles": ["UNTOC.6"], "fine": [], "maybe": [], **more}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "judgments.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record(number)) + "\n" for number in range(12))
    return path


def test_a_provision_touched_once_is_not_what_a_judgment_is_filed_under() -> None:
    rng = np.random.default_rng(1)
    scores, truth = [], np.zeros((40, 3), np.bool_)
    for row in range(40):
        passages = rng.uniform(0, 0.02, (30, 3))
        truth[row, 0] = row % 2 == 0
        passages[: 12 if truth[row, 0] else 1, 0] = 0.7
        scores.append(passages)
    judgments = Judgments(scores, truth, np.zeros_like(truth))
    one, half = np.ones(3), np.full(3, 0.5)
    calibration = Calibration(LABELS, one, one, one, half, half, half, {}, 0.2, {}, {})
    predicted = crossfit_judgments(judgments, calibration)
    assert (predicted[:, 0] == truth[:, 0]).all()


def test_what_is_doubtful_counts_neither_way_and_only_articles_count() -> None:
    truth = np.array([[True, True, False], [True, False, False]])
    mask = np.array([[False, False, True], [False, False, False]])
    found = np.array([[True, False, True], [False, True, True]])
    figures, interval = article_figures(Judgments([], truth, mask), found, LABELS)
    assert (figures.precision, figures.recall) == (50.0, 50.0)
    assert interval.value == pytest.approx(50.0)


def test_a_line_without_its_articles_is_named(tmp_path: Path, tiny_run: Any) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({**record(1), "articles": "UNTOC.6"}) + "\n")
    with pytest.raises(DataError, match="line 1: field 'articles'"):
        read_judgments(Tagger.load(tiny_run.folder, "onnxruntime"), path, lambda entry: None)


def test_the_command_reads_them_and_says_how_well(gold: Path, tiny_run: Any) -> None:
    said = CliRunner().invoke(main, [str(gold), "--model", str(tiny_run.folder), "--engine", "onnxruntime"])
    assert said.exit_code == 0, said.output
    assert said.output.startswith("12 judgments, out of fold, articles micro-F1 ")


def test_the_command_scores_what_was_tagged_before(gold: Path, tmp_path: Path) -> None:
    results = tmp_path / "out"
    results.mkdir()
    for number in range(12):
        result = {
            "passages": [],
            "provisions": [{"provision": "UNTOC.6", "predicted": number % 2 == 0}],
            "mens_rea": [],
        }
        (results / f"d{number}.json").write_text(json.dumps(result))
    said = CliRunner().invoke(main, [str(gold), "--results", str(results)])
    assert "12 judgments, 0 problems, articles micro-F1 66.7" in said.output
    assert (said.exit_code, said.stderr) == (0, "")


def test_results_that_are_missing_or_wrong_are_named(gold: Path, tmp_path: Path) -> None:
    results = tmp_path / "out"
    results.mkdir()
    passage = {"index": 3, "start": 0, "end": 5, "text": "words"}
    (results / "d0.json").write_text(json.dumps({"passages": [passage], "provisions": []}))
    said = CliRunner().invoke(main, [str(gold), "--results", str(results)])
    assert said.exit_code == 1
    assert said.stdout.startswith("1 judgments, 12 problems")
    lines = said.stderr.splitlines()
    assert lines[:2] == ["palermo: d0: offsets of passage 3", "palermo: d1: no result"]
    assert (len(lines), lines[-1]) == (6, "palermo: 7 more")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_judgments_give_no_figures_out_of_fold(count: int) -> None:
    one, truth = np.ones(3), np.zeros((count, 3), np.bool_)
    calibration = Calibration(LABELS, one, one, one, one, one, one, {}, 0.2, {}, {})
    with pytest.raises(DataError, match=r"too few labelled judgments .* at least 3"):
        crossfit_judgments(Judgments([np.zeros((2, 3))] * count, truth, truth), calibration)


def test_the_fewest_judgments_are_enough() -> None:
    one, half, truth = np.ones(3), np.full(3, 0.5), np.zeros((3, 3), np.bool_)
    calibration = Calibration(LABELS, one, one, one, half, half, half, {}, 0.2, {}, {})
    assert crossfit_judgments(Judgments([np.zeros((2, 3))] * 3, truth, truth), calibration).shape == (3, 3)
