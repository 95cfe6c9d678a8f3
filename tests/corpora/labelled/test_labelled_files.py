"""Passages and predictions keep to their schemas; a malformed line is named by file and line, and never quoted."""

from __future__ import annotations

import gzip
import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.jsonl import schema
from palermo.corpora.labelled.passages import ROLES, STANDARDS, LabelledPassage, MentalSpan, read_passages
from palermo.corpora.labelled.predictions import (
    LabelScore,
    Prediction,
    SpanScore,
    read_predictions,
    write_predictions,
)

FOLDER = Path(str(resources.files("palermo.corpora.labelled")))


def passage(**fields: Any) -> dict[str, Any]:
    return {"id": "a", "kind": "judgment", "language": "en", "text": "He knew it was stolen."} | fields


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["passage", "prediction"])
def test_schemas_are_valid_and_the_golden_examples_keep_to_them(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    lines = (FOLDER / f"{name}.example.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines:
        Draft202012Validator(schema(name)).validate(json.loads(line))


def test_the_golden_examples_are_read_and_sound() -> None:
    from palermo.corpora.labelled.checks import check

    passages = read_passages(FOLDER / "passage.example.jsonl")
    assert [p.group for p in passages] == ["en-judgment", "other-statute", "en-judgment"]
    assert passages[0].mens_rea == (MentalSpan("knowledge", 71, 104, "applied", "Knowing where the money came from"),)
    assert check(FOLDER / "passage.example.jsonl") == []
    assert [p.id for p in read_predictions(FOLDER / "prediction.example.jsonl")] == [p.id for p in passages]


def test_the_schemas_name_the_same_standards_and_roles_as_the_code() -> None:
    assert tuple(schema("passage")["$defs"]["standard"]["enum"]) == STANDARDS
    span = schema("prediction")["properties"]["mens_rea"]["items"]["properties"]
    assert tuple(span["standard"]["enum"]) == STANDARDS
    assert span["role"]["enum"] == [*ROLES, None]


def test_a_bare_passage_gets_defaults(tmp_path: Path) -> None:
    (read,) = read_passages(write(tmp_path / "p.jsonl", passage()))
    assert read == LabelledPassage("a", "judgment", "en", "He knew it was stolen.", doc_id="a")


def test_gzip_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(passage()).encode() + b"\n\n"))
    assert [p.id for p in read_passages(path)] == ["a"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (passage(kind="novel"), "line 2: field 'kind' breaks the rule enum"),
        ({"id": "b", "kind": "statute", "language": "en"}, "line 2: field 'text' is missing"),
        (passage(id="b", labels=["UNTOC 6"]), "line 2: field 'labels/0' breaks the rule pattern"),
        (passage(id="b", labels=["UNTOC.6\n"]), "line 2: field 'labels/0' breaks the rule pattern"),
        (passage(id="b", language="en\n"), "line 2: field 'language' breaks the rule pattern"),
        (passage(id="b", start=0, end=10**30), "line 2: field 'end' breaks the rule maximum"),
        (passage(id="b", start=0.5, end=22), "line 2: field 'start' breaks the rule type"),
        (passage(id="b", mens_rea=[{"standard": "intent", "start": 0.5, "end": 2}]), "'mens_rea/0/start'"),
        (passage(id="b", weight=float("nan")), "line 2: NaN is not a number"),
        (passage(id="b", mens_rea=[{"standard": "knowledge", "start": 3, "end": 999}]), "line 2: a mens_rea span"),
        (passage(id="b", mens_rea=[{"standard": "guilt", "start": 3, "end": 4}]), "'mens_rea/0/standard'"),
        (passage(), "line 2 has the id of line 1"),
        ([1], "line 2 is not a JSON object"),
    ],
)
def test_a_malformed_passage_is_named_by_file_and_line(tmp_path: Path, broken: Any, said: str) -> None:
    path = write(tmp_path / "secret.jsonl", passage(), broken)
    with pytest.raises(DataError) as caught:
        read_passages(path)
    assert str(caught.value).startswith("secret.jsonl: ")
    assert said in str(caught.value)
    assert "stolen" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_whole_numbers_may_be_written_with_a_point(tmp_path: Path) -> None:
    spans = [{"standard": "knowledge", "start": 3.0, "end": 7.0}]
    (read,) = read_passages(write(tmp_path / "p.jsonl", passage(start=0.0, end=22.0, mens_rea=spans)))
    (said,) = read_predictions(write(tmp_path / "q.jsonl", {"id": "a", "mens_rea": spans}))
    offsets = (read.start, read.end, read.mens_rea[0].start, said.mens_rea[0].start, said.mens_rea[0].end)
    assert offsets == (0, 22, 3, 3, 7)
    assert {type(offset) for offset in offsets} == {int}


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    words = r"He \ud83d\ude00 knew\uD800 it \\ud800 was \udfffstolen."
    path.write_text(json.dumps(passage(title=1)).replace(passage()["text"], words).replace("1}", r'"\ud800"}'))
    (read,) = read_passages(path)
    assert read.text == "He \U0001f600 knew\ufffd it \\ud800 was \ufffdstolen."
    assert read.title == "\ufffd"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"id": \n', "line 1 is not JSON"),
        (b"[" * 100_000, "line 1 is not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"", "no passages"),
        (b"\n \n", "no passages"),
    ],
)
def test_a_file_that_is_not_jsonl_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_passages(path)


@pytest.mark.parametrize("content", [b"not gzip at all", gzip.compress(b'{"id": "a"}' * 99)[:-12]])
def test_broken_gzip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="broken gzip"):
        read_passages(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_passages(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="can't be read"):
        read_passages(tmp_path)


PREDICTIONS = [
    Prediction("a", (LabelScore("UNTOC.6", 0.9312, True, "assigned"), LabelScore("UNTOC.12", 0.2, False))),
    Prediction("b", (), (SpanScore("knowledge", 3, 9, "required", 0.75), SpanScore("intent", 0, 2, None, 0.5))),
]


@pytest.mark.parametrize("name", ["p.jsonl", "p.jsonl.gz"])
def test_predictions_survive_writing_and_reading(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert write_predictions(path, PREDICTIONS) == 2
    assert read_predictions(path) == PREDICTIONS
    first = path.read_bytes()
    write_predictions(path, PREDICTIONS)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_written_predictions_keep_to_the_schema() -> None:
    for prediction in PREDICTIONS:
        Draft202012Validator(schema("prediction")).validate(prediction.to_json())


def test_the_decision_stands_in_for_a_missing_predicted(tmp_path: Path) -> None:
    labels = [
        {"provision": "UNTOC.6", "score": 0.9, "decision": "assigned"},
        {"provision": "UNTOC.12", "score": 0.4, "decision": "review"},
        {"provision": "UNTOC.16", "score": 0.4, "decision": "review", "predicted": True},
    ]
    (read,) = read_predictions(write(tmp_path / "p.jsonl", {"id": "a", "labels": labels}))
    assert [x.predicted for x in read.labels] == [True, False, True]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([{"provision": "UNTOC.6", "score": 1.5, "predicted": True}], "labels/0/score"),
        ([{"provision": "UNTOC.6", "score": float("nan"), "predicted": True}], "line 1: NaN is not a number"),
        ([{"provision": "UNTOC.6", "score": -float("inf"), "predicted": True}], "line 1: -Infinity is not a number"),
        ([{"provision": "UNTOC.6\n", "score": 0.5, "predicted": True}], "labels/0/provision"),
        ([{"provision": "UNTOC.6", "score": 0.5}], "labels/0"),
        ([{"provision": "UNTOC.6", "score": 0.5, "predicted": True}] * 2, "names a provision twice"),
    ],
)
def test_a_malformed_prediction_is_named_by_file_and_line(tmp_path: Path, labels: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_predictions(write(tmp_path / "p.jsonl", {"id": "a", "labels": labels}))
    with pytest.raises(DataError, match="line 2 has the id of line 1"):
        read_predictions(write(tmp_path / "p.jsonl", {"id": "a"}, {"id": "a"}))


def test_a_span_of_absurd_length_is_refused(tmp_path: Path) -> None:
    span = {"standard": "knowledge", "start": 3, "end": 10**30}
    with pytest.raises(DataError, match="line 1: field 'mens_rea/0/end' breaks the rule maximum"):
        read_predictions(write(tmp_path / "p.jsonl", {"id": "a", "mens_rea": [span]}))


def test_predictions_that_can_not_be_written_leave_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be written"):
        write_predictions(tmp_path / "none" / "p.jsonl", PREDICTIONS)
    assert list(tmp_path.iterdir()) == []


def test_a_passage_is_written_as_it_is_read() -> None:
    whole = LabelledPassage(
        "a", "judgment", "en", "he knew", "d", "T", "H", "XX", ("UNTOC.6",), ("UNTOC.7",),
        (MentalSpan("knowledge", 0, 7, "applied"), MentalSpan("intent", 3, 7)), named=True, start=0, end=7,
    )  # fmt: skip
    for passage in (whole, LabelledPassage("b", "statute", "fr", "rien", "d")):
        assert LabelledPassage.from_json(json.loads(json.dumps(passage.to_json()))) == passage
    assert "named" not in LabelledPassage("b", "statute", "fr", "rien", "d").to_json()
