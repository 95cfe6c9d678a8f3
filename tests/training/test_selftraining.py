"""Self-training: what is taken for sure, what is left open, and a run with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from palermo.corpora.convention import tree
from palermo.corpora.errors import UsageError
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.models import manifest
from palermo.models.tagger import Tagger
from palermo.training.pipeline import train
from palermo.training.selftraining import balanced, decisions, kept, self_labelled, with_doubts


def labelled(doc_id: str, text: str = "other words", title: str = "Loi B") -> LabelledPassage:
    return LabelledPassage(doc_id, "statute", "fr", text, doc_id, title=title, jurisdiction="XX")


def test_what_network_and_expert_agree_on_is_taken_the_rest_is_open() -> None:
    score = np.array([0.95, 0.6, 0.6, 0.05, 0.05, 0.01])
    taken, refused = decisions(score, np.array([False, True, False, True, False, True]))
    assert taken.tolist() == [True, True, False, False, False, False]
    assert refused.tolist() == [False, False, False, False, True, True]


def test_one_label_does_not_crowd_the_rest() -> None:
    laundering = [replace(labelled(f"a{n}"), labels=("UNTOC.7",)) for n in range(3)]
    both, none = replace(labelled("b"), labels=("UNTOC.7", "UNTOC.6")), labelled("c")
    assert balanced([*laundering, both, none], most=2) == [*laundering[:2], both, none]


def test_each_language_group_has_its_own_share() -> None:
    french, english = (replace(labelled(f"{x}"), language=x, labels=("UNTOC.7",)) for x in ("fr", "en"))
    assert balanced([french, english, french, english], most=1) == [french, english]


def test_a_passage_with_labels_keeps_them_and_takes_doubts_from_the_teacher() -> None:
    own = replace(labelled("a"), labels=("UNTOC.6",))
    said = replace(labelled("a"), labels=("UNTOC.6", "UNTOC.7"), maybe=("UNTOC.12",))
    assert with_doubts([own], [said]) == [replace(own, maybe=("UNTOC.7", "UNTOC.12"))]


def test_an_interrupted_run_keeps_what_was_labelled(tmp_path: Path) -> None:
    path = tmp_path / "self_labelled.jsonl"
    first = kept(path, lambda: [replace(labelled("a"), labels=("UNTOC.6",), maybe=("UNTOC.5",))])
    assert first == kept(path, lambda: pytest.fail("labelled again"))
    assert (first[0].labels, first[0].maybe) == (("UNTOC.6",), ("UNTOC.5",))


def test_the_teacher_says_of_every_label_taken_refused_or_open(tiny_run: Any) -> None:
    labels = tree().labels
    (found,) = self_labelled(
        [labelled("a", "Celui qui acquiert sciemment un bien provenant d'un crime est puni")],
        Tagger.load(tiny_run.folder),
        labels,
        lambda entry: None,
    )
    assert not set(found.labels) & set(found.maybe)
    assert {*found.labels, *found.maybe} <= set(labels)


def test_a_run_goes_on_with_unlabelled_laws_and_says_so(tiny_run: Any, documents: Any, tmp_path: Path) -> None:
    path = documents({"doc_id": "a"}, {"doc_id": "b", "text": "Un autre texte sur la confiscation des biens. " * 3})
    recipe = replace(tiny_run.job.recipe, epochs=1)
    job = replace(
        tiny_run.job, run=tmp_path / "run", encoder=None, start=tiny_run.folder, unlabelled=[path], recipe=recipe
    )
    folder = train(job, lambda entry: None)
    assert path.name in manifest.read(folder)["data"]
    assert {passage.doc_id for passage in read_passages(job.run / "self_labelled.jsonl")} == {"a", "b"}


def test_a_run_learns_from_the_text_of_the_treaty_and_says_so(tiny_run: Any, tmp_path: Path) -> None:
    path = tmp_path / "treaty.jsonl"
    path.write_text(
        json.dumps(
            {
                "id": "UNTOC.7.1",
                "language": "fr",
                "full_text": "Chaque État institue un régime interne de contrôle des banques " * 2,
            }
        )
        + "\n"
    )
    recipe = replace(tiny_run.job.recipe, epochs=1)
    job = replace(tiny_run.job, run=tmp_path / "run", encoder=None, start=tiny_run.folder, treaty=[path], recipe=recipe)
    folder = train(job, lambda entry: None)
    assert path.name in manifest.read(folder)["data"]
    (passage,) = read_passages(job.run / "self_labelled.jsonl")
    assert passage.labels == ("UNTOC.7",)
    assert "UNTOC.7" not in passage.maybe


def test_self_training_needs_a_model_to_go_on_from(tiny_run: Any, documents: Any, tmp_path: Path) -> None:
    job = replace(tiny_run.job, run=tmp_path / "run", unlabelled=[documents({"doc_id": "a"})])
    with pytest.raises(UsageError, match="go on from"):
        train(job, lambda entry: None)
