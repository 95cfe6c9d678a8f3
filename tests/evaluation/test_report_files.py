"""A report is three files: figures without any text, a table, and one page that needs nothing else and runs nothing."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from palermo.corpora.errors import DataError, UsageError
from palermo.corpora.labelled.passages import LabelledPassage
from palermo.corpora.labelled.predictions import LabelScore, Prediction, write_predictions
from palermo.evaluation.compare import compare, compare_files, table
from palermo.evaluation.documents import LabelledDocument, evaluate_documents, score_documents
from palermo.evaluation.output import render, write_report
from palermo.evaluation.report import evaluate, run, summary_lines

Gold = list[LabelledPassage]
Made = list[Prediction]


class Page(HTMLParser):
    """Collects tags and checks that they nest."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def to_file(path: Path, gold: Gold) -> Path:
    fields = [
        {"id": p.id, "kind": p.kind, "language": p.language, "text": p.text, "doc_id": p.doc_id, "labels": p.labels}
        for p in gold
    ]
    path.write_text("".join(json.dumps(x) + "\n" for x in fields), encoding="utf-8")
    return path


def test_run_writes_three_files(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    write_predictions(tmp_path / "p.jsonl", predictions)
    report = run(to_file(tmp_path / "g.jsonl", gold), tmp_path / "p.jsonl", tmp_path / "deep" / "report")
    folder = tmp_path / "deep" / "report"
    assert sorted(x.name for x in folder.iterdir()) == ["metrics.json", "per_provision.tsv", "report.html"]
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["groups"]["all"]["article"]["micro"]["f1"] == pytest.approx(
        report.groups["all"].article.micro.f1, abs=1e-4
    )
    rows = (folder / "per_provision.tsv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == len(report.labels) + 1
    assert {row.count("\t") for row in rows} == {19}


def test_run_can_predict_itself_and_keeps_the_predictions(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    path = to_file(tmp_path / "g.jsonl", gold)
    report = run(path, None, tmp_path / "r", predict=lambda passages: predictions[: len(passages)])
    assert (tmp_path / "r" / "predictions.jsonl").is_file()
    assert report.missing == len(gold) - len(predictions)
    with pytest.raises(UsageError, match="nothing to evaluate"):
        run(path, None, tmp_path / "r")


def test_the_same_input_gives_the_same_files(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    for name in ("a", "b"):
        write_report(evaluate(gold, predictions), tmp_path / name)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_only_the_page_holds_text(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    write_report(evaluate(gold, predictions), tmp_path)
    words = gold[0].text[:40]
    assert words not in (tmp_path / "metrics.json").read_text(encoding="utf-8")
    assert words not in (tmp_path / "per_provision.tsv").read_text(encoding="utf-8")


def test_the_page_is_whole_self_contained_and_labelled(gold: Gold, predictions: Made) -> None:
    page = Page()
    report = evaluate(gold, predictions)
    html = render(report)
    page.feed(html)
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe"}
    assert not re.search(r"(?:src|href)=\"(?!#)", html)
    plots = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(plots) == 5 + len(report.curves.labels)
    assert html.count("<desc>") == len(plots)
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
    assert not re.search(r"\bnan\b|\binf\b", html)


def test_hostile_text_stays_text() -> None:
    evil = "<script>alert(1)</script>"
    gold = [
        LabelledPassage(evil, "judgment", "en", evil, "d", title=evil, labels=("UNTOC.6",), jurisdiction=evil),
    ]
    report = evaluate(gold, [Prediction(evil, (LabelScore("UNTOC.12", 0.9, True),))], predictions_name=evil)
    assert "<script" not in render(report)


def test_one_passage_without_labels_is_enough(gold: Gold) -> None:
    bare = [LabelledPassage("a", "judgment", "en", "nothing here", "d")]
    report = evaluate(bare, [Prediction("a")])
    assert report.groups["all"].subset_accuracy == 100
    assert "nothing" not in json.dumps(report.to_json())
    assert render(report)


def test_evaluating_nothing_is_refused(gold: Gold) -> None:
    with pytest.raises(DataError, match="no passages"):
        evaluate([], [])
    with pytest.raises(DataError, match="no prediction for any"):
        evaluate(gold, [Prediction("other")])


def test_the_report_folder_must_be_writable(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="can't be made"):
        write_report(evaluate(gold, predictions), tmp_path / "file" / "r")


def test_the_summary_has_a_line_for_each_group(gold: Gold, predictions: Made) -> None:
    report = evaluate(gold, predictions)
    printed = "\n".join(summary_lines(report))
    assert all(name in printed for name in report.groups)
    assert f"{report.missing} passages have no prediction" in printed
    assert set(report.groups) == {
        "all", "en", "other", "en-judgment", "en-statute", "other-judgment", "other-statute",
    }  # fmt: skip


def test_groups_add_up(gold: Gold, predictions: Made) -> None:
    report = evaluate(gold, predictions)
    assert set(report.kinds) == {"judgment", "statute"}
    for groups in (report.kinds, report.languages, report.jurisdictions):
        assert sum(g.passages for g in groups.values()) == len(gold)
    assert next(iter(report.languages)) == "en"
    for g in report.groups.values():
        assert g.article.micro_interval.low <= g.article.micro.f1 <= g.article.micro_interval.high


def test_comparison_is_zero_with_itself_and_sees_a_better_tagger(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    assert {x.difference.value for x in compare(gold, predictions, predictions)} == {0}
    perfect = [Prediction(p.id, tuple(LabelScore(x, 1.0, True) for x in p.labels)) for p in gold]
    better = {(x.group, x.figure): x for x in compare(gold, predictions, perfect)}
    gain = better["all", "article micro-F1"]
    assert gain.b == pytest.approx(100)
    assert gain.difference.low > 0
    assert gain.difference.p < 0.01
    assert ("other-statute", "finer micro-F1") in better
    for name, made in (("a.jsonl", predictions), ("b.jsonl", perfect)):
        write_predictions(tmp_path / name, made)
    lines = compare_files(to_file(tmp_path / "g.jsonl", gold), tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    found = compare(gold, predictions, perfect)
    assert len(table(found)) == len(found) + 1
    assert lines[0] == table(found)[0]
    told = [line for line in lines if "no prediction" in line]
    assert told == [f"A (a.jsonl): {len(gold) - len(predictions)} passages have no prediction and count as empty"]
    json.dumps([x.to_json() for x in found])


def test_a_comparison_with_other_passages_is_refused(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    stranger = [Prediction("other")]
    for pair in ((predictions, stranger), (stranger, predictions), ([], predictions)):
        with pytest.raises(DataError, match="no prediction for any"):
            compare(gold, *pair)
    for name, made in (("theirs.jsonl", stranger), ("ours.jsonl", predictions)):
        write_predictions(tmp_path / name, made)
    path = to_file(tmp_path / "g.jsonl", gold)
    with pytest.raises(DataError, match=r"theirs\.jsonl: no prediction for any"):
        compare_files(path, tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl")
    with pytest.raises(DataError, match=r"theirs\.jsonl: no prediction for any"):
        run(path, tmp_path / "ours.jsonl", tmp_path / "r", other=tmp_path / "theirs.jsonl")


def test_passages_that_the_other_tagger_lacks_are_told(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    for name, made in (("theirs.jsonl", predictions[:100]), ("ours.jsonl", predictions)):
        write_predictions(tmp_path / name, made)
    path = to_file(tmp_path / "g.jsonl", gold)
    report = run(path, tmp_path / "ours.jsonl", tmp_path / "r", other=tmp_path / "theirs.jsonl")
    missing = len(gold) - 100
    assert report.to_json()["other_missing"] == missing
    assert f"{missing} passages have no prediction in theirs.jsonl and count as empty" in summary_lines(report)
    page = (tmp_path / "r/report.html").read_text(encoding="utf-8")
    assert f"{missing} passages have no prediction in theirs.jsonl" in page


def test_a_report_tells_how_it_compares_with_another_tagger(tmp_path: Path, gold: Gold, predictions: Made) -> None:
    perfect = [Prediction(p.id, tuple(LabelScore(x, 1.0, True) for x in p.labels)) for p in gold]
    for name, made in (("theirs.jsonl", predictions), ("ours.jsonl", perfect)):
        write_predictions(tmp_path / name, made)
    path = to_file(tmp_path / "g.jsonl", gold)
    report = run(path, tmp_path / "ours.jsonl", tmp_path / "r", other=tmp_path / "theirs.jsonl")
    first = json.loads((tmp_path / "r/metrics.json").read_text(encoding="utf-8"))["compared"][0]
    assert (first["group"], first["figure"], first["b"]) == ("all", "article micro-F1", 100)
    assert first["difference"]["low"] > 0
    assert "A: theirs.jsonl, B: ours.jsonl" in "\n".join(summary_lines(report))
    page = (tmp_path / "r/report.html").read_text(encoding="utf-8")
    assert "Compared with theirs.jsonl" in page
    assert "Compared with" not in render(evaluate(gold, predictions))


def document(**fields: object) -> LabelledDocument:
    empty: frozenset[str] = frozenset()
    values = {"articles": empty, "central": empty, "maybe": empty, "mens_rea": empty} | fields
    return LabelledDocument("d1", "The court finds", **values)  # type: ignore[arg-type]


def result(*labels: str, text: str = "The") -> dict[str, object]:
    return {
        "provisions": [{"provision": label, "predicted": True} for label in labels],
        "passages": [{"index": 0, "start": 0, "end": 3, "text": text}],
    }


def test_whole_judgments_are_scored_by_article() -> None:
    gold = document(
        articles=frozenset({"UNTOC.6", "UNTOC.12"}), central=frozenset({"UNTOC.6"}), maybe=frozenset({"TIP.5"})
    )
    report = score_documents([gold], {"d1": result("UNTOC.6", "TIP.5", "UNTOC.6.1.a.i", "UNTOC.16")})
    assert report.articles.precision == pytest.approx(50)
    assert report.articles.recall == pytest.approx(50)
    assert report.central_recall == pytest.approx(100)
    assert "micro-F1 50.0 [50.0, 50.0]" in report.line()
    assert report.problems == []


def test_wrong_offsets_and_missing_results_are_problems() -> None:
    assert score_documents([document()], {"d1": result(text="Tha")}).problems == ["d1: offsets of passage 0"]
    assert score_documents([document()], {}).problems == ["d1: no result"]
    with pytest.raises(DataError, match="not a tag result"):
        score_documents([document()], {"d1": {"provisions": []}})
    for fields in ({"provisions": [{"provision": 5, "predicted": True}]}, {"mens_rea": [{"standard": 5}]}):
        with pytest.raises(DataError, match="d1: not a tag result"):
            score_documents([document()], {"d1": result() | fields})


def test_malformed_judgments_and_results_are_refused(tmp_path: Path) -> None:
    gold = tmp_path / "g.jsonl"
    gold.write_text('{"doc": "d1", "text": "x", "articles": "UNTOC.6"}\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 1 is not a labelled judgment"):
        evaluate_documents(gold, tmp_path)
    gold.write_text('{"doc": "d1", "text": "x", "articles": []}\n', encoding="utf-8")
    assert evaluate_documents(gold, tmp_path).documents == 0
    for content in ("[]", "[" * 100_000):
        (tmp_path / "d1.json").write_text(content, encoding="utf-8")
        with pytest.raises(DataError, match=r"d1\.json: not a JSON result"):
            evaluate_documents(gold, tmp_path)
