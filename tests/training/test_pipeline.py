"""`palermo train` end to end with a tiny encoder: a folder that ships, resumed where it stopped, honest on its data."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.convention import tree
from palermo.corpora.errors import DataError, ModelError
from palermo.corpora.labelled.passages import read_passages
from palermo.corpora.labelled.predictions import Prediction, read_predictions
from palermo.evaluation.report import evaluate
from palermo.models import manifest
from palermo.models.tagger import Tagger
from palermo.training.data import data_version, texts_of, training_passages
from palermo.training.mental import read_held_out
from palermo.training.pipeline import prepare_encoder, train
from palermo.training.shipping import LARGEST


@pytest.fixture
def copied(tiny_run: Any, tmp_path: Path) -> Any:
    """The finished run in a folder of its own, so that a test may go on with it."""
    shutil.copytree(tiny_run.job.run, tmp_path / "run")
    return replace(tiny_run.job, run=tmp_path / "run")


def test_the_folder_is_complete_and_the_tagger_accepts_it(tiny_run: Any) -> None:
    assert sorted(path.name for path in tiny_run.folder.iterdir()) == [
        "MODEL_CARD.md", "calibration.json", "labels.json", "manifest.json", "network.onnx", "ngrams.npz",
        "tokenizer.json",
    ]  # fmt: skip
    tagger = Tagger.load(tiny_run.folder, "onnxruntime", 1)
    assert tagger.labels == tuple(tree().labels)
    (line,) = tagger.predict([{"id": "a", "text": "He knew that the money came from crime."}])
    assert line["id"] == "a"
    assert sum(path.stat().st_size for path in tiny_run.folder.iterdir()) < LARGEST


def test_the_manifest_says_what_the_model_was_made_of(tiny_run: Any) -> None:
    facts = manifest.verify(tiny_run.folder)
    assert facts["name"] == "tiny"
    assert facts["taxonomy"] == tree().taxonomy
    assert facts["data"] == data_version([*tiny_run.job.passages, tiny_run.job.dev], frozenset())
    assert facts["recipe"]["seed"] == tiny_run.job.recipe.seed
    assert facts["gate"]["passed"] is True
    assert {"torch", "onnx", "transformers", "tokenizers"} <= facts["libraries"].keys()
    for file in ("calibration.json", "manifest.json"):
        json.dumps(json.loads((tiny_run.folder / file).read_text("utf-8")), allow_nan=False)


def test_dev_is_predicted_out_of_fold_line_by_line(tiny_run: Any) -> None:
    found = read_predictions(tiny_run.job.run / "dev_predictions.jsonl")
    assert len(found) == len(read_passages(tiny_run.job.dev))


def test_the_card_holds_figures_and_no_text_of_a_passage(tiny_run: Any) -> None:
    card = (tiny_run.folder / "MODEL_CARD.md").read_text("utf-8")
    assert manifest.read(tiny_run.folder)["files"]["network.onnx"] in card
    assert "| UNTOC.6 |" in card
    assert "differences of its own in the encoder's last layers (1, of rank 32)" in card
    assert all(passage.text[:60] not in card for passage in read_passages(tiny_run.job.dev))


def test_mental_elements_of_dev_and_of_what_was_held_out_can_be_evaluated_together(tiny_run: Any) -> None:
    run = tiny_run.job.run
    unseen, _ = read_held_out(run)
    gold = read_passages(run / "mental_gold.jsonl")
    assert gold == [*read_passages(tiny_run.job.dev), *unseen]
    assert evaluate(gold, read_predictions(run / "mental_predictions.jsonl")).groups["all"].mental.gold_spans


def test_the_manifest_and_the_card_keep_what_was_held_out_of_the_head_s_training(tiny_run: Any) -> None:
    unseen, lines = read_held_out(tiny_run.job.run)
    said = evaluate(unseen, [Prediction.from_json(line) for line in lines]).groups["all"].mental
    told = manifest.read(tiny_run.folder)["held_out"]
    assert (told["passages"], told["spans"], told["standards"]) == (
        len(unseen), said.gold_spans, str(said.standards_interval)
    )  # fmt: skip
    row = f"| held out | {said.gold_spans} | {said.standards_interval} | {said.half_interval} |"
    assert row in (tiny_run.folder / "MODEL_CARD.md").read_text("utf-8")


def test_a_finished_run_exports_again_without_learning_again(tiny_run: Any, copied: Any) -> None:
    said: list[dict[str, Any]] = []
    folder = train(copied, said.append)
    assert {entry["phase"] for entry in said if "phase" in entry} == {"export", "gate"}
    assert not any("step" in entry for entry in said)
    assert manifest.read(folder)["files"] == manifest.read(tiny_run.folder)["files"]


def test_whole_judgments_set_the_document_level(copied: Any, tmp_path: Path) -> None:
    records = [
        {
            "doc": f"j{number}",
            "text": "\n\n".join(f"{i}. The court heard of the money in account {number}." for i in range(1, 6)),
            "articles": ["UNTOC.6"] if number % 2 else [],
            "fine": [],
            "maybe": ["UNTOC.5"],
        }
        for number in range(4)
    ]
    path = tmp_path / "judgments.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    folder = train(replace(copied, documents=path), lambda entry: None)
    document = json.loads((folder / "calibration.json").read_text("utf-8"))["document"]
    assert set(document) == {"best", "mass", "size", "offset", "threshold", "assign", "review"}
    manifest.verify(folder)
    path.write_text('{"doc": "j", "text": "x", "articles": [], "fine": []}', encoding="utf-8")
    with pytest.raises(DataError, match=r"judgments\.jsonl: line 1: field 'maybe'"):
        train(replace(copied, documents=path), lambda entry: None)


def test_the_command_line_trains_too(tiny_run: Any, copied: Any) -> None:
    from click.testing import CliRunner
    from palermo.service.cli.train import command

    job = tiny_run.job
    arguments = [str(path) for path in job.passages] + ["--dev", str(job.dev), "--run", str(copied.run)]
    settings = ["--set", "epochs=1", "--set", "frozen=1", "--encoder", str(job.encoder), "--name", "by-hand"]
    result = CliRunner().invoke(command, [*arguments, *settings], catch_exceptions=False)
    assert result.exit_code == 0
    assert Tagger.load(copied.run / "model", "onnxruntime", 1).info()["model"] == "by-hand"


def test_documents_in_both_training_and_dev_are_refused(tiny_run: Any, tmp_path: Path) -> None:
    job = replace(tiny_run.job, passages=(tiny_run.job.dev,), run=tmp_path / "run")
    with pytest.raises(DataError, match="30 documents are in both"):
        train(job, lambda entry: None)


def test_held_out_passages_are_not_learnt_from(tiny_run: Any) -> None:
    passages = read_passages(tiny_run.job.passages[0])
    held_out = frozenset(passage.id for passage in passages[:50])
    left = training_passages(tiny_run.job.passages, held_out, [])
    assert [passage.id for passage in left] == [passage.id for passage in passages[50:]]
    # A document of dev may be among them, if all its passages are held out.
    assert training_passages(tiny_run.job.passages, held_out, passages[:50]) == left
    with pytest.raises(DataError, match="no passages to learn from"):
        training_passages(tiny_run.job.passages, frozenset(passage.id for passage in passages), [])


def test_a_run_begun_with_other_labels_is_refused(copied: Any) -> None:
    (copied.run / "labels.json").write_text('["UNTOC.6"]', encoding="utf-8")
    with pytest.raises(DataError, match=r"labels\.json: the run was begun with other labels"):
        train(copied, lambda entry: None)


def test_an_encoder_folder_without_a_tokenizer_is_refused(tiny_run: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        prepare_encoder(replace(tiny_run.job, encoder=tmp_path), lambda entry: None)


def test_texts_for_the_vocabulary_come_in_parts_and_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"text": "x" * 9000, "title": "T", "law": "L", "note": "no"}) + "\n\n", encoding="utf-8")
    assert [len(text) for text in texts_of([path])] == [4000, 4000, 1000, 1, 1]
    path.write_text("{}\n{broken\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"texts\.jsonl: line 2"):
        list(texts_of([path]))
