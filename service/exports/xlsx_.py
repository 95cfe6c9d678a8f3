"""`--format xlsx`: a workbook with sheets for documents, tags, mental elements and errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from palermo.service.exports import rows

CELL_CHARACTERS = 32_767
"""Longest text of a cell (ECMA-376), in UTF-16 code units."""

_READ_AS_CHARACTER = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Where a text would be read as a character by its number: `_x0041_` is A (ECMA-376 part 1, 22.9.2.19, ST_Xstring)."""
_UNDERSCORE = "_x005F_"
# Begun, and cut before its end; the underscore that ends one begins none.
_UNFINISHED = re.compile("(?<!_x005F)_(x(0(0(5F?)?)?)?)?\\Z")

_ERRORS = ("file", "code", "message", "hint")


def write(records: Iterator[dict[str, Any]], file: IO[bytes]) -> None:
    """Write the workbook; rows go to disk as they come, so that memory does not grow with the batch."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    columns = {
        "documents": rows.DOCUMENT_COLUMNS,
        "tags": rows.TAG_COLUMNS[:-1],
        "mental elements": rows.SPAN_COLUMNS,
        "errors": _ERRORS,
    }
    sheets = {name: book.create_sheet(name) for name in columns}
    for name, sheet in sheets.items():
        sheet.freeze_panes = "A2"
        sheet.append(list(columns[name]))
    for record in records:
        for name, row in _rows(record):
            sheets[name].append([_cell(sheets[name], row.get(column)) for column in columns[name]])
    book.save(file)


def _rows(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "error" in record:
        error = record["error"]
        yield "errors", {"file": error["source"], **{key: error[key] for key in ("code", "message", "hint")}}
        return
    yield "documents", rows.document(record)
    for row in rows.tags(record):
        if "provision" in row:
            yield "tags", row
    for row in rows.spans(record):
        yield "mental elements", row


def _cell(sheet: Any, value: Any) -> Any:
    """A cell whose text is text: its type says so, and what looks like a formula stays text when it is edited."""
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        return value
    text = _cut(_READ_AS_CHARACTER.sub(_UNDERSCORE, rows.safe(value)))
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    if rows.is_formula(text):
        cell.quotePrefix = True
    return cell


def _cut(text: str) -> str:
    if len(text) * 2 <= CELL_CHARACTERS:
        return text
    kept = text.encode("utf-16-le")[: CELL_CHARACTERS * 2].decode("utf-16-le", "ignore")
    return text if kept == text else _UNFINISHED.sub("", kept)
