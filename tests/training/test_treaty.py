"""The Convention's text as labelled passages: labels from the ids, in every language, without what dev quotes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.training.treaty import treaty_passages

TEXT = "Elke staat stelt, wanneer opzettelijk begaan, de volgende gedragingen strafbaar in zijn nationale recht"


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(*records: dict[str, Any]) -> Path:
        path = tmp_path / "treaty.jsonl"
        path.write_text("".join(json.dumps({"language": "nl", "full_text": TEXT, **line}) + "\n" for line in records))
        return path

    return write


@pytest.mark.parametrize(
    ("id_", "labels"),
    [
        ("UNTOC.18.3.a", {"UNTOC.18"}),
        ("UNTOC.6.1.b.i", {"UNTOC.6", "UNTOC.6.1.b.i"}),
        ("UNTOC.6.1.b", {"UNTOC.6", "UNTOC.6.1.b.i", "UNTOC.6.1.b.ii"}),
        ("TIP.9.2", {"TIP.9"}),
    ],
)
def test_a_provision_has_its_article_and_the_finer_labels_in_it(file: Any, id_: str, labels: set[str]) -> None:
    (found,) = treaty_passages([file({"id": id_, "heading": "Kop"})], [])
    assert set(found.labels) == labels
    assert (found.kind, found.language, found.heading, found.text) == ("statute", "nl", "Kop", TEXT)
    assert not found.mens_rea


@pytest.mark.parametrize("id_", ["UNTOC.1", "UNTOC.41.2", "OTHER.5"])
def test_a_provision_that_is_no_label_is_left_out(file: Any, id_: str) -> None:
    assert list(treaty_passages([file({"id": id_})], [])) == []


@pytest.mark.parametrize("text", ["Kort.", "lang " * 400, "", None])
def test_half_sentences_and_whole_chapters_are_left_out(file: Any, text: str | None) -> None:
    assert list(treaty_passages([file({"id": "UNTOC.18", "full_text": text})], [])) == []


def test_a_text_that_two_provisions_share_comes_once(file: Any) -> None:
    assert [p.id for p in treaty_passages([file({"id": "UNTOC.18"}, {"id": "UNTOC.18.1"})], [])] == ["UNTOC.18:nl"]


def test_what_a_dev_passage_quotes_is_not_learnt(file: Any) -> None:
    quoting = LabelledPassage("d", "judgment", "nl", f"Het verdrag zegt: “{TEXT.upper()}.” Zo is het.", "d")
    assert list(treaty_passages([file({"id": "UNTOC.6"})], [quoting])) == []


def test_a_malformed_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "treaty.jsonl"
    path.write_text("{")
    with pytest.raises(DataError, match=r"treaty\.jsonl"):
        list(treaty_passages([path], []))
