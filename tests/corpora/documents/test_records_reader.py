"""Promises of the reader of JSON, JSON lines, CSV and TSV: one block a record, its columns honoured."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from palermo.corpora.documents.builder import canonical
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.document import Document
from palermo.corpora.documents.readers import records
from palermo.corpora.errors import BrokenDocument, EmptyDocument, UnsafeDocument


def read(source: str, name: str) -> Document:
    document = records.read(source.encode(), name)
    assert check(document) == []
    return document


def blocks(document: Document) -> list[tuple[str, str | None, str]]:
    return [(block.type, block.number, document.text[block.start : block.end]) for block in document.blocks]


def test_a_list_of_records_honours_numbers_and_headings() -> None:
    source = [
        {"text": "One.", "number": 1, "heading": "Facts"},
        {"text": "Two.", "number": "[2]", "heading": "Facts"},
        {"text": "3. Three.", "heading": "Law"},
        {"text": None},
        "Four.",
    ]
    document = read(json.dumps(source), "a.json")
    assert blocks(document) == [
        ("heading", None, "Facts"),
        ("paragraph", "1", "One."),
        ("paragraph", "2", "Two."),
        ("heading", None, "Law"),
        ("paragraph", "3", "3. Three."),
        ("paragraph", None, "Four."),
    ]
    assert [run.locator["record"] for run in document.runs] == [0, 0, 1, 2, 2, 4]
    assert [warning.code for warning in document.warnings] == ["records_without_text"]


def test_an_object_with_passages_says_what_it_is() -> None:
    source = {"title": "Act", "kind": "statute", "language": "fr", "passages": [{"text": "In the Act"}]}
    document = read(json.dumps(source), "a.json")
    assert (document.kind, document.language) == ("statute", "fr")
    assert (document.metadata["title"].value, document.metadata["title"].start) == ("Act", 7)


def test_an_object_with_text_is_read_like_plain_text() -> None:
    document = read(json.dumps({"text": "[1] One\r\nand.\n\n[2] Two."}), "a.json")
    assert blocks(document) == [("paragraph", "1", "[1] One\nand."), ("paragraph", "2", "[2] Two.")]


def test_json_lines_share_what_they_all_say() -> None:
    lines = [json.dumps({"text": text, "kind": "judgment", "title": "R v A"}) for text in ("One.", "Two.")]
    document = read("\n".join(lines) + "\n\n", "a.jsonl")
    assert document.media_type == "application/x-ndjson"
    assert (document.kind, document.metadata["title"].value) == ("judgment", "R v A")
    assert len(document.blocks) == 2


@pytest.mark.parametrize(("delimiter", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("|", "a.csv")])
def test_tables_are_read_with_their_delimiter(delimiter: str, name: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["Number", "Text"], ["12A", 'A "b", c;\r\nd|e']])
    assert blocks(read("\ufeff" + out.getvalue(), name)) == [("paragraph", "12A", 'A "b", c;\nd|e')]


def test_a_table_of_one_column_needs_no_header() -> None:
    assert [shown for _, _, shown in blocks(read("One.\nTwo.\n", "a.csv"))] == ["One.", "Two."]


@pytest.mark.parametrize(
    ("source", "name", "error"),
    [
        ('{"text": "a', "a.json", BrokenDocument),
        ('{"a": 1}', "a.json", BrokenDocument),
        ("5", "a.json", BrokenDocument),
        ('{"text": "a"}\n{"text": ', "a.jsonl", BrokenDocument),
        ("a,b\n1,2\n", "a.csv", BrokenDocument),
        ('[{"text": " "}]', "a.json", EmptyDocument),
        ("[]", "a.json", EmptyDocument),
        ("[" * 100_000, "a.json", UnsafeDocument),
    ],
)
def test_what_can_not_be_read_has_one_clear_error(source: str, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=name):
        records.read(source.encode(), name)


PASSAGES = st.lists(
    st.one_of(
        st.text(max_size=20), st.sampled_from(["\0\U0001d11e", "e\u0301\r\nx", "So ordered.", "\ufeff", "\ud800"])
    ),
    min_size=1,
    max_size=8,
)


@examples(deadline=None)
@given(PASSAGES)
def test_any_passages_keep_all_promises(passages: list[str]) -> None:
    data = json.dumps([{"text": passage} for passage in passages]).encode()
    try:
        document = records.read(data, "a.json")
    except EmptyDocument:
        return
    assert check(document) == []
    for run in document.runs:
        assert document.text[run.start : run.end] in canonical(passages[run.locator["record"]])
