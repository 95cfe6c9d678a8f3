"""The baseline learns what words show, tunes on other documents than it decides on, and is never fitted on its test."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from palermo.corpora.errors import DataError, UsageError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.corpora.labelled.predictions import read_predictions
from palermo.evaluation.baseline import (
    ABSENT,
    Options,
    benchmark,
    decide,
    decide_with,
    labels,
    main,
    raw_scores,
    to_predictions,
    truth,
)
from palermo.evaluation.report import evaluate

pytest.importorskip("sklearn", reason="needs scikit-learn, of the [train] extra")

WORDS = {
    "en": {
        "UNTOC.16": "extradition surrender requested",
        "UNTOC.12": "forfeiture confiscated proceeds",
        "UNTOC.12.1": "equivalent value measures",
    },
    "fr": {
        "UNTOC.16": "extradition remise demandée",
        "UNTOC.12": "confiscation des produits",
        "UNTOC.12.1": "mesures de valeur équivalente",
    },
}
FILLER = {"en": "the court of appeal heard the case on", "fr": "la cour a entendu cette affaire le"}


def make(count: int, name: str, seed: int) -> list[LabelledPassage]:
    rng = random.Random(seed)
    passages = []
    for i in range(count):
        language = rng.choice(["en", "fr"])
        chosen = [label for label in ("UNTOC.16", "UNTOC.12") if rng.random() < 0.4]
        finer = ["UNTOC.12.1"] if "UNTOC.12" in chosen and rng.random() < 0.5 else []
        words = FILLER[language].split() + [w for x in (*chosen, *finer) for w in WORDS[language][x].split()]
        rng.shuffle(words)
        text = " ".join(words)
        passages.append(
            LabelledPassage(f"{name}{i}", "judgment", language, text, f"{name}-doc{i // 2}", labels=(*chosen, *finer))
        )
    return passages


def to_file(path: Path, passages: list[LabelledPassage]) -> Path:
    lines = [
        {"id": p.id, "kind": p.kind, "language": p.language, "text": p.text, "doc_id": p.doc_id, "labels": p.labels}
        for p in passages
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("mixed", [False, True])
def test_it_finds_what_the_words_show_in_both_language_groups(mixed: bool) -> None:
    train, gold = make(120, "t", 1), make(60, "g", 2)
    decided = decide(raw_scores(train, gold, Options(mixed=mixed)), gold)
    report = evaluate(gold, to_predictions(gold, decided))
    assert report.groups["en"].article.micro.f1 > 95
    assert report.groups["other"].article.micro.f1 > 95
    assert set(decided.schemes) == {"en", "other"}


def test_an_article_is_at_least_as_probable_as_what_is_below_it() -> None:
    gold = make(60, "g", 2)
    decided = decide(raw_scores(make(120, "t", 1), gold), gold)
    article, finer = labels().index("UNTOC.12"), labels().index("UNTOC.12.1")
    assert (decided.score[:, article] >= decided.score[:, finer]).all()
    assert (decided.predicted[:, article] >= decided.predicted[:, finer]).all()


def test_labels_without_a_training_passage_are_never_predicted() -> None:
    gold = make(60, "g", 2)
    raw = raw_scores(make(120, "t", 1), gold)
    column = labels().index("UNTOC.6")
    assert (raw[:, column] == ABSENT).all()
    decided = decide(raw, gold)
    assert decided.score[:, column].max() == 0
    assert not decided.predicted[:, column].any()


def test_decisions_on_a_document_do_not_see_its_own_labels() -> None:
    gold = make(60, "g", 2)
    raw = raw_scores(make(120, "t", 1), gold)
    before = decide(raw, gold)
    turned = [
        LabelledPassage(p.id, p.kind, p.language, p.text, p.doc_id, labels=("UNTOC.16", "UNTOC.12"))
        if p.doc_id == gold[0].doc_id
        else p
        for p in gold
    ]
    rows = [i for i, p in enumerate(gold) if p.doc_id == gold[0].doc_id]
    after = decide(raw, turned)
    assert np.array_equal(before.score[rows], after.score[rows])
    assert np.array_equal(before.predicted[rows], after.predicted[rows])


def test_it_can_be_tuned_on_a_file_of_its_own() -> None:
    train, gold, tune = make(120, "t", 1), make(30, "g", 2), make(60, "v", 3)
    raw = raw_scores(train, [*gold, *tune])
    decided = decide_with(raw[:30], gold, raw[30:], tune)
    assert evaluate(gold, to_predictions(gold, decided)).groups["all"].article.micro.f1 > 95


def test_doubted_labels_are_masked() -> None:
    passage = LabelledPassage("a", "judgment", "en", "x", "d", labels=("UNTOC.6",), maybe=("UNTOC.6", "UNTOC.5"))
    masked = truth([passage])
    assert masked.gold.sum() == 1
    assert [labels()[i] for i in np.flatnonzero(masked.mask[0])] == ["UNTOC.5"]


def test_one_command_fits_and_scores(tmp_path: Path) -> None:
    train, gold = to_file(tmp_path / "t.jsonl", make(120, "t", 1)), to_file(tmp_path / "g.jsonl", make(60, "g", 2))
    arguments = ["--train", str(train), "--gold", str(gold), "--report", str(tmp_path / "r")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "article micro-F1" in result.output
    assert len(read_predictions(tmp_path / "r" / "predictions.jsonl")) == 60
    assert (tmp_path / "r" / "report.html").is_file()


def test_it_refuses_to_be_fitted_on_the_documents_that_it_is_scored_on(tmp_path: Path) -> None:
    path = to_file(tmp_path / "g.jsonl", make(20, "g", 2))
    with pytest.raises(DataError, match=r"g\.jsonl: 10 of its documents are in the training files too"):
        benchmark([path], path, tmp_path / "r")


def test_a_language_group_that_nothing_was_learnt_of_gets_no_labels(tmp_path: Path) -> None:
    train, gold = [p for p in make(120, "t", 1) if p.language == "en"], make(60, "g", 2)
    decided = decide(raw_scores(train, gold), gold)
    other = [i for i, p in enumerate(gold) if p.language == "fr"]
    assert decided.score[other].max() == 0
    assert not decided.predicted[other].any()
    report = evaluate(gold, to_predictions(gold, decided))
    assert report.groups["en"].article.micro.f1 > 95
    assert report.groups["other"].article.micro.recall == 0
    paths = to_file(tmp_path / "t.jsonl", train), to_file(tmp_path / "g.jsonl", gold), tmp_path / "r"
    options = [word for pair in zip(("--train", "--gold", "--report"), map(str, paths), strict=True) for word in pair]
    said = CliRunner().invoke(main, options)
    assert said.exit_code == 0, said.output
    assert "thresholds, other: nothing learnt" in said.output


def test_it_is_said_where_nothing_at_all_was_learnt() -> None:
    train = [p for p in make(120, "t", 1) if p.language == "en"]
    gold, tune = ([p for p in make(60, name, 2) if p.language == "fr"] for name in ("g", "v"))
    raw = raw_scores(train, [*gold, *tune])
    with pytest.raises(DataError, match="no label was learnt"):
        decide(raw[: len(gold)], gold)
    with pytest.raises(DataError, match="no label was learnt"):
        decide_with(raw[: len(gold)], gold, raw[len(gold) :], tune)


def test_finer_labels_that_were_not_learnt_are_not_predicted_with_the_rest() -> None:
    train = [replace(p, labels=tuple(x for x in p.labels if x.count(".") == 1)) for p in make(120, "t", 1)]
    gold = make(60, "g", 2)
    decided = decide(raw_scores(train, gold), gold)
    assert not decided.predicted[:, [i for i, label in enumerate(labels()) if label.count(".") > 1]].any()
    assert evaluate(gold, to_predictions(gold, decided)).groups["all"].article.micro.f1 > 95


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_report_where_no_folder_can_be_is_refused_before_any_work(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept", "utf-8")
    broken = tmp_path / "t.jsonl"
    broken.write_text("not read\n", "utf-8")
    with pytest.raises(UsageError, match="a file is there"):
        benchmark([broken], broken, tmp_path / place)
    assert (tmp_path / "file").read_text("utf-8") == "kept"


def test_one_document_is_too_few_to_tune_on() -> None:
    gold = [p for p in make(60, "g", 2) if p.language == "en"][:1]
    with pytest.raises(DataError, match="too few documents"):
        decide(raw_scores(make(120, "t", 1), gold), gold)
