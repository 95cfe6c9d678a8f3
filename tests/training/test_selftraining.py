"""Self-training: what may be learnt from without labels, what is taken for sure, and a run with it."""

from __future__ import annotations

import gzip
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
from palermo.training.selftraining import balanced, decisions, kept, self_labelled, unlabelled_provisions

PROVISION = (
    "Celui qui, sciemment, acquiert ou utilise un bien provenant d'un crime est puni de cinq ans d'emprisonnement"
)


def record(doc_id: str, text: str = PROVISION, **fields: Any) -> dict[str, Any]:
    return {"doc_id": doc_id, "law": "Loi A", "language": "fr", "jurisdiction": "XX", "text": text, **fields}


@pytest.fixture
def documents(tmp_path: Path) -> Any:
    def write(*records: dict[str, Any]) -> Path:
        path = tmp_path / "laws.jsonl.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in records)
        return path

    return write


def labelled(doc_id: str, text: str = "other words", title: str = "Loi B") -> LabelledPassage:
    return LabelledPassage(doc_id, "statute", "fr", text, doc_id, title=title, jurisdiction="XX")


def ids(path: Path, train: list[LabelledPassage] = [], dev: list[LabelledPassage] = []) -> list[str]:  # noqa: B006
    return [passage.doc_id for passage in unlabelled_provisions([path], train, dev)]


def test_provisions_of_laws_are_read_with_law_heading_and_language(documents: Any) -> None:
    (found,) = unlabelled_provisions([documents(record("a", heading="Blanchiment"))], [], [])
    assert (found.id, found.kind, found.language) == ("laws:a", "statute", "fr")
    assert (found.title, found.heading, found.text) == ("Loi A", "Blanchiment", PROVISION)
    assert not found.labels


@pytest.mark.parametrize(
    "left_out",
    [
        {"law": None},
        {"language": "en"},
        {"language": None},
        {"text": "Abrogé."},
        {"text": PROVISION.upper().replace(",", " ,")},  # a copy of the first
    ],
)
def test_judgments_english_short_and_repeated_ones_are_left_out(documents: Any, left_out: dict[str, Any]) -> None:
    assert ids(documents(record("a"), {**record("b", "Un autre texte. " * 20), **left_out})) == ["a"]


def test_nothing_of_a_dev_law_nor_of_any_labelled_text_is_learnt_from(documents: Any) -> None:
    path = documents(record("a"))
    assert ids(path, train=[labelled("a")]) == []
    assert ids(path, train=[labelled("z", text=PROVISION + ".")]) == []
    assert ids(path, dev=[labelled("z", text=PROVISION)]) == []
    assert ids(path, dev=[labelled("z", title="LOI A (version de 2010)")]) == []
    assert ids(path, train=[labelled("z", title="Loi A")]) == ["a"]  # another provision of a law that was learnt


def test_what_network_and_expert_agree_on_is_taken_the_rest_is_open() -> None:
    score = np.array([0.95, 0.6, 0.6, 0.05, 0.05, 0.01])
    taken, refused = decisions(score, np.array([False, True, False, True, False, True]))
    assert taken.tolist() == [True, True, False, False, False, False]
    assert refused.tolist() == [False, False, False, False, True, True]


def test_one_label_does_not_crowd_the_rest() -> None:
    laundering = [replace(labelled(f"a{n}"), labels=("UNTOC.7",)) for n in range(3)]
    both, none = replace(labelled("b"), labels=("UNTOC.7", "UNTOC.6")), labelled("c")
    assert balanced([*laundering, both, none], most=2) == [*laundering[:2], both, none]


def test_an_interrupted_run_keeps_what_was_labelled(tmp_path: Path) -> None:
    path = tmp_path / "self_labelled.jsonl"
    first = kept(path, lambda: [replace(labelled("a"), labels=("UNTOC.6",), maybe=("UNTOC.5",))])
    assert first == kept(path, lambda: pytest.fail("labelled again"))
    assert (first[0].labels, first[0].maybe) == (("UNTOC.6",), ("UNTOC.5",))


def test_the_teacher_says_of_every_label_taken_refused_or_open(tiny_run: Any) -> None:
    labels = tree().labels
    (found,) = self_labelled([labelled("a", PROVISION)], Tagger.load(tiny_run.folder), labels, lambda entry: None)
    assert not set(found.labels) & set(found.maybe)
    assert {*found.labels, *found.maybe} <= set(labels)


def test_a_run_goes_on_with_unlabelled_laws_and_says_so(tiny_run: Any, documents: Any, tmp_path: Path) -> None:
    path = documents(record("a"), record("b", "Un autre texte sur la confiscation des biens. " * 3))
    recipe = replace(tiny_run.job.recipe, epochs=1)
    job = replace(
        tiny_run.job, run=tmp_path / "run", encoder=None, start=tiny_run.folder, unlabelled=[path], recipe=recipe
    )
    folder = train(job, lambda entry: None)
    assert path.name in manifest.read(folder)["data"]
    assert [passage.doc_id for passage in read_passages(job.run / "self_labelled.jsonl")] == ["a", "b"]


def test_self_training_needs_a_model_to_go_on_from(tiny_run: Any, documents: Any, tmp_path: Path) -> None:
    job = replace(tiny_run.job, run=tmp_path / "run", unlabelled=[documents(record("a"))])
    with pytest.raises(UsageError, match="go on from"):
        train(job, lambda entry: None)
