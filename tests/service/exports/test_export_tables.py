"""CSV and XLSX: read back by csv and openpyxl, every text whole, no cell that runs, no document taken for another."""

from __future__ import annotations

import copy
import csv
import io
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from palermo.service.exports import FORMATS, rows

STARTS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "'=1", "''-1"),
    *("\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "\ufe631"),
    *("\u200b=1", "\u202e=1", "\ufeff=1", "\u00a0=1", "\ud800=1"),
)
"""Starts of cells that some spreadsheet runs: signs, other widths of them, what hides in front of them."""
FAILED = {"error": {"source": "caf\udce9 =1.pdf", "code": "broken_document", "message": "=1", "hint": None}}


def written(name: str, *records: dict[str, Any]) -> io.BytesIO:
    file = io.BytesIO()
    FORMATS[name].many().write(iter(records), file)
    file.seek(0)
    return file


def table(*records: dict[str, Any]) -> list[dict[str, str]]:
    """Rows of the CSV, as a program reads them: one quote is taken off in front of a formula."""
    data = written("csv", *records).getvalue().decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(data, newline=""), strict=True))
    assert not any(rows.is_formula(cell) for row in found for cell in row.values())
    return [{key: undone(cell) for key, cell in row.items()} for row in found]


def undone(cell: str) -> str:
    rest = cell.lstrip("'")
    return cell[1:] if rest != cell and rows.is_formula(rest) else cell


def sheet(name: str, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a sheet; none of its cells is a formula, and none becomes one when somebody edits it.

    openpyxl leaves the numbers of characters in such cells to `unescape`; Excel reads them by itself.
    """
    lines = list(openpyxl.load_workbook(written("xlsx", *records))[name].iter_rows())
    cells = [cell for line in lines[1:] for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b", "inlineStr"}
    assert all(cell.quotePrefix for cell in cells if isinstance(cell.value, str) and rows.is_formula(cell.value))
    columns = [cell.value for cell in lines[0]]
    values = [[unescape(cell.value) if isinstance(cell.value, str) else cell.value for cell in line] for line in lines]
    return [dict(zip(columns, line, strict=True)) for line in values[1:]]


def places(analysis: dict[str, Any]) -> list[tuple[str, str]]:
    """Provision, and the words at the offsets of its evidence, of each tag that is exported."""
    return [
        (
            tag["provision"],
            passage["text"][tag["evidence"]["start"] - passage["start"] :][: len(tag["evidence"]["text"])],
        )
        for passage in analysis["passages"]
        for tag in passage["tags"]
        if rows.noted(tag) and tag["evidence"]
    ]


@pytest.mark.parametrize("which", ["golden", "hostile"])
def test_evidence_is_the_words_at_its_offsets(which: str, request: pytest.FixtureRequest) -> None:
    analysis = request.getfixturevalue(which)
    wanted = places(analysis)
    assert wanted
    found = [row for row in table(analysis) if row["evidence"]]
    assert [(row["provision"], row["evidence"]) for row in found] == wanted
    assert all(int(row["evidence_end"]) - int(row["evidence_start"]) == len(row["evidence"]) for row in found)
    cells = [(row["provision"], row["evidence"]) for row in sheet("tags", analysis) if row["evidence"]]
    assert cells == [(provision, rows.safe(words)) for provision, words in wanted]
    made = rows.engine(analysis)
    for row in (*found, *sheet("documents", analysis)):
        assert {key: row[key] for key in rows.ENGINE_COLUMNS} == made


@pytest.mark.parametrize("start", STARTS, ids=ascii)
def test_a_title_that_a_spreadsheet_would_run_stays_a_text(golden: dict[str, Any], start: str) -> None:
    title = f"{start} {'x' * 10_000}\U0001f600"
    golden["document"]["metadata"]["title"] = {"value": title}
    assert {row["title"] for row in table(golden)} == {rows.whole(title)}
    assert [row["title"] for row in sheet("documents", golden)] == [rows.whole(title)]


def test_a_file_that_failed_is_named_whatever_its_name_is(golden: dict[str, Any]) -> None:
    assert [(row["file"], row["error"]) for row in table(golden, FAILED)][-1] == ("caf\ufffd =1.pdf", "=1")
    assert sheet("errors", golden, FAILED) == [
        {"file": "caf\ufffd =1.pdf", "code": "broken_document", "message": "=1", "hint": None}
    ]


def test_a_text_longer_than_a_cell_is_cut_where_excel_would(golden: dict[str, Any]) -> None:
    golden["document"]["metadata"]["title"] = {"value": "x" + "\U0001f600" * 20_000}
    (row,) = sheet("documents", golden)
    assert row["title"] == "x" + "\U0001f600" * 16_383
    assert len(row["title"].encode("utf-16-le")) // 2 == 32_767


@pytest.mark.parametrize(
    "text",
    [
        *("_x0041_", "a _x000a_ b", "_x005F_", "_x005F_x0041_", "_x0041_x0042_", "__x00e9__", "_X0041_", "_x41_"),
        *("_x0041_" * 2_000, "=_x0041_", "_" * 32_767),
    ],
    ids=lambda text: text[:20],
)
def test_what_looks_like_a_number_of_a_character_stays_as_it_is(golden: dict[str, Any], text: str) -> None:
    """Excel and its readers take `_x0041_` in a cell for A (ECMA-376, ST_Xstring)."""
    golden["document"]["metadata"]["title"] = {"value": text}
    golden["document"]["name"] = text
    (row,) = sheet("documents", golden)
    assert (row["file"], row["title"]) == (text, text)
    assert {row["title"] for row in sheet("tags", golden)} == {text}


@pytest.mark.parametrize("before", range(32_750, 32_768))
def test_a_text_is_never_cut_inside_such_a_number(golden: dict[str, Any], before: int) -> None:
    text = "x" * before + "_x0041_" * 3
    golden["document"]["metadata"]["title"] = {"value": text}
    (row,) = sheet("documents", golden)
    assert text.startswith(row["title"])
    assert row["title"].startswith("x" * before)


def test_documents_of_one_name_are_told_apart(golden: dict[str, Any]) -> None:
    other = copy.deepcopy(golden)
    other["document"] |= {"sha256": "ab" * 32, "id": "ab" * 32}
    both = [golden["document"]["sha256"], "ab" * 32]
    assert list(dict.fromkeys(row["sha256"] for row in table(golden, other))) == both
    for name in ("documents", "tags", "mental elements"):
        assert list(dict.fromkeys(row["sha256"] for row in sheet(name, golden, other))) == both, name
