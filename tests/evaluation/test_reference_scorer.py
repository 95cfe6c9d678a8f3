"""Every figure that the reference scorer prints is the same here, to the digit it prints."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.corpora.labelled.predictions import Prediction, write_predictions
from palermo.evaluation.documents import evaluate_documents, read_documents
from palermo.evaluation.figures import Group, Level
from palermo.evaluation.report import Report, evaluate

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the labelled data folder beside the checkout")


def reference(gold: Path, predictions: Path) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("reference_scorer", CORPUS / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    figures: dict[str, Any] = module.report(module.load(gold), module.load(predictions))
    return figures


def level(figures: Level) -> dict[str, Any]:
    return {
        "micro_f1": figures.micro.f1,
        "micro_p": figures.micro.precision,
        "micro_r": figures.micro.recall,
        "macro_f1": figures.macro.f1,
        "macro_labels": figures.macro_labels,
    }


def assert_same(ours: Group, theirs: dict[str, Any]) -> None:
    for name, figures in (("article", ours.article), ("fine", ours.fine)):
        for key, value in level(figures).items():
            assert value == pytest.approx(theirs[name][key], abs=0.0501), (ours.name, name, key)
    mental = theirs["mens_rea"]
    pairs = [
        (ours.any_label.f1, theirs["any_f1"]),
        (ours.subset_accuracy, theirs["exact"]),
        (ours.mental.standards.f1, mental["standard_micro_f1"]),
        (ours.mental.half.f1, mental["span_f1_half_overlap"]),
        (ours.mental.gold_spans, mental["gold_spans"]),
    ]
    assert [a for a, _ in pairs] == pytest.approx([b for _, b in pairs], abs=0.0501)
    assert ours.passages == theirs["n"]
    assert (ours.mental.role_accuracy is None) == (mental["role_accuracy"] is None)
    if ours.mental.role_accuracy is not None:
        assert ours.mental.role_accuracy == pytest.approx(mental["role_accuracy"], abs=0.0501)
    assert (ours.ece is None) == (theirs["ece"] is None)
    if ours.ece is not None:
        assert ours.ece == pytest.approx(theirs["ece"], abs=5.1e-5)
    for standard, (f1, support) in mental["per"].items():
        if support:
            assert ours.mental.per_standard[standard] == pytest.approx((f1, support), abs=0.0501)


def compare(report: Report, theirs: dict[str, Any]) -> None:
    for name, figures in theirs.items():
        if name != "missing":
            assert_same(report.groups[name], figures)
    assert report.missing == theirs["missing"]
    per = theirs["all"]["article"]["per"] | theirs["all"]["fine"]["per"]
    ours = {x.label: (x.scores.f1, x.positives) for x in report.labels}
    assert set(ours) == set(per)
    for label, figure in per.items():
        assert ours[label] == pytest.approx(figure, abs=0.0501)


def to_file(path: Path, gold: list[LabelledPassage]) -> Path:
    lines = []
    for p in gold:
        spans = [{"standard": m.standard, "role": m.role, "start": m.start, "end": m.end} for m in p.mens_rea]
        fields = {"id": p.id, "kind": p.kind, "language": p.language, "text": p.text, "doc_id": p.doc_id}
        lines.append(json.dumps(fields | {"labels": p.labels, "maybe": p.maybe, "mens_rea": spans}))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@needs_corpus
@pytest.mark.shared
@pytest.mark.parametrize("seed", [1, 2])
def test_agrees_on_made_up_passages(
    tmp_path: Path,
    gold: list[LabelledPassage],
    perturbed: Callable[..., list[Prediction]],
    seed: int,
) -> None:
    predictions = perturbed(gold, seed)
    write_predictions(tmp_path / "p.jsonl", predictions)
    # The file rounds scores to four decimals, so both sides read the same numbers.
    rounded = [Prediction.from_json(p.to_json()) for p in predictions]
    compare(evaluate(gold, rounded), reference(to_file(tmp_path / "g.jsonl", gold), tmp_path / "p.jsonl"))


@needs_corpus
@pytest.mark.shared
def test_agrees_on_the_corpus(tmp_path: Path, perturbed: Callable[..., list[Prediction]]) -> None:
    gold = read_passages(CORPUS / "dev.jsonl.gz")
    predictions = perturbed(gold, 3)
    write_predictions(tmp_path / "p.jsonl", predictions)
    rounded = [Prediction.from_json(p.to_json()) for p in predictions]
    compare(evaluate(gold, rounded), reference(CORPUS / "dev.jsonl.gz", tmp_path / "p.jsonl"))


@needs_corpus
@pytest.mark.shared
def test_agrees_on_whole_judgments(tmp_path: Path) -> None:
    gold = read_documents(CORPUS / "documents_dev.jsonl.gz")
    for i, document in enumerate(gold):
        found = sorted(document.articles)[i % 2 :] + (["UNTOC.12"] if i % 3 == 0 else []) + sorted(document.maybe)[:1]
        text = document.text.replace("\r\n", "\n")
        result = {
            "provisions": [{"provision": x, "predicted": True} for x in {*found, "UNTOC.5.1"}],
            "mens_rea": [{"standard": x} for x in sorted(document.mens_rea)[:1]],
            "passages": [{"index": 0, "start": 2, "end": 40, "text": text[2:40]}],
        }
        (tmp_path / f"{document.doc}.json").write_text(json.dumps(result), encoding="utf-8")
    command = [sys.executable, CORPUS / "score_documents.py", CORPUS / "documents_dev.jsonl.gz", tmp_path, "0"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    report = evaluate_documents(CORPUS / "documents_dev.jsonl.gz", tmp_path)
    a = report.articles
    assert f"micro-F1 {a.f1:.1f} (P {a.precision:.1f} R {a.recall:.1f}), mens rea {report.mens_rea.f1:.1f}" in printed
    assert report.problems == []
