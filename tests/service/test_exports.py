"""Exports: the golden example in each format, byte for byte; and the schemas' own examples."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from palermo.service import schemas
from palermo.service.exports import FORMATS, rows

GOLDEN = Path(__file__).parent / "golden"
TEXT = (".jsonl", ".csv", ".jsonld", ".anno.json", ".akn.xml", ".record.json")


def example(name: str) -> dict[str, Any]:
    """A golden example of the schema of that name."""
    found: dict[str, Any] = json.loads(files(schemas).joinpath(f"examples/{name}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", ["analysis", "problem", "failure", "record"])
def test_a_schema_is_sound_and_its_example_keeps_to_it(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.load(name))
    jsonschema.Draft202012Validator(schemas.load(name)).validate(example(name))


@pytest.mark.parametrize("format_", [one for one in FORMATS.values() if one.suffix in TEXT], ids=lambda one: one.name)
def test_the_golden_example_in_every_text_format(format_: Any) -> None:
    if format_.collects:
        file = io.BytesIO()
        format_.many().write(iter([example("analysis"), example("failure")]), file)
        rendered = file.getvalue()
    else:
        rendered = format_.render(example("analysis"), b"")
    assert rendered == (GOLDEN / f"marlow{format_.suffix}").read_bytes()


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "xlsx", "html", "jsonld", "webannotation", "akn", "record"])
def test_every_format_names_engine_model_and_taxonomy(name: str) -> None:
    analysis = example("analysis")
    made = {"name": "engine-x", "version": "7.8.9", "model": "model-x", "model_sha256": "ab" * 32, "taxonomy": "2+cd"}
    analysis["engine"] |= made
    file = io.BytesIO()
    if FORMATS[name].collects:
        FORMATS[name].many().write(iter([analysis]), file)
    else:
        file.write(FORMATS[name].render(analysis, b""))
    if name == "xlsx":
        values = [str(cell.value) for row in openpyxl.load_workbook(file)["documents"] for cell in row]
        assert set(made.values()) <= set(values)
    else:
        assert [value for value in made.values() if value.encode() not in file.getvalue()] == []


@pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda one: one.name)
def test_every_format_of_the_table_has_its_module(format_: Any) -> None:
    module = format_.many() if format_.collects else format_.one()
    assert callable(module.write if format_.collects else module.render)
    assert format_.suffix.startswith(".")


def test_annotations_quote_the_words_at_their_place() -> None:
    page = json.loads(FORMATS["webannotation"].one().render(example("analysis")))
    text = {}
    for passage in example("analysis")["passages"]:
        text |= dict(enumerate(passage["text"], passage["start"]))
    for annotation in page["items"]:
        quote, position = annotation["target"]["selector"]
        assert quote["exact"] == "".join(text[i] for i in range(position["start"], position["end"]))
        before = "".join(text.get(i, "") for i in range(position["start"] - len(quote["prefix"]), position["start"]))
        assert quote["prefix"] == before
    assert len({annotation["id"] for annotation in page["items"]}) == len(page["items"])


@pytest.mark.parametrize("trigger", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_cells_that_a_spreadsheet_would_run_are_defused(trigger: str) -> None:
    assert rows.defused(trigger) == f"'{trigger}"
    assert rows.defused(-1.5) == -1.5


def test_references_are_resolved_for_openapi() -> None:
    assert "$ref" not in json.dumps(schemas.inline("analysis"))
