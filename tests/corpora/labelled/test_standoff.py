"""Stand-off files hold no words, and give the passages back from the full texts; what differs is refused by name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.fulltexts import FullText
from palermo.corpora.labelled.jsonl import schema, write_records
from palermo.corpora.labelled.rebuild import Rebuilt, fulltexts_for, rebuild
from palermo.corpora.labelled.sources import source_rows
from palermo.corpora.labelled.standoff import read_standoff, standoff

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"
STANDOFF = ROOT / "corpora/labelled/standoff"
FULL = "The opening words.\nShe knew the car was stolen.\nThe end."
SPAN = {"standard": "knowledge", "span": "She knew", "start": 0, "end": 8, "role": "applied"}


def passage(id_: str, doc_id: str, text: str, **fields: Any) -> dict[str, Any]:
    head = {"id": id_, "kind": "judgment", "jurisdiction": "XX", "language": "en", "doc_id": doc_id}
    rest = {"labels": [], "maybe": [], "mens_rea": [], "named": False, "start": None, "end": None}
    return head | {"title": "Crown v Marrow", "heading": None, "text": text} | rest | fields


PASSAGES = [
    passage("p1", "d1", FULL[19:47], labels=["UNTOC.6"], maybe=["UNTOC.12"], mens_rea=[SPAN], start=19, end=47),
    passage("p2", "d1", "The end.", start=48, end=56),
    passage("p3", "s1", "No gun without a mark.", kind="statute", title="Arms Act", heading="Marks", start=0, end=22),
    passage("p4", "s2", "Only this part is kept.", kind="statute", title="Code", heading="7 Parts", start=500, end=523),
    passage("p5", "gone", "Nobody has kept this one.", start=3, end=28),
]
DOCUMENTS = [
    {"doc_id": "d1", "title": "Crown v Marrow", "jurisdiction": "XX", "text": FULL, "source": "a (http://x.example/1)"},
    {"doc_id": "s1", "law": "Arms Act", "heading": "Marks", "text": "No gun without a mark.", "licence": "free"},
    {"doc_id": "s2", "title": "Code", "text": "Only this part is kept.", "passage": "p4", "licence": "free"},
    {"doc_id": "o1", "law": "Code", "section": "7", "heading": "Parts", "jurisdiction": "XX", "text": "Other words."},
]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    write_records(folder / "first.jsonl", DOCUMENTS[:2])
    write_records(folder / "second.jsonl.gz", DOCUMENTS[2:])
    return folder


@pytest.fixture
def annotations(tmp_path: Path, documents: Path) -> list[dict[str, Any]]:
    write_records(tmp_path / "passages.jsonl", PASSAGES)
    write_records(tmp_path / "off.jsonl.gz", standoff(tmp_path / "passages.jsonl", documents))
    return read_standoff(tmp_path / "off.jsonl.gz")


def built(annotations: list[dict[str, Any]], documents: Path) -> Rebuilt:
    return rebuild(annotations, fulltexts_for(annotations, documents))


def replace(documents: Path, doc_id: str, **fields: Any) -> None:
    changed = [record | (fields if record["doc_id"] == doc_id else {}) for record in DOCUMENTS]
    write_records(documents / "first.jsonl", changed[:2])
    write_records(documents / "second.jsonl.gz", changed[2:])


def codes(result: Rebuilt) -> list[tuple[str, str]]:
    return [(problem.code, problem.id) for problem in result.problems]


@pytest.mark.parametrize("name", ["standoff", "fulltext"])
def test_the_schemas_are_valid(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


def test_annotations_hold_no_words(annotations: list[dict[str, Any]]) -> None:
    written = json.dumps(annotations)
    for word in ("knew", "stolen", "Marrow", "Arms", "Marks", "kept"):
        assert word not in written
    assert annotations[0]["mens_rea"] == [{"standard": "knowledge", "role": "applied", "start": 0, "end": 8}]


def test_the_passages_come_back_field_by_field(annotations: list[dict[str, Any]], documents: Path) -> None:
    result = built(annotations, documents)
    assert result.passages == PASSAGES[:4]
    assert codes(result) == [("missing_document", "p5")]


def test_the_same_passages_give_the_same_bytes(tmp_path: Path, annotations: list[Any], documents: Path) -> None:
    write_records(tmp_path / "again.jsonl.gz", standoff(tmp_path / "passages.jsonl", documents))
    assert (tmp_path / "again.jsonl.gz").read_bytes() == (tmp_path / "off.jsonl.gz").read_bytes()


def test_a_document_with_another_text_is_refused_and_the_rest_goes_on(
    annotations: list[dict[str, Any]], documents: Path
) -> None:
    replace(documents, "d1", text=FULL + " More.")
    result = built(annotations, documents)
    assert [one["id"] for one in result.passages] == ["p3", "p4"]
    assert codes(result)[:2] == [("wrong_hash", "p1"), ("wrong_hash", "p2")]


def test_line_ends_and_a_byte_order_mark_make_no_other_document(
    annotations: list[dict[str, Any]], documents: Path
) -> None:
    replace(documents, "d1", text="\ufeff" + FULL.replace("\n", "\r\n"))
    assert built(annotations, documents).passages == PASSAGES[:4]


def test_another_title_or_heading_is_told(annotations: list[dict[str, Any]], documents: Path) -> None:
    replace(documents, "s1", heading="Numbers")
    result = built(annotations, documents)
    assert result.passages[2]["heading"] == "Numbers"
    assert ("context", "p3") in codes(result)


def test_the_whole_document_does_where_only_the_passage_was_at_hand(
    annotations: list[dict[str, Any]], documents: Path
) -> None:
    replace(documents, "s2", text="x" * 500 + PASSAGES[3]["text"], passage=None)
    assert PASSAGES[3] in built(annotations, documents).passages
    write_records(documents / "third.jsonl", [{"doc_id": "gone", "text": "abcNobody has kept this one."}])
    result = built(annotations, documents)
    assert result.passages[-1]["text"] == PASSAGES[4]["text"]
    assert codes(result) == [("context", "p5")]


def test_offsets_that_lead_elsewhere_are_refused(annotations: list[dict[str, Any]], documents: Path) -> None:
    annotations[1] |= {"start": 47, "end": 55}
    assert ("wrong_text", "p2") in codes(built(annotations, documents))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "words"}, "additionalProperties"),
        ({"document_sha256": "12"}, "pattern"),
        ({"heading": "{x.__class__}"}, "enum"),
        ({"start": 9, "end": 3}, "offsets end before they start"),
        ({"at": [5, 5]}, "offsets end before they start"),
        ({"id": "p1"}, "an id a second time"),
    ],
)
def test_a_malformed_annotation_is_named(
    tmp_path: Path, annotations: list[dict[str, Any]], fields: dict[str, Any], said: str
) -> None:
    write_records(tmp_path / "bad.jsonl", [annotations[0], annotations[1] | fields])
    with pytest.raises(DataError, match=said):
        read_standoff(tmp_path / "bad.jsonl")


def test_no_annotations_and_no_documents_are_refused(tmp_path: Path, annotations: list[Any]) -> None:
    (tmp_path / "none.jsonl").touch()
    with pytest.raises(DataError, match="no annotations"):
        read_standoff(tmp_path / "none.jsonl")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no \.jsonl"):
        fulltexts_for(annotations, tmp_path / "empty")


def test_sources_are_listed_with_licence_hash_and_address(annotations: list[Any], documents: Path) -> None:
    texts = fulltexts_for(annotations, documents)
    rows, licences = source_rows(annotations, texts)
    assert [row[0] for row in rows] == ["d1", "gone", "s1", "s2"]
    (d1,) = texts["d1"]
    assert rows[0] == ("d1", "first", "XX", "en", d1.sha256, "L2", "a (http://x.example/1)", "http://x.example/1")
    assert rows[1][4:] == ("", "", "", "")
    assert licences == [("L1", "2", "free"), ("L2", "1", "not stated")]


def test_a_tab_in_a_source_does_not_break_the_table(annotations: list[Any]) -> None:
    text = FullText("first", "d1", FULL, {"source": "a\tb\nc", "licence": "x\ty"})
    rows, licences = source_rows(annotations[:1], {"d1": [text]})
    assert rows[0][6] == "a b c"
    assert licences[0][2] == "x y"


def test_a_path_on_somebodys_machine_is_cut(annotations: list[Any]) -> None:
    text = FullText("first", "d1", FULL, {"source": "local:/srv/people/me/cases/train.jsonl.gz#7"})
    rows, _ = source_rows(annotations[:1], {"d1": [text]})
    assert rows[0][6] == "cases/train.jsonl.gz#7"


@pytest.mark.parametrize(("name", "count"), [("train", 11334), ("dev", 1595), ("added", 4061)])
def test_the_shipped_files_hold_no_words(name: str, count: int) -> None:
    lines = read_standoff(STANDOFF / f"{name}.jsonl.gz")
    assert len(lines) == count
    assert (STANDOFF / f"{name}.jsonl.gz").read_bytes()[4:8] == bytes(4), "a time stamp"


def test_nothing_that_was_added_is_of_a_document_in_dev() -> None:
    added, dev = (read_standoff(STANDOFF / f"{name}.jsonl.gz") for name in ("added", "dev"))
    assert not {line["doc_id"] for line in added} & {line["doc_id"] for line in dev}


@pytest.mark.shared
def test_what_was_added_is_rebuilt_whole() -> None:
    if not (SHARED / "documents").is_dir():
        pytest.skip("the labelled data folder is not beside this checkout")
    lines = read_standoff(STANDOFF / "added.jsonl.gz")
    result = rebuild(lines, fulltexts_for(lines, SHARED / "documents"))
    assert not result.problems
    assert [passage["id"] for passage in result.passages] == [line["id"] for line in lines]


@pytest.mark.shared
def test_the_corpus_is_rebuilt_field_by_field() -> None:
    """All but the passages that no document holds (40 and 3), and some headings that none has, told as `context`."""
    if not (SHARED / "documents").is_dir():
        pytest.skip("the labelled data folder is not beside this checkout")
    files = {name: read_standoff(STANDOFF / f"{name}.jsonl.gz") for name in ("train", "dev")}
    texts = fulltexts_for([line for lines in files.values() for line in lines], SHARED / "documents")
    for name, missing in (("train", 40), ("dev", 3)):
        result = rebuild(files[name], texts)
        lost = {problem.id for problem in result.problems if problem.code == "missing_document"}
        bare = {problem.id for problem in result.problems if problem.code == "context"}
        assert len(result.problems) == len(lost) + len(bare)
        assert len(lost) == missing
        assert len(bare) < result.total / 100
        with gzip.open(SHARED / f"corpus/{name}.jsonl.gz", "rt", encoding="utf-8") as stored:
            originals = [record for record in map(json.loads, stored) if record["id"] not in lost]
        for original, passage in zip(originals, result.passages, strict=True):
            expected = original | ({"heading": None} if original["id"] in bare else {})
            assert passage == expected, original["id"]
