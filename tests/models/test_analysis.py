"""The analysis of a document: offsets quote it, the schema holds, anchors say where in the source it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from palermo.corpora.documents.document import Document, MetadataValue, Passage, Run
from palermo.models.analysis import analysis_of, anchors
from palermo.models.calibration import Calibration
from palermo.models.mental import MentalElement
from palermo.models.results import PassageResult, Tag

Make = Callable[..., Calibration]
TEXT = "1. He knew.\n\n2. 明知 again."


def document(runs: tuple[Run, ...] = (), text: str = TEXT) -> Document:
    return Document("a.txt", "ab" * 32, "text/plain", "text/1", text, runs=runs)


def word(start: int, end: int, box: list[float], page: int = 1) -> Run:
    return Run(start, end, {"type": "pdf", "page": page, "box": box})


def test_boxes_of_words_on_one_line_are_joined() -> None:
    found = anchors(document((word(0, 2, [10, 100, 20, 110]), word(3, 5, [23.04, 101, 40.06, 111]))), 0, 5)
    assert found == [{"type": "pdf", "page": 1, "boxes": [[10.0, 100.0, 40.1, 111.0]]}]


def test_words_written_from_right_to_left_are_joined_too() -> None:
    found = anchors(document((word(0, 2, [30, 100, 40, 110]), word(3, 5, [10, 100, 28, 110]))), 0, 5)
    assert found[0]["boxes"] == [[10.0, 100.0, 40.0, 110.0]]


def test_lines_columns_and_pages_keep_their_own_boxes() -> None:
    runs = (
        word(0, 1, [10, 100, 20, 110]),
        word(1, 2, [10, 85, 20, 95]),  # the next line
        word(2, 3, [200, 85, 220, 95]),  # a second column
        word(3, 4, [10, 85, 20, 95], page=2),
    )
    found = anchors(document(runs), 0, 4)
    assert [(anchor["page"], len(anchor["boxes"])) for anchor in found] == [(1, 3), (2, 1)]


def test_only_words_of_the_range_count() -> None:
    runs = (word(0, 2, [10, 100, 20, 110]), word(3, 5, [23, 100, 40, 110]), word(6, 8, [43, 100, 50, 110]))
    assert anchors(document(runs), 2, 6)[0]["boxes"] == [[23.0, 100.0, 40.0, 110.0]]
    assert anchors(document(runs), 5, 6) == []


def test_neighbouring_runs_of_one_place_give_one_anchor() -> None:
    line = {"type": "line", "line": 7}
    runs = (Run(0, 2, line), Run(2, 4, dict(line)), Run(4, 6, {"type": "line", "line": 8}))
    found = anchors(document(runs), 0, 6)
    assert found == [line, {"type": "line", "line": 8}]
    found[0]["line"] = 0
    assert runs[0].locator["line"] == 7  # a copy: readers of the analysis can't change the document


def analysed(calibration: Calibration) -> dict[str, Any]:
    passages = (Passage(0, 0, 11, "1", "Facts", "en"), Passage(1, 13, len(TEXT), "2", None, "zh"))
    whole = document((Run(0, 11, {"type": "line", "line": 1}), Run(13, 24, {"type": "line", "line": 3})))
    whole = whole.with_(
        passages=passages, kind="judgment", language="en", metadata={"title": MetadataValue("He", 3, 5)}
    )
    tag = Tag(1, 0.91234, True, "assigned", (3, 11, 0.41))
    quiet = Tag(4, 0.05, False, "none")
    results = [
        PassageResult(
            [tag, quiet], [MentalElement("knowledge", "applied", 6, 10, 0.77777)], np.array([0, 0.91234, 0, 0, 0.05])
        ),
        PassageResult(
            [],
            [MentalElement("knowledge", "required", 3, 5, 0.6), MentalElement("intent", "applied", 3, 5, 0.6)],
            np.zeros(5),
        ),
    ]
    engine = {"name": "onnxruntime", "version": "1", "model": "tiny", "model_sha256": "0" * 64, "taxonomy": "1"}
    return analysis_of(whole, results, calibration, engine)


def test_every_offset_quotes_the_document(make_calibration: Make) -> None:
    analysis = analysed(make_calibration())
    first, second = analysis["passages"]
    for part in (first, second, first["tags"][0]["evidence"], *first["mens_rea"], *second["mens_rea"]):
        assert TEXT[part["start"] : part["end"]] == part["text"]
    assert first["tags"][0]["evidence"]["text"] == "He knew."
    assert [element["text"] for element in second["mens_rea"]] == ["明知", "明知"]


def test_only_shown_tags_are_written_and_the_document_sums_them_up(make_calibration: Make) -> None:
    analysis = analysed(make_calibration())
    assert [tag["provision"] for tag in analysis["passages"][0]["tags"]] == ["UNTOC.6"]
    assert analysis["provisions"] == [
        {
            "provision": "UNTOC.6",
            "heading": "Criminalization of the laundering of proceeds of crime",
            "score": 0.9123,
            "predicted": True,
            "decision": "assigned",
            "passages": [0],
        }
    ]
    assert analysis["mens_rea"] == [
        {"standard": "knowledge", "passages": [0, 1]},
        {"standard": "intent", "passages": [1]},
    ]


def test_the_analysis_keeps_to_its_schema(make_calibration: Make) -> None:
    from importlib import resources

    from jsonschema import Draft202012Validator

    schema = json.loads(resources.files("palermo.service.schemas").joinpath("analysis.schema.json").read_text("utf-8"))
    analysis = json.loads(json.dumps(analysed(make_calibration()), allow_nan=False))
    analysis["engine"]["tagger"] = "1"
    Draft202012Validator(schema).validate(analysis)
