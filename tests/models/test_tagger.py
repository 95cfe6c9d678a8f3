"""The tagger: one folder in, the same answers by every way; broken folders are refused before anything is read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.documents.document import Document, Passage
from palermo.corpora.errors import ModelError
from palermo.models import manifest
from palermo.models.results import LEAST_SCORE
from palermo.models.tagger import CHUNK, Tagger

PASSAGES = [
    {
        "id": "a",
        "kind": "judgment",
        "heading": "Facts",
        "text": "The accused moved the money through three companies. He knew that it was the proceeds of fraud.",
    },
    {"id": "b", "kind": "statute", "title": "Penal Code", "text": "Whoever launders proceeds of crime is punished."},
    {"id": "c", "text": "被告人明知是犯罪所得而转移。"},
    {"id": "d", "text": ""},
    {"id": "e", "text": "The weather was fine. " * 150},
]


@pytest.fixture(scope="module", params=["tiny", "shipped"])
def folder(request: pytest.FixtureRequest) -> Path:
    if request.param == "shipped":
        return manifest.SHIPPED
    found: Path = request.getfixturevalue("tiny_run").folder
    return found


@pytest.fixture(scope="module")
def tagger(folder: Path) -> Tagger:
    return Tagger.load(folder, "onnxruntime", 1)


@pytest.fixture(scope="module")
def lines(tagger: Tagger) -> list[dict[str, Any]]:
    return list(tagger.predict(PASSAGES))


def document_of(passages: list[dict[str, Any]]) -> Document:
    text, cut = "", []
    for index, passage in enumerate(passages):
        cut.append(
            Passage(index, len(text), len(text) + len(passage["text"]), heading=passage.get("heading"), language="en")
        )
        text += passage["text"] + "\n\n"
    return Document("a.txt", "0" * 64, "text/plain", "text/1", text, passages=tuple(cut), kind="judgment")


def test_a_prediction_line_keeps_to_its_schema_and_order(lines: list[dict[str, Any]]) -> None:
    from jsonschema import Draft202012Validator
    from palermo.corpora.labelled.jsonl import schema

    assert [line["id"] for line in lines] == [passage["id"] for passage in PASSAGES]
    for line in lines:
        Draft202012Validator(schema("prediction")).validate(line)
        scores = [label["score"] for label in line["labels"]]
        assert scores == sorted(scores, reverse=True)
        assert min(scores, default=1.0) >= LEAST_SCORE


def test_an_article_is_never_below_its_finer_labels(lines: list[dict[str, Any]]) -> None:
    rank = ("none", "review", "assigned")
    for line in lines:
        labels = {label["provision"]: label for label in line["labels"]}
        for provision, label in labels.items():
            article = labels[".".join(provision.split(".")[:2])]
            assert article["score"] >= label["score"]
            assert article["predicted"] or not label["predicted"]
            assert rank.index(article["decision"]) >= rank.index(label["decision"])


def test_a_passage_is_tagged_alike_whatever_stands_beside_it(tagger: Tagger, lines: list[dict[str, Any]]) -> None:
    for passage, line in zip(PASSAGES, lines, strict=True):
        (alone,) = tagger.predict([passage])
        together = {label["provision"]: label["score"] for label in line["labels"]}
        for label in alone["labels"]:
            assert together.get(label["provision"], LEAST_SCORE) == pytest.approx(label["score"], abs=0.01)


def test_the_same_passages_give_the_same_lines(folder: Path, lines: list[dict[str, Any]]) -> None:
    assert list(Tagger.load(folder, "onnxruntime", 1).predict(PASSAGES)) == lines


def test_a_stream_is_read_in_parts_not_whole(tagger: Tagger) -> None:
    drawn: list[int] = []

    def stream() -> Any:
        for number in range(3 * CHUNK):
            drawn.append(number)
            yield {"id": str(number), "text": "x"}

    next(tagger.predict(stream()))
    assert len(drawn) == CHUNK


def test_passages_of_one_judgment_are_read_together_wherever_they_stand() -> None:
    """Its rest lifts what a passage says in passing; another judgment's does not, nor a statute's."""
    sure = {"text": "The request for extradition to Spain is granted; the extradition treaty covers the offence."}
    passing = {"text": "Counsel for the fugitive said that the papers of the requesting State came late."}
    tagger, scores = Tagger.load(None, "onnxruntime", 1), {}
    for name, (first, second) in {"one": ("d", "d"), "two": ("d", "e"), "unnamed": (None, None)}.items():
        cases = [("a", "judgment", first, passing), ("b", "statute", first, passing)]
        cases += [(identity, "judgment", second, sure) for identity in ("c", "d")]
        records = [
            {"id": identity, "kind": kind, "language": "en", "doc_id": document, **said}
            for identity, kind, document, said in cases
        ]
        lines = list(tagger.predict(records))
        assert [line["id"] for line in lines] == ["a", "b", "c", "d"]
        scores[name] = [{x["provision"]: x["score"] for x in line["labels"]}.get("UNTOC.16", 0.0) for line in lines]
    assert scores["one"][0] > scores["two"][0] + 0.02
    assert scores["two"] == scores["unnamed"]
    assert scores["one"][1] == scores["two"][1]


def test_a_document_gets_the_scores_of_its_passages_and_evidence_that_quotes_it(tagger: Tagger) -> None:
    texts = [PASSAGES[0], *PASSAGES[2:]]
    document = document_of(texts)
    analysis = tagger.tag(document)
    scores = tagger.passage_scores(document)
    assert len(analysis["passages"]) == 4
    for row, passage in zip(scores, analysis["passages"], strict=True):
        for tag in passage["tags"]:
            score = row[tagger.labels.index(tag["provision"])]
            assert tag["score"] == pytest.approx(score, abs=1e-4)
            if evidence := tag["evidence"]:
                assert document.text[evidence["start"] : evidence["end"]] == evidence["text"]
                assert passage["start"] <= evidence["start"] < evidence["end"] <= passage["end"]
                assert evidence["drop"] <= tag["score"] + 1e-3
    # The same passages by the other way in, less what is too low to be shown.
    judgment = [{"id": "x", **passage, "kind": "judgment", "doc_id": "d", "language": "en"} for passage in texts]
    for line, passage in zip(tagger.predict(judgment), analysis["passages"], strict=True):
        shown = {label["provision"]: label["score"] for label in line["labels"]}
        assert all(tag["score"] == pytest.approx(shown[tag["provision"]], abs=0.01) for tag in passage["tags"])


def test_the_analysis_keeps_to_its_schema(tagger: Tagger) -> None:
    from importlib import resources

    from jsonschema import Draft202012Validator

    schema = json.loads(resources.files("palermo.service.schemas").joinpath("analysis.schema.json").read_text("utf-8"))
    # No reader makes an empty passage: `corpora.documents.conformance` forbids it, and so does the schema.
    document = document_of([passage for passage in PASSAGES if passage["text"]])
    Draft202012Validator(schema).validate(json.loads(json.dumps(tagger.tag(document), allow_nan=False)))


def test_the_engine_says_what_tagged(folder: Path, tagger: Tagger) -> None:
    info = tagger.info()
    assert info["name"] == "onnxruntime"
    facts = manifest.read(folder)
    assert info["model_sha256"] == manifest.identity(facts)
    changed = {**facts, "files": {**facts["files"], "calibration.json": "0" * 64}}
    assert manifest.identity(changed) != info["model_sha256"]


def test_a_document_without_passages_has_an_empty_analysis(tagger: Tagger) -> None:
    analysis = tagger.tag(document_of([]))
    assert (analysis["provisions"], analysis["mens_rea"], analysis["passages"]) == ([], [], [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("network.onnx", b"no network"),
        ("labels.json", b'["UNTOC.5"]'),
        ("labels.json", b"{"),
        ("tokenizer.json", b'{"a": 1}'),
        ("calibration.json", b"{}"),
    ],
)
@pytest.mark.parametrize("signed", [False, True], ids=["changed", "wrong from the start"])
def test_a_wrong_file_is_a_model_error_that_names_it(
    tiny_run: Any, tmp_path: Path, name: str, content: bytes, signed: bool
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_run.folder, folder)
    (folder / name).write_bytes(content)
    if signed:
        manifest.write(folder, manifest.read(folder))
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        Tagger.load(folder, "onnxruntime", 1)
