"""`check` finds what a schema can't; `describe` counts; agreement coefficients equal their textbook values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.errors import DataError
from palermo.corpora.labelled.agreement import Table, agreement, compare
from palermo.corpora.labelled.checks import check, describe
from palermo.corpora.labelled.jsonl import write_records
from palermo.corpora.labelled.passages import LabelledPassage, MentalSpan
from palermo.corpora.labelled.standoff import standoff

TEXT = "She knew the car was stolen."


def record(id_: str, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "kind": "judgment", "language": "en", "text": TEXT, "doc_id": id_} | fields


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"labels": ["UNTOC.41"]}, "unknown_label"),
        ({"maybe": ["UNTOC.6.1"]}, "unknown_label"),
        ({"labels": ["UNTOC.6.1.b.i"]}, "article_missing"),
        ({"labels": ["UNTOC.6"], "maybe": ["UNTOC.6"]}, "label_and_maybe"),
        (
            {"labels": ["UNTOC.6"], "mens_rea": [{"standard": "knowledge", "span": "knew", "start": 5, "end": 9}]},
            "span_words",
        ),
        ({"mens_rea": [{"standard": "knowledge", "span": "knew", "start": 4, "end": 8}]}, "span_without_article"),
        ({"start": 10, "end": 11}, "offsets"),
        ({"doc_id": "good"}, "twin"),
    ],
)
def test_check_finds_one_fault_and_does_not_quote_the_text(tmp_path: Path, fields: dict[str, Any], code: str) -> None:
    path = tmp_path / "p.jsonl"
    lines = [record("good"), record("bad", **fields)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (finding,) = check(path)
    assert (finding.id, finding.code) == ("bad", code)
    assert "knew" not in finding.message


def test_describe_counts() -> None:
    passages = [
        LabelledPassage("a", "judgment", "en", TEXT, "d", labels=("UNTOC.6",), jurisdiction="XX"),
        LabelledPassage("b", "statute", "fr", "un deux", "d", mens_rea=(MentalSpan("intent", 0, 2),), named=True),
    ]
    counts = describe(passages)
    assert counts["passages"] == 2
    assert counts["documents"] == 1
    assert counts["unlabelled"] == 1
    assert counts["named"] == 1
    assert counts["words"] == {"median": 4.0, "p90": 2, "longest": 6}
    assert counts["groups"] == {"en-judgment": 1, "other-statute": 1}
    assert counts["labels"] == {"UNTOC.6": 1}
    assert counts["jurisdictions"] == {"XX": 1, "none": 1}
    assert counts["roles"] == {"none": 1}
    assert describe([])["passages"] == 0


def test_kappa_and_alpha_of_the_textbook() -> None:
    # Cohen's kappa of 20 / 5 / 10 / 15 is 0.4; Krippendorff (2011), section B, has alpha 0.095 for these ten units.
    assert Table(20, 5, 10, 15).kappa == pytest.approx(0.4)
    assert Table(1, 3, 1, 5).alpha == pytest.approx(0.095, abs=5e-4)
    assert Table(2, 1, 1, 6).f1 == pytest.approx(2 / 3)


def test_coefficients_without_variation_are_undefined() -> None:
    assert Table().f1 is None
    assert Table().kappa is None
    assert Table(neither=5).alpha is None
    assert Table(both=5).kappa is None
    assert Table(both=3, neither=3).kappa == pytest.approx(1)
    assert Table(both=3, neither=3).alpha == pytest.approx(1)


def test_agreement_compares_shared_passages(tmp_path: Path) -> None:
    a = [
        record("1", labels=["UNTOC.6", "UNTOC.12"], mens_rea=[{"standard": "knowledge", "start": 4, "end": 8}]),
        record("2"),
        record("only-a"),
    ]
    b = [
        record("1", labels=["UNTOC.6"], maybe=["UNTOC.12"], mens_rea=[{"standard": "knowledge", "start": 4, "end": 8}]),
        record("2", labels=["UNTOC.16"]),
    ]
    paths = []
    for name, records in (("a.jsonl", a), ("b.jsonl", b)):
        paths.append(tmp_path / name)
        paths[-1].write_text("".join(json.dumps(x) + "\n" for x in records), encoding="utf-8")
    found = agreement(*paths)
    assert (found.passages, found.only_first, found.only_second) == (2, 1, 0)
    assert (found.articles.both, found.articles.first, found.articles.second) == (1, 1, 1)
    assert found.finer.f1 is None
    assert found.standards.f1 == 1
    assert found.spans.f1 == 1
    assert sorted(found.labels) == ["UNTOC.12", "UNTOC.16", "UNTOC.6"]
    assert found.to_json()["labels"]["UNTOC.6"]["f1"] == 1
    strict = agreement(*paths, doubtful=False)
    assert (strict.articles.both, strict.articles.first, strict.articles.second) == (1, 0, 1)


def test_agreement_reads_stand_off_files_too(tmp_path: Path) -> None:
    span = {"standard": "knowledge", "start": 4, "end": 8}
    with_text = tmp_path / "a.jsonl"
    with_text.write_text(json.dumps(record("1", labels=["UNTOC.6"], mens_rea=[span])) + "\n", encoding="utf-8")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/d.jsonl").write_text(json.dumps({"doc_id": "1", "text": TEXT}) + "\n", encoding="utf-8")
    write_records(tmp_path / "b.jsonl.gz", standoff(with_text, tmp_path / "documents"))
    for pair in ((with_text, tmp_path / "b.jsonl.gz"), (tmp_path / "b.jsonl.gz", tmp_path / "b.jsonl.gz")):
        found = agreement(*pair)
        assert (found.articles.f1, found.spans.f1) == (1, 1)
    with_text.write_text(json.dumps(record("1") | {"text": "Another text."}) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="different texts"):
        agreement(with_text, tmp_path / "b.jsonl.gz")


def spans(*places: tuple[str, int, int]) -> list[LabelledPassage]:
    marks = tuple(MentalSpan(*place) for place in places)
    return [LabelledPassage("1", "judgment", "en", TEXT, "d", mens_rea=marks)]


def test_spans_that_overlap_by_half_agree_each_once() -> None:
    first = spans(("knowledge", 0, 10), ("knowledge", 0, 9), ("intent", 0, 10), ("purpose", 0, 10))
    second = spans(("knowledge", 0, 10), ("knowledge", 20, 28), ("intent", 5, 10), ("purpose", 0, 21))
    found = compare(first, second)
    assert (found.spans.both, found.spans.first, found.spans.second) == (1, 3, 3)
    assert (found.spans_half.both, found.spans_half.first, found.spans_half.second) == (2, 2, 2)
    assert found.to_json()["spans_half"]["f1"] == 0.5


def test_agreement_of_spans_is_the_same_from_either_side() -> None:
    first = spans(("intent", 0, 10), ("intent", 2, 12), ("intent", 4, 9))
    second = spans(("intent", 2, 12), ("intent", 6, 16), ("intent", 3, 11), ("intent", 4, 9))
    one, other = compare(first, second).spans_half, compare(second, first).spans_half
    assert (one.both, one.first, one.second) == (other.both, other.second, other.first) == (3, 0, 1)


def test_labels_outside_the_taxonomy_are_told_apart() -> None:
    first = [LabelledPassage("1", "judgment", "en", TEXT, "d", labels=("UNTOC.6", "UNTOC.99"), maybe=("UNTOC.98",))]
    second = [LabelledPassage("1", "judgment", "en", TEXT, "d", labels=("UNTOC.6", "UNTOC.6.1"))]
    found = compare(first, second)
    assert found.articles.f1 == 1
    assert found.unknown == {"UNTOC.6.1": Table(second=1), "UNTOC.98": Table(neither=1), "UNTOC.99": Table(first=1)}
    assert found.to_json()["unknown"]["UNTOC.99"]["first"] == 1
    assert compare(second[:0] + first, first, doubtful=False).unknown["UNTOC.98"] == Table()


def test_coefficients_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn, of the [train] extra")
    table = Table(21, 4, 7, 68)
    first = [1] * 21 + [1] * 4 + [0] * 7 + [0] * 68
    second = [1] * 21 + [0] * 4 + [1] * 7 + [0] * 68
    assert table.kappa == pytest.approx(metrics.cohen_kappa_score(first, second))
    assert table.f1 == pytest.approx(metrics.f1_score(first, second))


def test_agreement_refuses_different_passages() -> None:
    a = LabelledPassage("1", "judgment", "en", "one", "d")
    with pytest.raises(DataError, match="no passage id in common"):
        compare([a], [LabelledPassage("2", "judgment", "en", "one", "d")])
    with pytest.raises(DataError, match="different texts"):
        compare([a], [LabelledPassage("1", "judgment", "en", "two", "d")])
