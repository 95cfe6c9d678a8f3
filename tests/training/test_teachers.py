"""Distillation: what teachers say is read once, and learnt beside the labels."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from palermo.corpora.convention import tree
from palermo.corpora.errors import ModelError, UsageError
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.models import manifest
from palermo.models.pooling import logits
from palermo.models.tagger import Tagger
from palermo.training.examples import collate, examples_of
from palermo.training.finetune import teachers_loss
from palermo.training.pipeline import train
from palermo.training.teachers import open_to, opinions, taught


def french(name: str, text: str = "Celui qui acquiert sciemment un bien provenant d'un crime est puni.") -> Any:
    return LabelledPassage(name, "statute", "fr", text, name, title="Loi B", jurisdiction="XX")


def read(teachers: list[Path], passages: list[LabelledPassage], run: Path, said: list[Any] | None = None) -> Any:
    tell = (lambda entry: None) if said is None else said.append
    return opinions(teachers, passages, list(tree().labels), run, "float32", tell)


def test_agreeing_with_the_teacher_costs_least() -> None:
    there = torch.tensor([[2.0, -3.0], [0.5, -6.0]])
    least = float(teachers_loss(there, there))
    for place in np.ndindex(2, 2):
        for step in (-0.3, 0.3):
            other = there.clone()
            other[place] += step
            assert float(teachers_loss(other, there)) > least


def test_where_teachers_say_nothing_nothing_is_asked(tokenizer: Any) -> None:
    labels = list(tree().labels)
    own, other = examples_of([french("a"), french("b")], tokenizer, labels)
    (heard,) = taught([other], np.full((1, len(labels)), -2.0, np.float32))
    batch = collate([own, heard], [0, 1], 1)
    logits = torch.zeros(2, len(labels), requires_grad=True)
    loss = teachers_loss(logits, batch.opinions)
    loss.backward()
    assert loss.item() == pytest.approx(len(labels) * np.log(2) / 2)
    assert logits.grad is not None
    assert not logits.grad[0].any()
    assert logits.grad[1].all()


def test_teachers_need_something_to_speak_of(tiny_run: Any, tmp_path: Path) -> None:
    job = replace(tiny_run.job, run=tmp_path / "run", teachers=[tiny_run.folder])
    with pytest.raises(UsageError, match="nothing for the teachers"):
        train(job, lambda entry: None)


def test_a_teacher_is_heard_as_tagging_hears_it(tiny_run: Any, tmp_path: Path) -> None:
    passages = [french("a"), french("b", "Un autre texte. " * 30)]
    tagger = Tagger.load(tiny_run.folder, "onnxruntime")
    records = [{"id": p.id, "text": p.text, "kind": p.kind, "title": p.title, "language": "fr"} for p in passages]
    expected = [logits(tokens, tagger.bias.astype(np.float32)) for tokens in tagger.token_scores(records)]
    order = [tagger.labels.index(label) for label in tree().labels]
    assert read([tiny_run.folder], passages, tmp_path) == pytest.approx(np.array(expected)[:, order], abs=1e-3)


def test_the_opinion_of_several_is_their_mean_whatever_the_order_of_labels(tiny_run: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_run.folder, other)
    calibration = json.loads((other / "calibration.json").read_text())
    for label in calibration["labels"].values():
        label["bias"] += 1.0
    (other / "calibration.json").write_text(json.dumps(calibration))
    facts = json.loads((other / "manifest.json").read_text())
    manifest.write(other, {name: value for name, value in facts.items() if name != "files"})
    alone = read([tiny_run.folder], [french("a")], tmp_path)
    second = tmp_path / "second"
    second.mkdir()
    assert read([tiny_run.folder, other], [french("a")], second) == pytest.approx(alone + 0.5, abs=1e-4)


def test_a_resumed_run_hears_a_teacher_once_and_again_for_other_passages(tiny_run: Any, tmp_path: Path) -> None:
    first = read([tiny_run.folder], [french("a")], tmp_path)
    said: list[Any] = []
    assert np.array_equal(read([tiny_run.folder], [french("a")], tmp_path, said), first)
    assert not said
    assert len(read([tiny_run.folder], [french("a"), french("b")], tmp_path, said)) == 2
    assert said


def test_a_teacher_with_other_labels_is_refused(tiny_run: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="other labels"):
        opinions([tiny_run.folder], [french("a")], ["UNTOC.6"], tmp_path, "float32", lambda entry: None)


def test_of_a_passage_that_nobody_labelled_only_the_teachers_speak() -> None:
    labels = list(tree().labels)
    own, none = open_to([replace(french("a"), labels=("UNTOC.7",)), french("b")], labels)
    assert (own.labels, set(own.maybe)) == (("UNTOC.7",), set(labels) - {"UNTOC.7"})
    assert none.maybe == tuple(labels)


def test_what_teachers_find_something_in_is_read_in_every_epoch(tokenizer: Any) -> None:
    examples = examples_of([french("a"), french("b")], tokenizer, list(tree().labels))
    nothing, something = np.full(len(tree().labels), -9.0, np.float32), np.zeros(len(tree().labels), np.float32)
    assert [example.empty for example in taught(examples, np.array([nothing, something]))] == [True, False]


def test_a_run_learns_from_teachers_and_says_so(tiny_run: Any, documents: Any, tmp_path: Path) -> None:
    path = documents({"doc_id": "a"}, {"doc_id": "b", "text": "Un autre texte sur la confiscation des biens. " * 3})
    said: list[dict[str, Any]] = []
    job = replace(
        tiny_run.job,
        run=tmp_path / "run",
        encoder=None,
        start=tiny_run.folder,
        unlabelled=[path],
        teachers=[tiny_run.folder, tiny_run.folder],
        recipe=replace(tiny_run.job.recipe, epochs=1),
    )
    folder = train(job, said.append)
    assert manifest.read(folder)["teachers"] == [manifest.identity(manifest.read(tiny_run.folder))] * 2
    assert {passage.doc_id for passage in read_passages(job.run / "open.jsonl")} == {"a", "b"}
    heard = [entry for entry in said if entry.get("phase") == "teacher"]
    assert [entry["passages"] for entry in heard] == [entry["of"] for entry in heard]
    assert not (job.run / "self_labelled.jsonl").exists()
